"""Profile, part "people": whom it is about, by which column, and what is most typical of them, in one sentence."""

import pandas as pd

from crm_analytics import formats
from crm_analytics.metrics import profile
from crm_analytics.ui import kept
from crm_analytics.ui import profile as shared
from crm_analytics.ui.text import literal

GROUPS = ("loyal", "new", "top", "big", "medium", "small", "active", "silent", "forgotten", "lost")
TIERS, STAGES = GROUPS[2:6], GROUPS[6:]
MANY = 200_000  # customers from which on what they buy is left out of the search for what sets a group apart
FIRST = ("age_band", "gender", "region")  # columns that come first where they are known
OF_PEOPLE = ("tier", "stage")  # columns every company with orders has


def group(page) -> str:
    """Whom the screen is about: the reader's choice of customers where there is one, else the loyal, else everyone."""
    known = groups(page)
    default = "chosen" if is_choice(page) or page.is_empty else "loyal"
    return kept.asked("group", known, default if default in known else known[0])


def groups(page) -> tuple[str, ...]:
    """What can be chosen as the group; without orders only everyone."""
    return ("chosen",) if page.is_empty else ("chosen", *GROUPS)


def is_whole(page) -> bool:
    """The group is everyone there is."""
    return group(page) == "chosen" and not is_choice(page)


def is_choice(page) -> bool:
    """The reader has chosen some of the customers."""
    return bool(page.wanted.where or page.wanted.customer_set)


def columns(page) -> list[str]:
    """What customers can be described by, the usual first."""
    found = shared.known(page)
    first = [name for name in FIRST if name in found]
    of_people = [] if page.is_empty else list(OF_PEOPLE)
    return [*first, *(name for name in found if name not in FIRST), *of_people]


def column(page) -> str:
    """By which column the customers are described: the reader's, else the one in which the group differs most."""
    names = columns(page)
    found = strongest(differing(apart(page)))
    default = found.column.iloc[0] if len(found) else names[0] if names else ""
    return kept.asked("column", names, default if default in names else names[0] if names else "")


def group_words(page) -> str:
    """The group as it stands within a sentence."""
    name = group(page)
    return page.tr(f"profile.group_{name}") if not is_whole(page) else page.tr("profile.group_everyone")


def base_words(page) -> str:
    """What it is held against."""
    base = "everyone" if group(page) == "chosen" else "chosen" if is_choice(page) else "customers"
    return page.tr(f"profile.base_{base}")


def apart(page) -> pd.DataFrame:
    """Every trait of the group; what they buy is looked at only where that is quick."""
    return page.measure(profile.index, group=group(page), bought=not is_many(page))


def is_many(page) -> bool:
    """So many customers that what they buy takes longer than the rest of the screen."""
    return not page.is_empty and bool(page.measure(profile.worth, column="tier").customers.sum() >= MANY)


def differing(found: pd.DataFrame) -> pd.DataFrame:
    """The traits that differ beyond chance."""
    return found[found.verdict.isin(["over", "under"]) & found.value.notna()]


def answer(page) -> str:
    """What is most typical of the group, or that it is like the whole."""
    tr = page.tr
    found = apart(page)
    if found.empty:
        if page.measure(profile.members, group=group(page), limit=1).empty:
            return tr("profile.answer_nobody", group=group_words(page))
        return tr("profile.answer_unknown")
    if not found["size"].iloc[0]:
        return tr("profile.answer_nobody", group=group_words(page))
    if is_whole(page):
        return _typical(page, found)
    words = {"group": group_words(page), "base": base_words(page)}
    for verdict in ("over", "under"):
        mine = strongest(found[found.verdict == verdict])
        if len(mine):
            row = mine.iloc[0]
            value = literal(shared.label(page, row.column, row.value))
            shares = {"share": formats.percent(row.share, 0), "share_base": formats.percent(row.share_base, 0)}
            return tr(f"profile.answer_{verdict}", value=value, **shares, **words)
    return tr("profile.answer_even", **words)


def _typical(page, found: pd.DataFrame) -> str:
    """The commonest value of the first columns."""
    names = [name for name in columns(page) if name in set(found.column)][:2]
    best = [found[(found.column == name) & found.share.notna()].nlargest(1, "share") for name in names]
    said = [f"{literal(shared.value_words(page, row.column, row.value))} ({formats.percent(row.share, 0)})"
            for rows in best for row in rows.itertuples()]  # fmt: skip
    n = formats.count(found.size_base.iloc[0])
    if not said:
        return page.tr("profile.answer_few", n=n)
    return page.tr("profile.answer_whole", n=n, values=formats.listed(said, most=3, language=page.language))


def strongest(rows: pd.DataFrame) -> pd.DataFrame:
    """The surest differences first: by the end of the interval that is nearer to 100."""
    rows = rows[rows.value.notna()]
    nearest = rows.low.where(rows.verdict == "over", 10_000 / rows.high.clip(lower=0.01))
    return rows.assign(nearest=nearest).sort_values("nearest", ascending=False)
