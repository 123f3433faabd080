"""The pyramid of the made-up company against plain pandas on its own exports: rows, ranking list, costs by key, waterfall."""

from calendar import monthrange
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crm_analytics import importing
from crm_analytics.database import open_database
from crm_analytics.metrics import pyramid
from tests.rows import prepared

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
FILES = ("orders", "products", "customers", "costs", "campaigns", "campaign_members", "interactions")
TIERS = ["top", "big", "medium", "small"]
LAYERS = [*TIERS, "inactive", "prospect", "suspect"]
KINDS = ["marketing", "sales", "service", "overhead"]
CENT = 0.01
OFF = 0.03  # a layer's cost is the sum of a few ways, each in whole cents


@dataclass(frozen=True)
class View:
    """One choice of day, window, ranking and customers."""

    as_of: str = "2026-10-31"
    months: int = 12
    by: str = "revenue"
    region: str | None = None
    within: bool = False

    @property
    def bounds(self) -> tuple[pd.Timestamp, pd.Timestamp, pd.Timestamp]:
        """Start of the window before, start, end (exclusive)."""
        end = pd.Timestamp(self.as_of) + pd.Timedelta(days=1)
        return end - pd.DateOffset(months=2 * self.months), end - pd.DateOffset(months=self.months), end


VIEWS = [
    View(),
    View(months=6),
    View("2026-06-17"),
    View("2026-06-17", 6, "margin"),
    View(by="orders"),
    View(region="North"),
    View(region="North", by="margin"),
    View("2026-06-17", region="East", by="orders", within=True),
    View("2025-02-28", 3),
]


def cents(amounts: pd.Series) -> pd.Series:
    return (amounts * 100).round().astype("int64")


@pytest.fixture(scope="module")
def exports() -> dict[str, pd.DataFrame]:
    """The files as they are; orders with what counts of them, money in whole cents."""
    read = {name: pd.read_csv(SAMPLE / f"{name}.csv") for name in FILES}
    lines = read["orders"][read["orders"].status != "cancelled"]
    unit_cost = lines.sku.map(cents(read["products"].set_index("sku").unit_cost))
    lines = lines.assign(day=pd.to_datetime(lines.ordered_at).dt.normalize(), revenue=cents(lines.amount))
    lines["contribution"] = lines.revenue - unit_cost * lines.quantity
    order = lines.groupby(["customer_id", "order_id"], dropna=False)
    lines["order_day"], lines["is_order"] = order.day.transform("min"), order.revenue.transform("max") > 0
    contacts = read["interactions"]
    contacts["day"] = pd.to_datetime(contacts["at"]).dt.normalize()
    assert set(read["campaigns"].campaign_id) == set(
        read["costs"].campaign_id.dropna()
    )  # costs tell what each one cost
    return read | {"orders": lines, "customers": read["customers"].set_index("customer_id")}


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    database = open_database(tmp_path_factory.mktemp("made_up") / "crm.duckdb")
    importing.apply_plan(database, importing.plan_import(database, [SAMPLE / f"{name}.csv" for name in FILES]))
    yield database
    database.close()


@pytest.fixture(scope="module", params=VIEWS, ids=str)
def seen(request, exports, database):
    """(view, everyone as pandas sees them, lines that name nobody, cursor and filters of the product)."""
    view = request.param
    people, nobody = known(exports, view), unnamed(exports, view)
    bear(exports, view, people, nobody)
    where = (("region", (view.region,)),) if view.region else ()
    return view, people, nobody, prepared(database, view.as_of, months=view.months, where=where)


def known(exports, view: View) -> pd.DataFrame:
    """Everyone known on the day: what he brought, his layer in the company and in the view, his place; money in cents."""
    before, start, end = view.bounds
    lines = exports["orders"][exports["orders"].day < end]
    listed = exports["customers"][pd.to_datetime(exports["customers"].signup_date) < end]
    people = pd.DataFrame(index=sorted({*listed.index, *lines.customer_id.dropna()}))
    window, earlier = lines[lines.day >= start], lines[(lines.day >= before) & (lines.day < start)]
    ordered = lines[lines.is_order].drop_duplicates(["customer_id", "order_id"])
    for name, values in {
        "revenue": window.groupby("customer_id").revenue.sum(),
        "contribution": window.groupby("customer_id").contribution.sum(),
        "before": earlier.groupby("customer_id").revenue.sum(),
        "orders": ordered[ordered.order_day >= start].groupby("customer_id").size(),
    }.items():
        people[name] = values.reindex(people.index, fill_value=0)
    people["last"] = ordered.groupby("customer_id").order_day.max()
    suspect = exports["customers"].status.reindex(people.index) == "suspect"
    bought = people.index.isin(lines.customer_id)
    people["below"] = np.where(bought, "inactive", np.where(suspect, "suspect", "prospect"))
    people["chosen"] = view.region is None or exports["customers"].region.reindex(people.index) == view.region
    people["company"], _ = ranked(people, view.by)
    people["tier"], people["place"] = ranked(people[people.chosen] if view.within else people, view.by)
    return people


