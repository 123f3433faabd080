"""The rows of the table, in its order. A new one: a function (company, stopwatch) -> facts beside these, and a line here."""

from benchmarks.measure import Row
from benchmarks.rows import groups, imports, overview, polluted, pyramid, screens, snapshots, worth

GIGABYTES = 1024
MEMORY = 2 * GIGABYTES  # of any process of the product
WARM = 0.3  # seconds for a number from a snapshot that is there
COLD = 1.0  # for one asked for the first time of that snapshot

ROWS = (
    Row("import.bare", "bare `create table as select * from read_csv`", imports.bare),
    Row(
        "import.product",
        "import, all of it",
        imports.product,
        "import.bare",
        most_megabytes=MEMORY,
        most_above=GIGABYTES,
    ),
    Row("import.taken", "- all but the tables derived from it", imports.product, "import.bare", most_times=2.0),
    Row("import.read", "- copy, fingerprint, prove the dialect", imports.product, "import.bare"),
    Row("import.check", "- weigh every column over all rows, plan", imports.product, "import.bare"),
    Row("import.load", "- load, count repeats, balance", imports.product, "import.bare"),
    Row("import.derive", "- derive the tables behind the screens, commit", imports.product, "import.bare"),
    Row(
        "import.marred",
        "the same with one wrong date, without derived tables",
        imports.marred,
        "import.bare",
        most_above=GIGABYTES,
    ),
    Row("polluted.product", "spoilt files: the landing", polluted.product, most_megabytes=MEMORY),
    Row("polluted.duckdb", "spoilt files: DuckDB `read_csv` by default", polluted.duckdb, "polluted.product"),
    Row("polluted.pandas", "spoilt files: pandas `read_csv` by default", polluted.pandas, "polluted.product"),
    Row("polluted.polars", "spoilt files: polars `read_csv` by default", polluted.polars, "polluted.product"),
    Row("groupby.cold", "bare group-by: customer, max, count, sum", snapshots.bare),
    Row(
        "snapshot.cold",
        "snapshot, in a fresh process",
        snapshots.product,
        "groupby.cold",
        most_times=2.2,
        most_megabytes=MEMORY,
    ),
    Row("groupby.warm", "bare group-by again", snapshots.bare),
    Row(
        "snapshot.warm",
        "snapshot of another day",
        snapshots.product,
        "groupby.warm",
        most_times=2.2,
        most_megabytes=MEMORY,
    ),
    Row("pandas.load", "pandas: read the file", snapshots.pandas, "import.bare"),
    Row("pandas.snapshot", "pandas: the same snapshot", snapshots.pandas, "groupby.warm"),
    Row("polars.load", "polars: read the file", snapshots.polars, "import.bare"),
    Row("polars.snapshot", "polars: the same snapshot", snapshots.polars, "groupby.warm"),
    Row("overview.prepare", "a view that is there", overview.everyone, most_seconds=WARM, most_megabytes=MEMORY),
    Row("overview.kpis", "Overview: all headline numbers", overview.everyone, most_seconds=WARM, most_megabytes=MEMORY),
    Row(
        "overview.trend",
        "Overview: months by themselves, as the screen asks",
        overview.everyone,
        most_seconds=WARM,
        most_megabytes=MEMORY,
    ),
    Row("overview.rates", "the course of the rates, 13 points", overview.everyone, most_megabytes=MEMORY),
    Row("customers.listing", "Customers: first page", overview.everyone, most_seconds=WARM, most_megabytes=MEMORY),
    Row("customers.size", "Customers: how many", overview.everyone, most_seconds=WARM, most_megabytes=MEMORY),
    Row("region.prepare", "a region: choose its customers", overview.region, most_seconds=WARM, most_megabytes=MEMORY),
    Row("region.kpis", "a region: all headline numbers", overview.region, most_seconds=WARM, most_megabytes=MEMORY),
    Row("region.trend", "a region: months by themselves", overview.region, most_seconds=WARM, most_megabytes=MEMORY),
    Row(
        "region.listing", "a region: first page of customers", overview.region, most_seconds=WARM, most_megabytes=MEMORY
    ),
    Row("region.search", "a region: search for a customer", overview.region, most_seconds=WARM, most_megabytes=MEMORY),
    Row("pyramid.tiers", "Pyramid: ranking, costs, all layers, first time", pyramid.everyone, most_megabytes=MEMORY),
    Row("pyramid.costs", "Pyramid: costs by key", pyramid.everyone, most_seconds=WARM, most_megabytes=MEMORY),
    Row(
        "pyramid.customers",
        "Pyramid: ranking list, first page",
        pyramid.everyone,
        most_seconds=WARM,
        most_megabytes=MEMORY,
    ),
    Row("pyramid.concentration", "Pyramid: concentration", pyramid.everyone, most_seconds=WARM, most_megabytes=MEMORY),
    Row("pyramid.whatif", "What-if: one more move", pyramid.everyone, most_seconds=WARM, most_megabytes=MEMORY),
    Row("pyramid.migration", "Pyramid: migration", pyramid.everyone, most_seconds=WARM, most_megabytes=MEMORY),
    Row(
        "rfm.product",
        "RFM: snapshot, every buyer's scores and segment, fresh process",
        groups.rfm,
        "groupby.cold",
        most_megabytes=MEMORY,
    ),
    Row("rfm.pandas", "pandas: the same from lines in memory", groups.pandas, "rfm.product"),
    Row("rfm.polars", "polars: the same from lines in memory", groups.polars, "rfm.product"),
    Row(
        "cohorts.product",
        "cohorts: snapshot, whole table, fresh process",
        groups.cohorts,
        "groupby.cold",
        most_megabytes=MEMORY,
    ),
    Row("cohorts.pandas", "pandas: the same from lines in memory", groups.pandas, "cohorts.product"),
    Row("cohorts.polars", "polars: the same from lines in memory", groups.polars, "cohorts.product"),
    Row(
        "histories.product",
        "histories of purchases, and of the hold-out's part",
        groups.histories,
        "groupby.cold",
        most_megabytes=MEMORY,
    ),
    Row("histories.pandas", "pandas: histories from lines in memory", groups.pandas, "histories.product"),
    Row("histories.polars", "polars: histories from lines in memory", groups.polars, "histories.product"),
    Row(
        "clv.model",
        "value of customers: histories, two models, intervals, hold-out",
        worth.company,
        most_seconds=10,
        most_megabytes=MEMORY,
    ),
    Row("clv.customers", "- worth of everybody with intervals, first page", worth.company, most_megabytes=MEMORY),
    Row("btyd.fit", "BG/NBD and Gamma-Gamma, planted histories", worth.product, most_seconds=10, most_megabytes=MEMORY),
    Row("btyd.fit.lifetimes", "lifetimes: the same two models", worth.lifetimes, "btyd.fit"),
    Row("btyd.ahead", "a year ahead of everybody", worth.product),
    Row("btyd.ahead.lifetimes", "lifetimes: the same", worth.lifetimes, "btyd.ahead"),
    Row(
        "clusters.product", "k-means: k of 2 to 8, stability, everybody's group", groups.clusters, most_megabytes=MEMORY
    ),
    Row("clusters.sklearn", "scikit-learn: k of 2 to 8 over all customers", groups.sklearn, "clusters.product"),
    *screens.rows(COLD, WARM, MEMORY),
)
