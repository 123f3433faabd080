"""Bootstrap of sums over customers in their order, however many there are: from groups of neighbours instead of single ones."""

import numpy as np

TIMES = 1000
SEED = 20261122


class Resampled:
    """Companies as chance could have made them: customers drawn anew, with replacement, a row for each repetition.

    `counts`: customers of each group, best first.  How often a group's customers are drawn is Poisson with their number, which
    for groups of one is the usual bootstrap with a random size.  The seed is fixed: the same data give the same intervals.
    """

    def __init__(self, counts, times: int = TIMES, seed: int = SEED):
        self._rng = np.random.default_rng(seed)
        self.drawn = self._rng.poisson(np.asarray(counts, dtype=float), (times, len(counts))).astype(float)
        self.customers = self.drawn.sum(axis=1)

    def sums(self, means, spreads) -> np.ndarray:
        """What each group adds up to in each repetition, from its mean and standard deviation."""
        means, spreads = np.asarray(means, dtype=float), np.nan_to_num(np.asarray(spreads, dtype=float))
        return self.drawn * means + np.sqrt(self.drawn) * spreads * self._rng.standard_normal(self.drawn.shape)

    def first(self, sums: np.ndarray, shares) -> np.ndarray:
        """Sums of the first customers in each repetition, one column for each share of all of them."""
        reached, added = self.drawn.cumsum(axis=1), sums.cumsum(axis=1)
        row, found = np.arange(len(reached)), []
        for share in shares:
            cut = float(share) * self.customers
            group = np.argmax(reached >= cut[:, None], axis=1)
            inside = np.divide(
                cut - (reached - self.drawn)[row, group], self.drawn[row, group], out=np.zeros(len(row)),
                where=self.drawn[row, group] > 0,
            )  # fmt: skip
            found.append((added - sums)[row, group] + inside * sums[row, group])
        return np.column_stack(found)


def interval(values: np.ndarray) -> tuple[float | None, float | None]:
    """The middle 95 % of repetitions; None for an end that is not finite or where any repetition has no value."""
    if not len(values) or np.isnan(values).any():
        return None, None
    low, high = np.quantile(values, [0.025, 0.975], method="inverted_cdf")
    return (float(low) if np.isfinite(low) else None), (float(high) if np.isfinite(high) else None)
