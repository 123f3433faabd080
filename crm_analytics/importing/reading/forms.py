"""How one column of a file is read: the SQL that turns its text into values. A value that does not fit reads as null."""

from dataclasses import dataclass

from crm_analytics.importing.reading import dates, numbers
from crm_analytics.importing.reading.texts import folded, is_guarded, is_null_word, is_one_of, literal, once, unguarded

__all__ = ["Reading", "expression", "literal", "possible"]

YES = ("true", "yes", "y", "t", "1", "是", "有", "已", "granted")
NO = ("false", "no", "n", "f", "0", "否", "无", "無", "未")


@dataclass(frozen=True)
class Reading:
    """How one column of a file is read: which field it becomes, its kind, and the form its values are written in.

    `is_tidy`: every row has shown that no cell has spaces around it and no date lies out of bounds, so that large files need
    not be checked for it again while they load. `has_guards`: an apostrophe before = + - @ is the mark by which exports keep a
    spreadsheet from running the cell; it is no part of the value. `is_folded`: characters are brought to their usual form
    first, see `texts.folded`.
    """

    field: str
    place: int
    kind: str
    form: str = "as it is"
    has_null_words: bool = False
    is_tidy: bool = False
    has_guards: bool = False
    is_folded: bool = False

    def sql(self, time_zone: str = "UTC") -> str:
        """The SQL that reads the column's text; null for what is empty or does not fit.

        What reads as it stands means nothing else once it is tidied up, which is costly: only the other cells are. Behind a
        date that ends in anything but a digit the engine overlooks some words.
        """
        tidied = expression(self.kind, self.form, self.text(), time_zone, is_strict=not self.is_tidy)
        if self.is_tidy or self.kind in ("id", "text", "flag"):
            return tidied
        cell = f"c{self.place}"
        bare = expression(self.kind, self.form, cell, time_zone)
        ends_well = f"{cell}[-1] between '0' and '9' and " if self.kind in ("timestamp", "day") else ""
        return f"(case when {ends_well}{bare} is not null then {bare} else {tidied} end)"

    def text(self) -> str:
        """The column's text, null where it is empty or a word for nothing."""
        cell = f"c{self.place}"
        bare = cell if self.is_tidy else f"nullif(trim({folded(self.kind, cell) if self.is_folded else cell}), '')"
        if self.has_guards:
            bare = f"(case when {is_guarded(bare)} then {unguarded(bare)} else {bare} end)"
        if not self.has_null_words:
            return bare
        return f"(case when {is_null_word(self.kind, cell)} then null else {bare} end)"


def possible(kind: str, answer: str | None = None, *, with_offset: bool = False) -> list[str]:
    """The forms that a column of this kind may have, the likeliest first; `answer`: what a person said of its values."""
    if kind in ("timestamp", "day"):
        return dates.possible(answer, with_offset=with_offset)
    return numbers.possible(kind, answer) if kind in ("money", "number", "whole") else ["as it is"]


def expression(kind: str, form: str, text: str, time_zone: str = "UTC", *, is_strict: bool = True) -> str:
    """The SQL that reads `text` (itself SQL) as a kind written in a form."""
    if kind not in ("id", "text") and not text.isidentifier():
        return once("cell", text, expression(kind, form, "cell", time_zone, is_strict=is_strict))
    if kind in ("timestamp", "day"):
        moment = dates.moment(form, text, time_zone, is_strict=is_strict)
        return f"cast({moment} as date)" if kind == "day" else moment
    if kind in ("money", "number"):
        return f"try_cast({numbers.digits(form, text)} as decimal({'17' if kind == 'money' else '15'},4))"
    if kind == "whole":
        value = f"try_cast({numbers.digits(form, text)} as decimal(38,4))"
        return f"(case when {value} = trunc({value}) then try_cast({value} as bigint) end)"
    if kind == "flag":
        return f"(case when {is_one_of(f'lower({text})', YES)} then true when {is_one_of(f'lower({text})', NO)} then false end)"
    return f"regexp_replace({text}, '[.]0$', '')" if form == "ends in .0" else text
