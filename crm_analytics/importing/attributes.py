"""Columns that have no place of their own, kept by name for each customer: the values that say something new."""

from crm_analytics.importing.landing.land import Landing
from crm_analytics.importing.reading.typed import Typed

PLACE = "cast(import_id as bigint) * 1000000000000 + source_line"


def keep(con, typed: Typed, landing: Landing, places: tuple[int, ...], import_id: int) -> None:
    """Keep the columns at these places for the records that load; a value that is known already is not kept twice."""
    if not places:
        return
    cells = ", ".join(f"trim(c{place})" for place in places)
    con.execute(
        "insert into customer_attributes "
        "with said as ("
        f"select {typed.values()['customer_id']} as customer_id, source_line, unnest($names) as name, unnest([{cells}]) as value "
        f"from {landing.relation} where {typed.fault()} is null), "
        f"held as (select customer_id, name, arg_max(value, {PLACE}) as value from customer_attributes "
        f"where list_contains($names, name) and import_id < {import_id} group by customer_id, name) "
        f"select s.customer_id, s.name, s.value, {import_id}, s.source_line "
        "from said s left join held h on h.customer_id = s.customer_id and h.name = s.name "
        "where s.customer_id is not null and s.value <> '' and s.value is distinct from h.value",
        {"names": [landing.headers[place] for place in places]},
    )


def forget(con, table: str, before: int) -> None:
    """What earlier imports of a table said that is replaced as a whole; the kept files can say it again."""
    con.execute(
        "delete from customer_attributes where import_id < $before and import_id in "
        "(select import_id from imports where table_name = $table)",
        {"before": before, "table": table},
    )
