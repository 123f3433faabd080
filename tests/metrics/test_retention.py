"""Who comes back: rows in sight worked out by eye, identities, and real exports held against plain pandas."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from crm_analytics import state
from crm_analytics.errors import CrmError
from crm_analytics.metrics import overview, retention
from crm_analytics.rules import Rules
from tests import plain
from tests.rows import given, prepared, read

# a: first Jan 5, again Jan 25 and Mar 1.  b: first Jan 10, a return in Feb, again Mar 20.  c: first Feb 3, twice that day.
# d: first Mar 30.  e: a return only.  f: a return in Jan, first order Mar 2.  The last line names nobody.
ORDERS = """
    customer_id  order_id  ordered_at  amount  region  channel  category
    a            1         2026-01-05  10      north   web      tea
    a            2         2026-01-25  20      north   web      tea
    a            3         2026-03-01  30      north   shop     tea
    b            4         2026-01-10  40      south   shop     tea
    b            4R        2026-02-10  -5      south   shop     tea
    b            5         2026-03-20  50      south   web      rice
    c            6         2026-02-03  60      -       web      rice
    c            7         2026-02-03  70      -       shop     rice
    d            8         2026-03-30  80      south   shop     rice
    e            9R        2026-02-20  -7      north   shop     tea
    f            10R       2026-01-31  -3      north   shop     tea
    f            11        2026-03-02  90      north   shop     tea
    -            12        2026-03-03  25      -       web      tea
    """
AS_OF = "2026-04-10"


@pytest.fixture
def company(db):
    given(db, orders=ORDERS)
    return db


def many(db, rows) -> None:
    """Orders of (customer, day) each; the order id is the place."""
    text = "customer_id order_id ordered_at amount\n" + "\n".join(
        f"{who} {n} {day} 10" for n, (who, day) in enumerate(rows)
    )
    given(db, orders=text)


def rows_of(frame: pd.DataFrame, *columns) -> list[tuple]:
    return [
        tuple(None if pd.isna(value) else value for value in row)
        for row in frame[list(columns)].itertuples(index=False)
    ]


def cells(found: pd.DataFrame) -> dict:
    return {
        (f"{row.cohort_month:%Y-%m}", row.months_since_first): (row.active, row.customers, row.orders, row.revenue)
        for row in found.itertuples()
    }


def test_cohorts_by_hand(company):
    found = retention.cohorts(*prepared(company, AS_OF))
    assert cells(found) == {
        ("2026-01", 0): (2, 2, 3, 70.0),  # a twice, b once
        ("2026-01", 1): (0, 2, 0, -5.0),  # a return brings nobody back
        ("2026-01", 2): (2, 2, 2, 80.0),
        ("2026-01", 3): (0, 2, 0, 0.0),
        ("2026-02", 0): (1, 1, 2, 130.0),
        ("2026-02", 1): (0, 1, 0, 0.0),
        ("2026-02", 2): (0, 1, 0, 0.0),
        ("2026-03", 0): (2, 2, 2, 170.0),  # d, and f whose return came first
        ("2026-03", 1): (0, 2, 0, 0.0),
    }
    assert (found[found.months_since_first == 0].rate == 1).all()
    running = found[found.in_progress]
    assert {(row.cohort_month.month, row.months_since_first) for row in running.itertuples()} == {
        (1, 3),
        (2, 2),
        (3, 1),
    }
    assert set(found[found.note == "first_month"].cohort_month) == {date(2026, 1, 1)}


def test_no_look_ahead_and_a_month_that_is_over(company):
    found = retention.cohorts(*prepared(company, "2026-02-28"))
    assert cells(found) == {
        ("2026-01", 0): (2, 2, 3, 70.0),
        ("2026-01", 1): (0, 2, 0, -5.0),
        ("2026-02", 0): (1, 1, 2, 130.0),
    }
    assert not found.in_progress.any()


@pytest.mark.parametrize(
    "options, kept",
    [
        ({"cohorts": 1}, {("2026-03", 0), ("2026-03", 1)}),
        ({"after": 1}, {(f"2026-0{month}", since) for month in (1, 2, 3) for since in (0, 1)}),
        ({"cohorts": 2, "after": 1}, {(f"2026-0{month}", since) for month in (2, 3) for since in (0, 1)}),
    ],
)
def test_fewer_cohorts_and_months(company, options, kept):
    assert set(cells(retention.cohorts(*prepared(company, AS_OF), **options))) == kept


def test_what_no_cell_holds_adds_up(company):
    found = retention.left_out(*prepared(company, AS_OF))
    assert rows_of(found, "part", "customers", "revenue") == [
        ("cohorts", 5, 445.0),
        ("before_first_order", None, -3.0),
        ("never_ordered", 1, -7.0),
        ("unidentified", None, 25.0),
        ("total", None, 460.0),
    ]


def test_cohorts_of_a_choice(company):
    con, filters = prepared(company, AS_OF, where=(("region", ("north",)),))
    assert cells(retention.cohorts(con, filters, after=1)) == {
        ("2026-01", 0): (1, 1, 2, 30.0),
        ("2026-01", 1): (0, 1, 0, 0.0),
        ("2026-03", 0): (1, 1, 1, 90.0),
        ("2026-03", 1): (0, 1, 0, 0.0),
    }
    parts = retention.left_out(con, filters).set_index("part").revenue
    assert parts.to_dict() == {
        "cohorts": 150,
        "before_first_order": -3,
        "never_ordered": -7,
        "unidentified": 0,
        "total": 140,
    }


def test_repurchase_by_hand(company):
    """On 10 April: a is 95 days old and back after 20, b 90 and 69, c 66 and 0, f 39, d 11."""
    found = retention.repurchase(*prepared(company, AS_OF), windows="0,11,20,66,69,90,95,96")
    assert rows_of(found, "window_days", "customers", "n") == [
        (0, 1, 5), (11, 1, 5), (20, 2, 4), (66, 2, 3), (69, 2, 2), (90, 2, 2), (95, 1, 1), (96, 0, 0),
    ]  # fmt: skip
    assert found.rate.isna().tolist() == [False] * 7 + [True]


def test_a_fixed_base_never_falls(company):
    found = retention.repurchase(*prepared(company, AS_OF), windows="0,20,69,90", base="fixed")
    assert rows_of(found, "customers", "n") == [(0, 2), (1, 2), (2, 2), (2, 2)]


def test_published_fixture_350_of_1000(db):
    first = [(f"c{n}", "2026-01-01") for n in range(1000)]
    many(
        db,
        [*first, *((f"c{n}", "2026-01-31") for n in range(350)), *((f"c{n}", "2026-02-01") for n in range(350, 400))],
    )
    row = retention.repurchase(*prepared(db, "2026-02-01"), windows="30").iloc[0]
    assert (row.rate, row.n, row.customers) == (0.35, 1000, 350)
    assert (round(row.low, 4), round(row.high, 4)) == (0.3211, 0.3801)


@pytest.mark.parametrize("windows", ["x", "30;60", "-3", "3.5", "99999", "٣"])
def test_windows_that_cannot_be_meant(company, windows):
    with pytest.raises(CrmError) as refused:
        retention.repurchase(*prepared(company, AS_OF), windows=windows)
    assert refused.value.code == "E_WINDOWS"


@pytest.mark.parametrize(
    "metric, options",
    [
        (retention.cohorts, {"cohorts": -1}),
        (retention.repurchase, {"base": "all"}),
        (retention.survival, {"most": 0}),
        (retention.second_order, {"window": -1}),
        (retention.gaps, {"width": -1}),
    ],
)
def test_options_that_cannot_be_meant(company, metric, options):
    with pytest.raises(CrmError) as refused:
        metric(*prepared(company, AS_OF), **options)
    assert refused.value.code == "E_OPTION_VALUE"


def test_an_unknown_column_to_compare_by_names_those_there_are(company):
    with pytest.raises(CrmError) as refused:
        retention.survival(*prepared(company, AS_OF), by="shoe_size")
    assert refused.value.code == "E_FILTER_COLUMN" and "first_channel" in refused.value.params["known"]


def test_survival_by_hand(company):
    """Waiting: 5 before c comes back at 0; d leaves at 11; a of 3 at 20; f leaves at 39; b of 1 at 69."""
    found = retention.survival(*prepared(company, AS_OF))
    assert rows_of(found, "group", "days", "at_risk", "events", "censored") == [
        (None, 0, 5, 1, 0), (None, 20, 3, 1, 0), (None, 69, 1, 1, 0)
    ]  # fmt: skip
    assert found.returned_rate.tolist() == pytest.approx([1 / 5, 1 - 4 / 5 * 2 / 3, 1])
    assert retention.second_order(*prepared(company, AS_OF)).median_days[0] == 69


def test_forms_by_hand_and_as_on_the_overview(company):
    """The month to 31 March: a, b, d, f buy once each; old customers are a, b, c, of whom a and b buy."""
    con, filters = prepared(company, "2026-03-31", months=1)
    found = retention.forms(con, filters, window=20).set_index("form")
    assert rows_of(found, "customers", "n", "note") == [(0, 4, None), (2, 4, None), (2, 3, None)]
    assert found.rate["period"] == overview.kpis(con, filters).set_index("kpi").value["repurchase_rate"] == 0


def test_old_customers_are_unknown_where_the_data_begin_within_the_window(company):
    found = retention.forms(*prepared(company, AS_OF), window=90).set_index("form")
    assert pd.isna(found.rate["old_customers"]) and found.note["old_customers"] == "window_incomplete"


def test_change_compares_equal_spans_behind_the_datas_first_month(db):
    """Two months each with 30 days behind them; 1 of 4 in February and March, 3 of 4 in April and May; January is the first month."""
    first = {"j": "2026-01-05"}
    first |= {f"b{n}": f"2026-0{2 + n % 2}-10" for n in range(4)} | {f"n{n}": f"2026-0{4 + n % 2}-10" for n in range(4)}
    again = [(who, date.fromisoformat(first[who]) + timedelta(days=30)) for who in ("b0", "n0", "n1", "n2")]
    rows = [*first.items(), *again, ("b3", "2026-06-29"), ("j", "2026-06-30")]
    many(db, rows)
    row = retention.change(*prepared(db, "2026-06-30"), window=30).iloc[0]
    assert (row.rate, row.n, row.previous, row.n_before, row.months) == (0.75, 4, 0.25, 4, 2)
    assert (f"{row.before:%m-%d}", f"{row.since:%m-%d}", f"{row.until:%m-%d}") == ("02-01", "04-01", "06-01")
    assert row.change_low < row.change < row.change_high


def test_a_history_too_short_to_compare_says_so(company):
    row = retention.change(*prepared(company, AS_OF), window=60).iloc[0]
    assert row.note == "history_short" and pd.isna(row.change) and pd.isna(row.rate)


def test_gaps_by_hand(company):
    """a: 20 and 35 days; b: 69, its return in between ends no gap; c's two orders of a day are one."""
    con, filters = prepared(company, AS_OF)
    found = retention.gaps(con, filters, width=10)
    assert rows_of(found[found.gaps > 0], "from_days", "to_days", "gaps") == [(11, 20, 1), (31, 40, 1), (61, 70, 1)]
    closed, waited = retention.rhythm(con, filters).itertuples()
    assert (closed.n, closed.p25, closed.p50, closed.p75, closed.p95) == (3, 20, 35, 69, 69)
    assert closed.mean_days == pytest.approx((20 + 35 + 69) / 3)
    assert waited.open == 5  # a 40, b 21, c 66, d 11, f 39 days so far
    assert waited.p50 == 69  # of 8 waiting: 7/8 after 20 (one open at 11: 6/7), of 5 at 35: 24/35, of 1 at 69: 0