def ranked(people: pd.DataFrame, by: str) -> tuple[pd.Series, pd.Series]:
    """Layer, and place among the active."""
    first = {"revenue": "revenue", "margin": "contribution", "orders": "orders"}[by]
    active = people[(people.orders > 0) & (people.revenue > 0)].rename_axis("id").reset_index()
    active["value"] = active[first]
    order = ["value", "revenue", "orders", "last", "id"]
    ids = active.sort_values(order, ascending=[False] * 4 + [True]).id
    cuts = [0]
    for share in (1, 5, 20):
        cuts.append(max((2 * share * len(ids) + 100) // 200, cuts[-1], min(len(ids), 1)))
    tiers = people.below.copy()
    tiers[ids] = np.repeat(TIERS, np.diff([*cuts, len(ids)]))
    return tiers, pd.Series(np.arange(1, len(ids) + 1), index=ids)


def unnamed(exports, view: View) -> dict:
    before, start, end = view.bounds
    lines = exports["orders"][exports["orders"].customer_id.isna() & (exports["orders"].day < end)]
    window = lines[lines.day >= start]
    return {
        "revenue": window.revenue.sum(),
        "contribution": window.contribution.sum(),
        "before": lines[(lines.day >= before) & (lines.day < start)].revenue.sum(),
    }


def spent(exports, view: View):
    """(kind, key, layer, campaign, cents) of each row of costs that touches the window, pro rata by days."""
    _, start, end = view.bounds
    for row in exports["costs"].itertuples():
        first = pd.Timestamp(f"{row.period}-01")
        days = monthrange(first.year, first.month)[1]
        inside = (min(end, first + pd.Timedelta(days=days)) - max(start, first)).days
        if inside > 0:
            yield row.kind, row.allocation_key, row.tier, row.campaign_id, row.amount * 100 * inside / days


def bear(exports, view: View, people: pd.DataFrame, nobody: dict) -> None:
    """What each bears of every kind of cost, of each (kind, key), and of M by one key for all; in cents."""
    _, start, end = view.bounds
    contacts, members = exports["interactions"], exports["campaign_members"]
    contacts = contacts[(contacts.day >= start) & (contacts.day < end)]
    weights = {
        "per_head": (np.ones(len(people)), 0),
        "revenue": (people.revenue.clip(lower=0), max(nobody["revenue"], 0)),
        "activity": (contacts.groupby("customer_id").unit_cost.sum().reindex(people.index, fill_value=0), 0),
    }
    costs, whole = {}, 0.0
    for kind, key, layer, campaign, amount in spent(exports, view):
        weight, other = weights.get(key, (None, 0))
        if isinstance(layer, str):
            weight = people.company == layer
        elif isinstance(campaign, str):
            treated = members[(members.campaign_id == campaign) & (members.arm != "control")].customer_id
            weight = people.index.isin(treated)
        weight = np.asarray(weight, dtype=float)
        one = amount / (weight.sum() + other)
        mine, unnamed = costs.get((kind, key), (0, 0))
        costs[kind, key] = mine + one * weight, unnamed + one * other
        whole += amount * (kind != "overhead")
    for (kind, key), (mine, unnamed) in costs.items():
        people[kind, key], nobody[kind, key] = mine, unnamed
    for key, (weight, other) in weights.items():
        people["M", key] = whole * np.asarray(weight, dtype=float) / (np.sum(weight) + other)
        nobody["M", key] = whole * other / (np.sum(weight) + other)


def marketing(people, key: str = ""):
    """M in cents: by each cost's own key, or all by one."""
    return people["M", key] if key else sum(people[place] for place in ways(people) if place[0] != "overhead")


def ways(people) -> list[tuple]:
    return [place for place in people if isinstance(place, tuple) and place[0] in KINDS]


def overhead(people):
    return sum(people[place] for place in ways(people) if place[0] == "overhead")


def layered(view: View, people: pd.DataFrame, nobody: dict, figures: dict) -> pd.DataFrame:
    """Figures in cents, by name a function of those who have them, summed by layer; lines that name nobody are in no choice."""
    mine = people[people.chosen]
    rows = pd.DataFrame({name: figure(mine) for name, figure in figures.items()}).groupby(mine.tier).sum()
    rows = rows.reindex([*LAYERS, "unidentified"], fill_value=0)
    if view.region is None:
        rows.loc["unidentified"] = [figure(nobody) for figure in figures.values()]
    rows.loc["total"] = rows.sum()
    return rows / 100


def test_rows(seen):
    view, people, nobody, (con, filters) = seen
    rows = pyramid.tiers(con, filters, by=view.by, rank_within=view.within).set_index("tier")
    counts = people[people.chosen].tier.value_counts()
    assert rows.customers[LAYERS].to_dict() == counts.reindex(LAYERS, fill_value=0).to_dict()
    names = {"revenue": "revenue", "contribution": "contribution", "revenue_before": "before"}
    figures = {name: lambda who, short=short: who[short] for name, short in names.items()}
    expected = layered(view, people, nobody, figures | {"marketing_cost": marketing, "overhead": overhead})
    for name in expected:
        assert rows[name].tolist() == pytest.approx(
            expected[name].tolist(), abs=OFF if name in ("marketing_cost", "overhead") else 1e-6
        )
        assert rows[name].iloc[:-1].sum() == pytest.approx(rows[name].iloc[-1], abs=1e-6), name
    if view.region is None:
        for name in ("marketing_cost", "overhead"):
            assert rows[name]["total"] == pytest.approx(expected[name]["total"], abs=CENT / 2 + 1e-6)
    profit = rows.contribution - rows.marketing_cost - rows.overhead
    assert rows.profit.tolist() == pytest.approx(profit.tolist(), abs=1e-6)
    assert rows.roi.dropna().tolist() == pytest.approx(
        (profit / rows.marketing_cost)[rows.marketing_cost != 0].tolist()
    )


def test_rows_by_every_key(seen):
    view, people, nobody, (con, filters) = seen
    ranges = pyramid.ranges(con, filters, by=view.by, rank_within=view.within).set_index(["key", "tier"])
    rows = pyramid.tiers(con, filters, by=view.by, rank_within=view.within).set_index("tier")
    for key in ("own", "per_head", "activity", "revenue"):
        found = ranges.loc[key]
        expected = layered(view, people, nobody, {"M": lambda who, key=key: marketing(who, key.replace("own", ""))}).M
        assert found.marketing_cost.tolist() == pytest.approx(expected.tolist(), abs=OFF), key
        profit = rows.profit + rows.marketing_cost - found.marketing_cost
        assert found.profit.tolist() == pytest.approx(profit.tolist(), abs=1e-6), key


def test_shares_and_middles(seen):
    view, people, _, (con, filters) = seen
    rows = pyramid.tiers(con, filters, by=view.by, rank_within=view.within).set_index("tier")
    active = people[people.chosen & people.place.notna()]
    revenue = active.groupby("tier").revenue
    thresholds = people[people.place.notna()].groupby("tier").revenue.min()  # the company's, unless ranked within
    for name, expected in {
        "customer_share": revenue.size() / len(active),
        "revenue_share": revenue.sum() / active.revenue.sum(),
        "average_revenue": revenue.mean() / 100,
        "median_revenue": revenue.median() / 100,
        "threshold_revenue": thresholds / 100,
    }.items():
        assert rows[name][TIERS].dropna().to_dict() == pytest.approx(expected.to_dict()), name
    assert rows.average_revenue["total"] == pytest.approx(active.revenue.mean() / 100)


def test_the_ranking_list(seen):
    view, people, _, (con, filters) = seen
    listed = pyramid.customers(con, filters, by=view.by, rank_within=view.within, limit=len(people))
    mine = people[people.chosen].reindex(listed.customer_id)
    assert len(listed) == people.chosen.sum() and listed.tier.tolist() == mine.tier.tolist()
    assert listed["rank"].fillna(0).tolist() == mine.place.fillna(0).tolist()
    active = people[people.place.notna()].sort_values("place")
    reached = (active.revenue.cumsum() / active.revenue.sum()).reindex(mine.index)
    for name, expected in {
        "orders": mine.orders,
        "revenue": mine.revenue / 100,
        "contribution": mine.contribution / 100,
        "cost": (marketing(mine) + overhead(mine)) / 100,
        "profit": (mine.contribution - marketing(mine) - overhead(mine)) / 100,
        "cumulative_revenue_share": reached,
    }.items():
        assert listed[name].tolist() == pytest.approx(expected.tolist(), abs=1e-3, nan_ok=True), name


def test_costs_by_key_and_the_waterfall(seen):
    view, people, nobody, (con, filters) = seen
    register = {(row.kind, row.key): row.amount for row in pyramid.costs(con, filters).itertuples()}
    expected = {place: (people[place].sum() + nobody[place]) / 100 for place in ways(people)}
    assert register == pytest.approx(expected, abs=CENT)
    if view.within:
        return
    steps = pyramid.waterfall(con, filters, by=view.by).set_index("step").amount
    chosen = people[people.chosen]
    for kind in KINDS:
        amount = sum(
            chosen[place].sum() + (nobody[place] if view.region is None else 0)
            for place in ways(people)
            if place[0] == kind
        )
        assert steps[kind] == pytest.approx(-amount / 100, abs=OFF), kind
    assert steps["revenue"] + steps["cost_of_goods"] == pytest.approx(steps["contribution"])
    assert steps["contribution"] + steps[KINDS].sum() == pytest.approx(steps["profit"])
