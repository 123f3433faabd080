"""How a group of customers differs from the whole it belongs to, value by value of every column known of them."""

import numpy as np
import pandas as pd

from crm_analytics.errors import CrmError
from crm_analytics.filters import Filters
from crm_analytics.metrics import _traits
from crm_analytics.metrics._traits import LOYAL
from crm_analytics.snapshot import CHOICE_COLUMNS, LINE_COLUMNS, age_band
from crm_analytics.stats import indices

SMALLEST = 5  # customers below which a cell is not told
SHOWN = 40  # values of a column, the commonest; the others are one row
MOST_OF_ATTRIBUTE = 30  # columns of the company's own files with more values are measured only when they are asked for
GROUPS = {
    "chosen": "s.customer_id in (select customer_id from chosen)",
    "loyal": LOYAL,
    "new": "s.is_new",
    **{tier: f"s.tier = '{tier}'" for tier in ("top", "big", "medium", "small")},
    **{stage: f"coalesce(s.stage = '{stage}', false)" for stage in ("active", "silent", "forgotten", "lost")},
}
BASES = {"everyone": "true", "customers": "s.orders_ever > 0", "buyers": "s.orders > 0"}
COLUMNS = [
    "column", "value", "part", "n", "share", "n_base", "share_base", "index", "low", "high", "verdict", "is_suppressed", "known",
    "known_base", "missing_share", "missing_share_base", "size", "size_base",
]  # fmt: skip


def indexed(con, filters: Filters, column: str, group: str, base: str, bought: bool) -> pd.DataFrame:
    """The frame of `profile.index`, which says what it means."""
    _members(con, filters, group, base)
    size, size_base = con.execute("select count(case when is_in then 1 end), count(*) from profiled").fetchone()
    counts = _counted(con, filters, column) if column else _all_counted(con, filters, bought)
    counts = counts.assign(size=size, size_base=size_base)
    parts = [
        _told(rows.reset_index(drop=True))
        for _, rows in counts.groupby("column", sort=False)
        if rows.known_base.iloc[0]
    ]
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)
    return _judged(found)[COLUMNS]


def _members(con, filters: Filters, group: str, base: str) -> None:
    """View `profiled`: one row per customer of the base, is_in where he is of the group.

    A choice of the reader's is held against everyone, any other group against the chosen.
    """
    if group not in GROUPS:
        raise CrmError("E_GROUP", group=group, known=", ".join(GROUPS))
    if base and base not in BASES:
        raise CrmError("E_BASE", base=base, known=", ".join(BASES))
    whole = "snapshot" if group == "chosen" else "chosen"
    is_in = "true" if group == "chosen" and not (filters.where or filters.customer_set) else GROUPS[group]
    condition = BASES[base or ("everyone" if group == "chosen" else "customers")]
    con.execute(
        f"create or replace temp view profiled as select s.customer_id, {is_in} as is_in from {whole} s where {condition}"
    )


def members(
    con, filters: Filters, group: str, base: str, column: str, value: str, limit: int, offset: int
) -> pd.DataFrame:
    """The frame of `profile.members`, which says what it means."""
    _members(con, filters, group, base)
    query, parameters = _traits.source(con, filters, column) if column else ("", {})
    having = (
        f" and p.customer_id in (select customer_id from ({query}) v where cast(value as varchar) = $having)"
        if column
        else ""
    )
    return con.execute(
        f"""
        select s.customer_id, c.name, s.tier, s.orders, s.revenue, s.last_order_date, count(*) over () as of_all
        from profiled p
        join snapshot s on s.customer_id = p.customer_id
        left join customer_profile c on c.customer_id = p.customer_id
        where p.is_in{having}
        order by s.revenue desc, s.customer_id
        limit $limit offset $offset
        """,
        parameters | ({"having": value} if column else {}) | {"limit": limit, "offset": offset},
    ).df()


def _counted(con, filters: Filters, column: str) -> pd.DataFrame:
    """How many of the group and of the base have each value, the commonest first; what is behind them is one row, part "others"."""
    query, parameters = _traits.source(con, filters, column)
    found = con.execute(
        f"""
        select cast(v.value as varchar) as value, count(case when p.is_in then 1 end) as n, count(*) as n_base
        from profiled p
        join ({query}) v on v.customer_id = p.customer_id
        where v.value is not null
        group by 1
        order by n_base desc, value
        """,
        parameters,
    ).df()
    if column == _traits.MANY:
        known, known_base = con.execute(
            f"select count(case when is_in then 1 end), count(*) from profiled where customer_id in "
            f"(select customer_id from ({query}) v where value is not null)",
            parameters,
        ).fetchone()
    else:
        known, known_base = (int(found[name].sum()) for name in ("n", "n_base"))
    return _arranged(found, column).assign(column=column, known=known, known_base=known_base)


