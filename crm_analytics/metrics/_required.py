"""The inverse of a what-if: what must be true for profit to rise by so much, one lever at a time."""

from math import ceil

import numpy as np
import pandas as pd

from crm_analytics.errors import CrmError
from crm_analytics.metrics import _scenario
from crm_analytics.metrics._effects import Company, Plan, effects
from crm_analytics.metrics._scenario import Move

STEPS = (("small", "medium"), ("medium", "big"), ("big", "top"))
MIX = (7, 2, 1)  # lesson 10 of the method: 14, 4 and 2 of a thousand customers
COLUMNS = ["lever", "needed", "available", "share", "is_possible", "gain", "revenue_delta", "moves"]


def levers(start: Company, target: float, brings: str, cost_rule: str) -> pd.DataFrame:
    """The frame of `whatif.required`, which says what it means."""
    _scenario.checked("brings", brings, _scenario.BRINGS)
    _scenario.checked("cost_rule", cost_rule, ("constant", "per_head"))
    if not np.isfinite(target) or target <= 0:
        raise CrmError("E_CHOICE", option="target", value=f"{target:g}", known="0.1, 0.5, 1 ...")
    total = start.tiers.loc["total"]
    need = target * abs(total["profit"])
    rows = [_moves(start, need, (pair,), (1,), brings, cost_rule) for pair in STEPS]
    rows += [_moves(start, need, STEPS, MIX, brings, cost_rule), _margin(total, need), _cost(total, need)]
    return pd.DataFrame(rows, columns=COLUMNS).astype(
        dict.fromkeys(["needed", "available", "share", "gain", "revenue_delta"], "float64")
    )


def _moves(start: Company, need: float, pairs, mix, brings: str, cost_rule: str) -> dict:
    """The fewest movers in this mix that bring the gain."""
    row = {"lever": ":".join(pairs[0]) if len(pairs) == 1 else "mix", "moves": ""}
    available = _mixed(start, mix, pairs)
    if not all(start.customers(layer) for pair in pairs for layer in pair):
        return row | {"available": available, "is_possible": None if np.isnan(need) else False}
    each = [effects(start, Plan([Move(*pair, 1)], cost_rule, brings=brings)).iloc[0] for pair in pairs]
    gains = [one["contribution_in"] - one["contribution_out"] - one["extra_cost"] for one in each]
    revenue = [one["revenue_in"] - one["revenue_out"] for one in each]
    mean = np.dot(gains, mix) / sum(mix)
    if np.isnan(mean) or np.isnan(need):
        return row | {"available": available}
    if mean <= 0:
        return row | {"available": available, "is_possible": False}
    needed = max(1, ceil(need / mean - 1e-9))
    while np.dot(gains, _parts(needed, mix)) < need * (1 - 1e-12):
        needed += 1
    parts = _parts(needed, mix)
    fits = all(part <= start.customers(pair[0]) for part, pair in zip(parts, pairs, strict=True))
    text = ",".join(f"{start}:{end}={part}" for (start, end), part in zip(pairs, parts, strict=True) if part)
    active = sum(start.customers(layer) for layer in ("top", "big", "medium", "small"))
    return row | {
        "needed": needed,
        "available": available,
        "share": needed / active,
        "is_possible": bool(fits),
        "gain": float(np.dot(gains, parts)),
        "revenue_delta": float(np.dot(revenue, parts)),
        "moves": text,
    }


def _parts(movers: int, mix) -> list[int]:
    """So many movers in this mix: the largest remainders are rounded up, the earlier step first."""
    exact = [movers * part / sum(mix) for part in mix]
    parts = [int(each + 1e-9) for each in exact]
    order = sorted(range(len(mix)), key=lambda place: (parts[place] - exact[place], place))
    for place in order[: movers - sum(parts)]:
        parts[place] += 1
    return parts


def _mixed(start: Company, mix, pairs) -> int:
    """The most movers that the layers allow in this mix."""
    return int(min(start.customers(pair[0]) * sum(mix) / part for pair, part in zip(pairs, mix, strict=True)))


def _margin(total: pd.Series, need: float) -> dict:
    """The contribution rate that brings the gain at the same revenue and cost; available: the rate there is."""
    revenue = total["revenue"]
    now, then = (
        value / revenue if revenue > 0 else np.nan for value in (total["contribution"], total["contribution"] + need)
    )
    possible = None if np.isnan(then) else bool(then <= 1)
    return {
        "lever": "margin_rate",
        "needed": then,
        "available": now,
        "is_possible": possible,
        "gain": need,
        "moves": "",
    }


def _cost(total: pd.Series, need: float) -> dict:
    """The share of marketing, sales and service cost that must be saved; available: all of it."""
    spent = total["marketing_cost"]
    share = need / spent if spent > 0 else np.nan
    possible = None if np.isnan(share) else bool(share <= 1)
    return {"lever": "cost_cut", "needed": share, "available": 1.0, "is_possible": possible, "gain": need, "moves": ""}
