"""The customer pyramid as a workbook: `pyramid_book(facts, tiers=..., ...)` gives an XLSX as bytes.

One sheet per table with real numbers, native charts beside them, and a sheet that says window, customers, definitions, what was
left out and the files.  Totals are live formulas wherever they give the known number to the cent.
"""

import pandas as pd
from xlsxwriter.utility import xl_col_to_name, xl_range_abs

from crm_analytics import formats
from crm_analytics.charts.pyramid import LAYERS, TIERS
from crm_analytics.reporting import said, spans
from crm_analytics.reporting.facts import Facts, known
from crm_analytics.reporting.sheets import Book, Column, checked, columns_of, header
from crm_analytics.reporting.slides import COLOURS

TIER_COLUMNS = {  # kind of each column of the layers
    "customers": "count", "customer_share": "share", "revenue": "money", "revenue_share": "share", "average_revenue": "money",
    "median_revenue": "money", "threshold_revenue": "money", "contribution": "money", "marketing_cost": "money",
    "overhead": "money", "profit": "money", "profit_share": "share", "roi": "ratio", "revenue_before": "money",
}  # fmt: skip
CUSTOMER_COLUMNS = {
    "rank": "count", "customer_id": "text", "name": "text", "tier": "text", "revenue": "money", "orders": "count",
    "cumulative_revenue_share": "share", "contribution": "money", "cost": "money", "profit": "money", "roi": "ratio",
    "percentile_in_tier": "share",
}  # fmt: skip
RELATION_COLUMNS = {
    "customers": "count", "wallet_share": "share", "wallet_customers": "count", "wallet_room": "money", "rank_share": "share",
    "tenure_years_median": "ratio", "tenure_low": "ratio", "tenure_high": "ratio",
}  # fmt: skip
FLOW_COLUMNS = {"flow": "text", "customers": "count", "revenue_then": "money", "revenue_now": "money"}
MOVE_COLUMNS = {
    "from_tier": "text", "to_tier": "text", "customers": "count", "rate": "share", "low": "share", "high": "share",
}  # fmt: skip
SHARES = {
    "revenue_share": COLOURS.primary,
    "profit_share": COLOURS.stages["active"],
}  # of the charts, and their colours
SUMMED = ("customers", "revenue", "contribution", "marketing_cost", "overhead", "profit", "revenue_before")


def pyramid_book(
    facts: Facts,
    *,
    tiers: pd.DataFrame,
    customers: pd.DataFrame | None = None,
    waterfall: pd.DataFrame | None = None,
    costs: pd.DataFrame | None = None,
    ranges: pd.DataFrame | None = None,
    concentration: pd.DataFrame | None = None,
    migration: pd.DataFrame | None = None,
    flows: pd.DataFrame | None = None,
    relations: pd.DataFrame | None = None,
    lessons: pd.DataFrame | None = None,
    basis: pd.DataFrame | None = None,
) -> bytes:
    """The workbook.  The frames are those of `metrics.pyramid` by the same names; what is None or says nothing has no sheet."""
    book = Book(facts)
    given = {"waterfall": known(waterfall, "amount"), "returns": known(ranges, "roi"), "movement": known(migration, "customers"),
             "concentration": known(concentration, "revenue_share"), "lessons": known(lessons, "verdict")}  # fmt: skip
    book.about(
        ["pyramid", "layers", *(part for part, is_there in given.items() if is_there)],
        basis,
        _cut(facts, tiers, customers),
    )
    _layers(book, tiers)
    if given["waterfall"]:
        _waterfall(book, waterfall)
    if known(costs, "amount"):
        _costs(book, costs)
    if given["returns"]:
        _returns(book, ranges)
    if given["concentration"]:
        _concentration(book, concentration)
    if given["movement"]:
        _migration(book, migration, flows)
    if relations is not None and len(relations):
        _plain(book, "relations", relations, {"tier": "text"} | RELATION_COLUMNS)
    if given["lessons"]:
        _lessons(book, lessons)
    if known(customers, "customer_id"):
        _plain(book, "customers", customers, CUSTOMER_COLUMNS, filters=True)
    return book.data()


