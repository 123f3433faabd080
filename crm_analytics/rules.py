"""The rules by which the company's numbers are computed, as one value. `state` keeps their versions."""

from dataclasses import dataclass, field

DEFAULT_LIMITS: dict[str, float] = {}  # limit -> the value from which the Overview calls it a problem


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
    targets: dict[str, float] = field(default_factory=dict)
    limits: dict[str, float] = field(default_factory=lambda: dict(DEFAULT_LIMITS))
