"""One customer in words: the answer, the next step, the facts beside the tier's average."""

from datetime import date

import pandas as pd

from crm_analytics import formats
from crm_analytics.ui import whom
from crm_analytics.ui.text import literal

PERSONAL = (
    "kind", "age", "gender", "occupation", "income_band", "industry", "company_size", "region", "city", "country", "phone",
    "email", "source", "referred_by", "owner", "decision_style", "need_tags", "signup_date",
)  # fmt: skip


def known(value) -> bool:
    """Not null in any of pandas' ways."""
    return value is not None and not pd.isna(value)


def name_of(facts) -> str:
    """The name, else the number; without asterisks, which would make it bold."""
    return literal(facts["name"] if known(facts["name"]) else facts["customer_id"])


def eyebrow(page, facts) -> str:
    """Customer · C-00042 · 12 months to 31 Oct 2026"""
    return page.tr("customer.eyebrow", id=literal(facts["customer_id"]), window=page.window_words())


def answer(page, facts) -> str:
    """Who it is, what it brought, since when it is silent: one sentence."""
    tr, tier = page.tr, facts["tier"]
    words = {"name": name_of(facts), "money": page.money(facts["revenue"]), "ever": page.money(facts["revenue_ever"])}
    words |= {"months": page.filters.months, "since": _silence(page, facts)}
    if not facts["is_ranked"]:
        return tr("customer.answer_unranked", **words)
    if page.is_empty:
        return tr("customer.answer_no_orders", **words)
    if not known(tier):
        return tr("customer.answer_not_yet", day=formats.day(page.filters.as_of, page.language), **words)
    if tier in ("prospect", "suspect"):
        return tr(f"customer.answer_{tier}", **words)
    if tier == "inactive":
        return tr("customer.answer_inactive" if facts["orders_ever"] else "customer.answer_never", **words)
    return tr("customer.answer_active", tier=tr(f"customer.tier_{tier}"), **words)


def _silence(page, facts) -> str:
    days = facts["days_since_last_order"]
    if not known(days):
        return ""
    if facts["stage"] in ("silent", "forgotten", "lost"):
        return page.tr("customer.silent_for", n=formats.count(days))
    return _days_ago(page, days)


def _days_ago(page, days) -> str:
    days = int(days)
    return page.tr(f"customer.ordered_{days}" if days < 2 else "customer.ordered_ago", n=formats.count(days))


def strip(page, facts) -> list[tuple[str, str, str]]:
    """The figures beside the average of the tier: (label, value, note)."""
    tr, tier = page.tr, facts["tier"]
    beside = tr("customer.tier_average", tier=tr(f"tiers.{tier}")) if known(tier) else ""

    def note(value, write) -> str:
        return f"{beside} {write(value)}" if beside and known(value) and known(facts["rank"]) else ""

    gap, rank = facts["typical_gap_days"], facts["rank"]
    return [
        (tr("columns.revenue"), page.money(facts["revenue"]), note(facts["tier_revenue"], page.money)),
        (
            tr("columns.orders"),
            formats.count(facts["orders"]),
            note(facts["tier_orders"], lambda n: formats.number(n, 2)),
        ),
        (
            tr("kpis.average_order_value.label"),
            page.money(facts["average_order"]),
            note(facts["tier_average_order"], page.money),
        ),
        (
            tr("columns.days_since_last_order"),
            formats.count(facts["days_since_last_order"]),
            tr("customer.usual_gap", n=formats.count(gap)) if known(gap) else tr("customer.no_gap"),
        ),
        (
            tr("customer.rank"),
            formats.count(rank),
            tr(
                "customer.rank_of",
                n=formats.count(facts["active_customers"]),
                share=formats.percent(facts["revenue_share"], 2),
            )
            if known(rank)
            else "",
        ),
    ]


def definitions(page) -> list[tuple[str, str, str]]:
    """What the figures mean, as rows for `cards.explained`."""
    tr = page.tr
    labels = {
        "tier": tr("columns.tier"),
        "average": tr("kpis.average_order_value.label"),
        "gap": tr("customer.gap"),
        "rank": tr("customer.rank"),
        "share": tr("customer.share"),
    }
    return [(label, tr(f"customer.about_{name}"), "") for name, label in labels.items()]


def next_steps(page, facts) -> list[tuple[str, str, str, str]]:
    """What waits to be done, most pressing first, as rows for `cards.findings`."""
    tr, as_of = page.tr, page.filters.as_of
    rows = []
    if known(facts["complaints_open"]) and facts["complaints_open"]:
        days = formats.count(_days(facts["oldest_open_at"], as_of))
        rows.append(_step(tr, "worse", "complaint", n=int(facts["complaints_open"]), days=days))
    if known(facts["overdue_amount"]) and facts["overdue_amount"]:
        since = formats.day(facts["overdue_since"], page.language)
        rows.append(_step(tr, "worse", "overdue_money", money=page.money(facts["overdue_amount"]), day=since))
    rows += _order_step(page, facts)
    if known(facts["last_is_satisfied"]) and not facts["last_is_satisfied"]:
        score = _score(facts["last_score"], facts["last_score_out_of"], tr)
        rows.append(_step(tr, "worse", "unhappy", score=score, day=_when(page, facts["last_answer_at"])))
    if known(facts["wallet_share"]):
        share, day = formats.percent(facts["wallet_share"], 0), formats.day(facts["wallet_as_of"], page.language)
        rows.append(_step(tr, "even", "wallet", share=share, money=page.money(facts["wallet_total"]), day=day))
    return rows


