"""The fields of the Settings form, what stops them from being saved, and the versions in words."""

from functools import cache
from zoneinfo import available_timezones

import streamlit as st

from crm_analytics import formats, state
from crm_analytics.errors import CrmError
from crm_analytics.rules import COST_KINDS
from crm_analytics.ui import cards
from crm_analytics.ui.text import plain

TARGETS = {
    "satisfaction": 100,
    "repurchase_rate": 100,
    "churn_rate": 100,
    "complaint_hours_median": 1,
}  # KPI -> shown value of 1
SHARES = ("_share", "_rate", "_drop", "_stake")  # endings of limits that are typed in percent
LOGO_TYPES = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg"}
STAGES = ("silent", "forgotten", "lost")
TIERS = ("top", "big", "medium")


def month_names(language: str) -> list[str]:
    """The months of the year in the reader's words."""
    return list(formats.MONTHS_LONG) if language == "en" else [f"{number}月" for number in range(1, 13)]


def months(page, label: str, value: int) -> int:
    """A month of the year by name."""
    names = month_names(page.language)
    return st.selectbox(label, range(1, 13), index=value - 1, format_func=lambda number: names[number - 1])


@cache
def time_zones() -> list[str]:
    """Every region's time zone by its name in the tz database, UTC first."""
    regions = (
        "Africa/",
        "America/",
        "Antarctica/",
        "Asia/",
        "Atlantic/",
        "Australia/",
        "Europe/",
        "Indian/",
        "Pacific/",
    )
    return ["UTC", *sorted(name for name in available_timezones() if name.startswith(regions))]


def time_zone(page, value: str) -> str:
    """The zone in which the company's days begin."""
    names = time_zones() if value in time_zones() else [value, *time_zones()]
    return st.selectbox(
        page.tr("settings.time_zone"), names, index=names.index(value), help=page.tr("settings.time_zone_help")
    )


def words(page, name: str, values) -> list[str]:
    """Words as an export writes them; new ones can be typed."""
    return st.multiselect(
        page.tr(f"settings.{name}"),
        values,
        default=list(values),
        accept_new_options=True,
        placeholder=page.tr(f"settings.{name}_hint"),
        help=page.tr(f"settings.{name}_help"),
    )


def shares(page, values) -> list[float]:
    """Shares of the tiers in percent, side by side."""
    st.markdown(f"**{page.tr('settings.tier_shares')}**")
    typed = [
        column.number_input(
            formats.with_unit(page.tr(f"tiers.{tier}"), "%", page.language),
            0.1,
            98.0,
            round(100 * value, 2),
            0.5,
            format="%.1f",
        )
        for column, tier, value in zip(st.columns(3), TIERS, values)
    ]
    return [round(value / 100, 4) for value in typed]


def days(page, values) -> list[int]:
    """First day of each stage, side by side."""
    st.markdown(f"**{page.tr('settings.lifecycle_days')}**")
    columns = st.columns(3)
    return [
        column.number_input(page.tr(f"stages.{stage}"), 1, 3650, value, 1)
        for column, stage, value in zip(columns, STAGES, values)
    ]


def contact_policy(page, rules) -> tuple[dict[str, int], dict[str, int]]:
    """For each stage every how many days a contact is due (0: never), and how many there may be within 30 days."""
    tr, widths, days, caps = page.tr, (2, 3, 3), {}, {}
    _, left, right = st.columns(widths, vertical_alignment="bottom")
    left.caption(tr("settings.contact_days"))
    right.caption(tr("settings.contact_caps"))
    for stage in rules.contact_days:
        name, left, right = st.columns(widths, vertical_alignment="center")
        name.markdown(f"**{tr(f'stages.{stage}')}**")
        days[stage] = _contacts(page, left, "days", stage, int(rules.contact_days[stage]), 3650)
        caps[stage] = _contacts(page, right, "caps", stage, int(rules.contact_caps[stage]), 100)
    return days, caps


