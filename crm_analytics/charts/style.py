"""Colours and manners of every chart: direct labels, no legend, horizontal grid only, the theme's ink, light and dark."""

import html
import re
from dataclasses import dataclass

import plotly.graph_objects as go

SIMPLIFIED = '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC"'
TRADITIONAL = '"PingFang TC", "PingFang HK", "Microsoft JhengHei", "Noto Sans CJK TC", "Noto Sans TC"'
HEIGHT = 288


@dataclass(frozen=True)
class Palette:
    """Ink and accents of one theme; contrast with the card in the design's table of tokens."""

    ink: str
    second: str
    muted: str
    card: str
    grid: str
    primary: str
    tiers: dict
    stages: dict
    segments: dict  # RFM-8: hue = behaviour, strength = spend
    groups: dict  # the eleven groups: those of the segment they are closest to, and three of their own
    counts: tuple[str, str, str]  # of a map of counts: few, some, many


_TIERS = ("top", "big", "medium", "small", "inactive", "prospect", "suspect")
_STAGES = ("active", "silent", "forgotten", "lost")
_GROUPS = ("champions", "loyal", "potential_loyalist", "new", "about_to_sleep", "at_risk", "cant_lose", "hibernating",
           "promising", "need_attention", "lost")  # fmt: skip
_SEGMENTS = ("HHH", "HLH", "LHH", "LLH", "HHL", "HLL", "LHL", "LLL")

LIGHT = Palette(
    ink="#14202E", second="#42505F", muted="#5F6D7D", card="#FFFFFF", grid="#E6EAEF", primary="#0F5C8C",
    tiers=dict(zip(_TIERS, ("#C77700", "#0E3557", "#1D679E", "#4A92C8", "#5B6672", "#808C99", "#A9B3BE"))),
    stages=dict(zip(_STAGES, ("#0B6B66", "#63AFA5", "#D99A3D", "#8A4B12"))),
    segments=dict(zip(_SEGMENTS, ("#1F6391", "#2F7F7B", "#C24A0F", "#8E1C44", "#55AEEE", "#7EC3A0", "#F79663", "#CF90B4"))),
    groups=dict(zip(_GROUPS, ("#1F6391", "#55AEEE", "#2F7F7B", "#7EC3A0", "#F79663", "#C24A0F", "#8E1C44", "#CF90B4", "#D5E8B8", "#EEDC3E",
                              "#C3CBD4"))),
    counts=("#EAF2F8", "#6AA9D6", "#0E3557"),
)  # fmt: skip
DARK = Palette(
    ink="#E9EEF4", second="#B4BFCB", muted="#8F9CAB", card="#151D27", grid="#253040", primary="#5DB1E8",
    tiers=dict(zip(_TIERS, ("#F5B13D", "#B5DBF7", "#62AEE4", "#3A7FB8", "#8F9BA9", "#737F8D", "#596471"))),
    stages=dict(zip(_STAGES, ("#5CC9BD", "#2F877F", "#E8B365", "#B06A2B"))),
    segments=dict(zip(_SEGMENTS, ("#55C0FA", "#74E8D6", "#E9B567", "#FB87A7", "#4284CB", "#267659", "#9D7021", "#A8557F"))),
    groups=dict(zip(_GROUPS, ("#55C0FA", "#4284CB", "#74E8D6", "#267659", "#9D7021", "#E9B567", "#FB87A7", "#A8557F", "#DCE7B4", "#BF9111",
                              "#444C50"))),
    counts=("#1B2733", "#2F6A9A", "#B5DBF7"),
)  # fmt: skip


def palette(mode: str) -> Palette:
    """The colours of a theme: "light" or "dark"."""
    return DARK if mode == "dark" else LIGHT


def fonts(language: str = "en") -> str:
    """The stack of fonts: Traditional Chinese has its own forms of many characters, so its fonts come first there."""
    chinese = (TRADITIONAL, SIMPLIFIED) if language == "zh-Hant" else (SIMPLIFIED, TRADITIONAL)
    return ", ".join(('"Source Sans"', *chinese, "sans-serif"))


def plain(text) -> str:
    """User text as plotly must get it: its <b> and <a href> tags would be drawn, so angle brackets are escaped."""
    return html.escape(str(text), quote=False)


def width(text: str, size: int = 13) -> int:
    """About how many pixels a line of text takes at most; its <b> takes none, a Han character a square."""
    shown = re.sub(r"<[^>]+>", "", text)
    return round(size * sum(1.02 if ord(sign) > 0x2E7F else 0.58 for sign in shown))


def ink_on(background: str) -> str:
    """White or dark ink, whichever has more contrast with a background colour (#RRGGBB)."""
    light, dark = _luminance(background), _luminance(LIGHT.ink)
    return "#FFFFFF" if 1.05 / (light + 0.05) > (light + 0.05) / (dark + 0.05) else LIGHT.ink


def shade(part: float, mode: str) -> str:
    """The colour of a part of the most in a map: pale at none, deep at all."""
    pale, middle, deep = palette(mode).counts
    return between(pale, middle, 2 * part) if part < 0.5 else between(middle, deep, 2 * part - 1)


def between(start: str, end: str, part: float) -> str:
    """The colour that lies a part of the way from one to another."""
    pairs = ((int(start[place : place + 2], 16), int(end[place : place + 2], 16)) for place in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * part):02X}" for a, b in pairs)


def faint(colour: str, strength: float) -> str:
    """A colour that lets what lies below shine through: 0 nothing of it, 1 all."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {strength:g})"


def _luminance(colour: str) -> float:
    """Relative luminance as WCAG defines it, 0 to 1."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def figure(mode: str, height: int = HEIGHT) -> go.Figure:
    """An empty figure in the house manner."""
    colours = palette(mode)
    axis = {"tickfont": {"size": 13, "color": colours.muted}, "ticks": "outside", "ticklen": 8, "tickcolor": "rgba(0,0,0,0)",
            "showline": False, "zeroline": False, "automargin": True, "fixedrange": True}  # fmt: skip
    return go.Figure(
        layout={
            "template": None,
            "height": height,
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": fonts(), "size": 14, "color": colours.ink},
            "margin": {"l": 8, "r": 16, "t": 8, "b": 8},
            "xaxis": axis | {"showgrid": False},
            "yaxis": axis | {"showgrid": True, "gridcolor": colours.grid, "gridwidth": 1},
            "hovermode": "closest",
            "hoverlabel": {
                "bgcolor": colours.ink,
                "bordercolor": colours.ink,
                "font": {"family": fonts(), "size": 13, "color": colours.card},
            },  # fmt: skip
            "separators": ".,",
            "bargap": 0.35,
            "showlegend": False,
        }
    )


class Together:
    """Shapes and words that a figure gets all at once: each add_shape and add_annotation of its own checks those before it again."""

    def __init__(self):
        self.shapes, self.words = [], []

    def add_shape(self, **look):
        self.shapes.append(look)

    def add_annotation(self, **look):
        self.words.append(look)

    def onto(self, figure: go.Figure) -> go.Figure:
        return figure.update_layout(shapes=self.shapes, annotations=self.words)
