"""The SQL that turns a landing's text into the rows of an accepted table, and tells which records cannot become one."""

from dataclasses import dataclass

from crm_analytics.database import quoted
from crm_analytics.importing.reading import dates
from crm_analytics.importing.reading.forms import Reading, literal
from crm_analytics.schema import TABLES

MAY_BE_EMPTY = {
    ("orders", "customer_id")
}  # the column is required, its cells are not: such lines belong to the company only


@dataclass(frozen=True)
class Typed:
    """Readings of one file as SQL over its landing."""

    table: str
    readings: tuple[Reading, ...]
    time_zone: str = "UTC"
    only_with: tuple[str, ...] = ()  # a record that fills none of these says nothing for this table and is skipped

    def values(self) -> dict[str, str]:
        """Stored column -> SQL; amount and cost are worked out from their parts where the file lacks them."""
        read = {reading.field: reading.sql(self.time_zone) for reading in self.readings}
        if "amount" in {column.name for column in TABLES[self.table].columns}:
            read.setdefault("amount", _amount(read))
        if {"unit_cost", "profit"} & read.keys():
            read.setdefault("cost", _cost(read))
        return {
            column.name: read.get(column.name) or f"cast(null as {column.sql_type})"
            for column in TABLES[self.table].stored
        }

    def filled(self) -> list[str]:
        """Stored columns that this file fills; the others are null in all its rows."""
        return [name for name, sql in self.values().items() if not sql.startswith("cast(null")]

    def fault(self) -> str:
        """SQL: null for a record that loads, else 'column|reason' of the first thing wrong with it."""
        cases = [(self.skips(), "null")] if self.only_with else []
        for reading in self.readings:
            if reading.kind not in ("id", "text"):
                misfit = (
                    f"case when {reading.sql(self.time_zone)} is null then {reading.text()} is not null else false end"
                )
                cases.append((misfit, self._misfit(reading)))
        values = self.values()
        for column in TABLES[self.table].columns:
            if (
                column.required
                and column.stored
                and (self.table, column.name) not in MAY_BE_EMPTY
                and self._brings(column.name)
            ):
                cases.append((f"{values[column.name]} is null", literal(f"{column.name}|empty")))
        whens = " ".join(f"when {condition} then {reason}" for condition, reason in cases)
        return f"(case {whens} end)" if whens else "cast(null as varchar)"

    def _misfit(self, reading: Reading) -> str:
        """SQL: the reason for a value that does not fit; dates beyond reason are told from what is no date."""
        reason = literal(f"{reading.field}|{reading.kind}")
        if reading.kind not in ("timestamp", "day"):
            return reason
        date = dates.unbounded(reading.form, reading.text(), self.time_zone)
        return f"(case when {date} is null then {reason} else {literal(f'{reading.field}|outside')} end)"

    def skips(self) -> str:
        """SQL: whether a record says nothing for this table."""
        empty = [f"{reading.text()} is null" for reading in self.readings if reading.field in self.only_with]
        return f"({' and '.join(empty)})" if empty else "false"

    def _brings(self, column: str) -> bool:
        """An orders file without any amount is complete: its items bring it."""
        return column in self.filled()

    def rows(self, relation: str) -> str:
        """SELECT of the accepted table's columns, of the records that say something for it."""
        columns = ", ".join(f"{sql} as {quoted(name)}" for name, sql in self.values().items())
        return f"select {columns} from {relation} where not {self.skips()}"


def _amount(read: dict[str, str]) -> str | None:
    if "quantity" in read and "unit_price" in read:
        return f"cast({read['quantity']} * {read['unit_price']} as decimal(17,4))"
    return read.get("total")


def _cost(read: dict[str, str]) -> str | None:
    if "unit_cost" in read and "quantity" in read:
        return f"cast({read['unit_cost']} * {read['quantity']} as decimal(17,4))"
    if "profit" in read and read.get("amount"):
        return f"cast({read['amount']} - {read['profit']} as decimal(17,4))"
    return None
