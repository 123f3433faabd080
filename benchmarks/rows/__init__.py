"""The rows of the table, in its order. A new one: a function (company, stopwatch) -> facts beside these, and a line here."""

from benchmarks.measure import Row
from benchmarks.rows import imports, overview, pyramid, snapshots

GIGABYTES = 1024
MEMORY = 2 * GIGABYTES  # of any process of the product
WARM = 0.3  # seconds for a number from a snapshot that is there

ROWS = (
    Row("import.bare", "bare `create table as select * from read_csv`", imports.bare),
    Row("import.product", "import, all of it", imports.product, "import.bare", most_times=2.0, most_megabytes=MEMORY),
    Row("import.read", "- copy, fingerprint, prove the dialect", imports.product, "import.bare"),
    Row("import.check", "- weigh every column over all rows, plan", imports.product, "import.bare"),
    Row("import.load", "- load, count repeats, balance", imports.product, "import.bare"),
    Row("import.derive", "- derive the tables behind the screens, commit", imports.product, "import.bare"),
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
)
