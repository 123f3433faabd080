"""Who they are and how they come back, from the lines: RFM segments, cohorts, histories of purchases, groups by k-means.

The product in a process that has read nothing yet; pandas and polars from lines in memory; scikit-learn on the same features.
"""

import numpy as np

from benchmarks.company import Company
from benchmarks.measure import Near, Stopwatch
from crm_analytics import snapshot
from crm_analytics.database import open_database
from crm_analytics.filters import Filters
from crm_analytics.metrics import _histories, retention, segments

TYPED = 4  # groups that are compared: how many there are best is a matter of opinion
MOST = 8
STARTS = 3  # of k-means; the product begins ten times
COMPARED = 10_000  # customers of the silhouette, which compares each with each


def rfm(company: Company, stopwatch: Stopwatch):
    """Snapshot and all buyers with scores and segment."""
    con = open_database(company.orders_only).cursor()
    with stopwatch("rfm.product"):
        buyers = segments.rfm(con, snapshot.prepare(con, Filters()))
    return lambda: _segments(buyers["segment"].value_counts().to_dict())


def cohorts(company: Company, stopwatch: Stopwatch):
    """Snapshot and the whole table."""
    con = open_database(company.orders_only).cursor()
    with stopwatch("cohorts.product"):
        found = retention.cohorts(con, snapshot.prepare(con, Filters()))
    found = found[found.active > 0]
    months = [12 * day.year + day.month - 1 for day in found.cohort_month]
    return lambda: _cohorts(zip(months, found.months_since_first, found.active))


def histories(company: Company, stopwatch: Stopwatch):
    """What the models of value are fitted to, with the hold-out's part of it."""
    con = open_database(company.orders_only).cursor()
    with stopwatch("histories.product"):
        kept = _histories.histories(con, snapshot.prepare(con, Filters()))
    return lambda: _sums(con.execute(f"select x, last_days, days, paid, spend from {kept.histories}").df())


def pandas(company: Company, stopwatch: Stopwatch):
    """Needs what the product needs."""
    from benchmarks.rows import in_pandas

    lines = in_pandas.load(company.orders)
    with stopwatch("rfm.pandas"):
        buyers = in_pandas.rfm(lines)
    with stopwatch("cohorts.pandas"):
        found = in_pandas.cohorts(lines)
    with stopwatch("histories.pandas"):
        kept = in_pandas.histories(lines)
    counts = buyers["segment"].value_counts().to_dict()
    return lambda: _segments(counts) | _cohorts(found.itertuples(index=False, name=None)) | _sums(kept)


def polars(company: Company, stopwatch: Stopwatch):
    """Needs benchmarks/requirements.txt."""
    from benchmarks.rows import in_polars

    lines = in_polars.load(company.orders)
    with stopwatch("rfm.polars"):
        buyers = in_polars.rfm(lines)
    with stopwatch("cohorts.polars"):
        found = in_polars.cohorts(lines)
    with stopwatch("histories.polars"):
        kept = in_polars.histories(lines)
    counts = dict(buyers["segment"].value_counts().iter_rows())
    return lambda: _segments(counts) | _cohorts(found.iter_rows()) | _sums(kept.to_pandas())


def clusters(company: Company, stopwatch: Stopwatch):
    """From a snapshot that is there: k of 2 to 8, how stable each is, whether they are groups, and everybody's group."""
    con = open_database(company.orders_only).cursor()
    filters = snapshot.prepare(con, Filters())
    with stopwatch("clusters.product"):
        segments.cluster_choice(con, filters)
        rows = segments.clusters(con, filters, k=TYPED)
    rows = rows[rows.cluster.notna()]
    return lambda: _squares(_points(rows), rows.cluster.to_numpy(dtype=int))


def sklearn(company: Company, stopwatch: Stopwatch):
    """From the same snapshot: k of 2 to 8 by the silhouette of a sample, over all customers, without asking how stable that is."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score
    from threadpoolctl import threadpool_limits

    con = open_database(company.orders_only).cursor()
    snapshot.prepare(con, Filters())
    rows = con.execute(
        "select days_since_last_order, orders as order_count, cast(revenue as double) as revenue from snapshot where is_active"
    ).df()
    with (
        stopwatch("clusters.sklearn"),
        threadpool_limits(limits=1),
    ):  # as the product: on a busy machine its threads wait for each other
        points = _points(rows)
        models = {k: KMeans(k, n_init=STARTS, random_state=0).fit(points) for k in range(2, MOST + 1)}
        size = min(COMPARED, len(points))
        _ = [silhouette_score(points, each.labels_, sample_size=size, random_state=0) for each in models.values()]
    return lambda: _squares(points, models[TYPED].labels_)


def _points(rows) -> np.ndarray:
    """Standardised logarithms of days, orders and revenue in typical orders."""
    typical = (rows.revenue / rows.order_count).median()
    logs = [np.log1p(rows.days_since_last_order), np.log1p(rows.order_count), np.log1p(rows.revenue / typical)]
    points = np.column_stack(logs).astype(float)
    return (points - points.mean(axis=0)) / points.std(axis=0)


def _squares(points: np.ndarray, parts: np.ndarray) -> dict:
    """How far customers are from the middle of their group: from a sample's centres a little more than from everybody's."""
    left = sum(
        ((group - group.mean(axis=0)) ** 2).sum() for group in (points[parts == part] for part in np.unique(parts))
    )
    return {
        "clusters: customers": len(points),
        f"clusters: squares within {TYPED}": Near(float(left / points.size), 0.03),
    }


def _segments(counts: dict) -> dict:
    return {"segments": sorted((segment, int(n)) for segment, n in counts.items() if n)}


def _cohorts(rows) -> dict:
    return {"cohorts": sorted(tuple(map(int, row)) for row in rows)}


def _sums(kept) -> dict:
    whole = [int(kept[name].sum()) for name in ("x", "last_days", "days", "paid")]
    return {"histories": [len(kept), *whole], "histories: spend": Near(float(kept["spend"].sum()), 1e-9)}
