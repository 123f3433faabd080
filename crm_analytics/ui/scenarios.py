"""A what-if as one value: its moves and rules as the URL names them, in words, and as it is saved."""

from collections import Counter
from dataclasses import dataclass, replace

import streamlit as st

from crm_analytics import formats
from crm_analytics.filters import Filters

TIERS = ("top", "big", "medium", "small")
LAYERS = (*TIERS, "inactive", "prospect", "suspect")
USUAL = (("small", "medium"), ("small", "big"), ("small", "top"))  # the moves that always have their own field
EXAMPLE = (("small", "medium", 3), ("small", "big", 2), ("small", "top", 1))  # the question the method asks
RULES = ("constant", "per_head", "budget")
BRINGS = ("mean", "median", "threshold", "bootstrap")
BY = ("revenue", "margin", "orders")
MOST_NAMED = 200
KEPT = ("revenue_delta", "contribution_delta", "profit_delta", "low", "high", "median", "probability")


@dataclass(frozen=True)
class Scenario:
    """Who moves, by which rules.  `moves`: (from, to, how many); `named`: (customer, to); `success`: a share as text, or "own"."""

    moves: tuple[tuple[str, str, int], ...] = ()
    named: tuple[tuple[str, str], ...] = ()
    cost_rule: str = "constant"
    budget: float = 0.0
    brings: str = "mean"
    success: str = "1"
    by: str = "revenue"
    rank_within: bool = False

    @classmethod
    def of_url(cls) -> "Scenario":
        """What the URL says; what cannot be meant is left at its default. Without any moves in it: the example."""
        said = {
            name: st.query_params.get(f"q.{name}", "")
            for name in ("moves", "rule", "brings", "success", "budget", "by")
        }
        return cls(
            moves=moves_of(said["moves"]) if said["moves"] else EXAMPLE,
            named=named_of(st.query_params.get("q.named", "")),
            cost_rule=said["rule"] if said["rule"] in RULES else RULES[0],
            budget=_amount(said["budget"]),
            brings=said["brings"] if said["brings"] in BRINGS else BRINGS[0],
            success=_chance(said["success"]),
            by=said["by"] if said["by"] in BY else BY[0],
            rank_within=st.query_params.get("q.within") == "1",
        )

    @classmethod
    def of_saved(cls, value: dict) -> "Scenario":
        """A scenario as it was saved."""
        return cls(
            moves=moves_of(value.get("moves") or ""),
            named=named_of(value.get("named") or ""),
            cost_rule=value.get("cost_rule") if value.get("cost_rule") in RULES else RULES[0],
            budget=_amount(value.get("budget") or 0),
            brings=value.get("brings") if value.get("brings") in BRINGS else BRINGS[0],
            success=_chance(str(value.get("success") or "1")),
            by=value.get("by") if value.get("by") in BY else BY[0],
            rank_within=bool(value.get("rank_within")),
        )

    @property
    def query(self) -> dict[str, list[str]]:
        """The URL parameters that open it; what is at its default is left out."""
        moves = [] if self.moves == EXAMPLE else [moves_text(self.moves) or "none"]
        named = {
            "q.moves": moves,
            "q.named": [named_text(self.named)] if self.named else [],
            "q.rule": [self.cost_rule] if self.cost_rule != RULES[0] else [],
            "q.budget": [f"{self.budget:g}"] if self.budget else [],
            "q.brings": [self.brings] if self.brings != BRINGS[0] else [],
            "q.success": [self.success] if self.success != "1" else [],
            "q.by": [self.by] if self.by != BY[0] else [],
            "q.within": ["1"] if self.rank_within else [],
        }
        return {name: values for name, values in named.items() if values}

    @property
    def ranking(self) -> dict:
        """By what customers are ranked, and among whom."""
        return {"by": self.by, "rank_within": self.rank_within}

    @property
    def options(self) -> dict:
        """What `pyramid.whatif` and `whatif.moves` take."""
        return self.ranking | {
            "moves": moves_text(self.moves),
            "named": named_text(self.named),
            "cost_rule": self.cost_rule,
            "budget": self.budget if self.cost_rule == "budget" else 0.0,
            "brings": self.brings,
            "success": self.success,
        }

    @property
    def size(self) -> int:
        """How many customers move."""
        return sum(n for _, _, n in self.moves) + len(self.named)

    def count(self, source: str, target: str) -> int:
        """How many customers nobody has named make one move."""
        return {(a, b): n for a, b, n in self.moves}.get((source, target), 0)

    def with_move(self, source: str, target: str, n: int) -> "Scenario":
        """The same scenario with `n` unnamed customers on one move."""
        found = {(a, b): m for a, b, m in self.moves} | {(source, target): n}
        return replace(self, moves=_in_order(found))

    def with_named(self, ids, source: str, target: str) -> "Scenario":
        """Customers by name for one move, in place of as many whom nobody has named."""
        known = dict(self.named)
        new = [id for id in ids if id not in known]
        named = (*((id, target if id in ids else tier) for id, tier in self.named), *((id, target) for id in new))
        return replace(
            self.with_move(source, target, max(0, self.count(source, target) - len(new))), named=named[:MOST_NAMED]
        )

    def fitting(self, present: dict[str, int]) -> "Scenario":
        """The same with no more movers from a layer than there are customers in it, and none into a tier of nobody."""
        left, moves = dict(present), {}
        for source, target, n in self.moves:
            is_known = target not in TIERS or present.get(target, 0) > 0
            moves[source, target] = min(n, left.get(source, 0)) if is_known else 0
            left[source] = left.get(source, 0) - moves[source, target]
        return replace(self, moves=_in_order(moves))

    def write(self):
        """Put it into the URL; what else is there stays."""
        query = self.query
        for name in ("moves", "named", "rule", "budget", "brings", "success", "by", "within"):
            key = f"q.{name}"
            if key in query:
                st.query_params[key] = query[key]
            else:
                st.query_params.pop(key, None)


