"""A workbook in the house manner: real numbers with formats, text that is never taken for a formula, totals that are formulas."""

import io
from dataclasses import dataclass

import xlsxwriter

from crm_analytics import formats
from crm_analytics.reporting import said
from crm_analytics.reporting.facts import Facts
from crm_analytics.reporting.measured import clean

OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
FORMATS = {"count": "#,##0;[Red]-#,##0", "share": "0.0%;[Red]-0.0%", "ratio": "0.00;[Red]-0.00", "day": "yyyy-mm-dd"}
INK, HEADER, LINE = "#14202E", "#F1F4F7", "#DCE2E9"
WIDTHS = {"count": 12, "share": 12, "ratio": 11, "day": 12, "money": 16}
FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))
LONGEST_NAME, LONGEST_TEXT, CENT = 31, 32_767, 0.005


@dataclass(frozen=True)
class Formula:
    """A live formula and what it gives."""

    text: str
    value: float


@dataclass(frozen=True)
class Column:
    """Header, kind of its values (text, count, money, share, ratio, day), width in characters."""

    header: str
    kind: str = "text"
    width: float = 0


class Book:
    """Sheets one after the other; `data` gives the file."""

    def __init__(self, facts: Facts):
        self.facts, self.file = facts, io.BytesIO()
        self.book = xlsxwriter.Workbook(self.file, OPTIONS)
        about = {
            "title": clean(facts.answer.replace("**", ""))[:250],
            "author": facts.tr("frame.product"),
            "company": clean(facts.company)[:250],
        }
        self.book.set_properties(about)
        self.formats = {
            (kind, bold): self.book.add_format(
                {"num_format": form, "font_color": INK} | ({"bold": True, "top": 1} if bold else {})
            )
            for kind, form in (FORMATS | {"money": facts.money_format}).items()
            for bold in (False, True)
        }
        for bold in (False, True):
            look = {"quote_prefix": True, "font_color": INK, "valign": "top"} | (
                {"bold": True, "top": 1} if bold else {}
            )
            self.formats["text", bold] = self.book.add_format(look)
        self.wrapped = self.book.add_format({"text_wrap": True, "valign": "top", "quote_prefix": True})
        self.header = self.book.add_format(
            {"bold": True, "bg_color": HEADER, "bottom": 1, "text_wrap": True, "valign": "top"}
        )
        self.title = self.book.add_format({"bold": True, "font_size": 14, "font_color": INK})
        self.strong = self.book.add_format({"bold": True, "valign": "top", "quote_prefix": True})

    def sheet(self, name: str):
        """A sheet whose name the program accepts and no other has."""
        wanted = clean(name.translate(FORBIDDEN))[:LONGEST_NAME] or "-"
        taken, number = {sheet.get_name().lower() for sheet in self.book.worksheets()}, 1
        while wanted.lower() in taken:
            number += 1
            wanted = f"{wanted[: LONGEST_NAME - 3]} {number}"
        sheet = self.book.add_worksheet(wanted)
        sheet.hide_gridlines(2)
        return sheet

    def table(self, sheet, columns: list[Column], rows, *, top: int = 0, last_is_total=False, filters=False) -> int:
        """Header and rows from line `top` on (0 = first); gives the first line after them."""
        for place, column in enumerate(columns):
            wide = column.width or WIDTHS.get(column.kind, 24)
            sheet.set_column(place, place, wide)
            sheet.write_string(top, place, clean(column.header), self.header)
        rows = list(rows)
        for line, row in enumerate(rows, start=top + 1):
            is_total = last_is_total and line == top + len(rows)
            for place, (column, value) in enumerate(zip(columns, row)):
                self.put(sheet, line, place, value, column.kind, is_total)
        if top == 0:
            sheet.freeze_panes(1, 1)
        if filters and rows:
            sheet.autofilter(top, 0, top + len(rows), len(columns) - 1)
        return top + 1 + len(rows)

    def put(self, sheet, line: int, place: int, value, kind: str = "text", is_total=False):
        """One value by its kind; nothing where it is unknown."""
        look = self.formats[kind, is_total]
        if isinstance(value, Formula):
            sheet.write_formula(line, place, value.text, look, value.value)
        elif formats.is_missing(value):
            sheet.write_blank(line, place, None, look)
        elif kind == "text":
            sheet.write_string(line, place, clean(value)[:LONGEST_TEXT], look)
        elif kind == "day":
            sheet.write_datetime(line, place, value, look)
        else:
            sheet.write_number(line, place, float(value), look)

    def chart(
        self, sheet, kind: dict, place: str, series: list[dict], *, title="", form="", size=(760, 320), legend=True
    ):
        """A native chart of ranges of the sheet."""
        chart = self.book.add_chart(kind)
        for each in series:
            chart.add_series(each)
        chart.set_title({"name": title, "name_font": {"size": 12, "bold": True}} if title else {"none": True})
        chart.set_y_axis(
            {"num_format": form, "major_gridlines": {"visible": True, "line": {"color": LINE}}, "line": {"none": True}}
        )
        chart.set_legend({"position": "top"} if legend else {"none": True})
        chart.set_size({"width": size[0], "height": size[1]})
        sheet.insert_chart(place, chart, {"object_position": 2, "description": title})
        return chart

    def about(self, parts, basis=None, more=()):
        """The sheet that says what this is: view, answer, definitions of each part, what was left out, where it comes from."""
        facts, tr = self.facts, self.facts.tr
        sheet = self.sheet(tr("slides.part_about"))
        sheet.set_column(0, 0, 30)
        sheet.set_column(1, 1, 100)
        sheet.write_string(0, 0, clean(facts.answer.replace("**", "")), self.title)
        view = [
            (tr("slides.company"), facts.company), (tr("slides.window"), facts.window),
            (tr("slides.whom"), facts.whom or tr("frame.all_customers")), (tr("slides.ranked_by"), tr(f"pyramid.by_{facts.by}")),
            (tr("slides.currency"), facts.currency), *more,
        ]  # fmt: skip
        defined = [(tr(f"slides.part_{part}"), line) for part in parts for line in said.about(facts, part)]
        rest = [(tr("slides.rests_on"), line) for line in said.rests_on(facts, basis)]
        out = [(tr("frame.how_left_out"), line) for line in facts.left_out or (tr("frame.nothing_left_out"),)]
        made = [(tr("slides.formulas"), tr("slides.made_by", product=tr("frame.product")))]
        line = 2
        for block in (view, defined, rest, out, made):
            for name, text in block:
                if text:
                    sheet.write_string(line, 0, clean(name), self.strong)
                    sheet.write_string(line, 1, clean(text)[:LONGEST_TEXT], self.wrapped)
                    line += 1
            line += bool(block)
        headers = [tr(f"frame.source_{name}") for name in ("file", "table", "imported", "records")]
        for row in [headers, *facts.files] if facts.files else ():
            for place, value in enumerate(row):
                sheet.write_string(line, place, clean(value), self.header if row is headers else self.wrapped)
            line += 1

    def data(self) -> bytes:
        """The workbook as a file."""
        self.book.close()
        return self.file.getvalue()


def header(facts: Facts, name: str) -> str:
    """The reader's word for a column."""
    return facts.tr(f"slides.head_{name}")


def columns_of(facts: Facts, kinds: dict[str, str], **widths: float) -> list[Column]:
    """Columns by their names and kinds."""
    return [Column(header(facts, name), kind, widths.get(name, 0)) for name, kind in kinds.items()]


def checked(text: str, expected: float, value) -> Formula | float | None:
    """A formula where it gives what is known to the cent; else the known number itself."""
    if formats.is_missing(value):
        return None
    return (
        Formula(text, float(value))
        if not formats.is_missing(expected) and abs(expected - value) < CENT
        else float(value)
    )
