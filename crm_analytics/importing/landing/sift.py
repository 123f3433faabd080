"""Which records are rows of the table, which are none (blank, repeated headers, totals, footers), and which are set aside."""

import re
from collections.abc import Iterable, Iterator

from crm_analytics.importing.landing.cells import PLAIN, Marks
from crm_analytics.importing.landing.columns import DIGIT
from crm_analytics.importing.landing.header import Head, may_be_row
from crm_analytics.importing.landing.records import BAD_BYTES, Record

NO_ROWS = (
    "preamble",
    "second_header",
    "repeated_header",
    "blank",
    "total",
    "footer",
)  # reasons to skip; others set aside
MOST_FOOTER = 20  # lines
MOST_HELD = 1_000  # records at the end, of which the footer is a part
LONGEST = 50  # characters of a cell that names a total
TOTALS = r"(?:grand|sub|overall|report|page)?[\s_-]*totals?|sum|gesamt|summe|合计|合計|总计|總計|小计|小計|总和|總和|共计|共計|累计|累計"
TOTAL = re.compile(rf"\W*(?P<of>.{{0,40}}?[\s:：-])??(?:{TOTALS})\s*[:：]?\W*", re.IGNORECASE)
TELLS = re.compile(
    r"\W*(?:generated|printed|exported|created|report|page|source|notes?|end of|remarks?|copyright|\(?\d+ rows?|"
    r"打印|列印|导出|匯出|制表|製表|生成|备注|備註|说明|說明|注[:：]|共\s*\d+|第\s*\d+\s*页|记录数|記錄數|来源|來源|数据)",
    re.IGNORECASE,
)


def sift(found: Iterable[Record], head: Head, marks: Marks, *, ends_in_newline: bool = True) -> Iterator[Record]:
    """The records in their order, each with the reason for which it is no row of data, if there is one."""
    return _Sieve(iter(found), head, marks, ends_in_newline).records()


