"""The made-up company of the benchmark: its exports as files, the same bytes for the same size, and the databases made of them."""

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

DATA_FROM, MONTHS = "2023-01-01", 36
SECONDS = 1096 * 24 * 3600  # of those 36 months

# Every value is a hash of its line's number: the same on any machine, whatever the number of threads.
CHANCE = "(hash({line}, '{what}') >> 11) / 9007199254740992e0"  # 0 <= chance < 1

# One line in twenty belongs to the order of the line above. Customers come and go: at any time two fifths of them buy, those
# who came first more rarely; their ids do not tell when they came.
LINES = """
with placed as (
    select range as line, range - case when range > 0 and hash(range, 'same order') % 20 = 0 then 1 else 0 end as place
    from range({lines})
),
bought as (
    select line, place,
        least({customers} - 1, cast(floor({customers} * (0.6 * place / {lines} + 0.4 * pow({customer}, 2))) as bigint)) as buyer,
        case when hash(line, 'return') % 50 = 0 then -1 else 1 end * cast(5 + 95 * pow({price}, 3) as decimal(9, 2)) as amount
    from placed
)
select 'O' || lpad(cast(place as varchar), 8, '0') as order_id,
    case when hash(place, 'anonymous') % 100 > 0 then {id} end as customer_id,
    timestamp '{data_from}' + to_seconds(cast(floor({seconds} * (place / {lines})) as bigint)) as ordered_at,
    amount, cast(amount * (0.4 + 0.3 * {share}) as decimal(9, 2)) as cost
from bought
"""
CUSTOMER_ID = "'C' || lpad(cast(({buyer} * 611953 + 12345) % {customers} as varchar), 7, '0')"
CUSTOMERS = """
select {id} as customer_id, 'Customer ' || range as name, ['female', 'male'][cast(1 + hash(range, 'gender') % 2 as int)] as gender,
    ['North', 'East', 'South', 'West', 'Centre'][cast(1 + hash(range, 'region') % 5 as int)] as region,
    'Town ' || hash(range, 'city') % 150 as city
from range({customers})
"""
SURVEYS = """
select 'R' || range as response_id, {id} as customer_id,
    timestamp '{data_from}' + to_seconds(cast(floor({seconds} * (range / {answers})) as bigint)) as answered_at,
    ['overall', 'nps'][1 + range % 2] as question, [5, 10][1 + range % 2] as scale_max,
    cast(ceil([5, 10][1 + range % 2] * sqrt({score})) as integer) as score
from (select range, cast(hash(range, 'answers') % {customers} as bigint) as buyer from range({answers}))
"""
COMPLAINTS = """
select 'T' || range as complaint_id, {id} as customer_id, opened_at,
    case when hash(range, 'open') % 20 > 0 then opened_at + to_seconds(cast(600000 * pow({wait}, 4) as bigint)) end as resolved_at,
    ['delivery', 'quality', 'invoice'][1 + range % 3] as category
from (
    select range, cast(hash(range, 'complains') % {customers} as bigint) as buyer,
        timestamp '{data_from}' + to_seconds(cast(floor({seconds} * (range / {cases})) as bigint)) as opened_at
    from range({cases})
)
"""
COSTS = """
select strftime(date '{data_from}' + to_months(cast(month as integer)), '%Y-%m') as period, kind,
    cast({lines} / 400 * (1 + hash(month, kind) % 50 / 100) as decimal(15, 2)) as amount, key as allocation_key
from range(36) months(month), (values ('marketing', 'per_head'), ('sales', 'activity'), ('overhead', 'revenue')) kinds(kind, key)
"""
INTERACTIONS = """
select {id} as customer_id, timestamp '{data_from}' + to_seconds(cast(floor({seconds} * (range / {contacts})) as bigint)) as at,
    ['phone', 'email', 'visit'][1 + range % 3] as channel, [3.5, 0.5, 40][1 + range % 3] as unit_cost
from (select range, cast(hash(range, 'contacts') % {customers} as bigint) as buyer from range({contacts}))
"""


@dataclass(frozen=True)
class Company:
    """Where everything of one size lies. `orders` alone makes `orders_only`; all exports make `whole`."""

    folder: Path
    lines: int
    customers: int

    @property
    def orders(self) -> Path:
        """order_id, customer_id, ordered_at, amount, cost: one row per order line, by date."""
        return self.folder / "orders.csv"

    @property
    def others(self) -> list[Path]:
        """What else a company exports: its customers, an answer for every 50 lines, a complaint for every 200, costs, contacts."""
        return [self.folder / f"{name}.csv" for name in ("customers", "surveys", "complaints", "costs", "interactions")]

    @property
    def orders_only(self) -> Path:
        return self.folder / "orders_only" / "crm.duckdb"

    @property
    def whole(self) -> Path:
        return self.folder / "whole" / "crm.duckdb"

    @property
    def scratch(self) -> Path:
        """Where one run may write; emptied before each."""
        return self.folder / "scratch"


def generate(company: Company) -> None:
    """Write the exports, where an earlier run has not left them."""
    import duckdb

    company.folder.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect()
    con.execute("set enable_progress_bar = false")
    queries = (LINES, CUSTOMERS, SURVEYS, COMPLAINTS, COSTS, INTERACTIONS)
    for path, query in zip([company.orders, *company.others], queries, strict=True):
        if not path.exists():
            part = path.with_suffix(".part")
            con.execute(
                f"copy ({_filled(query, company)}) to '{str(part).replace(chr(39), chr(39) * 2)}' (format csv, header)"
            )
            part.replace(path)
    con.close()


def _filled(query: str, company: Company) -> str:
    sizes = {
        "lines": company.lines,
        "customers": company.customers,
        "answers": max(1, company.lines // 50),
        "cases": max(1, company.lines // 200),
        "contacts": max(1, company.lines // 20),
        "data_from": DATA_FROM,
        "seconds": SECONDS,
    }
    chances = {
        what: CHANCE.format(
            line="line" if what in ("price", "share") else "place" if what == "customer" else "range", what=what
        )
        for what in ("customer", "price", "share", "score", "wait")
    }
    buyer = "range" if query is CUSTOMERS else "buyer"
    return query.format(**sizes, **chances, id=CUSTOMER_ID.format(buyer=buyer, customers=company.customers))


def make_databases(company: Company) -> None:
    """Import the exports with the product as it is now. The orders file is then warm for every run that reads it."""
    from crm_analytics.database import open_database
    from crm_analytics.importing import apply_plan, plan_import

    for path in (company.orders_only.parent, company.whole.parent):
        shutil.rmtree(path, ignore_errors=True)
    database = open_database(company.orders_only)
    apply_plan(database, plan_import(database, [company.orders]))
    database.close()
    company.whole.parent.mkdir()
    shutil.copyfile(company.orders_only, company.whole)
    database = open_database(company.whole)
    apply_plan(database, plan_import(database, company.others))
    database.close()


def say(text: str) -> None:
    """Progress goes to stderr: stdout is the table."""
    print(text, file=sys.stderr, flush=True)