def _order_step(page, facts) -> list[tuple]:
    """Is the next order due?  Judged by the customer's own usual gap."""
    tr, days, gap = page.tr, facts["days_since_last_order"], facts["typical_gap_days"]
    if page.is_empty:
        return []
    if not known(days):
        known_since = facts["signup_date"] if known(facts["signup_date"]) else None
        return (
            [_step(tr, "wants", "no_order", day=formats.day(known_since, page.language))]
            if known_since is not None
            else []
        )
    if not known(gap):
        return [_step(tr, "even", "one_order", days=formats.count(days))]
    words = {
        "days": formats.count(days),
        "gap": formats.count(gap),
        "day": formats.day(facts["next_order_date"], page.language),
    }
    tone, what = ("worse", "overdue") if days > 2 * gap else ("wants", "due") if days > gap else ("even", "expected")
    return [_step(tr, tone, what, **words)]


def _step(tr, tone: str, what: str, **words) -> tuple[str, str, str, str]:
    badge, sentence, detail = (tr(f"customer.{what}_{part}", **words) for part in ("badge", "step", "detail"))
    return tone, badge, sentence, detail


def _days(since, as_of: date) -> int:
    return (pd.Timestamp(as_of) - pd.Timestamp(since).normalize()).days if known(since) else 0


def _when(page, at) -> str:
    """The day, or that there is none."""
    return formats.day(at, page.language) if known(at) else page.tr("customer.undated")


def _score(score, out_of, tr) -> str:
    return tr("customer.score", score=formats.number(score), out_of=formats.number(out_of))


def who(page, facts) -> list[tuple[str, str]]:
    """What the customers file and the orders say of the person or the company; only what is known."""
    numbers = facts["numbers"].split(",")
    rows = [(page.tr("customer.numbers"), formats.listed(numbers, 6, page.language))] if len(numbers) > 1 else []
    for column in PERSONAL:
        if known(facts[column]) and facts[column] != "":
            value = facts[column]
            is_number = isinstance(value, (int, float))
            written = (
                formats.day(value, page.language)
                if column.endswith("_date")
                else formats.count(value)
                if is_number
                else value
            )
            rows.append((page.column_label(column), str(written)))
    if known(facts["consent"]):
        rows.append((page.tr("fields.customers.consent"), page.tr("frame.yes" if facts["consent"] else "frame.no")))
    return rows


def standing(page, facts) -> list[tuple[str, str]]:
    """What the relation has come to: first order, revenue ever, membership, points, contact, satisfaction; only what is known."""
    tr, language = page.tr, page.language
    rows = []
    if facts["orders_ever"]:
        rows.append((tr("columns.first_order_date"), formats.day(facts["first_order_date"], language)))
        ever = tr("customer.ever", money=page.money(facts["revenue_ever"]), n=formats.count(facts["orders_ever"]))
        rows.append((tr("columns.revenue_ever"), ever))
    if known(facts["segment"]):
        scores = {score: int(facts[score]) for score in ("r", "f", "m")}
        name = whom.value_words(page, "segment", facts["segment"])
        rows.append((tr("columns.segment"), tr("customer.segment", name=name, **scores)))
    if known(facts["margin"]):
        rows.append((tr("columns.margin"), page.money(facts["margin"])))
    if known(facts["member_tier"]) or known(facts["joined_at"]):
        tier = facts["member_tier"] if known(facts["member_tier"]) else formats.NOTHING
        rows.append(
            (tr("columns.member_tier"), tr("customer.since", what=tier, day=formats.day(facts["joined_at"], language)))
        )
    if known(facts["points_balance"]):
        rows.append((tr("customer.points"), formats.count(facts["points_balance"])))
    if known(facts["last_score"]):
        score, day = (
            _score(facts["last_score"], facts["last_score_out_of"], tr),
            _when(page, facts["last_answer_at"]),
        )
        rows.append((tr("customer.last_answer"), tr("customer.on_day", what=score, day=day)))
    if known(facts["complaints_ever"]) and facts["complaints_ever"]:
        n, still = formats.count(facts["complaints_ever"]), formats.count(facts["complaints_open"])
        rows.append((tr("columns.complaints"), tr("customer.complaints_of", n=n, open=still)))
    if known(facts["last_contact_at"]):
        rows.append((tr("customer.last_contact"), formats.day(facts["last_contact_at"], language)))
    return rows


def months_words(page, months: pd.DataFrame) -> str:
    """The finding above the chart: the best month; or that there is no order yet."""
    if months.empty or months.revenue.max() <= 0:
        return page.tr("customer.no_months")
    best = months.loc[months.revenue.idxmax()]
    month = formats.month(best.month, page.language, long=True, year=True)
    return page.tr("customer.best_month", month=month, money=page.money(best.revenue))
