"""What movers may bring: sums of individual draws under chance, repeated; the same seed gives the same replicates."""

import numpy as np

REPLICATES = 4_000
SEED = 20_241
DIRECT = 50  # movers drawn one by one; the sum of more is taken as normal (central limit theorem)


def shifts(seed: tuple[int, ...], covariance: np.ndarray, count: float) -> np.ndarray:
    """How far the true mean of a group may lie from the one seen: normal, covariance / count.  One row per replicate."""
    if count <= 0:
        return np.zeros((REPLICATES, len(covariance)))
    return _generator(seed).standard_normal((REPLICATES, len(covariance))) @ _root(covariance / count).T


def successes(seed: tuple[int, ...], n: int, chance: np.ndarray) -> np.ndarray:
    """Whether each of n movers succeeds, one row per mover, one column per replicate; each replicate has its own chance.

    More movers leave what is drawn for the first ones as it is, so that a figure moves smoothly with their number.
    """
    return _generator(seed).random((n, REPLICATES)) < chance


def draws(seed: tuple[int, ...], n: int, sample: np.ndarray) -> np.ndarray:
    """n members of the sample for each replicate, with replacement: (mover, replicate, figure)."""
    return sample[_generator(seed).integers(0, len(sample), (n, REPLICATES))]


def brought(
    seed: tuple[int, ...], n: int, chance: np.ndarray, sample: np.ndarray, covariance: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(how many of n succeed, what these bring together) in each replicate; (replicate,) and (replicate, figure)."""
    if n <= DIRECT:
        lucky = successes((*seed, 0), n, chance)
        return lucky.sum(0), (draws((*seed, 1), n, sample) * lucky[..., None]).sum(0)
    count = _generator((*seed, 0)).binomial(n, np.broadcast_to(chance, REPLICATES))
    noise = _generator((*seed, 1)).standard_normal((REPLICATES, len(covariance))) @ _root(covariance).T
    return count, count[:, None] * sample.mean(0) + np.sqrt(count)[:, None] * noise


def typical(seed: tuple[int, ...], n: int, sample: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """The median over the replicates of what one of n members brings on average; of very many, the mean."""
    if n > DIRECT:
        return sample.mean(0)
    return np.median(draws((*seed, 1), n, sample).mean(0) + shift, axis=0)


def shares(seed: tuple[int, ...], weights: np.ndarray) -> np.ndarray:
    """Draws of shares that add up to 1 (Dirichlet), one row per replicate."""
    drawn = _generator(seed).standard_gamma(weights, (REPLICATES, len(weights)))
    return drawn / drawn.sum(1, keepdims=True)


def _generator(seed: tuple[int, ...]) -> np.random.Generator:
    return np.random.default_rng([SEED, *seed])


def _root(covariance: np.ndarray) -> np.ndarray:
    """The lower triangular root of a covariance (Cholesky), also of one without full rank.

    The first figure's draws do not depend on what is known of the others.
    """
    root = np.zeros_like(covariance, dtype=float)
    for row in range(len(covariance)):
        for column in range(row):
            left = covariance[row, column] - root[row, :column] @ root[column, :column]
            root[row, column] = left / root[column, column] if root[column, column] > 0 else 0.0
        root[row, row] = np.sqrt(max(covariance[row, row] - root[row, :row] @ root[row, :row], 0.0))
    return root
