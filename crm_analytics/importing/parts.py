"""Files with one row per customer: they may feed several tables at once, and columns without a place are kept by name."""

from crm_analytics.importing.landing.land import Landing
from crm_analytics.importing.reading.forms import literal
from crm_analytics.importing.recognise import Match, match
from crm_analytics.schema import ONE_ROW, TABLES, folded

TABLES_OF_ONE_ROW = ("customers", "members", "surveys", "churn_reasons")
FEEDS = {"surveys": ("score",), "churn_reasons": ("class", "text")}  # table -> columns of which a record must fill one
OWN_ROWS = (
    "response_id",
    "order_id",
    "complaint_id",
    "question",
    "competitor",
)  # then a row is an answer, not a customer


def split(con, landing: Landing, found: Match) -> list[Match]:
    """The matches of all tables that the file feeds, its customers first; mostly the one table it was taken for."""
    headers = landing.headers
    base = found if found.table in ("customers", "members") else match("customers", headers)
    if found.table == "customers":
        base = _without_foreign_status(con, landing, base)
    if base.lacking or not has_one_row_per_customer(con, landing, found):
        return [base if found.table == base.table else found]
    if found.table in FEEDS and set(OWN_ROWS) & found.mapping.keys():
        return [found]
    base = _without_foreign_status(con, landing, base)
    fed = [part for part in (_fed(table, headers, base) for table in FEEDS) if part]
    used = {header for part in fed for header in part.mapping.values()}
    if found.table in FEEDS and (used >= set(headers) or not fed):
        return [found]
    return [base, *fed]


def as_event_log(con, landing: Landing, found: Match) -> Match:
    """What a file with a complaint, a time and a status is: a log of changes where a complaint stands several times in it."""
    if found.table not in ("complaints", "complaint_events"):
        return found
    once, log = match("complaints", landing.headers), match("complaint_events", landing.headers)
    if once.lacking or log.lacking or {"first_response_at", "resolved_at", "closed_at"} & once.mapping.keys():
        return found
    if "status" not in once.mapping:
        return found
    cell = f"c{landing.headers.index(log.mapping['complaint_id'])}"
    repeats = con.execute(f"select count({cell}) > count(distinct {cell}) from {landing.relation}").fetchone()[0]
    return log if repeats else once


def only_with(con, landing: Landing, found: Match) -> tuple[str, ...]:
    """Columns of which a record must fill one: a list of all customers gives reasons only of those who left."""
    lists_everybody = found.table == "churn_reasons" and has_one_row_per_customer(con, landing, found)
    return FEEDS[found.table] if lists_everybody else ()


def has_one_row_per_customer(con, landing: Landing, found: Match) -> bool:
    """Whether each record is about another customer and no column says when something happened."""
    if found.table not in TABLES_OF_ONE_ROW:
        return False
    if found.table in FEEDS and any(TABLES[found.table][name].kind in ("timestamp", "day") for name in found.mapping):
        return False
    header = found.mapping.get("customer_id")
    if header is None or not landing.records:
        return False
    cell = f"trim(c{landing.headers.index(header)})"
    filled, different = con.execute(
        f"select count(nullif({cell}, '')), count(distinct {cell}) from {landing.relation}"
    ).fetchone()
    return filled == different == landing.records


def keeps_columns(con, landing: Landing, found: Match) -> bool:
    """Whether columns that have no place in the table are kept by name: of customers always, else with one row per customer."""
    return found.table == "customers" or has_one_row_per_customer(con, landing, found)


def _fed(table: str, headers: list[str], base: Match) -> Match | None:
    """What the file says for a table besides its customers: columns that customers have no use for."""
    whole = match(table, headers).mapping
    customer = base.mapping["customer_id"]
    free = {
        column: header
        for column, header in whole.items()
        if header == customer or (header not in base.mapping.values() and column not in OWN_ROWS)
    }
    free["customer_id"] = customer
    told = any(folded(free[column]) in ONE_ROW[table] for column in FEEDS[table] if column in free)
    return Match(table, free, ()) if told else None


def _without_foreign_status(con, landing: Landing, base: Match) -> Match:
    """Stayed, churned, gold: a status of another kind than ours (customer, prospect, suspect) is kept by its own name."""
    header = base.mapping.get("status")
    if header is None:
        return base
    cell = f"lower(trim(c{landing.headers.index(header)}))"
    words = ", ".join(map(literal, sorted(ONE_ROW["status"])))
    ours, filled = con.execute(
        f"select count(*) filter ({cell} in ({words})), count(nullif({cell}, '')) from {landing.relation}"
    ).fetchone()
    if filled == 0 or 2 * ours >= filled:
        return base
    return Match(
        base.table, {column: name for column, name in base.mapping.items() if column != "status"}, base.lacking
    )
