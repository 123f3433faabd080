"""New customers beside existing ones, and what it costs to win one and to keep one, as far as the costs tell."""

from datetime import timedelta
from decimal import Decimal

import pandas as pd

from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.metrics import _cost_rows, _costs
from crm_analytics.metrics._margins import margin_rate
from crm_analytics.stats.intervals import wilson

WAITING = ("prospect", "suspect")
WON_BY = ("marketing", "sales")  # kinds of cost that can win anybody; service is for those who have bought
GOALS = (  # what a campaign is for, as exports write it, when it is to win first orders
    "first order", "first purchase", "acquisition", "new customer", "new customers", "acquire", "prospecting",
    "拉新", "获客", "新客", "新客户", "首单", "首购", "獲客", "新客戶", "首購", "開發新客",
)  # fmt: skip
LEAST_BEFORE = timedelta(days=90)  # of data before the window, or who came back in it looks new
BASES = ("tagged", "allocated", "all")


def beside(con, filters: Filters) -> pd.DataFrame:
    """The frame of `profile.acquisition`, which says what it means."""
    found = con.execute(
        """
        select case when is_new then 'new' else 'existing' end as "group", count(*) as customers, sum(orders) as orders,
            sum(revenue) as revenue, sum(margin + coalesce($rate, 0) * (revenue - covered_revenue)) as contribution,
            count(case when orders > 1 then 1 end) as repeated
        from chosen
        where orders > 0
        group by 1
        """,
        {"rate": margin_rate(con, filters)},
    ).df()
    found = pd.DataFrame({"group": ["new", "existing"]}).merge(found, on="group", how="left").fillna(0)
    found[["revenue", "contribution"]] = found[["revenue", "contribution"]].astype(float)
    if margin_rate(con, filters) is None:
        found["contribution"] = None
    n, orders = found.customers.where(found.customers > 0), found.orders.where(found.orders > 0)
    ends = [wilson(int(k), int(m)) for k, m in zip(found.repeated, found.customers)]
    whole = {name: found[name].sum() for name in ("customers", "revenue")}
    return found.assign(
        customers=found.customers.astype("int64"), orders=found.orders.astype("int64"), repeated=found.repeated.astype("int64"),
        customer_share=found.customers / whole["customers"] if whole["customers"] else None,
        revenue_share=found.revenue / whole["revenue"] if whole["revenue"] > 0 else None,
        average_revenue=found.revenue / n, average_orders=found.orders / n, average_order_value=found.revenue / orders,
        average_contribution=found.contribution / n if found.contribution.notna().all() else None,
        repeat_rate=found.repeated / n, low=[low for low, _ in ends], high=[high for _, high in ends],
        note=_note(filters),
    )  # fmt: skip


def _note(filters: Filters) -> str | None:
    """Why new customers cannot be told from old ones, where they cannot."""
    if not filters.is_window_complete:
        return "window_incomplete"
    return "history_short" if filters.start - filters.data_from < LEAST_BEFORE else None


def cost(con, filters: Filters) -> pd.DataFrame:
    """The frame of `profile.acquisition_cost`, which says what it means."""
    pots = _costs.pots(con, filters)
    if not any(pot.kind in WON_BY for pot in pots):
        raise CrmError("E_COLUMN_WANTED", column="amount", table="costs")
    new, existing = con.execute(
        "select count(case when is_new then 1 end), count(case when not is_new then 1 end) from snapshot where orders > 0"
    ).fetchone()
    spent = {kind: sum((pot.amount for pot in pots if pot.kind == kind), Decimal(0)) for kind in _costs.SPENT}
    whole = float(sum(spent.values()))
    tagged, won, kept = _tagged(con, filters), *_allocated(con, filters, pots)
    rows = [
        ("tagged", tagged or None, whole - tagged if tagged else None),
        ("allocated", won, kept),
        ("all", float(spent["marketing"] + spent["sales"]), None),
    ]
    costs = ["acquisition_cost", "keeping_cost"]
    found = pd.DataFrame(rows, columns=["basis", *costs]).astype(dict.fromkeys(costs, float))
    found["new_customers"], found["existing_customers"], found["spent"] = new, existing, whole
    found["cost_per_new"] = found.acquisition_cost / (new or None) if new else None
    found["cost_per_existing"] = found.keeping_cost / existing if existing else None
    found["times"] = found.cost_per_new / found.cost_per_existing if new and existing else None
    return found.assign(note=_note(filters))


def _tagged(con, filters: Filters) -> float:
    """Marketing and sales that are tagged to people who had not bought: their layers, themselves, campaigns for first orders."""
    _cost_rows.make(con, filters)
    (amount,) = con.execute(
        """
        select sum(1e0 * c.amount * c.days_in / c.days)
        from cost_rows c
        left join campaigns g on g.campaign_id = c.campaign_id
        left join snapshot s on s.customer_id = c.person
        where c.kind in ('marketing', 'sales') and c.key = 'direct'
            and (c.layer in ('prospect', 'suspect') or s.is_new or s.orders_ever = 0 or lower(trim(g.goal)) in (select unnest($goals)))
        """,
        {"goals": list(GOALS)},
    ).fetchone()
    return amount or 0.0


def _allocated(con, filters: Filters, pots: list) -> tuple[float, float]:
    """By each cost's own key: what reaches prospects, suspects and new customers, and what those who bought before and now."""
    cells = _costs.cells(con, filters)
    rows = con.execute(
        """
        select case when r.tier in ('prospect', 'suspect') or s.is_new then 'won' when s.orders > 0 then 'kept' else 'others' end as part,
            r.tier, count(*), coalesce(sum(greatest(r.revenue, 0)), 0), coalesce(sum(d.activity), 0), coalesce(sum(d.marketing), 0),
            coalesce(sum(d.sales), 0), coalesce(sum(d.service), 0)
        from company_ranking r
        join snapshot s on s.customer_id = r.customer_id
        left join cost_drivers d on d.customer_id = r.customer_id
        group by 1, 2
        """
    ).fetchall()
    won = sum(float(pot.amount) for pot in pots if pot.kind in WON_BY and pot.layer in WAITING)
    kept = 0.0
    for kind in _costs.SPENT:
        mine = [pot for pot in pots if pot.kind == kind and pot.layer not in WAITING]
        per_unit = _costs.per_customer(mine, cells).get("marketing_cost", {})
        for part, layer, n, revenue, activity, *direct in rows:
            units = {"per_head": n, "revenue": revenue, "activity": activity, ("direct", layer): n}
            units["direct", kind] = direct[_costs.SPENT.index(kind)]
            amount = sum(rate * float(units.get(name, 0)) for name, rate in per_unit.items())
            won += amount if part == "won" and kind in WON_BY else 0.0
            kept += amount if part == "kept" else 0.0
    return won, kept