def _cut(facts: Facts, tiers, customers) -> list[tuple[str, str]]:
    """Says so where the ranking list is not everybody."""
    whole = int(tiers.loc[tiers.tier == "total", "customers"].iloc[0])
    if not known(customers, "customer_id") or len(customers) >= whole:
        return []
    n = {"n": formats.count(len(customers)), "of": formats.count(whole)}
    return [(facts.tr("slides.part_customers"), facts.tr("slides.first_n", **n))]


def _layers(book: Book, tiers):
    """A row per layer; sums, profit, averages and returns are formulas."""
    facts = book.facts
    kinds = {name: kind for name, kind in TIER_COLUMNS.items() if name in tiers and tiers[name].notna().any()}
    places = {name: xl_col_to_name(place) for place, name in enumerate(kinds, start=1)}
    sheet = book.sheet(facts.tr("slides.part_layers"))
    columns = [
        Column(facts.tr("slides.layer"), width=22),
        *(Column(header(facts, name), kind) for name, kind in kinds.items()),
    ]
    last = len(tiers)
    rows = [
        [facts.layer(row.tier), *(_live(row, name, places, n, last, tiers) for name in kinds)]
        for n, (_, row) in enumerate(tiers.iterrows(), start=2)
    ]
    end = book.table(sheet, columns, rows, last_is_total=True)
    named, end_of_tiers = f"='{sheet.get_name()}'!", 1 + len(TIERS)
    series = [
        {
            "name": header(facts, share),
            "fill": {"color": colour},
            "gap": 45,
            "data_labels": {"value": True, "num_format": "0%"},
            "categories": f"{named}$A$2:$A${end_of_tiers}",
            "values": f"{named}${places[share]}$2:${places[share]}${end_of_tiers}",
        }
        for share, colour in SHARES.items()
        if share in places
    ]
    if series:
        book.chart(sheet, {"type": "column"}, f"A{end + 2}", series, title=facts.tr("slides.about_shares"), form="0%")


def _live(row, name: str, places: dict, n: int, last: int, tiers):
    """The value of a cell as a formula where the sheet itself can tell it."""
    value, at = row[name], lambda other: f"{places[other]}{n}"
    if row.tier == "total" and name in SUMMED:
        rest = tiers.loc[tiers.tier != "total", name]
        return checked(f"=SUM({places[name]}2:{places[name]}{last})", float(rest.fillna(0).sum()), value)
    if name == "profit" and {"contribution", "marketing_cost", "overhead"} <= places.keys():
        expected = row.contribution - row.marketing_cost - row.overhead
        return checked(f"={at('contribution')}-{at('marketing_cost')}-{at('overhead')}", expected, value)
    if name == "roi" and {"profit", "marketing_cost"} <= places.keys() and row.marketing_cost:
        return checked(f"={at('profit')}/{at('marketing_cost')}", row.profit / row.marketing_cost, value)
    if name == "average_revenue" and row.tier in TIERS and row.customers:
        return checked(f"={at('revenue')}/{at('customers')}", row.revenue / row.customers, value)
    return value


