"""The rules by which the company's numbers are computed, as one value. `state` keeps their versions."""

from dataclasses import dataclass, field

DEFAULT_LIMITS: dict[str, float] = {  # limit -> the value beyond which the Overview calls it a problem
    "high_stake": 0.05,  # share of the window's revenue, or of its active customers, from which a problem is high
    "medium_stake": 0.01,  # and from which it is medium; below it is low
    "revenue_drop": 0.05,  # fall of revenue against the window compared with
    "open_complaint_hours": 72,  # how long a complaint may stay open; a target for complaint_hours_median goes before it
    "unidentified_share": 0.10,  # revenue of lines without a customer
    "response_rate": 0.05,  # active customers with an overall answer in the window: fewer is a problem
    "participation_rate": 0.30,  # active customers in the programme: fewer is a problem
    "top_share": 0.40,  # revenue of the top tier among that of all active customers
    "new_per_lost": 1.0,  # new customers for each lost one: fewer is a problem
    "old_data_days": 90,  # days by which answers or complaints end before the orders
    "quarantined_share": 0.01,  # records of the imports that were set aside
    "least_customers": 30,  # customers below which shares are not judged
}
# The stages as the sources describe them: active customers get offers, silent ones keep being looked after, forgotten ones are
# left in peace rather than block us, lost ones hear of great promotions only. How many days and how often is ours.
DEFAULT_CONTACT_DAYS = {"active": 60, "silent": 30, "forgotten": 90, "lost": 0}
DEFAULT_CONTACT_CAPS = {"active": 4, "silent": 2, "forgotten": 1, "lost": 1}
PROMOTIONS = (
    "promotion",
    "promo",
    "offer",
    "sale",
    "campaign",
    "win-back",
    "winback",
    "促销",
    "大促",
    "优惠",
    "活动",
    "挽回",
    "促銷",
    "優惠",
    "活動",
)
COST_KINDS = ("marketing", "sales", "service", "overhead")
HIGH_BY = ("mean", "median", "typed")


@dataclass(frozen=True)
class Rules:
    """Everything Settings can change. Shares are cumulative cuts' parts, days are whole days, targets are by KPI name."""

    company_name: str = ""
    currency: str = ""
    time_zone: str = "UTC"
    fiscal_year_start: int = 1  # month
    excluded_statuses: tuple[str, ...] = (
        "cancelled",
        "canceled",
        "unavailable",
        "voided",
        "已取消",
        "取消",
        "交易关闭",
        "已关闭",
        "交易關閉",
        "已關閉",
    )
    not_goods: tuple[
        str, ...
    ] = ()  # article numbers, articles or categories whose lines are postage, charges: no goods
    tier_shares: tuple[float, float, float] = (0.01, 0.04, 0.15)  # top, big, medium; the rest is small
    lifecycle_days: tuple[int, int, int] = (31, 91, 180)  # first day of silent, forgotten, lost
    r_cuts: tuple[int, ...] = ()  # days up to which R is 5, 4, 3, 2, rising; (): fifths of the buyers
    f_cuts: tuple[int, ...] = ()  # orders from which F is 2, 3, 4, 5, rising; (): fifths
    m_cuts: tuple[float, ...] = ()  # revenue from which M is 2, 3, 4, 5, rising; (): fifths
    high_by: str = "mean"  # a score is high at or above the mean score, the median, or as typed in high_from
    high_from: tuple[int, int, int] = (3, 3, 3)  # lowest high score of R, F and M
    segment_names: dict[str, str] = field(default_factory=dict)  # the company's own name of a segment, by its code
    # Per stage: a contact every so many days (0: no regular one), and at most so many within 30 days.
    contact_days: dict[str, int] = field(default_factory=lambda: dict(DEFAULT_CONTACT_DAYS))
    contact_caps: dict[str, int] = field(default_factory=lambda: dict(DEFAULT_CONTACT_CAPS))
    lost_purposes: tuple[str, ...] = PROMOTIONS  # what lost customers may be contacted for; (): anything
    targets: dict[str, float] = field(default_factory=dict)
    limits: dict[str, float] = field(default_factory=lambda: dict(DEFAULT_LIMITS))
    margin_rate: float | None = None  # contribution of revenue whose cost of goods is unknown; None: that of the known
    yearly_costs: dict[str, float] = field(default_factory=dict)  # typed total of a kind the costs export has no row of