def _contacts(page, place, name: str, stage: str, value: int, most: int) -> int:
    label = formats.labelled(page.tr(f"stages.{stage}"), page.tr(f"settings.contact_{name}"), page.language)
    key = f"contact.{name}.{stage}"
    return place.number_input(label, 0, most, value, 1, key=key, label_visibility="collapsed")


def targets(page) -> dict[str, float]:
    """A target for each KPI in the unit the reader thinks in: percent or hours; empty means none."""
    typed = {kpi: _target(page, kpi, page.rules.targets.get(kpi)) for kpi in TARGETS}
    return {kpi: round(value / TARGETS[kpi], 6) for kpi, value in typed.items() if value is not None}


def _target(page, kpi: str, value: float | None) -> float | None:
    unit = "%" if TARGETS[kpi] == 100 else page.tr("settings.hours")
    shown = None if value is None else round(float(value) * TARGETS[kpi], 2)
    label = formats.with_unit(page.tr(f"kpis.{kpi}.label"), unit, page.language)
    most = 100.0 if unit == "%" else 10000.0
    return st.number_input(label, 0.0, most, shown, 1.0, format="%.1f", placeholder=page.tr("settings.no_target"))


def yearly_costs(page) -> dict[str, float]:
    """A yearly total for each kind of cost the costs export may have no row of, two beside each other; empty: unknown."""
    places = [place for _ in range(0, len(COST_KINDS), 2) for place in st.columns(2)]
    typed = {kind: yearly_cost(page, place, kind) for kind, place in zip(COST_KINDS, places)}
    return {kind: amount for kind, amount in typed.items() if amount is not None}


def yearly_cost(page, place, kind: str) -> float | None:
    """What a kind of cost comes to in a year."""
    label = page.tr(f"pyramid_value.yearly_{kind}")
    if page.currency:
        label = formats.with_unit(label, plain(page.currency), page.language)
    value = page.rules.yearly_costs.get(kind)
    return place.number_input(
        label, 0.0, None, None if value is None else float(value), 1000.0, format="%.0f",
        placeholder=page.tr("pyramid_value.unknown"), key=f"pyramid_value.yearly.{kind}",
    )  # fmt: skip


def margin_rate(page, value: float | None) -> float | None:
    """The margin where the cost of goods is unknown: typed in percent, kept as a share."""
    typed = st.number_input(
        formats.with_unit(page.tr("pyramid_value.margin_rate"), "%", page.language), -100.0, 100.0,
        None if value is None else round(100 * value, 2), 1.0, format="%.1f", placeholder=page.tr("pyramid_value.unknown"),
        help=page.tr("pyramid_value.margin_rate_help"), key="pyramid_value.rate",
    )  # fmt: skip
    return None if typed is None else round(typed / 100, 4)


def limits(page) -> dict[str, float]:
    """The values from which the Overview calls something a problem, each by its own sentence."""
    return {name: _limit(page, name, value) for name, value in page.rules.limits.items()}


def _limit(page, name: str, value: float) -> float:
    label, scale = page.tr(f"problems.limit_{name}"), 100 if name.endswith(SHARES) else 1
    typed = st.number_input(
        formats.with_unit(label, "%", page.language) if scale == 100 else label,
        0.0,
        100.0 if scale == 100 else 100000.0,
        round(float(value) * scale, 4),
        0.5 if scale == 100 else 1.0,
        format="%.1f" if scale == 100 else "%g",
    )
    return round(typed / scale, 6)


def save(page, rules: state.Rules):
    """A new version of the rules, if they differ and make sense; the page starts again with it."""
    if rules == page.rules:
        st.info(page.tr("settings.unchanged"))
        return
    wrong = list(_wrong(page, rules))
    for sentence in wrong:
        st.error(plain(sentence), icon=":material/error:")
    if not wrong and _done(page, lambda: state.save_rules(page.db, rules)):
        st.toast(page.tr("settings.saved"), icon=":material/check:")
        st.rerun()