def _waterfall(book: Book, waterfall):
    """Steps with what the chart is drawn from; a changed amount moves it."""
    facts, steps = book.facts, waterfall[waterfall.amount.notna()]
    sheet = book.sheet(facts.tr("slides.part_waterfall"))
    base, above, below, step, amount, total, level = said.waterfall_names(facts)
    columns = [
        Column(step, width=24),
        Column(amount, "money"),
        Column(total, "count"),
        *(Column(each, "money") for each in (level, base, above, below)),
    ]
    drawn = spans.placed([("", float(row.amount), bool(row.is_total), "") for row in steps.itertuples()])
    rows, reached = [], 0.0
    for n, (row, span) in enumerate(zip(steps.itertuples(), drawn), start=2):
        reached = float(row.amount) if row.is_total else reached + float(row.amount)
        *parts, up_to = spans.formulas(n, n == 2, amount="B", total="C", level="D")
        live = [checked(text, value, value) for text, value in zip([up_to, *parts], [reached, *span])]
        rows.append([facts.tr(f"pyramid_value.step_{row.step}"), row.amount, int(row.is_total), *live])
    end = book.table(sheet, columns, rows)
    name = sheet.get_name().replace("'", "''")
    quiet, loss = COLOURS.tiers["prospect"], said.LOSS
    points = [
        {"fill": {"color": (loss if row.amount < 0 else COLOURS.primary) if row.is_total else quiet}}
        for row in steps.itertuples()
    ]
    common = {"categories": f"='{name}'!$A$2:$A${end}", "gap": 45}
    series = [
        common | {"name": base, "values": f"='{name}'!$E$2:$E${end}", "fill": {"none": True}, "border": {"none": True}},
        common | {"name": above, "values": f"='{name}'!$F$2:$F${end}", "points": points},
        common | {"name": below, "values": f"='{name}'!$G$2:$G${end}", "points": points},
    ]
    title = facts.tr("slides.about_waterfall")
    book.chart(
        sheet, {"type": "column", "subtype": "stacked"}, f"A{end + 2}", series, title=title, form="#,##0", legend=False
    )


def _costs(book: Book, costs):
    """Every cost with its key; shares and the sum are formulas."""
    facts, n, whole = book.facts, len(costs) + 1, float(costs.amount.sum())
    rows = []
    for line, row in enumerate(costs.itertuples(), start=2):
        share = checked(f"=D{line}/D${n + 1}", row.amount / whole, row.share) if whole else None
        words = (facts.tr(f"pyramid_value.{what}_{getattr(row, what)}") for what in ("kind", "key", "source"))
        rows.append([*words, row.amount, share])
    sums = checked(f"=SUM(D2:D{n})", whole, whole), checked(f"=SUM(E2:E{n})", 1, 1.0) if whole else None
    columns = columns_of(facts, {"kind": "text", "key": "text", "source": "text", "amount": "money", "share": "share"})
    rows.append([facts.layer("total"), "", "", *sums])
    book.table(book.sheet(facts.tr("slides.part_costs")), columns, rows, last_is_total=True)


def _returns(book: Book, ranges):
    facts = book.facts
    keys = {"tier": facts.layer, "key": lambda key: facts.tr(f"pyramid_value.key_{key}")}
    kinds = {"tier": "text", "key": "text", "marketing_cost": "money", "profit": "money", "roi": "ratio"}
    _plain(book, "returns", ranges, kinds, words=keys)


def _concentration(book: Book, points):
    facts = book.facts
    sheet = book.sheet(facts.tr("slides.part_concentration"))
    kinds = {name: "share" for name in ("customers_share", "revenue_share", "profit_share") if known(points, name)}
    columns = [
        *(Column(header(facts, name), kind, 18) for name, kind in kinds.items()),
        Column(facts.tr("slides.borders"), width=18),
    ]
    rows = [
        [*(row[name] for name in kinds), facts.layer(row.marker) if isinstance(row.marker, str) else None]
        for _, row in points.iterrows()
    ]  # fmt: skip
    end = book.table(sheet, columns, rows)
    name = sheet.get_name()
    across = "='" + name + "'!" + xl_range_abs(1, 0, end - 1, 0)
    series = [
        {
            "name": header(facts, kind), "categories": across, "values": "='" + name + "'!" + xl_range_abs(1, place, end - 1, place),
            "line": {"color": SHARES[kind], "width": 2.5}, "marker": {"type": "none"},
        }
        for place, kind in enumerate(kinds)
        if place
    ]  # fmt: skip
    title = facts.tr("slides.about_concentration")
    chart = book.chart(sheet, {"type": "scatter", "subtype": "straight"}, "F2", series, title=title, form="0%")
    chart.set_x_axis({"num_format": "0%", "min": 0, "max": 1, "name": header(facts, "customers_share")})


