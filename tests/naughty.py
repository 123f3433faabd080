"""Strings that look like markup, code, formulas or placeholders, and a company that is made of them from file names to complaints."""

import csv
from itertools import cycle
from pathlib import Path

from crm_analytics import demo, importing
from crm_analytics.database import open_database
from crm_analytics.rules import Rules
from crm_analytics.state import save_customer_set, save_rules

# Each carries zqj, by which a page is searched; window.zqj is what a script of theirs would leave behind.
STRINGS = [
    "<script>window.zqj=1;alert('zqj')</script>",
    '<img src=x onerror="window.zqj=1">',
    "<img src='http://zqj.invalid/i.png'>",
    "<svg/onload=window.zqj=1>",
    "</style><script>window.zqj=1</script>",
    "</td></table></div><h1>zqj</h1>",
    '"><b>zqj</b><br>zqj<i>zqj</i>',
    "<a href='javascript:window.zqj=1'>zqj</a>",
    "javascript:window.zqj=1",
    "[zqj](javascript:window.zqj=1)",
    "![zqj](http://zqj.invalid/m.png)",
    "http://zqj.invalid/auto",
    "www.zqj.invalid",
    "zqj@zqj.invalid",
    "$\\frac{zqj}{2}$ $$zqj$$",
    ":smile: :material/home: :streamlit: zqj",
    ":red[zqj] :blue-badge[zqj]",
    "{{zqj}} {0} {name} {zqj!r}",
    "%s %(zqj)s %{x} %{customdata[0]}<extra>zqj</extra>",
    "${zqj} #{zqj} <%= zqj %>",
    "**zqj** _zqj_ ~~zqj~~ `zqj`",
    "# zqj",
    "> zqj",
    "- zqj",
    "1. zqj",
    "| zqj | zqj | zqj",
    "zqj\nzqj\n\n# zqj",
    "&lt;u&gt;zqj&lt;/u&gt;&amp;&#60;&nbsp;",
    "=cmd|' /C calc'!A0 zqj",
    "+zqj",
    "@SUM(zqj)",
    "＝zqj;=zqj",
    "\u202ezqj\u202c",
    "z\u200bq\u200bj zqj",
    "z̸̡̢q̵̨j̶̧ zqj",
    "zqj" * 60,
    "'; DROP TABLE orders; -- zqj",
    '" or 1=1 -- zqj',
    "\\zqj\\",
    "😀👩‍👩‍👧 zqj -> <- -- <->",
    "null zqj constructor __proto__",
]  # fmt: skip
TAGS = (
    "<script",
    "<img",
    "<svg",
    "</style><",
    "</td></table></div><h1",
    "<b>zqj",
    "<a href='javascript",
)  # what must not stand in HTML
TEMPLATES = (*TAGS, "%{x} %{customdata[0]}")  # nor in what plotly reads
FRAGMENTS = (  # nor in markdown
    *TAGS, "</td", "[zqj]", "](", "http://zqj", "www.zqj", "zqj@zqj", "$\\frac", "$$zqj", ":smile:", ":material/home", ":streamlit:", "<%=",
    "**zqj", "~~zqj", "`zqj", "&lt;u&gt;", "\n# zqj", "<extra>", "zqj ->",
)  # fmt: skip

COLUMNS = {  # table -> its columns of free text; what has a meaning for the product stays as it is
    "customers": "customer_id name occupation income_band region city phone email source referred_by owner need_tags",
    "orders": "order_id customer_id sku channel store return_of",
    "products": "sku product category brand",
    "surveys": "customer_id order_id touchpoint competitor text",
    "complaints": "complaint_id customer_id order_id category department channel",
    "complaint_events": "complaint_id staff",
    "interactions": "customer_id channel staff",
    "campaigns": "campaign_id name channel goal",
    "campaign_members": "campaign_id customer_id offer",
    "members": "customer_id tier",
    "points": "customer_id order_id gift reason",
    "costs": "campaign_id",
    "churn_reasons": "customer_id source text",
    "wallet": "customer_id source",
    "receivables": "customer_id",
}
HEADERS = tuple(text for text in STRINGS if "\n" not in text)[:24]  # of columns that customers keep by name


class Naughty:
    """Each value of a file, in front of it a string of the list: the same for the same value, so that tables still join."""

    def __init__(self):
        self.told: dict[str, str] = {}
        self.next = cycle(STRINGS)

    def __call__(self, value: str) -> str:
        if value and value not in self.told:
            self.told[value] = f"{next(self.next)} {value}"
        return self.told.get(value, value)


def company(folder: Path, customers: int = 250) -> Path:
    """The database of the made-up company whose every free text, file name and further header is naughty."""
    folder.mkdir(parents=True, exist_ok=True)
    naughty, files = Naughty(), []
    for number, path in enumerate(demo.write(folder / "clean", customers)):
        rows = _read(path)
        for row in rows:
            row |= {column: naughty(row[column]) for column in COLUMNS[path.stem].split()}
            if path.stem == "customers":
                row |= {header: naughty(f"{place % 7}") for place, header in enumerate(HEADERS, len(rows))}
        harmless = STRINGS[number].replace("/", "∕").replace("\n", " ").encode()[:120].decode("utf-8", "ignore")
        files.append(_write(folder / f"{harmless} {path.stem}.csv", rows))
    database = open_database(folder / "crm.duckdb")
    importing.apply_plan(database, importing.plan_import(database, files))
    names = dict(
        zip(("HHH", "HLH", "LHH", "LLH", "HHL", "HLL", "LHL", "LLL"), (text for text in STRINGS if len(text) <= 40))
    )
    save_rules(database, Rules(company_name=STRINGS[0], currency=":red[zqj]", segment_names=names))
    ids = [id for (id,) in database.cursor().execute("select customer_id from customers limit 5").fetchall()]
    for name in (STRINGS[1], STRINGS[10]):
        save_customer_set(database, name, ids)
    return database.path


def _read(path: Path) -> list[dict]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write(path: Path, rows: list[dict]) -> Path:
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)
    return path
