"""What is looked for in the accepted tables: each check as data, with the part of the score it belongs to and what it limits.

A check is a condition over the rows of its table. Checks without a part tell what people or files have decided; they are no flaw.
"""

from dataclasses import dataclass, replace

from crm_analytics.schema import TABLES

PARTS = ("completeness", "duplicates", "staleness", "orphans", "consistency")
ABOUT_CUSTOMERS = ("repurchase_rate", "churn_rate", "active_customers", "new_customers")
ABOUT_MONEY = ("revenue", "average_order_value")
ABOUT_ANSWERS = ("satisfaction", "nps")
BY_CUSTOMER = (
    "pyramid",
    "segments",
    "lifecycle",
    "retention",
    "value",
)  # screens that see lines only through their customers


@dataclass(frozen=True)
class Check:
    """Rows of `table` that are `when` and `but`, counted as `rows` of `of` in `unit`; `limits`: numbers, then screens.

    `when` looks at the row alone, so that nothing dear is asked where no row is so; `but` looks elsewhere as well.
    """

    finding: str
    table: str
    part: str
    when: str
    but: str = "true"
    limits: tuple[str, ...] = ()
    example: str = "min(order_id)"
    unit: str = "rows"
    rows: str = "count(*)"
    of: str = ""  # SQL of the whole; empty: all rows of the table

    @property
    def where(self) -> str:
        """Both conditions as SQL."""
        return f"({self.when}) and ({self.but})"


PRICED = "select order_id from order_items where amount is not null union all select order_id from orders where amount is not null"
_BY_ORDER = {
    "unit": "orders",
    "rows": "count(distinct order_id)",
    "of": "(select count(distinct order_id) from orders)",
}
_BY_CUSTOMER = {"unit": "customers", "rows": "count(distinct customer_id)", "example": "min(customer_id)"}
_BUYERS = _BY_CUSTOMER | {"of": "(select count(distinct customer_id) from orders)"}
_LISTED = _BY_CUSTOMER | {"of": "(select count(distinct customer_id) from customers)"}
_ANSWERS = {"unit": "answers", "limits": ABOUT_ANSWERS}
_COSTS_KNOWN = "(exists (from orders where cost is not null) or exists (from goods where unit_cost is not null))"
# Price times quantity, less a discount however it is written; a price is rounded to the cent for every piece.
_PRICED_OTHERWISE = (
    "least(abs(amount - quantity * unit_price), abs(amount - quantity * unit_price + coalesce(discount, 0)), "
    "abs(amount - quantity * (unit_price - coalesce(discount, 0))), abs(amount - quantity * unit_price * (1 - coalesce(discount, 0))), "
    "abs(amount - quantity * unit_price * (1 - coalesce(discount, 0) / 100))) > 0.01 + 0.005 * abs(quantity)"
)
_NAMES = (
    "(select customer_id, lower(trim(name)) as name from customers where name is not null union all "
    "select customer_id, lower(trim(customer_name)) from orders where customer_name is not null)"
)
_TWO_NAMES = f"customer_id in (select customer_id from {_NAMES} group by 1 having min(name) <> max(name))"
_SETTLED = (
    "('resolved', 'solved', 'closed', 'done', 'completed', '解决', '已解决', '关闭', '已关闭', '办结', '结案', "
    "'解決', '已解決', '關閉', '已關閉', '辦結', '結案')"
)
_SIGNED_UP_LATER = (
    "(customer_id, signup_date) in (select c.customer_id, c.signup_date from customers c join "
    "(select customer_id, cast(min(ordered_at) as date) as day from orders group by 1) o using (customer_id) where c.signup_date > o.day)"
)
_RETURNED_EARLY = (
    "(order_id, returned_at) in (select r.order_id, r.returned_at from returns r join "
    "(select order_id, cast(min(ordered_at) as date) as day from orders group by 1) o using (order_id) "
    "where cast(r.returned_at as date) < o.day)"
)
_E_MAIL = "nullif(lower(trim(email)), '')"
_PHONE = "nullif(lower(trim(name)), '') || '/' || nullif(regexp_replace(phone, '[^0-9]', '', 'g'), '')"