def test_the_last_bar_has_no_end(db):
    days = [date(2026, 1, 1) + timedelta(days=10 * n) for n in range(40)]
    many(db, [*(("a", day) for day in days), ("b", "2025-01-01"), ("b", "2026-01-01")])
    found = retention.gaps(*prepared(db, "2027-02-01"), width=5)
    assert rows_of(found[found.gaps > 0], "from_days", "to_days", "gaps") == [(6, 10, 39), (11, None, 1)]
    assert found.cumulative_share.iloc[-1] == 1


def test_churn_by_hand(db):
    """own: a orders every 10 days six times, then is silent for 40: out of his rhythm; b's and c's only gap is the company's limit."""
    rows = [("a", date(2026, 1, 1) + timedelta(days=10 * n)) for n in range(6)]
    rows += [("b", "2026-01-01"), ("b", "2026-03-12"), ("c", "2025-06-01"), ("d", "2026-03-20")]
    many(db, rows)
    found = retention.churn(*prepared(db, "2026-04-01")).set_index("form")
    assert rows_of(found.loc[["stock", "own_rhythm"]], "customers", "n", "days") == [
        (1, 1, 180),  # only c is 180 days old, and silent that long
        (2, 3, 70),  # a silent 41 > 10, b 20 < 70, c 304 > 70; d is 12 days old
    ]
    assert found.note["period"] == "window_incomplete" and pd.isna(found.rate["period"])


