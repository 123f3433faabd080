"""What a lesson of the method comes to: a figure with its interval held against the claim."""

from dataclasses import dataclass

from crm_analytics.stats.intervals import newcombe

ROUND = 0.95  # the method's figures are round: a twentieth below one still reaches it
HOLDS, FAILS, UNCLEAR, UNKNOWN = "holds", "fails", "unclear", "unknown"


@dataclass
class Lesson:
    """One lesson; the columns of `pyramid.lessons`."""

    lesson: int
    code: str
    unit: str  # share, difference (of two shares) or change (as a share of what there was)
    claim: float
    claim_high: float | None = None  # where the claim is a range
    judged_at: float | None = (
        None  # where the claim counts as reached: a round figure of the method a twentieth earlier
    )
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    verdict: str = UNKNOWN
    wants: str | None = None
    note: str | None = None
    rate: float | None = None
    rate_others: float | None = None
    n_others: int | None = None
    second: float | None = None
    second_low: float | None = None
    second_high: float | None = None
    second_claim: float | None = None

    def __post_init__(self):
        if self.judged_at is None:
            self.judged_at = self.claim

    def lacks(self, wants: str | None, note: str | None = None) -> "Lesson":
        """Nothing can be said: which export would tell, or why no export would."""
        self.verdict, self.wants, self.note = UNKNOWN, wants, note
        return self

    def unclear(self, note: str) -> "Lesson":
        """There is a figure, and a reason not to judge by it."""
        self.verdict, self.note = UNCLEAR, note
        return self

    def compare(self, part: int, n: int, part_others: int, n_others: int, least: int) -> "Lesson":
        """The difference of two shares with Newcombe's interval; too few in either group are not judged."""
        self.n, self.n_others = n, n_others
        self.rate, self.rate_others = part / n if n else None, part_others / n_others if n_others else None
        self.low, self.high = newcombe(part, n, part_others, n_others)
        if self.low is not None:
            self.value = self.rate - self.rate_others
        return self.unclear("too_few") if min(n, n_others) < least else self.judged()

    def judged(self) -> "Lesson":
        """The verdict by the interval: above the claim (within a range), or below it (outside), else unclear."""
        self.verdict = at_least(self.low, self.high, self.judged_at)
        if self.claim_high is not None:
            self.verdict = within(self.low, self.high, self.claim, self.claim_high)
        return self


def at_least(low: float | None, high: float | None, claim: float) -> str:
    """Holds where the whole interval lies above the claim, fails where it lies below; an end of None has no bound."""
    if low is not None and low > claim:
        return HOLDS
    return FAILS if high is not None and high < claim else UNCLEAR


def within(low: float | None, high: float | None, claim: float, claim_high: float) -> str:
    """Holds where the whole interval lies in the range, fails where it lies outside."""
    if low is None or high is None:
        return UNCLEAR
    if claim <= low and high <= claim_high:
        return HOLDS
    return FAILS if high < claim or low > claim_high else UNCLEAR