def _shared(mark: str) -> str:
    """SQL: whether customers who are not known to be one person share this mark."""
    person = "coalesce(person, customer_id)"
    return (
        f"coalesce({mark} in (select {mark} from customers left join aliases on number = customer_id where {mark} is not null "
        f"group by 1 having min({person}) <> max({person})), false)"
    )


_ORDERS = (
    Check("lines_without_customer", "orders", "completeness", "customer_id is null", limits=ABOUT_CUSTOMERS + BY_CUSTOMER),
    Check(
        "orders_without_amount", "orders", "completeness", "amount is null", f"order_id not in ({PRICED})",
        (*ABOUT_MONEY, "margin", *BY_CUSTOMER), **_BY_ORDER,
    ),
    Check(
        "lines_without_cost", "orders", "completeness", "cost is null and amount is not null",
        f"{_COSTS_KNOWN} and order_id not in (select order_id from order_items) "
        "and coalesce(sku not in (select sku from goods where unit_cost is not null), true)",
        ("margin", "pyramid", "profile"),
    ),
    Check(
        "excluded_status", "orders", "", "status is not null",
        "lower(trim(status)) in (select lower(trim(status)) from excluded_statuses)",
        example="string_agg(distinct trim(status), ', ' order by trim(status))", **_BY_ORDER,
    ),
    Check(
        "unknown_customers", "orders", "orphans", "customer_id is not null",
        "exists (from customers) and customer_id not in (select customer_id from customers)", ("profile",), **_BUYERS,
    ),
    Check(
        "several_currencies", "orders", "consistency", "currency is not null",
        "(select count(distinct upper(currency)) from orders) > 1", (*ABOUT_MONEY, "margin", *BY_CUSTOMER),
        "string_agg(distinct upper(currency), ', ' order by upper(currency))",
    ),
    Check(
        "orders_of_several_customers", "orders", "consistency", "customer_id is not null",
        "order_id in (select order_id from orders group by 1 having min(hash(customer_id)) <> max(hash(customer_id)))", **_BY_ORDER,
    ),
    Check("delivered_before_ordered", "orders", "consistency", "cast(delivered_at as date) < cast(ordered_at as date)"),
    Check(
        "amount_differs", "orders", "consistency", _PRICED_OTHERWISE,
        f"(select count(*) filter ({_PRICED_OTHERWISE}) <= count(*) * 0.1 from orders "
        "where amount is not null and quantity * unit_price is not null)",
        ABOUT_MONEY,
    ),
    Check("negative_cost", "orders", "consistency", "cost < 0 and amount > 0", limits=("margin",)),
    Check("two_names", "orders", "consistency", "customer_name is not null", _TWO_NAMES, **_BUYERS),
    Check("items_without_order", "order_items", "orphans", "true", "order_id not in (select order_id from orders)", ABOUT_MONEY),
    Check("negative_cost", "order_items", "consistency", "cost < 0 and amount > 0", limits=("margin",)),
)  # fmt: skip
_PEOPLE = (
    Check(
        "customers_alike", "customers", "duplicates", "email is not null or phone is not null", f"{_shared(_E_MAIL)} or {_shared(_PHONE)}",
        ABOUT_CUSTOMERS + BY_CUSTOMER, **_LISTED,
    ),
    Check("two_names", "customers", "consistency", "name is not null", _TWO_NAMES, **_LISTED),
    Check("ordered_before_signup", "customers", "consistency", "signup_date is not null", _SIGNED_UP_LATER, ("pyramid",), **_LISTED),
    Check(
        "impossible_birth", "customers", "consistency", "birth_date is not null",
        "birth_date < date '1900-01-01' or birth_date > coalesce(signup_date, (select cast(max(ordered_at) as date) from orders))",
        ("profile",), **_LISTED,
    ),
    Check(
        "unknown_referrers", "customers", "orphans", "referred_by is not null", "referred_by not in (from known_numbers)",
        ("profile",), "min(referred_by)",
    ),
    Check("tier_before_joined", "members", "consistency", "tier_since < joined_at", example="min(customer_id)"),
)  # fmt: skip
_VOICES = (
    Check(
        "answers_without_customer", "surveys", "completeness", "customer_id is null",
        "order_id is null or order_id not in (select order_id from orders where customer_id is not null)",
        example="min(coalesce(response_id, order_id))", **_ANSWERS,
    ),
    Check(
        "answers_undated", "surveys", "completeness", "answered_at is null",
        example="min(coalesce(response_id, customer_id))", **_ANSWERS,
    ),
    Check(
        "score_outside_scale", "surveys", "consistency",
        "score < coalesce(scale_min, 0) or score > scale_max or (lower(question) = 'nps' and score > 10)",
        example="min(coalesce(response_id, customer_id))", **_ANSWERS,
    ),
    Check(
        "settled_without_date", "complaints", "completeness",
        f"resolved_at is null and closed_at is null and lower(trim(status)) in {_SETTLED}",
        "complaint_id not in (select complaint_id from complaint_events)", ("complaint_hours_median",), "min(complaint_id)",
    ),
    Check(
        "settled_before_opened", "complaints", "consistency",
        "resolved_at < opened_at or first_response_at < opened_at or closed_at < opened_at",
        limits=("complaint_hours_median",), example="min(complaint_id)",
    ),
    Check(
        "unknown_complaints", "complaint_events", "orphans", "true",
        "exists (from complaints) and complaint_id not in (select complaint_id from complaints)", example="min(complaint_id)",
    ),
    Check("returned_before_ordered", "returns", "consistency", "returned_at is not null", _RETURNED_EARLY),
)  # fmt: skip
_UNKNOWN_CAMPAIGN = "exists (from campaigns) and campaign_id not in (select campaign_id from campaigns)"
_SPENDING = (
    Check("ends_before_start", "campaigns", "consistency", "ends < starts", limits=("profile",), example="min(campaign_id)"),
    Check("unknown_campaigns", "campaign_members", "orphans", "true", _UNKNOWN_CAMPAIGN, example="min(campaign_id)"),
    Check("unknown_campaigns", "costs", "orphans", "campaign_id is not null", _UNKNOWN_CAMPAIGN, ("pyramid",), "min(campaign_id)"),
    Check(
        "answered_before_sent", "campaign_members", "consistency", "opened_at < sent_at or responded_at < sent_at",
        example="min(customer_id)",
    ),
)  # fmt: skip
ORDER_OF = ("surveys", "complaints", "returns", "points")  # tables whose rows may name an order
CUSTOMER_OF = (
    "surveys", "complaints", "returns", "interactions", "campaign_members", "members", "points", "churn_reasons", "wallet", "receivables",
)  # fmt: skip