def _wrong(page, rules: state.Rules):
    """What cannot be meant, in plain sentences."""
    total = sum(rules.tier_shares)
    if total >= 1:
        yield page.tr("settings.wrong_shares", total=formats.percent(total))
    if not rules.lifecycle_days[0] < rules.lifecycle_days[1] < rules.lifecycle_days[2]:
        yield page.tr("settings.wrong_days", days=" · ".join(map(str, rules.lifecycle_days)))
    if rules.limits["medium_stake"] > rules.limits["high_stake"]:
        yield page.tr("settings.wrong_stakes")


def _done(page, change) -> bool:
    """Whether a change was made; a refusal is said in one sentence."""
    try:
        change()
    except CrmError as refusal:
        st.error(plain(refusal.sentence(page.tr)), icon=":material/error:")
        return False
    return True


def logo(page):
    """The company's logo: shown, replaced, taken away."""
    tr = page.tr
    with st.container(horizontal=True, vertical_alignment="center", key="logo"):
        if page.logo:
            st.image(page.logo, width=120)
            if st.button(
                tr("settings.logo_remove"), type="tertiary", icon=":material/delete:", key="logo-remove"
            ) and _done(page, lambda: state.delete_logo(page.db)):
                st.rerun()
        number = st.session_state.setdefault("logo-round", 0)
        file = st.file_uploader(
            tr("settings.logo_title"),
            list(LOGO_TYPES),
            max_upload_size=1,
            key=f"logo-{number}",
            label_visibility="collapsed",
        )
    if file:
        mime = LOGO_TYPES.get(file.name.rsplit(".", 1)[-1].lower(), "")
        if _done(page, lambda: state.save_logo(page.db, file.getvalue(), mime)):
            st.session_state["logo-round"] = number + 1
            st.rerun()


def history(page, versions):
    """Every version: when it was saved and what it changed, before and after."""
    tr = page.tr
    lines = [
        (row.version, formats.day(row.saved_at, page.language), "\n".join(_changes(page, row.before, row.after)))
        for row in versions.itertuples()
    ]
    headers = [tr(f"settings.column_{name}") for name in ("version", "saved_at", "changes")]
    cards.grid(headers, lines or [(formats.NOTHING, formats.NOTHING, tr("settings.never"))])


def _changes(page, before: dict, after: dict):
    """Currency: – → EUR; one line for each target and limit that changed."""
    for name, old in before.items():
        new = after[name]
        if isinstance(old, dict):
            for key in sorted({*old, *new}):
                if old.get(key) != new.get(key):
                    turned = f"{_number(key, old.get(key))} → {_number(key, new.get(key))}"
                    yield formats.labelled(_label(page, name, key), turned, page.language)
        else:
            turned = f"{_words(page, name, old)} → {_words(page, name, new)}"
            yield formats.labelled(page.tr(f"settings.{name}"), turned, page.language)


def _label(page, name: str, key: str) -> str:
    known = {
        "limits": f"problems.limit_{key}",
        "yearly_costs": f"pyramid_value.kind_{key}",
        "contact_days": f"stages.{key}",
        "contact_caps": f"stages.{key}",
        "segment_names": f"segment_names.{key}",
    }.get(name, f"kpis.{key}.label")
    return f"{page.tr(f'settings.{name}')} · {page.tr(known) if page.tr.knows(known) else key}"


def _number(key: str, value: float | str | None) -> str:
    if isinstance(value, str):
        return value
    in_percent = key.endswith(SHARES) or TARGETS.get(key) == 100
    return formats.percent(value) if in_percent else formats.number(value)


def _words(page, name: str, value) -> str:
    if name == "fiscal_year_start":
        return month_names(page.language)[value - 1]
    if name == "high_by":
        return page.tr(f"segment_rules.by_{value}")
    if name == "margin_rate":
        return formats.percent(value)
    if name == "tier_shares":
        return " / ".join(formats.percent(share) for share in value)
    if isinstance(value, (list, tuple)):
        return formats.listed(map(str, value), most=6, language=page.language) or formats.NOTHING
    return str(value) or formats.NOTHING
