"""What every number stands on: which files feed it, and what was left out and why."""

import pandas as pd

from crm_analytics.filters import Filters

REASONS = (
    "lines_without_customer",
    "customers_not_ranked",
    "orders_excluded",
    "orders_without_amount",
    "lines_not_goods",
    "records_set_aside",
    "customers_not_chosen",
)


def left_out(con, filters: Filters) -> pd.DataFrame:
    """What no number of this window counts, or only the company's totals do.  One row per reason: reason, n.

    Lines without a customer, also those of customers who are not ranked, count for the company and for nobody. Orders with an
    excluded status and orders without any amount are no orders; lines of postage and charges are no goods. These four are of
    the window; customers not ranked, records set aside by imports in force and customers the filters leave out are of today's
    data. Zero says that there was none.
    """
    counts = con.execute(
        """
        with counted as (
            select order_id, amount, sku, product, category,
                status is not null and lower(trim(status)) in (select lower(trim(status)) from excluded_statuses) as is_excluded
            from orders
            where ordered_at >= $start and ordered_at < $end
        ),
        goods_lines as (
            select sku, product, category from counted where not is_excluded and amount is not null
                and order_id not in (select order_id from order_items where amount is not null)
            union all
            select i.sku, i.product, i.category
            from order_items i
            where i.amount is not null and i.order_id in (select order_id from counted where not is_excluded)
        )
        select
            (select coalesce(sum(lines), 0) from unidentified_days where day >= $start and day < $end) as lines_without_customer,
            (select count(*) from unranked) as customers_not_ranked,
            (select count(distinct order_id) from counted where is_excluded) as orders_excluded,
            (select count(distinct order_id) from counted where not is_excluded and order_id not in
                (select order_id from counted where amount is not null and not is_excluded
                 union select order_id from order_items where amount is not null and order_id is not null)) as orders_without_amount,
            (select count(*) from goods_lines l left join goods g on g.sku = l.sku
                where l.sku in (select word from charges) or l.product in (select word from charges)
                or l.category in (select word from charges) or g.category in (select word from charges)) as lines_not_goods,
            (select coalesce(sum(quarantined), 0) from imports where undone_at is null) as records_set_aside,
            (select count(*) from snapshot) - (select count(*) from chosen) as customers_not_chosen
        """,
        {"start": filters.start, "end": filters.end},
    ).fetchone()
    return pd.DataFrame({"reason": REASONS, "n": [int(count) for count in counts]})


def sources(con, filters: Filters) -> pd.DataFrame:
    """The files all numbers come from.  One row per import in force, newest first.

    import_id, file_name, sheet (null but for workbooks), table_name, imported_at (UTC), records, loaded, quarantined.
    """
    return con.execute(
        "select import_id, file_name, sheet, table_name, imported_at, records, loaded, quarantined from imports "
        "where undone_at is null and loaded > 0 order by imported_at desc, import_id desc"
    ).df()