def test_the_period_form_of_churn_is_the_overviews(retail):
    con, filters = prepared(retail[0], months=3)
    theirs = overview.kpis(con, filters).set_index("kpi").loc["churn_rate"]
    ours = retention.churn(con, filters).set_index("form").loc["period"]
    assert (ours.rate, ours.n, ours.low, ours.high) == (theirs.value, theirs.n, theirs.low, theirs.high)


@pytest.mark.parametrize("by", ["first_channel", "region", "tier", "segment", "first_order_year", "channel"])
def test_groups_are_a_partition(company, by):
    state.save_rules(company, Rules(limits=Rules().limits | {"least_customers": 1}))
    found = retention.second_order(*prepared(company, AS_OF), by=by, most=1)
    assert found.group.isna().tolist() == [True] + [False] * (len(found) - 1)
    assert found.customers.iloc[1:].sum() == found.customers.iloc[0] == 5


def test_the_first_channel_is_that_of_the_first_day(company):
    """c spent more in the shop that day; a and b began in web and shop."""
    state.save_rules(company, Rules(limits=Rules().limits | {"least_customers": 1}))
    found = retention.second_order(*prepared(company, AS_OF), by="first_channel")
    assert rows_of(found, "group", "customers", "customers_repeated") == [(None, 5, 3), ("shop", 4, 2), ("web", 1, 1)]


