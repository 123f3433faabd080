"""The tables we accept: their columns, kinds and keys; headers.toml beside it holds what real exports call the columns.

What is known about incoming files stands here as data; `importing` holds the procedure.  Synonyms are written in order
of preference: when two headers of one file name the same column, the earlier synonym wins.  Traditional Chinese headers
need no entry of their own where only the characters differ: `folded` brings 訂單編號 to 订单编号.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

SQL_TYPES = {
    "id": "VARCHAR",  # never a number: 007 stays 007
    "text": "VARCHAR",
    "day": "DATE",
    "timestamp": "TIMESTAMP",
    "money": "DECIMAL(17,4)",  # differences of 17 digits stay in 64 bits
    "number": "DECIMAL(15,4)",
    "whole": "BIGINT",
    "flag": "BOOLEAN",
}


@dataclass(frozen=True)
class Column:
    """One column we accept.  `stored=False`: read from the file to work out another column, not kept itself."""

    name: str
    kind: str
    required: bool = False
    synonyms: tuple[str, ...] = ()
    example: str = ""
    stored: bool = True

    @property
    def sql_type(self) -> str:
        return SQL_TYPES[self.kind]


@dataclass(frozen=True)
class Table:
    """One table we accept, one export each.

    key           natural key; () = every row is a fact of its own
    line          for tables without a key: what tells one line of a source from the others, best first; taken where a file
                  fills its last column, and believed only where no two rows share it
    period        the column by which rows are replaced: a date for those of the same time, else what the rows are about
    hints         words that a file of this table carries in its name
    alternatives  column -> sets of columns whose product stands in for it when the file lacks it
    telling       columns of which a file must have one before it is taken for this table unasked, where the required
                  ones alone (an order id, a customer id) would fit half the exports of the world
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    alternatives: dict[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    telling: tuple[str, ...] = ()
    line: tuple[tuple[str, ...], ...] = ()
    period: str = ""

    def __getitem__(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @property
    def stored(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.stored)

    @property
    def is_dated(self) -> bool:
        """Whether its rows are replaced by their dates, not by what they are about."""
        return self[self.period].kind in ("timestamp", "day")

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.required)


def _words(text: str, shared: dict[str, str]) -> list[str]:
    """The synonyms in one entry of headers.toml, with each @name replaced by the shared list of that name."""
    words = [word.strip() for word in re.split(r"[|\n]", text) if word.strip()]
    return [each for word in words for each in (_words(shared[word[1:]], shared) if word.startswith("@") else [word])]


_HEADERS = tomllib.loads((Path(__file__).parent / "headers.toml").read_text("utf-8"))


def _column(name: str, kind: str, example: str = "", *, required: bool = False, stored: bool = True) -> Column:
    return Column(name, kind, required, (), example, stored)


def _table(name: str, *columns: Column, period: str, key=(), alternatives=None, telling=(), line=()) -> Table:
    """A table whose synonyms and hints come from headers.toml."""
    words = {entry: tuple(_words(text, _HEADERS["shared"])) for entry, text in _HEADERS[name].items()}
    columns = tuple(replace(column, synonyms=words.get(column.name, ())) for column in columns)
    return Table(name, columns, key, words["file name"], alternatives or {}, telling, line, period)


# In order of usefulness.
_ALL = (
    _table(
        "orders",
        _column("order_id", "id", "SO-10001", required=True),
        _column("customer_id", "id", "C-00042", required=True),
        _column("ordered_at", "timestamp", "2026-03-14 10:25:00", required=True),
        _column("amount", "money", "64.90", required=True),
        # Of which the header does not say whether it is the line's or the whole order's, repeated on each line.
        _column("total", "money", "64.90", stored=False),
        _column("line_no", "id", "1"),
        _column("sku", "id", "SKU-1007"),
        _column("product", "text", "Day cream 50 ml"),
        _column("category", "text", "Skin care"),
        _column("brand", "text", "Aster"),
        _column("quantity", "number", "2"),
        _column("unit_price", "money", "32.45"),
        _column("cost", "money", "27.10"),
        _column("unit_cost", "money", "13.55", stored=False),
        _column("profit", "money", "37.80", stored=False),
        _column("discount", "number", "5.00"),
        _column("channel", "text", "Online"),
        _column("store", "text", "High Street"),
        _column("currency", "text", "GBP"),
        _column("status", "text", "completed"),
        _column("return_of", "id"),
        _column("delivered_at", "timestamp", "2026-03-17"),
        _column("customer_name", "text", "Ana Lima"),
        _column("kind", "text", "person"),
        _column("region", "text", "North"),
        _column("city", "text", "Harbourton"),
        _column("country", "text", "United Kingdom"),
        alternatives={"amount": (("quantity", "unit_price"), ("total",)), "cost": (("quantity", "unit_cost"),)},
        period="ordered_at",
        line=(
            ("order_id", "customer_id", "line_no"),
            ("order_id", "customer_id", "sku"),
            ("order_id", "customer_id", "product"),
            ("customer_id", "order_id"),
        ),
    ),
    _table(
        "customers",
        _column("customer_id", "id", "C-00042", required=True),
        # Some systems give one person a new id with every order; this column says who it is.
        _column("person_id", "id"),
        _column("name", "text", "Ana Lima"),
        _column("kind", "text", "person"),
        _column("gender", "text", "female"),
        _column("birth_date", "day", "1988-06-02"),
        _column("occupation", "text", "Teacher"),
        _column("income_band", "text", "30-50k"),
        _column("region", "text", "North"),
        _column("city", "text", "Harbourton"),
        _column("country", "text", "United Kingdom"),
        _column("industry", "text"),
        _column("company_size", "text"),
        _column("phone", "id", "+44 20 7946 0000"),
        _column("email", "id", "ana@example.com"),
        _column("signup_date", "day", "2024-02-11"),
        _column("source", "text", "Online"),
        _column("referred_by", "id"),
        _column("owner", "text", "Sam Reed"),
        _column("status", "text", "customer"),
        _column("decision_style", "text", "rational"),
        _column("need_tags", "text", "moisturising; anti-ageing"),
        _column("consent", "flag", "yes"),
        key=("customer_id",),
        period="customer_id",
    ),
    _table(
        "order_items",
        _column("order_id", "id", "SO-10001", required=True),
        _column("line_no", "id", "1"),
        _column("sku", "id", "SKU-1007"),
        _column("product", "text", "Day cream 50 ml"),
        _column("category", "text", "Skin care"),
        _column("brand", "text", "Aster"),
        _column("quantity", "number", "2"),
        _column("amount", "money", "64.90", required=True),
        _column("unit_price", "money", "32.45", stored=False),
        _column("cost", "money", "27.10"),
        _column("unit_cost", "money", "13.55", stored=False),
        _column("freight", "money", "4.50"),
        alternatives={"amount": (("quantity", "unit_price"),), "cost": (("quantity", "unit_cost"),)},
        period="order_id",
        line=(("order_id", "line_no"), ("order_id", "sku"), ("order_id", "product")),
    ),
    _table(
        "products",
        _column("sku", "id", "SKU-1007", required=True),
        _column("product", "text", "Day cream 50 ml"),
        _column("category", "text", "Skin care"),
        _column("brand", "text", "Aster"),
        _column("unit_cost", "money", "13.55"),
        key=("sku",),
        telling=("category", "brand", "unit_cost"),
        period="sku",
    ),
    _table(
        "surveys",
        _column("response_id", "id", "R-5001"),
        _column("customer_id", "id", "C-00042"),
        _column("answered_at", "timestamp", "2026-04-02 18:10:00"),
        _column("score", "number", "4", required=True),
        _column("competitor", "text"),
        _column("question", "text", "overall"),
        _column("scale_min", "number", "1"),
        _column("scale_max", "number", "5"),
        _column("importance", "number"),
        _column("order_id", "id", "SO-10001"),
        _column("complaint_id", "id"),
        _column("touchpoint", "text", "Online shop"),
        _column("staff", "text"),
        _column("text", "text", "Fast delivery"),
        _column("invited_count", "whole"),
        period="answered_at",
        line=(("question", "response_id"),),
    ),
    _table(
        "complaints",
        _column("complaint_id", "id", "T-301", required=True),
        _column("opened_at", "timestamp", "2026-05-06 09:12:00", required=True),
        _column("customer_id", "id", "C-00042"),
        _column("order_id", "id", "SO-10001"),
        _column("first_response_at", "timestamp", "2026-05-06 11:40:00"),
        _column("resolved_at", "timestamp", "2026-05-07 16:30:00"),
        _column("closed_at", "timestamp", "2026-05-08 08:00:00"),
        _column("reopened_count", "whole", "0"),
        _column("category", "text", "delivery"),
        _column("department", "text", "logistics"),
        _column("severity", "text", "high"),
        _column("channel", "text", "phone"),
        _column("compensation", "money", "10.00"),
        _column("status", "text", "resolved"),
        _column("satisfaction_after", "number", "4"),
        _column("text", "text", "Parcel arrived late"),
        key=("complaint_id",),
        period="opened_at",
    ),
    _table(
        "complaint_events",
        _column("complaint_id", "id", "T-301", required=True),
        _column("at", "timestamp", "2026-05-06 11:40:00", required=True),
        _column("event", "text", "responded", required=True),
        _column("customer_id", "id", "C-00042"),
        _column("order_id", "id", "SO-10001"),
        _column("category", "text", "delivery"),
        _column("staff", "text", "Sam Reed"),
        _column("text", "text", "Parcel found, sent again"),
        period="at",
    ),
    _table(
        "returns",
        _column("order_id", "id", "SO-10001", required=True),
        _column("customer_id", "id", "C-00042"),
        _column("returned_at", "timestamp", "2026-03-25"),
        _column("reason", "text", "wrong shade"),
        _column("amount", "money", "32.45"),
        # The mark of exports that list orders with yes or no; a list of returned orders alone needs none.
        _column("returned", "flag", "yes"),
        telling=("returned_at", "reason", "amount", "returned"),
        period="returned_at",
    ),
    _table(
        "interactions",
        _column("customer_id", "id", "C-00042", required=True),
        _column("at", "timestamp", "2026-02-03 15:00:00", required=True),
        _column("channel", "text", "phone"),
        _column("direction", "text", "out"),
        _column("purpose", "text", "follow-up"),
        _column("outcome", "text", "reached"),
        _column("staff", "text", "Sam Reed"),
        _column("unit_cost", "money", "3.50"),
        period="at",
    ),
    _table(
        "campaigns",
        _column("campaign_id", "id", "CMP-12", required=True),
        _column("name", "text", "Spring care"),
        _column("kind", "text", "promotion"),
        _column("starts", "day", "2026-03-01"),
        _column("ends", "day", "2026-03-21"),
        _column("channel", "text", "email"),
        _column("cost", "money", "4200.00"),
        _column("goal", "text", "second order"),
        key=("campaign_id",),
        telling=("starts", "ends", "goal"),
        period="campaign_id",
    ),
    _table(
        "campaign_members",
        _column("campaign_id", "id", "CMP-12", required=True),
        _column("customer_id", "id", "C-00042", required=True),
        _column("arm", "text", "treated"),
        _column("sent_at", "timestamp", "2026-03-01 09:00:00"),
        _column("opened_at", "timestamp", "2026-03-01 12:20:00"),
        _column("responded_at", "timestamp"),
        _column("attended", "flag", "no"),
        _column("offer", "text", "10% off"),
        _column("cost", "money", "0.35"),
        key=("campaign_id", "customer_id"),
        period="campaign_id",
    ),
    _table(
        "members",
        _column("customer_id", "id", "C-00042", required=True),
        _column("joined_at", "day", "2025-01-20"),
        _column("tier", "text", "gold"),
        _column("tier_since", "day", "2026-01-01"),
        key=("customer_id",),
        telling=("joined_at", "tier", "tier_since"),
        period="customer_id",
    ),
    _table(
        "points",
        _column("customer_id", "id", "C-00042", required=True),
        _column("at", "timestamp", "2026-03-14", required=True),
        _column("kind", "text", "earn"),
        _column("points", "number", "65", required=True),
        _column("reason", "text", "purchase"),
        _column("order_id", "id", "SO-10001"),
        _column("gift", "text"),
        period="at",
    ),
    _table(
        "costs",
        _column("period", "text", "2026-03", required=True),
        _column("kind", "text", "marketing"),
        _column("amount", "money", "18000.00", required=True),
        _column("tier", "text"),
        _column("customer_id", "id"),
        _column("campaign_id", "id"),
        _column("allocation_key", "text", "per_head"),
        period="period",
        line=(("kind", "tier", "customer_id", "campaign_id", "period"),),
    ),
    _table(
        "churn_reasons",
        _column("customer_id", "id", "C-00042", required=True),
        _column("at", "timestamp", "2026-06-30"),
        _column("class", "text", "service"),
        _column("severity", "text", "high"),
        _column("source", "text", "survey"),
        _column("text", "text", "Waited too long for help"),
        telling=("class", "text"),
        period="at",
    ),
    _table(
        "wallet",
        _column("customer_id", "id", "C-00042", required=True),
        _column("as_of", "day", "2026-06-30", required=True),
        _column("total_spend", "money", "900.00"),
        _column("source", "text", "survey"),
        _column("supplier_count", "whole", "3"),
        _column("our_rank", "number", "1"),
        key=("customer_id", "as_of"),
        period="as_of",
    ),
    _table(
        "receivables",
        _column("customer_id", "id", "C-00042", required=True),
        _column("due_at", "day", "2026-07-31", required=True),
        _column("amount", "money", "1250.00", required=True),
        _column("paid_at", "day"),
        period="due_at",
        line=(("customer_id", "amount", "due_at"),),
    ),
)
TABLES: dict[str, Table] = {table.name: table for table in _ALL}

# The traditional characters that occur in headers, and their simplified forms in the same order.
_SIMPLIFIED = str.maketrans(
    "訂單編號戶類別稱時間項產額數價總計應實優積點會員級電話聯絡繫責務經銷貨買賣帳賬萬億區縣國業規職歲齡錄錢頻顧問"
    "題滿評論訴處結關閉緊達動參與發開費標說備註進運條碼門網專櫃幣狀態購贈獎懷險徵來記請領誌據線連內風決獲營訊樣維"
    "觸師軟體傳質補償賠潤減讓階層預畢辦響覆聲導範圍詢銀頁陳確認簽貼禮鍵攤傷嚴緒華東約"
    "郵冊競爭組啟異變對種過為倉寫況淨擊創場寶屬崗庫歸換權檔溝潛緯細紹統績見議訪讀調貝負資轉遞鋪長閱際饋驗兌薦後復準臺籤",
    "订单编号户类别称时间项产额数价总计应实优积点会员级电话联络系责务经销货买卖帐账万亿区县国业规职岁龄录钱频顾问"
    "题满评论诉处结关闭紧达动参与发开费标说备注进运条码门网专柜币状态购赠奖怀险征来记请领志据线连内风决获营讯样维"
    "触师软体传质补偿赔润减让阶层预毕办响复声导范围询银页陈确认签贴礼键摊伤严绪华东约"
    "邮册竞争组启异变对种过为仓写况净击创场宝属岗库归换权档沟潜纬细绍统绩见议访读调贝负资转递铺长阅际馈验兑荐后复准台签",
)
_IN_BRACKETS = re.compile(r"\s*[(\[（【][^)\]）】]*[)\]）】]\s*$")


def folded(header: str) -> str:
    """The form in which headers are compared: 'Invoice No.' = 'invoice_no' = 'INVOICENO', '訂單 ID' = '订单id'.

    NFKC, case folded, simplified characters, and only letters and digits kept (so no BOM, no zero-width space).
    """
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", header).casefold()).translate(_SIMPLIFIED)
    return "".join(character for character in text if character.isalnum())


def _ranked_names(table: Table) -> dict[str, tuple[str, int]]:
    """Folded header -> (column, rank): 0 is the column's own name, then its synonyms in order of preference."""
    names: dict[str, tuple[str, int]] = {}
    for column in table.columns:
        for rank, word in enumerate((column.name, *column.synonyms)):
            names.setdefault(folded(word), (column.name, rank))
    return names


_NAMES = {name: _ranked_names(table) for name, table in TABLES.items()}


def _folded_lists(section: str) -> dict[str, frozenset[str]]:
    """The lists of a section of headers.toml that is no table, in the form in which headers are compared."""
    return {name: frozenset(map(folded, _words(text, _HEADERS["shared"]))) for name, text in _HEADERS[section].items()}


NOT_NEEDED = _folded_lists("not needed")  # kind of file that no number counts -> its headers
ONE_ROW = _folded_lists(
    "one row per customer"
)  # what such files carry besides: table -> headers, status and totals -> words


def _named(table: Table, header: str) -> tuple[str, int] | None:
    """(column, rank) of a header; a unit in brackets at its end is ignored: 'Amount (GBP)', '金额（元）'."""
    names = _NAMES[table.name]
    return names.get(folded(header)) or names.get(folded(_IN_BRACKETS.sub("", header)))


def field_of(table: Table | str, header: str) -> str | None:
    """The column of the table that a header names, by its own name or a synonym."""
    named = _named(TABLES[table] if isinstance(table, str) else table, header)
    return named[0] if named else None


def mapping(table: Table | str, headers: Iterable[str]) -> dict[str, str]:
    """Column -> header for a whole file.  Of headers that name the same column the preferred wins, then the first."""
    table = TABLES[table] if isinstance(table, str) else table
    best: dict[str, tuple[int, str]] = {}
    for header in headers:
        named = _named(table, header)
        if named and (named[0] not in best or named[1] < best[named[0]][0]):
            best[named[0]] = (named[1], header)
    return {column.name: best[column.name][1] for column in table.columns if column.name in best}


def missing(table: Table | str, columns: Iterable[str]) -> list[str]:
    """Required columns that neither `columns` nor an alternative made of them provides.

    Orders without an amount are acceptable when order_items bring it: the importer knows whether they do, not we.
    """
    table = TABLES[table] if isinstance(table, str) else table
    present = set(columns)
    return [
        name
        for name in table.required
        if name not in present and not any(present.issuperset(parts) for parts in table.alternatives.get(name, ()))
    ]


def is_told(table: Table | str, columns: Iterable[str]) -> bool:
    """Whether these columns tell the table from others that share its ids; a person or a file name may say so too."""
    table = TABLES[table] if isinstance(table, str) else table
    return not table.telling or not set(table.telling).isdisjoint(columns)
