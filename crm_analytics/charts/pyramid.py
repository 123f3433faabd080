"""The customer pyramid: one geometry for page, meeting screen, print and slides; the drawing; the curve of concentration."""

from dataclasses import dataclass

TIERS = ("top", "big", "medium", "small")
LAYERS = (*TIERS, "inactive", "prospect", "suspect")
BUYING, WAITING = 1.0, 0.74  # height of a layer that buys, and of one that does not
GAP, BORDER = 0.07, 0.42  # room between two layers, and between buying and not buying


@dataclass(frozen=True)
class Layer:
    """One layer of the drawing. `top` and `bottom`: 0 at the tip, 1 at the foot; halves: 0 at the tip, 1 at the foot's corner.

    A corner of the polygon stands at (centre ± half · W, place) where W is half of the foot's width on the medium at hand:
    both sides are straight lines whatever the heights."""

    tier: str
    top: float
    bottom: float
    half_top: float
    half_bottom: float

    @property
    def middle(self) -> float:
        """Where its words stand."""
        return (self.top + self.bottom) / 2


def geometry(layers=LAYERS) -> list[Layer]:
    """The layers from the tip down, each as high as its kind, a wider gap where buying ends."""
    heights = [BUYING if tier in TIERS else WAITING for tier in layers]
    gaps = [_gap(above, below) for above, below in zip(layers, layers[1:])] + [0.0]
    whole = sum(heights) + sum(gaps)
    found, place = [], 0.0
    for tier, height, gap in zip(layers, heights, gaps):
        top, bottom = place / whole, (place + height) / whole
        found.append(Layer(tier, top, bottom, top, bottom))
        place += height + gap
    return found


def border(layers=LAYERS) -> float | None:
    """Where the dotted line between buying and not buying runs; None where one of both is not drawn."""
    drawn = geometry(layers)
    pairs = zip(drawn, drawn[1:])
    return next(((a.bottom + b.top) / 2 for a, b in pairs if a.tier in TIERS and b.tier not in TIERS), None)


def _gap(above: str, below: str) -> float:
    return BORDER if above in TIERS and below not in TIERS else GAP