def test_small_groups_join_the_others_and_are_hidden_while_too_few(company):
    state.save_rules(company, Rules(limits=Rules().limits | {"least_customers": 3}))
    con, filters = prepared(company, AS_OF)
    found = retention.second_order(con, filters, by="first_channel")
    assert rows_of(found, "group", "customers", "values", "note") == [
        (None, 5, 1, None), ("shop", 4, 1, None), ("(other)", 1, 1, "too_few")
    ]  # fmt: skip
    assert set(retention.survival(con, filters, by="first_channel").group.dropna()) == {"shop"}


@pytest.mark.parametrize("as_of, where", [("2025-01-01", ()), (AS_OF, (("region", ("nowhere",)),))])
def test_nobody_is_no_error(company, as_of, where):
    con, filters = prepared(company, as_of, where=where)
    assert retention.cohorts(con, filters).empty
    assert retention.repurchase(con, filters).rate.isna().all()
    assert retention.survival(con, filters, by="region").empty
    assert retention.second_order(con, filters, by="region").customers.tolist() == [0]
    assert retention.gaps(con, filters).empty
    assert retention.rhythm(con, filters).n.tolist() == [0, 0]
    assert retention.forms(con, filters).rate.isna().all()
    assert retention.churn(con, filters).rate.isna().all()
    assert retention.change(con, filters).rate.isna().all()
    assert retention.left_out(con, filters).customers.fillna(0).sum() == 0


@pytest.mark.parametrize(
    "where, whom",
    [
        ({"first_order_month": ("2026-01",)}, "ab"),
        ({"first_order_month": ("2026-01", "2026-03")}, "abdf"),
        ({"order_month": ("2026-03",)}, "abdf"),
        ({"first_order_month": ("2026-01",), "order_month": ("2026-03",)}, "ab"),
        ({"first_order_month": ("2026-01",), "order_month": ("2026-02",)}, ""),  # b only returned
        ({"first_channel": ("shop",)}, "bcdf"),
        ({"has_second_order": ("no",)}, "df"),  # e never ordered
        ({"has_second_order": ("yes",)}, "abc"),
    ],
)
def test_the_customers_behind_a_cell(company, where, whom):
    con, _ = prepared(company, AS_OF, where=tuple(sorted(where.items())))
    assert "".join(id for (id,) in con.execute("select customer_id from chosen order by 1").fetchall()) == whom


def test_an_order_after_the_day_is_in_no_month(company):
    con, _ = prepared(company, "2026-02-28", where=(("order_month", ("2026-03",)),))
    assert con.execute("select count(*) from chosen").fetchone()[0] == 0


@pytest.mark.parametrize("text", ["2026", "2026-13", "march", "2026-3", "2026-03-01"])
def test_a_month_that_is_none(company, text):
    with pytest.raises(CrmError) as refused:
        prepared(company, AS_OF, where=(("first_order_month", (text,)),))
    assert refused.value.code == "E_FILTER_MONTH"


HISTORIES = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 60), st.sampled_from([10, 10, 10, -4])), min_size=1, max_size=40
)