def moves_of(text: str) -> tuple[tuple[str, str, int], ...]:
    """small:medium=3,small:big=2 as moves; parts that cannot be meant are left out."""
    found: Counter = Counter()
    for part in text.split(","):
        path, _, n = part.partition("=")
        source, _, target = path.strip().partition(":")
        known = source in LAYERS and target in LAYERS and source != target
        if known and n.strip().isascii() and n.strip().isdigit() and len(n.strip()) < 9:
            found[source, target] += int(n)
    return _in_order(found)


def _in_order(moves) -> tuple[tuple[str, str, int], ...]:
    """The usual moves first, then from the bottom of the pyramid up; nobody's moves are left out."""

    def place(move):
        return move not in USUAL, -LAYERS.index(move[0]), -LAYERS.index(move[1])

    return tuple((*move, moves[move]) for move in sorted(moves, key=place) if moves[move] > 0)


def moves_text(moves) -> str:
    """Moves as the URL and the command line write them."""
    return ",".join(f"{source}:{target}={n}" for source, target, n in moves)


def named_of(text: str) -> tuple[tuple[str, str], ...]:
    """C-1:medium,C-2:top as (customer, layer) pairs, each customer once; a number may hold commas, a layer ends each entry."""
    found, rest = {}, ""
    for part in text.split(","):
        rest = f"{rest},{part}" if rest else part
        id, _, target = rest.rpartition(":")
        if id.strip() and target.strip() in LAYERS:
            found[id.strip()] = target.strip()
            rest = ""
    return tuple(found.items())[:MOST_NAMED]


def named_text(named) -> str:
    """Named movers as the URL and the command line write them."""
    return ",".join(f"{id}:{target}" for id, target in named)


def _amount(text) -> float:
    try:
        amount = float(text)
    except ValueError:
        return 0.0
    return amount if 0 <= amount < 1e15 else 0.0


def _chance(text: str) -> str:
    """ "own", or a share from 0 to 1 as short as it can be written."""
    if text == "own":
        return text
    try:
        share = float(text)
    except ValueError:
        return "1"
    return f"{share:.4g}" if 0 <= share <= 1 else "1"


def move_words(tr, source: str, target: str) -> str:
    """Small → Medium"""
    return f"{tr(f'tiers.{source}')} → {tr(f'tiers.{target}')}"


def moves_words(tr, scenario: Scenario) -> str:
    """3 / 2 / 1 where only the usual moves are made, else each with its name; named customers apart."""
    if {(a, b) for a, b, _ in scenario.moves} <= set(USUAL):
        told = [" / ".join(str(scenario.count(*move)) for move in USUAL)] if scenario.moves else []
    else:
        told = [f"{move_words(tr, a, b)} {n}" for a, b, n in scenario.moves]
    if scenario.named:
        told.append(tr("whatif.n_named", n=formats.count(len(scenario.named))))
    return formats.listed(told, most=4, language=tr.language) or formats.NOTHING


def rule_words(page, scenario: Scenario) -> str:
    """constant total, per head, budget £15 k"""
    return page.tr(f"whatif.rule_words_{scenario.cost_rule}", budget=page.money(scenario.budget))


def value(page, scenario: Scenario, rows) -> dict:
    """What is saved: the scenario, the view it was made in, the tiers before, and its result.  `rows`: of `pyramid.whatif`."""
    total = rows[rows.tier == "total"].iloc[0]
    before = rows[rows.tier.isin(LAYERS)].set_index("tier")
    columns = [name for name in before.columns if name.endswith("_before")]
    return scenario.options | {
        "as_of": page.filters.as_of.isoformat(),
        "months": page.filters.months,
        "where": [[column, list(values)] for column, values in page.filters.where],
        "customer_set": page.filters.customer_set,
        "before": {
            tier: {name.removesuffix("_before"): known(row[name]) for name in columns}
            for tier, row in before.iterrows()
        },
        "result": {name: known(total.get(name)) for name in KEPT},
    }


def known(number):
    """A number as JSON knows it; unknown is None."""
    return None if formats.is_missing(number) else float(number)


def view(page, saved: dict) -> dict[str, list[str]]:
    """The URL parameters that open a saved scenario in the view it was made in."""
    where = {f"where.{column}": list(values) for column, values in saved.get("where") or ()}
    plain = {
        "as_of": saved.get("as_of") or "",
        "months": str(saved.get("months") or 12),
        "set": saved.get("customer_set") or "",
    }
    wanted = Filters.from_query(plain | where)
    as_of = None if wanted.as_of == page.last_day else wanted.as_of
    chosen = page.choice.but(as_of=as_of, months=wanted.months, where=wanted.where, customer_set=wanted.customer_set)
    return chosen.query | Scenario.of_saved(saved).query