def _migration(book: Book, migration, flows):
    """The matrix with its sums, the flows, then every cell with its interval."""
    facts = book.facts
    sheet = book.sheet(facts.tr("slides.part_movement"))
    line = _matrix(book, sheet, migration) + 1
    if known(flows, "customers"):
        told = (
            [facts.tr(f"movement.flow_{row[0]}"), *row[1:]] for row in flows[list(FLOW_COLUMNS)].itertuples(index=False)
        )
        line = book.table(sheet, columns_of(facts, FLOW_COLUMNS, flow=22, customers=16), told, top=line) + 1
    cells = ([*map(facts.layer, row[:2]), *row[2:]] for row in migration[list(MOVE_COLUMNS)].itertuples(index=False))
    widths = dict.fromkeys(MOVE_COLUMNS, 16) | {"from_tier": 22}
    book.table(sheet, columns_of(facts, MOVE_COLUMNS, **widths), cells, top=line)


def _matrix(book: Book, sheet, migration) -> int:
    """Customers from (rows) to (columns); sums at the right and below."""
    facts = book.facts
    counts = migration.pivot_table(index="from_tier", columns="to_tier", values="customers", aggfunc="sum").fillna(0)
    tos = [tier for tier in LAYERS if tier in counts]
    froms = [tier for tier in (*LAYERS, "new") if tier in counts.index]
    last, end, rows = xl_col_to_name(len(tos)), len(froms) + 1, []
    for n, tier in enumerate(froms, start=2):
        values = [float(counts.loc[tier, to]) for to in tos]
        rows.append([facts.layer(tier), *values, checked(f"=SUM(B{n}:{last}{n})", sum(values), sum(values))])
    sums = [float(counts.loc[froms, to].sum()) for to in tos]
    letters = (xl_col_to_name(place) for place in range(1, len(tos) + 2))
    below = [
        checked(f"=SUM({letter}2:{letter}{end})", value, value) for letter, value in zip(letters, [*sums, sum(sums)])
    ]
    rows.append([facts.layer("total"), *below])
    columns = [Column(facts.tr("slides.from_to"), width=22), *(Column(facts.layer(tier), "count", 16) for tier in tos)]
    return book.table(sheet, [*columns, Column(facts.layer("total"), "count")], rows, last_is_total=True)


def _lessons(book: Book, lessons):
    """Claim, what is measured with its interval, verdict."""
    facts = book.facts
    kinds = {"value": "ratio", "low": "ratio", "high": "ratio", "n": "count"}
    columns = [
        Column("", "count", 5),
        Column(facts.tr("slides.lesson"), width=70),
        *columns_of(facts, kinds),
        Column(facts.tr("slides.verdict"), width=20),
        Column(facts.tr("slides.found"), width=60),
    ]
    rows = [
        [
            place, facts.tr(f"lessons.claim_{row.lesson}"), *(getattr(row, name) for name in kinds),
            said.verdict(facts, row), said.lesson_found(facts, row),
        ]
        for place, row in enumerate(lessons.itertuples(), start=1)
    ]  # fmt: skip
    book.table(book.sheet(facts.tr("slides.part_lessons")), columns, rows)


def _plain(book: Book, part: str, frame, kinds: dict, *, words=None, filters=False):
    """A frame as it is, its codes in words; columns of which nothing is known are left out."""
    facts = book.facts
    shown = {name: kind for name, kind in kinds.items() if known(frame, name)}
    said_as = {"tier": facts.layer} | (words or {})
    columns = [Column(header(facts, name), kind) for name, kind in shown.items()]
    rows = (
        [
            said_as[name](row[name]) if name in said_as and not formats.is_missing(row[name]) else row[name]
            for name in shown
        ]
        for row in frame[list(shown)].to_dict("records")
    )
    book.table(book.sheet(facts.tr(f"slides.part_{part}")), columns, rows, filters=filters)