@for_all(HISTORIES, st.integers(0, 60))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_kaplan_meier_is_the_rate_where_everybody_is_old_enough(db, rows, window):
    """On customers whose first order is at least w days old, 1 - KM(w) is retention.repurchase(w): nobody is censored before w."""
    replace_orders(db, rows)
    con, filters = prepared(db, "2026-03-03")
    rate = retention.repurchase(con, filters, windows=str(window)).iloc[0]
    curve = retention.survival(con, filters, least_age=window)
    assert_identity(rate, curve, window)
    fixed = retention.repurchase(con, filters, windows=f"0,{window // 2},{window}", base="fixed")
    assert fixed.customers.is_monotonic_increasing and fixed.n.nunique() == 1
    assert (fixed.customers.iloc[-1], fixed.n.iloc[-1]) == (rate.customers, rate.n)
    for row in fixed.itertuples():
        assert_identity(row, curve, row.window_days)


def replace_orders(db, rows) -> None:
    """Other orders in place of those that are there; the first is always one."""
    with db.writing() as con:
        con.execute("delete from orders")
    lines = [
        [f"c{who}", str(n), str(date(2026, 1, 1) + timedelta(days=day)), str(amount)]
        for n, (who, day, amount) in enumerate(rows)
    ]
    given(
        db,
        orders="customer_id order_id ordered_at amount\nc0 first 2026-01-01 10\n"
        + "\n".join(" ".join(line) for line in lines),
    )


def assert_identity(rate, curve: pd.DataFrame, window: int) -> None:
    reached = curve[curve.days <= window]
    if not rate.n:
        assert reached.empty or reached.events.sum() == 0
        return
    returned = reached.returned_rate.iloc[-1] if len(reached) else 0.0
    assert returned == pytest.approx(rate.rate, abs=1e-12)
    assert round(returned * rate.n) == rate.customers  # the same customers, not about as many


@for_all(HISTORIES)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_cells_and_the_rest_are_the_companys_revenue(db, rows):
    replace_orders(db, rows)
    con, filters = prepared(db, "2026-02-20")
    found, parts = retention.cohorts(con, filters), retention.left_out(con, filters).set_index("part").revenue
    assert found.revenue.sum() == pytest.approx(parts["cohorts"])
    assert parts.drop("total").sum() == pytest.approx(parts["total"])
    total = read(db, "select sum(revenue) from company_days where day <= date '2026-02-20'")[0][0]
    assert parts["total"] == pytest.approx(float(total or 0))
    assert (found[found.months_since_first == 0].active == found[found.months_since_first == 0].customers).all()


