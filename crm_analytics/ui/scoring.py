"""How a score is made, as the URL names it: its measures and weights, their direction, how it is scaled and cut; kept by name."""

from dataclasses import dataclass, replace

import streamlit as st

from crm_analytics import formats, state
from crm_analytics.errors import CrmError
from crm_analytics.metrics import segments
from crm_analytics.ui import kept
from crm_analytics.ui.text import plain

LOWER = ("days_since_last_order", "complaints")  # fewer are better unless turned round
PRESETS = {
    "value": "days_since_last_order=1,orders=1,revenue=1",
    "classes": "activity=1,satisfaction=1,loyalty_days=1",
}
SCALINGS = ("rank", "minmax", "z")
LEAST, MOST = 0.1, 100.0  # of a weight
LEAST_CUT = 0.01  # of a class
WIDE = 400
PER_ROW = 3


@dataclass(frozen=True)
class Recipe:
    """A score as the reader has put it together.  The URL: `q.weights`, `q.reverse`, `q.scaling`, `q.high`, `q.medium`, `q.per`."""

    weights: tuple[tuple[str, float], ...]
    reverse: tuple[str, ...] = ()
    scaling: str = "rank"
    high: float = 0.2
    medium: float = 0.3
    purchases: float = 1.0
    contacts: float = 1.0

    @classmethod
    def of_url(cls, known: list[str]) -> "Recipe":
        """What the URL says; what cannot be meant is left at its default.  `known`: the measures there are."""
        weights = weights_of(kept.asked("weights"), known) or weights_of(PRESETS["value"], known)
        reverse = tuple(name for name in kept.asked("reverse").split(",") if name in known)
        high, medium = _number(kept.asked("high"), 0.2), _number(kept.asked("medium"), 0.3)
        if min(high, medium) < LEAST_CUT or high + medium > 1 - LEAST_CUT:
            high, medium = 0.2, 0.3
        purchases, contacts = (_number(part, 1.0) for part in (kept.asked("per") + ":").split(":")[:2])
        if purchases + contacts <= 0:
            purchases = contacts = 1.0
        return cls(weights, reverse, kept.asked("scaling", SCALINGS, "rank"), high, medium, purchases, contacts)

    @classmethod
    def of_saved(cls, saved: dict, known: list[str]) -> "Recipe":
        """A saved one; measures of an older version that are no more are left out."""
        weights = weights_of(saved["weights"], known) or weights_of(PRESETS["value"], known)
        reverse = tuple(name for name in saved["reverse"].split(",") if name in known)
        numbers = {name: float(saved[name]) for name in ("high", "medium", "purchases", "contacts")}
        return cls(weights, reverse, saved["scaling"], **numbers)

    @property
    def options(self) -> dict:
        """What the metrics take."""
        return {"weights": weights_text(self.weights), "reverse": ",".join(self.reverse), "scaling": self.scaling, "high": self.high,
                "medium": self.medium, "purchases": self.purchases, "contacts": self.contacts}  # fmt: skip

    @property
    def names(self) -> list[str]:
        """The measures, in the order they were chosen."""
        return [name for name, _ in self.weights]

    @property
    def lower(self) -> list[str]:
        """Of which of them fewer are better."""
        return [name for name in self.names if (name in LOWER) != (name in self.reverse)]

    def write(self):
        """Put it into the URL."""
        kept.write("weights", weights_text(self.weights), PRESETS["value"])
        kept.write("reverse", ",".join(self.reverse))
        kept.write("scaling", self.scaling, "rank")
        kept.write("high", f"{self.high:g}", "0.2")
        kept.write("medium", f"{self.medium:g}", "0.3")
        kept.write("per", f"{self.purchases:g}:{self.contacts:g}", "1:1")


def weights_of(text: str, known: list[str]) -> tuple[tuple[str, float], ...]:
    """revenue=3,orders=2 as pairs; parts that cannot be meant are left out."""
    found = {}
    for part in text.split(","):
        name, _, number = part.partition("=")
        weight = _number(number, 0.0)
        if name in known and weight > 0:
            found[name] = min(max(weight, LEAST), MOST)
    return tuple(found.items())


def weights_text(weights) -> str:
    """Weights as the URL and the command line write them."""
    return ",".join(f"{name}={weight:g}" for name, weight in weights)


def _number(text: str, default: float) -> float:
    try:
        number = float(text)
    except ValueError:
        return default
    return number if 0 <= number < 1e9 else default


def editor(page, recipe: Recipe, known: list[str]):
    """The fields: presets and saved scores, measures with weights, direction, scaling and cuts."""
    tr = page.tr
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="score.presets"):
        for preset, weights in PRESETS.items():
            made = replace(recipe, weights=weights_of(weights, known), reverse=())
            is_it = made.weights == recipe.weights and not recipe.reverse
            st.button(tr(f"score.preset_{preset}"), key=f"score.preset.{preset}", disabled=is_it, on_click=made.write)
        _saved(page, recipe, known)
    st.multiselect(
        tr("score.measures"), known, format_func=lambda name: tr(f"score.measure_{name}"), placeholder=tr("score.measures_none"),
        **_field("measures", recipe.names, lambda names: replace(recipe, weights=_chosen(recipe, names))),
    )  # fmt: skip
    _weights(page, recipe)
    with st.popover(tr("score.more"), icon=":material/tune:", key="score.more"), st.container(width=WIDE):
        _more(page, recipe)


