"""The list of customers behind any number."""

import pandas as pd

from crm_analytics import snapshot
from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters

# Group -> the columns of the list in it. A margin is known only where some line's cost is.
GROUPS = {
    "standing": ("tier", "stage", "segment", "segment_11", "r", "f", "m", "is_active", "is_new"),
    "window": ("revenue", "margin", "orders", "lines", "covered_revenue"),
    "ever": (
        "revenue_ever",
        "orders_ever",
        "first_order_date",
        "last_order_date",
        "days_since_last_order",
        "last_line_date",
        "last_line_date_before",
    ),
    "before": (
        "revenue_before",
        "margin_before",
        "orders_before",
        "lines_before",
        "covered_revenue_before",
        "is_active_before",
        "is_active_earlier",
    ),
    "service": ("satisfaction", "is_satisfied", "complaints", "open_complaints"),
    "profile": (
        "kind",
        "gender",
        "age_band",
        "region",
        "city",
        "country",
        "income_band",
        "occupation",
        "industry",
        "company_size",
        "source",
        "owner",
        "status",
        "signup_date",
        "member_tier",
        "joined_at",
    ),
    "contact": ("phone", "email"),
}
CONTACT = GROUPS["contact"]
ALL = ("customer_id", "name", *(column for columns in GROUPS.values() for column in columns))
SORTABLE = tuple(column for column in ALL if column not in CONTACT)
FROM_ORDERS = [
    column
    for column in (*GROUPS["window"], *GROUPS["ever"], *GROUPS["before"])
    if column.startswith(("revenue", "orders", "lines", "covered"))
]
FROM_PROFILE = {"name", *GROUPS["profile"]}
EXPRESSIONS = {
    "margin": "case when c.margin <> 0 or c.covered_revenue <> 0 then c.margin end",
    "margin_before": "case when c.margin_before <> 0 or c.covered_revenue_before <> 0 then c.margin_before end",
    "complaints": "case when exists(select 1 from cases) then c.complaints end",
    "open_complaints": "case when exists(select 1 from cases) then c.open_complaints end",
    "age_band": snapshot.age_band("p.birth_date"),
    "phone": "k.phone",
    "email": "k.email",
}
EVERYONE = "$search = ''"
FOUND = """
$search = '' or contains(lower(c.customer_id), $search) or contains(lower(p.name), $search)
    or c.customer_id in (select person from aliases where contains(lower(number), $search))
"""
PROFILES = " left join customer_profile p on p.customer_id = c.customer_id"
CONTACTS = """
left join (
    select coalesce(a.person, u.customer_id) as customer_id,
        arg_max(u.phone, cast(u.import_id as bigint) * 1000000000000 + u.source_line) as phone,
        arg_max(u.email, cast(u.import_id as bigint) * 1000000000000 + u.source_line) as email
    from customers u
    left join aliases a on a.number = u.customer_id
    where coalesce(a.person, u.customer_id) in (select customer_id from page)
    group by 1
) k on k.customer_id = c.customer_id
"""


def listing(
    con,
    filters: Filters,
    *,
    search: str = "",
    order_by: str = "revenue",
    descending: bool = True,
    columns: str = "",
    limit: int = 200,
    offset: int = 0,
) -> pd.DataFrame:
    """The chosen customers with what the snapshot and the profile know of them.  One row per customer.

    `search` finds part of a name or of any of the customer's numbers. `columns`: names of columns or groups (standing,
    window, ever, before, service, profile, contact), comma-separated; without them all but contact. Margin is null where no
    line of the customer has a known cost; satisfaction where there is no answer in the window; complaints where none were
    ever exported. Raises CrmError E_SORT on a column that cannot order the list, E_COLUMN on one it does not have.
    """
    if order_by not in SORTABLE:
        raise CrmError("E_SORT", column=order_by, known=", ".join(SORTABLE))
    shown = _shown(columns)
    words = search.strip().lower()
    direction = "desc" if descending else "asc"
    needs_profile = bool(words) or order_by in FROM_PROFILE
    # Who is on the page is decided over ids and the order's own column alone; the other columns are fetched for those few.
    found = con.execute(
        f"""
        with page as (
            select c.customer_id, {_expression(order_by)} as place
            from chosen c{PROFILES if needs_profile else ""}
            where {FOUND if words else EVERYONE}
            order by place {direction} nulls last, c.customer_id limit $limit offset $offset
        )
        select {", ".join(f"{_expression(column)} as {column}" for column in shown)}
        from page g
        join snapshot c on c.customer_id = g.customer_id{PROFILES}{CONTACTS if set(shown) & set(CONTACT) else ""}
        order by g.place {direction} nulls last, g.customer_id
        """,
        _used({"search": words, "limit": limit, "offset": offset}, shown, order_by, filters),
    ).df()
    if filters.data_from is None:  # nobody has exported orders: what they would say is unknown, not zero
        found[[column for column in FROM_ORDERS if column in found]] = None
    return found


def size(con, filters: Filters, *, search: str = "") -> int:
    """How many customers the list holds."""
    words = search.strip().lower()
    return con.execute(
        f"select count(*) from chosen c{PROFILES if words else ''} where {FOUND if words else EVERYONE}",
        {"search": words},
    ).fetchone()[0]


def kinds_of_data(con, filters: Filters) -> pd.DataFrame:
    """Which kinds of data the company has that fill columns of the list.  One row: has_orders, has_names, has_answers, has_complaints."""
    return con.execute(
        """
        select exists(select 1 from company_days) as has_orders, exists(select 1 from customer_profile where name is not null) as has_names,
            exists(select 1 from answers where question = 'overall') as has_answers, exists(select 1 from cases) as has_complaints
        """
    ).df()


def _shown(columns: str) -> tuple[str, ...]:
    """The columns that are asked for, the id first, each once."""
    asked = [name.strip() for name in columns.split(",") if name.strip()]
    if not asked:
        return SORTABLE
    for name in asked:
        if name not in GROUPS and name not in ALL:
            raise CrmError("E_COLUMN", column=name, known=", ".join((*GROUPS, *ALL)))
    return tuple(dict.fromkeys(["customer_id", *(each for name in asked for each in GROUPS.get(name, (name,)))]))


def _expression(column: str) -> str:
    """A column of the list as SQL: of the snapshot c, the profile p or the contacts k; the names are this module's own."""
    return EXPRESSIONS.get(column) or f"{'p' if column in FROM_PROFILE else 'c'}.{column}"


def _used(values: dict, shown: tuple[str, ...], order_by: str, filters: Filters) -> dict:
    return values | ({"as_of": filters.as_of} if "age_band" in (*shown, order_by) else {})