class _Sieve:
    """Reads one record ahead; holds back single cells at the end until it is known whether the table goes on after them."""

    def __init__(self, found: Iterator[Record], head: Head, marks: Marks, ends_in_newline: bool):
        self.found, self.width, self.columns, self.ends_in_newline = found, head.width, head.columns, ends_in_newline
        self.blanks = marks.delimiter + " \t"
        self.rivals = [mark for mark in PLAIN if mark not in marks.delimiter] if self.width > 1 else []
        self.header = [cell.strip() for cell in head.cells] if head.has_header else None
        self.after_gap = False  # the record before was blank or a total
        self.other_table = False
        self.held: list[tuple[Record, str]] = []  # what may be a footer, and lines that are no rows below it

    def records(self) -> Iterator[Record]:
        record = next(self.found, None)
        while record is not None:
            below = next(self.found, None)
            reason = self._reason(record, below)
            if len(self.held) == MOST_HELD:
                yield from self._released(is_end=False)
            if reason == "footer" or (self.held and reason in NO_ROWS):
                self.held.append((record, reason))
            else:
                yield from self._released(is_end=False)
                yield record._replace(reason=reason) if reason != record.reason else record
            self.after_gap = reason in ("blank", "total", "footer")
            record = below
        yield from self._released(is_end=True)

    def _reason(self, record: Record, below: Record | None) -> str | None:
        return None if self._is_plainly_row(record) else self._weighed(record, below)

    def _is_plainly_row(self, record: Record) -> bool:
        """Whether a look at most records is enough: no mark of anything else, in a table that has not ended."""
        line, raw, cells, reason = record
        if reason or self.after_gap or self.other_table or not (cells and cells[0][:1].isalnum()) or _may_be_total(raw):
            return False
        if not raw.isascii() and BAD_BYTES.search(raw):
            return False
        last = cells[-1].strip()
        if (self.header and last == self.header[-1]) or not (last or "".join(cells[1:2]).strip()):
            return False  # a header or a remark
        return self.width - 1 not in map(raw.count, self.rivals)

    def _weighed(self, record: Record, below: Record | None) -> str | None:
        if not "".join(record.cells).strip() and not record.raw.strip(self.blanks):
            return "blank"
        if not record.raw.isascii() and BAD_BYTES.search(record.raw):
            return "bad_bytes"
        if self.other_table or (self.after_gap and self._begins_other_table(record, below)):
            self.other_table = True
            return "second_table"
        if (self.width > 2 or _is_gap(below)) and self._is_total(record.cells):
            return "total"
        if record.reason is None:
            return self._of_fitting(record)
        if below is None and not self.ends_in_newline and record.reason in ("too_few_cells", "unclosed_quote"):
            return "footer" if self._is_footer(record) else "cut_off"
        return "footer" if record.reason == "too_few_cells" and self._is_footer(record) else record.reason

    def _of_fitting(self, record: Record) -> str | None:
        if self._is_header(record.cells):
            return "repeated_header"
        if self._is_of_other_marks(record):
            return "other_delimiter"
        return "footer" if self.width > 2 and not record.cells[-1] and self._is_footer(record) else None

    def _is_header(self, cells: list[str]) -> bool:
        if not self.header or self.width < 2 or cells[-1].strip() != self.header[-1]:
            return False
        return [cell.strip().lstrip("\ufeff") for cell in cells] == self.header

    def _is_footer(self, record: Record) -> bool:
        """Whether only the first cell says anything, and it is after a gap or known as a remark."""
        if self.width < 2 or not record.cells[0].strip() or any(map(str.strip, record.cells[1:])):
            return False
        return bool(TELLS.match(record.cells[0])) or (self.after_gap and not may_be_row(record))

    def _is_total(self, cells: list[str]) -> bool:
        """合计 or Total, then numbers or nothing: a sum of rows that are here already."""
        first = next((cell.strip() for cell in cells if cell.strip()), "")
        is_short = 1 < self.width >= len(cells) and len(first) < LONGEST
        named = TOTAL.fullmatch(first) if is_short and _may_be_total(first) else None
        filled = [cell for cell in cells if cell.strip()]
        if not named or not all(map(DIGIT.search, filled[1:])):
            return False
        return not named["of"] or len(filled) < self.width

    def _begins_other_table(self, record: Record, below: Record | None) -> bool:
        """A header of another table after a gap: names over columns that carry digits, or rows of another width under it."""
        cells = [cell.strip() for cell in record.cells]
        if len(cells) < 2 or cells == self.header:
            return False
        if record.reason is None:
            return self.columns.name(cells)
        has_names = all(cells) and len(set(cells)) == len(cells) and not any(map(DIGIT.search, cells))
        is_ragged = record.reason in ("too_few_cells", "too_many_cells")
        return is_ragged and has_names and below is not None and len(below.cells) == len(cells)

    def _is_of_other_marks(self, record: Record) -> bool:
        """Whether a line fits only because its decimal commas were taken for delimiters: another mark cuts it better."""
        for rival in self.rivals:
            parts = record.raw.split(rival)
            if len(parts) == self.width and not any(part.count('"') % 2 for part in parts):  # it cuts no quoted text
                has_rival = sum(rival in cell for cell in record.cells)
                return has_rival > 1 and self.columns.fit(parts)
        return False

    def _released(self, *, is_end: bool) -> Iterator[Record]:
        """The records held back: a footer at the end of the file, else rows with too few cells."""
        is_footer = is_end and sum(reason == "footer" for _, reason in self.held) <= MOST_FOOTER
        for record, reason in self.held:
            yield record._replace(reason=reason) if is_footer or reason != "footer" else record
        self.held = []


def _may_be_total(text: str) -> bool:
    """Whether a text holds a part of any of the words for a total: a quick look that spares most rows the pattern."""
    low = text.lower()
    if "total" in low or "sum" in low or "samt" in low:
        return True
    return not text.isascii() and ("计" in text or "計" in text or "和" in text)


def _is_gap(record: Record | None) -> bool:
    """Whether the file ends here or a blank line follows."""
    return record is None or not "".join(record.cells).strip()
