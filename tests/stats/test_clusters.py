"""Groups are found where there are any, and only there: planted ones, and clouds of many shapes without any."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from crm_analytics.stats import clusters

SEEDS = range(2)
POINTS = 500
CORRELATED = np.linalg.cholesky([[1, 0.8, 0.7], [0.8, 1, 0.9], [0.7, 0.9, 1]]).T


def rng_of(seed: int) -> np.random.Generator:
    return np.random.default_rng(1_000 + seed)


def standardised(points: np.ndarray) -> np.ndarray:
    return (points - points.mean(axis=0)) / points.std(axis=0)


def planted(seed: int, centres, n: int = 600, spread: float = 0.5, shares=None) -> tuple[np.ndarray, np.ndarray]:
    """n points around these centres, and which centre each belongs to."""
    rng, centres = rng_of(seed), np.asarray(centres, dtype=float)
    group = rng.choice(len(centres), n, p=shares)
    return standardised(centres[group] + spread * rng.standard_normal((n, centres.shape[1]))), group


TRIANGLE = [(0, 0, 0), (3, 0, 0), (0, 3, 1)]
LINE = [(0, 0, 0), (2, 2, 2), (4, 4, 4)]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("centres", [TRIANGLE, LINE], ids=["triangle", "line"])
def test_three_planted_groups_are_found(seed, centres):
    points, group = planted(seed, centres, shares=[0.5, 0.3, 0.2])
    found = clusters.best(clusters.cuts(points, most=5))
    assert found is not None and found.k == 3
    assert adjusted_rand_score(group, clusters.nearest(points, found.centres)) >= 0.8


CLOUDS = {
    "normal": lambda rng: rng.standard_normal((POINTS, 3)),
    "correlated": lambda rng: rng.standard_normal((POINTS, 3)) @ CORRELATED,
    "uniform": lambda rng: rng.uniform(size=(POINTS, 3)),
    "exponential": lambda rng: rng.exponential(size=(POINTS, 3)),
    "in a plane": lambda rng: np.column_stack([rng.standard_normal((POINTS, 2)), np.zeros(POINTS)]),
    "heavy-tailed": lambda rng: rng.standard_t(3, size=(POINTS, 3)),
}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_cloud_has_no_clear_groups(seed, cloud):
    points = CLOUDS[cloud](rng_of(seed))
    found = clusters.cuts(
        (points - points.mean(axis=0)) / np.where(points.std(axis=0) > 0, points.std(axis=0), 1), most=5
    )
    assert [cut.k for cut in found] == [2, 3, 4, 5]
    assert clusters.best(found) is None


def test_an_oblong_cloud_is_halved_stably_and_is_no_two_groups():
    """Why stability alone will not do."""
    points = standardised(rng_of(0).standard_normal((2_000, 3)) @ CORRELATED)
    half = clusters.cut(points, 2)
    assert half.stability > 0.9 and half.valley > 1 and not half.is_clear


def test_of_several_clear_cuts_the_one_with_the_highest_silhouette():
    points, _ = planted(0, TRIANGLE)
    found = {cut.k: cut for cut in clusters.cuts(points, most=4)}
    assert found[2].is_clear and found[3].is_clear
    assert clusters.best(list(found.values())) is found[3] and found[3].silhouette > found[2].silhouette


def test_two_groups_that_touch_are_one_cloud():
    points, _ = planted(0, [(0, 0, 0), (1, 0, 0)], spread=0.5)  # two standard deviations apart: one peak
    assert clusters.best(clusters.cuts(points, 4)) is None


def test_few_points_in_two_heaps_may_be_chance_and_many_are_not():
    heaps = [(0.0, 0.0, 0.0), (2.5, 0.0, 0.0)]
    few, many = (planted(1, heaps, n=n)[0] for n in (10, 200))
    assert not clusters.cut(few, 2).is_apart
    assert clusters.cut(many, 2).is_apart


def test_the_same_points_give_the_same_cut():
    points, _ = planted(2, TRIANGLE, n=300)
    one, other = clusters.cut(points, 3), clusters.cut(points.copy(), 3)
    assert np.array_equal(one.centres, other.centres) and one.stability == other.stability


def test_there_are_no_more_parts_than_different_points():
    points = np.repeat(np.eye(3), 40, axis=0)
    assert [cut.k for cut in clusters.cuts(points)] == [2, 3]
    assert clusters.cuts(np.zeros((50, 3))) == []


def test_the_nearest_centre_by_hand():
    centres = np.array([[0.0, 0.0], [4.0, 0.0]])
    points = np.array([[1.0, 1.0], [3.0, -5.0], [2.0, 0.0]])  # the last one lies between: the first centre has it
    assert clusters.nearest(points, centres).tolist() == [0, 1, 0]


@pytest.mark.long
@pytest.mark.parametrize("n", [60, 200, 1_000])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_clouds_of_any_size_are_hardly_ever_taken_for_groups(monkeypatch, cloud, n):
    """At most one in twenty of each shape and size."""
    monkeypatch.setitem(globals(), "POINTS", n)
    clouds = (CLOUDS[cloud](rng_of(100 + seed)) for seed in range(20))
    scaled = (points / np.where(points.std(axis=0) > 0, points.std(axis=0), 1) for points in clouds)
    assert sum(clusters.best(clusters.cuts(points)) is not None for points in scaled) <= 1