def _orphans(table: str, column: str, finding: str) -> Check:
    """Rows that name an order or a customer of which nothing else is known; nothing to say while nothing else is here."""
    known = "select order_id from orders" if column == "order_id" else "from known_numbers"
    but = f"exists ({known}) and {column} not in ({known})"
    return Check(finding, table, "orphans", f"{column} is not null", but, example=f"min({column})")


def date_of(table: str) -> str | None:
    """The column that says when a row of the table happened."""
    ahead = ("ends", "due_at", "birth_date")
    return next((c.name for c in TABLES[table].stored if c.kind in ("timestamp", "day") and c.name not in ahead), None)


def _future(table: str) -> Check:
    """Rows dated after the day of their import; dates that are meant to lie ahead (ends, due dates) are not looked at."""
    day = f'"{date_of(table)}"'
    late = "cast(imported_at as date) + interval 2 day"
    when = f"{day} >= (select min({late}) from imports where undone_at is null)"
    but = f'coalesce({day} >= (select {late} from imports where imports.import_id = "{table}".import_id), false)'
    return Check("future_dates", table, "consistency", when, but, example=f"cast(max({day}) as varchar)")


def _all() -> tuple[Check, ...]:
    orphans = [_orphans(table, "order_id", "unknown_orders") for table in ORDER_OF]
    orphans += [_orphans(table, "customer_id", "unknown_customers") for table in CUSTOMER_OF]
    future = {table: _future(table) for table in TABLES if date_of(table)}
    future["orders"] = replace(future["orders"], limits=("revenue", "forecast"))
    return (*_ORDERS, *_PEOPLE, *_VOICES, *_SPENDING, *orphans, *future.values())


CHECKS = _all()
