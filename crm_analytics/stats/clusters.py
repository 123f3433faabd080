"""Groups among points: k-means, how well and how stably k groups part them, and whether they are groups at all.

k-means cuts any cloud into k parts.  Parts are groups only where the cloud is thinner between them than within them.  A density with
one peak (log-concave, as every normal, uniform or exponential one, however correlated) has in any body, moved along a line, its most
points somewhere and ever fewer to both sides, so never fewer half-way between two places than at the emptier of them.  So around
the midpoint of two neighbouring centres and around each centre the points are counted in a cylinder along their line, a third of
their distance long and as wide as they are apart.  Groups are clear where the midpoint has at most half as many as the emptier
centre, more than chance allows, for every pair of neighbours (no third is nearer to both): the inter-cluster density of S_Dbw
(Halkidi and Vazirgiannis 2001) as a test.  Stability alone would not do: an oblong cloud is halved the same way each time
(Ben-David et al. 2006).
Points come in an order of their own; the same points in the same order give the same groups.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.stats import binom
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score
from threadpoolctl import threadpool_limits

SEED = 20261127
STARTS = 5  # of k-means; the best is kept
RESAMPLES = 20  # of the bootstrap
SILHOUETTE_OF = 2_000  # points: the silhouette compares each with each
RESAMPLE_OF = 1_500
STABLE = 0.8  # adjusted Rand of repetitions from which groups are the same again
SPARSE = 0.5  # of the emptier centre, at the midpoint: two round groups of which 4 % lie on the other's side
CHANCE = 0.05  # of a midpoint that only looks so sparse


@dataclass(frozen=True)
class Cut:
    """A cloud in k parts.

    `silhouette` -1..1 (mean over a sample of points), `stability`: mean adjusted Rand index between these parts and those that
    bootstrap samples give, `stability_low` its tenth percentile, `valley`: points at the midpoint for each at the emptier
    centre, of the pair of neighbours least apart (0: empty between all of them; 1 and more: no valley), `is_apart`: every valley is deep
    enough and no chance.
    """

    centres: np.ndarray
    silhouette: float
    stability: float
    stability_low: float
    valley: float
    is_apart: bool

    @property
    def k(self) -> int:
        return len(self.centres)

    @property
    def is_clear(self) -> bool:
        """Groups, not only parts: apart from each other, and the same again in another sample."""
        return self.is_apart and self.stability >= STABLE


def cuts(points: np.ndarray, most: int = 8) -> list[Cut]:
    """The cloud in 2 to `most` parts; fewer where there are not so many different points."""
    different = len(np.unique(points, axis=0))
    return [cut(points, k) for k in range(2, min(most, different) + 1)]


@threadpool_limits.wrap(
    limits=1
)  # threads of several readers would wait for each other, and their sums differ in the last digit
def cut(points: np.ndarray, k: int) -> Cut:
    """The cloud in k parts."""
    model = _model(points, k)
    few = points[:SILHOUETTE_OF]
    parts = model.predict(few)
    silhouette = silhouette_score(few, parts) if 1 < len(set(parts)) < len(few) else 0.0
    again = _repeated(points, model)
    valley, is_apart = _between(points, model.cluster_centers_)
    return Cut(
        model.cluster_centers_, float(silhouette), float(again.mean()), float(np.quantile(again, 0.1)), valley, is_apart
    )


def best(found: list[Cut]) -> Cut | None:
    """Of the cuts into clear groups the one with the highest silhouette; None where there are no clear groups."""
    return max((each for each in found if each.is_clear), key=lambda each: each.silhouette, default=None)


def nearest(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """The number of the nearest centre for each point."""
    return np.argmin(_squares(points, centres), axis=1)


def _model(points: np.ndarray, k: int, seed: int = SEED, starts: int = STARTS) -> KMeans:
    return KMeans(k, n_init=starts, random_state=seed).fit(points)


def _repeated(points: np.ndarray, model: KMeans) -> np.ndarray:
    """How alike the parts are that k-means finds in bootstrap samples: adjusted Rand indices over the first points."""
    rng = np.random.default_rng(SEED)
    few = points[:RESAMPLE_OF]
    parts = model.predict(few)
    size = min(len(points), RESAMPLE_OF)
    drawn = (points[rng.integers(0, len(points), size)] for _ in range(RESAMPLES))
    models = (_model(sample, model.n_clusters, SEED + n, starts=3) for n, sample in enumerate(drawn))
    return np.array([adjusted_rand_score(parts, each.predict(few)) for each in models])


def _between(points: np.ndarray, centres: np.ndarray) -> tuple[float, bool]:
    """(the shallowest valley between neighbours, whether all are valleys)."""
    valleys, apart = [], []
    for one, other in combinations(range(len(centres)), 2):
        middle, line = (centres[one] + centres[other]) / 2, centres[other] - centres[one]
        far = np.linalg.norm(line)
        if (
            np.maximum(*(np.linalg.norm(centres - centres[each], axis=1) for each in (one, other))) < far * (1 - 1e-9)
        ).any():
            continue  # a third centre is nearer to both than they are to each other: they are no neighbours
        along = (points - middle) @ line / far
        is_beside = _squares(points, middle[None])[:, 0] - along**2 <= far**2 / 4
        near = [np.count_nonzero(is_beside & (np.abs(along - place * far) <= far / 6)) for place in (-0.5, 0, 0.5)]
        least = min(near[0], near[2])
        valleys.append(near[1] / least if least else np.inf)
        apart.append(valleys[-1] <= SPARSE and binom.cdf(near[1], near[1] + least, 0.5) <= CHANCE)
    return float(max(valleys)), all(apart)


def _squares(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Squared distances, a column for each centre; by differences, which stay exact where points lie close."""
    return np.stack([((points - centre) ** 2).sum(axis=1) for centre in centres], axis=1)
