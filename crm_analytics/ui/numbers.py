"""A headline number as the reader sees it: value, change, whether the change is more than noise, n, interval, target."""

from dataclasses import dataclass

import streamlit as st

from crm_analytics import formats
from crm_analytics.metrics.overview import ANY_WINDOW, FALLING_IS_GOOD

COMPARED = {  # what is compared with -> columns of `overview.kpis`: the number then, and the interval of the change
    "before": ("previous", "change_low", "change_high"),
    "year": ("year_earlier", "year_change_low", "year_change_high"),
}
EXPORTS = {
    "needs_orders": "orders",
    "needs_surveys": "surveys",
    "needs_nps": "surveys",
    "needs_complaints": "complaints",
    "needs_cost": "orders",
}


@dataclass(frozen=True)
class Number:
    """One row of `overview.kpis` in words, beside the window that the reader compares with."""

    page: object
    row: dict

    @property
    def kpi(self) -> str:
        return self.row["kpi"]

    @property
    def label(self) -> str:
        return self.page.tr(f"kpis.{self.kpi}.label")

    @property
    def definition(self) -> str:
        return self.page.tr(f"kpis.{self.kpi}.definition")

    @property
    def is_missing(self) -> bool:
        return formats.is_missing(self.row["value"])

    @property
    def value(self) -> str:
        return self.written(self.row["value"])

    @property
    def by_year(self) -> bool:
        """Compared with the same window a year earlier, which is not the window before."""
        return self.page.filters.compare == "year" and self.page.filters.months != 12

    @property
    def earlier(self) -> tuple:
        """The number of the window compared with, and both ends of the change's interval; None or NaN where there is none."""
        return tuple(self.row.get(column) for column in COMPARED["year" if self.by_year else "before"])

    @property
    def previous(self) -> str:
        return self.written(self.earlier[0])

    @property
    def year_earlier(self) -> str:
        """The same window a year earlier; empty where that is the window before, or the data do not reach back."""
        value = self.row.get("year_earlier")
        return "" if formats.is_missing(value) else self.written(value)

    @property
    def has_previous(self) -> bool:
        return not self.is_missing and not formats.is_missing(self.earlier[0])

    @property
    def difference(self) -> float | None:
        return float(self.row["value"]) - float(self.earlier[0]) if self.has_previous else None

    @property
    def has_interval_of_change(self) -> bool:
        return not any(formats.is_missing(end) for end in self.earlier[1:])

    @property
    def within_noise(self) -> bool:
        """The 95 % interval of the change holds zero.  Totals (money, counts) have no interval: they are what they are."""
        return self.has_interval_of_change and float(self.earlier[1]) <= 0 <= float(self.earlier[2])

    @property
    def moved(self) -> bool:
        return bool(self.difference) and any(digit in (self.change or "") for digit in "123456789")

    @property
    def falling_is_good(self) -> bool:
        return self.kpi in FALLING_IS_GOOD

    @property
    def is_better(self) -> bool:
        return self.moved and (self.difference > 0) != self.falling_is_good

    @property
    def is_clear(self) -> bool:
        """Moved by more than noise, as far as the data can tell."""
        return self.moved and self.has_interval_of_change and not self.within_noise

    @property
    def colour(self) -> str:
        return "off" if not self.is_clear else "inverse" if self.kpi in FALLING_IS_GOOD else "normal"

    @property
    def change(self) -> str | None:
        """+1.4 pt, -6.2 h, +12.4%: signed, with the ASCII minus that Streamlit reads."""
        if not self.has_previous:
            return None
        tr, unit, change = self.page.tr, self.row["unit"], self.difference
        if unit == "rate":
            return formats.delta(change, tr("frame.points", n=formats.points(change)))
        if unit == "hours":
            return formats.delta(change, tr("frame.hours", n=formats.hours(change)))
        if unit == "score":
            return formats.delta(change, f"{abs(change):.1f}")
        before = float(self.earlier[0])
        return formats.delta(change, formats.percent(change / before)) if before > 0 else None

    @property
    def beside(self) -> str | None:
        """What stands beside the change: "vs 86.2%", or that the change is within noise."""
        if not self.has_previous:
            return self.page.tr("frame.nothing_before") if not self.is_missing else None
        words = "within_noise" if self.within_noise else "versus_year" if self.by_year else "versus"
        return self.page.tr(f"frame.{words}", value=self.previous)

    @property
    def beside_shortly(self) -> str | None:
        """The number before alone: the head of the screen says what is compared."""
        return (
            self.page.tr("frame.versus", value=self.previous)
            if self.has_previous and not self.within_noise
            else self.beside
        )

    @property
    def interval(self) -> str:
        low, high = self.row["low"], self.row["high"]
        if formats.is_missing(low) or formats.is_missing(high):
            return ""
        if self.row["unit"] == "rate":
            return f"{formats.points(low)}–{formats.percent(high)}"
        if self.row["unit"] in ("hours", "score"):
            return f"{formats.hours(low)}–{formats.hours(high)}"
        return f"{self.written(low)}–{self.written(high)}"

    @property
    def basis_words(self) -> str:
        """n 1,204 · 85.6–89.4%"""
        n = "" if formats.is_missing(self.row["n"]) else self.page.tr("frame.n", n=formats.count(self.row["n"]))
        return " · ".join(part for part in (n, self.interval) if part)

    @property
    def target_words(self) -> str:
        target = (self.page.rules.targets or {}).get(self.kpi)
        if formats.is_missing(target) or self.is_missing:
            return ""
        reached = (
            float(self.row["value"]) <= target if self.kpi in FALLING_IS_GOOD else float(self.row["value"]) >= target
        )
        value = self.written(target).replace(".0%", "%").replace(".0 ", " ")
        if self.page.filters.months != 12 and self.kpi not in ANY_WINDOW:
            return self.page.tr("frame.target_year", value=value)
        return self.page.tr("frame.target_met" if reached else "frame.target", value=value)

    @property
    def note(self) -> str:
        code = self.row.get("note")
        text = "" if formats.is_missing(code) or not code else self.page.tr(f"notes.{code}")
        return text[:1].upper() + text[1:]

    @property
    def explained(self) -> list[str]:
        """Definition, basis and caution: the paragraphs behind the question mark."""
        return [part for part in (self.definition, self.basis_words, self.note) if part]

    @property
    def cells(self) -> list[str]:
        """The number as a line of a table: label, value, change, n, interval, caution."""
        n = formats.NOTHING if self.is_missing else formats.count(self.row["n"])
        return [
            self.label,
            self.value,
            (self.change or formats.NOTHING).replace("-", "−"),
            n,
            self.interval or formats.NOTHING,
            self.note,
        ]

    @property
    def wants(self) -> str | None:
        """The table whose export this number waits for."""
        return EXPORTS.get(self.row.get("note"))

    def written(self, value) -> str:
        """A value in this number's unit."""
        return written(self.page, value, self.row["unit"])

    def link(self):
        """The way to the Data screen."""
        if self.wants:
            table = self.page.tr(f"tables.{self.wants}")
            st.page_link(
                "pages/data.py",
                label=self.page.tr("frame.add_export", table=table),
                icon=":material/upload:",
                query_params=self.page.query,
            )


def written(page, value, unit: str) -> str:
    """A value in a unit of `overview.kpis`: rate, money, count, hours or score."""
    if formats.is_missing(value):
        return formats.NOTHING
    if unit == "hours":
        return page.tr("frame.hours", n=formats.hours(value))
    if unit == "score":
        return formats.hours(value)
    return {"rate": formats.percent, "money": page.money, "count": formats.count}[unit](value)


def numbers(page, kpis) -> dict[str, Number]:
    """The rows of `overview.kpis` by name."""
    return {row["kpi"]: Number(page, row) for row in kpis.to_dict("records")}
