"""What every slide and every sheet says about the view it was made from."""

from collections.abc import Callable
from dataclasses import dataclass

from crm_analytics import formats
from crm_analytics.reporting.measured import clean, fit

LONGEST_COMPANY = 4.5  # inches


@dataclass(frozen=True)
class Facts:
    """The view behind a deck or a workbook, in the reader's language.

    `tr` translates; `answer` is the screen's sentence, **its heart** in stars; `window` "12 months to 9 Dec 2011"; `months` its
    length; `whom` the customers chosen, in words, empty = all; `by` the ranking variable; `tier_shares` of top, big and medium;
    `left_out` one sentence per thing that no number counts; `files` (name, table, imported, records) of the data; `since` the day
    movements start from, where the reader has chosen it.
    """

    tr: Callable[..., str]
    answer: str
    window: str
    months: int = 12
    currency: str = ""
    company: str = ""
    whom: str = ""
    by: str = "revenue"
    tier_shares: tuple[float, ...] = (0.01, 0.04, 0.15)
    left_out: tuple[str, ...] = ()
    files: tuple[tuple[str, str, str, str], ...] = ()
    since: str = ""

    @property
    def language(self) -> str:
        return self.tr.language

    def money(self, value) -> str:
        """£2.36 M: an amount as slides show it."""
        return formats.money(value, self.language, self.currency)

    def money_change(self, value) -> str:
        """+£31.8 k: an amount by which something changes."""
        return formats.money_change(value, self.language, self.currency)

    def layer(self, code: str) -> str:
        """The word of a layer, and of the rows of no layer."""
        return self.tr(f"slides.{code}" if code in ("new", "unknown") else f"pyramid.name_{code}")

    @property
    def company_shortly(self) -> str:
        """The company's name, cut where it would push everything else off the line."""
        return fit(self.company, LONGEST_COMPANY, 13)

    @property
    def about(self) -> str:
        """Company, window and customers in one line."""
        return " · ".join(
            filter(None, (self.company_shortly, self.window, self.whom or self.tr("frame.all_customers")))
        )

    @property
    def money_format(self) -> str:
        """A spreadsheet's format of exact amounts; the currency's label stays text, whatever it contains."""
        label = clean(formats.SYMBOLS.get(self.currency.upper(), self.currency)).replace('"', "")
        before, after = (
            (f'"{label} "' if label.isascii() and label.isalpha() else f'"{label}"', "") if label else ("", "")
        )
        if label in formats.SUFFIXES:
            before, after = "", f'"{label}"'
        return f"{before}#,##0.00{after};[Red]-{before}#,##0.00{after}"

    def unit(self, amounts) -> tuple[float, str]:
        """What a chart's amounts are divided by so that they stay short, and the word for it: (1000, "£ thousand")."""
        largest = max((abs(float(value)) for value in amounts if not formats.is_missing(value)), default=0.0)
        sizes = (
            ((1e8, "hundred_million"), (1e4, "ten_thousand"))
            if self.language.startswith("zh")
            else ((1e6, "million"), (1e3, "thousand"))
        )
        size, word = next(((size, word) for size, word in sizes if largest >= size), (1.0, "whole"))
        label = formats.SYMBOLS.get(self.currency.upper(), self.currency)
        return size, self.tr(f"slides.unit_{word}", currency=label).strip()


def known(frame, *columns: str) -> bool:
    """The frame is there, has rows, and something is known in each of these columns."""
    return frame is not None and len(frame) > 0 and all(name in frame and frame[name].notna().any() for name in columns)
