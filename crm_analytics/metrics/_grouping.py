"""Groups of customers by any column: of the company, of the profile, of the customers' own files, or of the first order."""

from crm_analytics import first_order, snapshot
from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters

COMPANY = (
    "tier",
    *snapshot.SEGMENT_COLUMNS.values(),
    "stage",
)  # of all that was bought up to the day, later orders included
LATER = {*COMPANY, *snapshot.LINE_COLUMNS, "member_tier", "status"}
FIRST_YEAR = "first_order_year"


def columns(con) -> list[str]:
    """What customers can be grouped by: what was known at the first order first, then the profile, then the company's own tiers."""
    choices = list(snapshot.choices(con))
    of_first = [name for name, column in first_order.COLUMNS.items() if column in choices]
    known_then = [column for column in choices if column not in LATER]
    later = [column for column in choices if column in LATER and column not in COMPANY]
    return [*of_first, FIRST_YEAR, *known_then, *later, *COMPANY]


def is_known_later(column: str) -> bool:
    """Whether a group follows from what was bought after the first order, so that it explains no return to a second one."""
    return column in LATER


def value(con, filters: Filters, by: str) -> tuple[str, str, dict]:
    """(SQL of a customer's group, the joins it needs, their parameters), where the customer is `c` of snapshot or chosen.

    Names in the SQL are this product's own; the header of a column of the company's own is a parameter.
    Raises CrmError E_FILTER_COLUMN on a column the data does not have.
    """
    profile = "left join customer_profile p on p.customer_id = c.customer_id"
    joined = "left join {} g on g.customer_id = c.customer_id"
    if not by:
        return "cast(null as varchar)", "", {}
    if by in COMPANY:
        return f"c.{by}", "", {}
    if by == FIRST_YEAR:
        return "cast(year(c.first_order_date) as varchar)", "", {}
    if by in snapshot.CHOICE_COLUMNS:
        return f"p.{by}", profile, {}
    if by == "age_band":
        return snapshot.age_band("p.birth_date"), profile, {"as_of": filters.as_of}
    if by in first_order.COLUMNS:
        return "g.value", joined.format(first_order.table(con, filters, by)), {}
    if by in snapshot.LINE_COLUMNS:
        return "g.value", joined.format(snapshot.main_values(con, filters, by)), {}
    known = columns(con)
    if by not in known:
        raise CrmError("E_FILTER_COLUMN", name=by, known=", ".join(known))
    attribute = "(select customer_id, value from attributes where name = $attribute)"
    return "g.value", joined.format(attribute), {"attribute": by}