def by_pandas(lines: pd.DataFrame, as_of) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(orders with their customer's first day and its age in months, lines with the same), straight from the export."""
    lines = lines[(lines.day <= as_of) & lines.customer_id.notna()]
    orders = plain.orders_of(lines)
    first = orders.groupby("customer_id").day.min()
    found = []
    for frame in (orders, lines):
        begun = frame.assign(first=frame.customer_id.map(first)).dropna(subset=["first"])
        since = 12 * (begun.day.dt.year - begun["first"].dt.year) + begun.day.dt.month - begun["first"].dt.month
        found.append(begun.assign(since=since, cohort=begun["first"].dt.to_period("M").dt.to_timestamp()))
    return found[0], found[1]


@pytest.mark.parametrize(
    "export, as_of",
    [("retail", "2011-12-09"), ("retail", "2011-08-31"), ("superstore", "2017-12-30"), ("superstore", "2016-05-11")],
)
def test_cohorts_equal_plain_pandas(request, export, as_of):
    database, lines = request.getfixturevalue(export)
    orders, lines_of = by_pandas(lines, pd.Timestamp(as_of))
    expected = orders.groupby(["cohort", "since"]).agg(active=("customer_id", "nunique"), orders=("order_id", "size"))
    con, filters = prepared(database, as_of)
    found = retention.cohorts(con, filters)
    found = found.assign(cohort_month=pd.to_datetime(found.cohort_month)).set_index(
        ["cohort_month", "months_since_first"]
    )
    assert set(expected.index) <= set(found.index)
    expected = expected.reindex(found.index, fill_value=0)
    assert (found.active == expected.active).all() and (found.orders == expected.orders).all()
    sold = lines_of[lines_of.since >= 0].groupby(["cohort", "since"]).amount.sum() / plain.UNIT
    assert found.revenue.to_numpy() == pytest.approx(sold.reindex(found.index, fill_value=0).to_numpy(), abs=1e-6)
    sizes = orders[orders.since == 0].groupby("cohort").customer_id.nunique()
    assert found.customers.groupby("cohort_month").first().to_dict() == sizes.to_dict()
    parts = retention.left_out(con, filters).set_index("part").revenue
    whole = lines[lines.day <= as_of].amount.sum() / plain.UNIT
    assert found.revenue.sum() + parts.drop(["cohorts", "total"]).sum() == pytest.approx(whole, abs=1e-6)


@pytest.mark.parametrize("export, as_of", [("retail", "2011-12-09"), ("superstore", "2017-06-30")])
def test_second_orders_and_gaps_equal_plain_pandas(request, export, as_of):
    database, lines = request.getfixturevalue(export)
    day = pd.Timestamp(as_of)
    orders, _ = by_pandas(lines, day)
    orders = orders.sort_values(["customer_id", "day"])
    waits = orders.groupby("customer_id").day.agg(
        first="min", second=lambda days: days.iloc[1] if len(days) > 1 else pd.NaT
    )
    age, wait = (day - waits["first"]).dt.days, (waits.second - waits["first"]).dt.days
    con, filters = prepared(database, as_of)
    found = retention.repurchase(con, filters, windows="0,1,30,90,365")
    assert rows_of(found, "customers", "n") == [
        ((wait[age >= w] <= w).sum(), (age >= w).sum()) for w in (0, 1, 30, 90, 365)
    ]
    fixed = retention.repurchase(con, filters, windows="30,90,365", base="fixed")
    assert rows_of(fixed, "customers", "n") == [
        ((wait[age >= 365] <= w).sum(), (age >= 365).sum()) for w in (30, 90, 365)
    ]
    days = orders.drop_duplicates(["customer_id", "day"])
    gaps = days.groupby("customer_id").day.diff().dt.days.dropna()
    closed = retention.rhythm(con, filters).iloc[0]
    assert closed.n == len(gaps) and closed.mean_days == pytest.approx(gaps.mean())
    assert [closed[name] for name in ("p25", "p50", "p75", "p95")] == [
        np.quantile(gaps, share, method="inverted_cdf") for share in (0.25, 0.5, 0.75, 0.95)
    ]
    silent = (day - orders.groupby("customer_id").day.max()).dt.days
    stock = retention.churn(con, filters).set_index("form").loc["stock"]
    assert (stock.customers, stock.n) == ((silent[age >= 180] >= 180).sum(), (age >= 180).sum())
    own = (
        days.assign(gap=days.groupby("customer_id").day.diff().dt.days)
        .dropna(subset=["gap"])
        .groupby("customer_id")
        .gap
    )
    rhythm = retention.churn(con, filters).set_index("form").loc["own_rhythm"]
    exact = own.apply(lambda values: np.quantile(values, 0.95, method="inverted_cdf")).where(own.size() >= 5)
    limit = exact.reindex(waits.index).fillna(closed.p95)
    assert (rhythm.customers, rhythm.n) == (((silent > limit) & (age > limit)).sum(), (age > limit).sum())


@pytest.mark.parametrize("export", ["retail", "superstore"])
@pytest.mark.parametrize("window", [0, 30, 90, 200])
def test_the_identity_on_real_exports(request, export, window):
    con, filters = prepared(request.getfixturevalue(export)[0])
    rate = retention.repurchase(con, filters, windows=str(window)).iloc[0]
    assert rate.n > 100
    assert_identity(rate, retention.survival(con, filters, least_age=window), window)


def test_a_choice_equals_a_company_of_its_own(db_factory):
    """Everything but the company's own limits: the chosen alone in another database say the same."""
    whole, alone = db_factory(), db_factory()
    given(whole, orders=ORDERS)
    header, *lines = [line for line in ORDERS.splitlines() if line.strip()]
    given(alone, orders="\n".join([header, *(line for line in lines if "north" in line)]))
    chosen = prepared(whole, AS_OF, where=(("region", ("north",)),))
    own = prepared(alone, AS_OF)
    same = [
        (retention.cohorts, {}),
        (retention.repurchase, {}),
        (retention.survival, {}),
        (retention.gaps, {"width": 7}),
    ]
    for metric, options in (*same, (retention.rhythm, {})):
        ours, theirs = (metric(*each, **options).drop(columns="note", errors="ignore") for each in (chosen, own))
        pd.testing.assert_frame_equal(ours, theirs)


def test_every_table_is_small_whoever_asks(retail):
    """What reaches Python are sums: a row per day at most, never one per customer."""
    con, filters = prepared(retail[0])
    assert len(retention.survival(con, filters)) < 400 and len(retention.cohorts(con, filters)) == 13 * 14 / 2