def _all_counted(con, filters: Filters, bought: bool) -> pd.DataFrame:
    """The same for every column: those of the profile in one pass."""
    known = _traits.known(con, filters)
    profile = [name for name in known if name == "age_band" or name in CHOICE_COLUMNS]
    single = _of_profile(con, filters, profile) if profile else {}
    others = [name for name in known if name == _traits.MANY or (bought and name in LINE_COLUMNS)]
    frames = [single[name] for name in profile] + [_counted(con, filters, name) for name in others] + [_attributes(con)]
    return pd.concat([frame for frame in frames if len(frame)] or [frames[-1]], ignore_index=True)


def _of_profile(con, filters: Filters, columns: list[str]) -> dict[str, pd.DataFrame]:
    names = {column: f"v{place}" for place, column in enumerate(columns)}
    band = age_band("c.birth_date")
    told = ", ".join(f"{band if column == 'age_band' else f'c.{column}'} as {name}" for column, name in names.items())
    rows = con.execute(
        f"""
        select {", ".join(names.values())}, count(case when is_in then 1 end) as n, count(*) as n_base
        from (select p.is_in, {told} from profiled p join customer_profile c on c.customer_id = p.customer_id) t
        group by grouping sets ({", ".join(f"({name})" for name in names.values())})
        """,
        {"as_of": filters.as_of} if "age_band" in names else {},
    ).df()
    found = {}
    for column, name in names.items():
        mine = rows[rows[name].notna()].rename(columns={name: "value"})[["value", "n", "n_base"]]
        mine = mine.sort_values(["n_base", "value"], ascending=[False, True], ignore_index=True)
        known = {"known": int(mine.n.sum()), "known_base": int(mine.n_base.sum())}
        found[column] = _arranged(mine, column).assign(column=column, **known)
    return found


def _arranged(found: pd.DataFrame, column: str) -> pd.DataFrame:
    """Values in their own order where they have one, and the rare ones of many as one row."""
    found = found.assign(part="value")
    if column in _traits.ORDERED:
        places = {value: place for place, value in enumerate(_traits.ORDERED[column])}
        return found.sort_values("value", key=lambda values: values.map(places), ignore_index=True)
    if len(found) <= SHOWN or column == _traits.MANY:
        return found.head(SHOWN)
    rest = found.iloc[SHOWN:]
    others = pd.DataFrame([{"value": None, "n": rest.n.sum(), "n_base": rest.n_base.sum(), "part": "others"}])
    return pd.concat([found.head(SHOWN), others], ignore_index=True)


def _attributes(con) -> pd.DataFrame:
    """The same for all columns of the company's own files with few values."""
    found = con.execute(
        """
        select a.name as "column", a.value, count(case when p.is_in then 1 end) as n, count(*) as n_base
        from profiled p
        join attributes a on a.customer_id = p.customer_id
        where a.value is not null
        group by 1, 2
        order by 1, n_base desc, 2
        """
    ).df()
    few = found.groupby("column")["value"].transform("size").between(2, MOST_OF_ATTRIBUTE)
    found = found[few].assign(part="value")
    for name, of in (("known", "n"), ("known_base", "n_base")):
        found[name] = found.groupby("column")[of].transform("sum")
    return found


def _told(rows: pd.DataFrame) -> pd.DataFrame:
    """One column's rows with shares and index; what would tell of fewer than five customers is left out."""
    is_many = rows.column.iloc[0] == _traits.MANY
    hidden_base = widened(rows.n_base < SMALLEST, rows.n_base, is_many)
    others = rows.n_base - rows.n
    hidden = hidden_base | (rows.n < SMALLEST) | ((others > 0) & (others < SMALLEST))
    hidden = widened(hidden, rows.n, is_many)
    value, low, high = indices.index(rows.n, rows.known, rows.n_base, rows.known_base)
    told = rows.assign(
        share=rows.n / rows.known.where(rows.known > 0), share_base=rows.n_base / rows.known_base, index=value, low=low, high=high,
        missing_share=1 - rows.known / rows["size"].where(rows["size"] > 0), missing_share_base=1 - rows.known_base / rows.size_base,
        p=indices.p_values(rows.n, rows.known, rows.n_base, rows.known_base), is_suppressed=hidden,
    )  # fmt: skip
    mine, both = ["n", "share", "index", "low", "high", "p"], ["n_base", "share_base"]
    told[mine] = told[mine].astype(float).mask(hidden)
    told[both] = told[both].astype(float).mask(hidden_base)
    return told


def widened(hidden: pd.Series, n: pd.Series, is_many: bool) -> pd.Series:
    """One hidden cell alone could be worked out from the total: the next smallest goes with it."""
    if is_many or hidden.sum() != 1 or not n[hidden].iloc[0] or hidden.all():
        return hidden
    return hidden | (n.index == n[~hidden].idxmin())


def _judged(found: pd.DataFrame) -> pd.DataFrame:
    """over and under where the difference is believed among all of this frame, even where not, hidden where nothing is told."""
    if found.empty:
        return found.assign(verdict=None)
    p = found.p.to_numpy(dtype=float)
    told = ~np.isnan(p)
    believed = np.zeros(len(found), dtype=bool)
    believed[told] = indices.discoveries(p[told])
    verdict = np.where(~told, "hidden", np.where(~believed, "even", np.where(found["index"] > 100, "over", "under")))
    return found.assign(verdict=verdict)