def _chosen(recipe: Recipe, names: list[str]) -> tuple[tuple[str, float], ...]:
    """The weights of these measures; a new one weighs 1, and the last one stays."""
    weights = dict(recipe.weights)
    return tuple((name, weights.get(name, 1.0)) for name in names) or recipe.weights[:1]


def _field(name: str, value, changed) -> dict:
    """The URL decides what a field shows; what is entered makes a new recipe, which goes there."""
    key = f"score.{name}"
    st.session_state[key] = value
    return {"key": key, "on_change": lambda: changed(st.session_state[key]).write()}


def _weights(page, recipe: Recipe):
    """A number for each measure, with its share of the whole."""
    whole = sum(weight for _, weight in recipe.weights)
    for start in range(0, len(recipe.weights), PER_ROW):
        for column, (name, weight) in zip(st.columns(PER_ROW), recipe.weights[start : start + PER_ROW]):
            label = f"{page.tr(f'score.measure_{name}')} · {formats.percent(weight / whole, 0)}"
            column.number_input(
                label, min_value=LEAST, max_value=MOST, step=1.0, format="%g",
                **_field(f"weight.{name}", float(weight),
                         lambda value, name=name: replace(recipe, weights=_weighed(recipe, name, value))),
            )  # fmt: skip


def _weighed(recipe: Recipe, name: str, value: float) -> tuple[tuple[str, float], ...]:
    return tuple((each, round(value, 4) if each == name else weight) for each, weight in recipe.weights)


def _more(page, recipe: Recipe):
    """Direction, scaling, cuts and what activity is made of."""
    tr = page.tr
    st.multiselect(
        tr("score.lower"), recipe.names, format_func=lambda name: tr(f"score.measure_{name}"), placeholder=tr("score.lower_none"),
        **_field("lower", recipe.lower, lambda names: replace(recipe, reverse=_turned(recipe, names))),
    )  # fmt: skip
    st.segmented_control(
        tr("score.scaling"), SCALINGS, format_func=lambda each: tr(f"score.scaling_{each}"), required=True, help=tr("score.scaling_help"),
        **_field("scaling", recipe.scaling, lambda each: replace(recipe, scaling=each)),
    )  # fmt: skip
    left, right = st.columns(2)
    for column, name in ((left, "high"), (right, "medium")):
        other = recipe.medium if name == "high" else recipe.high
        column.number_input(
            tr(f"score.cut_{name}"), min_value=1.0, max_value=float(round(99 - 100 * other)), step=5.0, format="%g",
            **_field(name, round(100 * getattr(recipe, name), 2),
                     lambda value, name=name: replace(recipe, **{name: round(value / 100, 4)})),
        )  # fmt: skip
    if "activity" in recipe.names:
        for column, name in zip(st.columns(2), ("purchases", "contacts")):
            column.number_input(
                tr(f"score.per_{name}"), min_value=0.0, max_value=MOST, step=1.0, format="%g",
                **_field(name, getattr(recipe, name), lambda value, name=name: replace(recipe, **{name: value})),
            )  # fmt: skip


def _turned(recipe: Recipe, lower: list[str]) -> tuple[str, ...]:
    """The measures turned round, when of these fewer are better."""
    return tuple(name for name in recipe.names if (name in LOWER) != (name in lower))


def _saved(page, recipe: Recipe, known: list[str]):
    """Popover: keep the score under a name, open or forget a kept one; every version stays."""
    tr, saved = page.tr, state.scores(page.db.cursor())
    names = list(dict.fromkeys(each["name"] for each in saved))
    label = tr("score.saved_n", n=len(names)) if names else tr("score.save")
    with st.popover(label, icon=":material/bookmark:", key="score.saved"), st.container(width=WIDE):
        with st.form("score.save_form", border=False):
            typed = st.text_input(tr("score.name"), max_chars=100, key="score.name").strip()
            if st.form_submit_button(tr("score.save_do"), type="primary", key="score.save_do"):
                _keep(page, typed, recipe)
        if names:
            name = st.selectbox(tr("score.saved_name"), names, key="score.chosen")
            versions = [each for each in saved if each["name"] == name]
            at = st.selectbox(
                tr("score.version"), range(len(versions)), key=f"score.version.{abs(hash(name))}",
                format_func=lambda place: _version_words(page, versions[place]),
            )  # fmt: skip
            with st.container(horizontal=True, key="score.saved_do"):
                opened = Recipe.of_saved(versions[at], known)
                st.button(tr("score.open"), icon=":material/open_in_new:", key="score.open", on_click=opened.write)
                st.button(
                    tr("score.forget"), icon=":material/delete:", type="tertiary", key="score.forget",
                    on_click=lambda: state.delete_score(page.db, name),
                )  # fmt: skip


def _version_words(page, saved: dict) -> str:
    """Version 2 · 9 Dec 2011 · Revenue 3, Orders 2"""
    weights = [
        f"{page.tr(f'score.measure_{name}')} {weight:g}"
        for name, weight in weights_of(saved["weights"], list(segments.MEASURES))
    ]
    parts = (page.tr("score.version_n", n=saved["version"]), formats.day(saved["saved_at"], page.language))
    return " · ".join((*parts, formats.listed(weights, 4, page.language)))


def _keep(page, name: str, recipe: Recipe):
    try:
        version = state.save_score(page.db, name, recipe.options)
    except CrmError as refusal:
        st.error(plain(refusal.sentence(page.tr)), icon=":material/error:")
        return
    st.toast(page.tr("score.kept", name=plain(name), n=version), icon=":material/check:")
    st.rerun()
