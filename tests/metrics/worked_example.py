"""The company of METRICS' worked example: 1,000 active customers, revenue 10,000,000, contribution 40 %, M 2,000,000, O 1,200,000."""

from crm_analytics import derived
from crm_analytics.database import bump_data_version
from tests.rows import insert

AS_OF = "2025-12-31"
TIERS = {  # tier: customers, each one's revenue, the tier's marketing and sales cost
    "top": (10, 400_000, 200_000),
    "big": (40, 62_500, 300_000),
    "medium": (150, 10_000, 400_000),
    "small": (800, 2_500, 700_000),
}
NON_CUSTOMERS = 400_000
OVERHEAD = 1_200_000
PROSPECTS = 50


def build(database) -> None:
    """Its orders, people and costs, in place of an import; the cost of non-customers is tagged to the prospects."""
    orders, number = [], 0
    for count, revenue, _ in TIERS.values():
        for _ in range(count):
            number += 1
            orders.append((f"O{number}", f"C{number:04}", "2025-06-15", revenue, revenue * 6 // 10))
    costs = [("2025", "marketing", spent, tier, "direct") for tier, (_, _, spent) in TIERS.items()]
    costs += [
        ("2025", "marketing", NON_CUSTOMERS, "prospect", "direct"),
        ("2025", "overhead", OVERHEAD, None, "revenue"),
    ]
    people = [(f"P{place:02}", "prospect") for place in range(PROSPECTS)]
    with database.writing() as con:
        insert(con, "orders", ["order_id", "customer_id", "ordered_at", "amount", "cost"], orders)
        insert(con, "costs", ["period", "kind", "amount", "tier", "allocation_key"], costs)
        insert(con, "customers", ["customer_id", "status"], people)
        derived.rebuild(con)
        bump_data_version(con)
