"""A scenario as it is written, `small:medium=3,small:big=2` and `C-1:medium`, and what is refused of it, with the reason."""

from dataclasses import dataclass
from math import isfinite

from crm_analytics.errors import CrmError
from crm_analytics.metrics._ranking import LAYERS, TIERS

COST_RULES = ("constant", "per_head", "budget")
BRINGS = ("mean", "median", "threshold", "bootstrap")
MOST_MOVERS = 10**9


class MoveRefused(CrmError):
    """A move that cannot be meant; `params["layer"]` is the layer it fails at."""

    def sentence(self, tr) -> str:
        """The refusal, with the layer's name in the reader's words."""
        return tr(f"errors.{self.code}", **self.params | {"layer": tr(f"tiers.{self.params['layer']}")})


@dataclass(frozen=True)
class Move:
    """Customers who go from one layer to another: `customers` whoever they are, and `named` ones by their id."""

    from_tier: str
    to_tier: str
    customers: int = 0
    named: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """All its movers."""
        return self.customers + len(self.named)


def parse_moves(text: str) -> dict[tuple[str, str], int]:
    """(from, to) -> movers, in the order written; the same pair twice adds up.  Raises CrmError E_MOVES, E_LAYER, E_MOVE_SAME."""
    found: dict[tuple[str, str], int] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        pair, equals, count = part.partition("=")
        start, colon, end = pair.partition(":")
        count = count.strip()
        if not colon or not equals or not count.removeprefix("-").isdecimal() or not count.isascii():
            raise CrmError("E_MOVES", text=part)
        number = int(count) if len(count) < 12 else MOST_MOVERS
        if number < 0 or count.startswith("-"):
            raise CrmError("E_NEGATIVE", option="moves", value=part)
        move = direction(start.strip(), end.strip())
        found[move] = found.get(move, 0) + number
    return found


def parse_named(text: str) -> dict[str, str]:
    """Customer -> layer, in the order written.  A customer's number may hold commas and colons; a layer ends each entry.

    Raises CrmError E_NAMED, E_LAYER, E_NAMED_TWICE.
    """
    found: dict[str, str] = {}
    rest = ""
    for piece in text.split(","):
        rest = f"{rest},{piece}" if rest else piece
        number, colon, layer = rest.rpartition(":")
        if colon and number.strip() and layer.strip() in LAYERS:
            if number.strip() in found:
                raise CrmError("E_NAMED_TWICE", customer=number.strip())
            found[number.strip()] = layer.strip()
            rest = ""
    if rest.strip():
        number, colon, layer = rest.rpartition(":")
        if colon and number.strip() and layer.strip():
            raise CrmError("E_LAYER", name=layer.strip(), known=", ".join(LAYERS))
        raise CrmError("E_NAMED", text=rest.strip())
    return found


def direction(start: str, end: str) -> tuple[str, str]:
    """A move's two layers, both known and different."""
    for layer in (start, end):
        if layer not in LAYERS:
            raise CrmError("E_LAYER", name=layer, known=", ".join(LAYERS))
    if start == end:
        raise MoveRefused("E_MOVE_SAME", layer=start)
    return start, end


def checked(option: str, value: str, known: tuple[str, ...]) -> str:
    """One of the known words.  Raises CrmError E_CHOICE."""
    if value not in known:
        raise CrmError("E_CHOICE", option=option, value=value, known=", ".join(known))
    return value


def amount(option: str, value: float) -> float:
    """Money or a number that is not negative.  Raises CrmError E_NEGATIVE, E_CHOICE."""
    if not isfinite(value):
        raise CrmError("E_CHOICE", option=option, value=str(value), known="0, 1000, 25000 ...")
    if value < 0:
        raise CrmError("E_NEGATIVE", option=option, value=f"{value:g}")
    return float(value)


def chance(text: str) -> float | None:
    """The probability typed, 0 to 1; None for "own".  Raises CrmError E_CHOICE."""
    if text == "own":
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise CrmError("E_CHOICE", option="success", value=text, known="1, 0.3, own")
    return value


def check_movers(moves: list[Move], customers: dict[str, float]) -> None:
    """Nobody leaves a layer that does not hold him, nobody comes to a tier of which nothing is known.

    Raises CrmError E_MOVERS, E_MOVE_EMPTY.
    """
    for layer in LAYERS:
        leaving = sum(move.n for move in moves if move.from_tier == layer)
        if leaving > customers[layer]:
            raise MoveRefused("E_MOVERS", layer=layer, asked=f"{leaving:,}", customers=f"{int(customers[layer]):,}")
        coming = sum(move.n for move in moves if move.to_tier == layer)
        if coming and layer in TIERS and not customers[layer]:
            raise MoveRefused("E_MOVE_EMPTY", layer=layer)
