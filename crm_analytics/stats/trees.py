"""Who brought whom, and whom these brought: generations below a first one, whatever circles the data hold."""

from collections.abc import Sequence

import numpy as np


def generations(parent: Sequence[int]) -> np.ndarray:
    """Steps from each one up to somebody whom nobody brought: 0 for those, -1 in a circle or below one.

    `parent`: the place of who brought each one, -1 for nobody. The paths double in every round, so that long chains cost little.
    """
    up = np.asarray(parent, dtype=np.int64)
    count = len(up)
    steps = np.where(up >= 0, 1, 0)
    target = np.where(up >= 0, up, np.arange(count))
    for _ in range(max(1, count).bit_length() + 1):
        steps, target = steps + steps[target], target[target]
    return np.where(up[target] >= 0, -1, steps) if count else steps


def offspring(parent: Sequence[int], generation: np.ndarray) -> np.ndarray:
    """How many each one brought, directly or through those he brought; what stands in a circle counts for nobody."""
    up = np.asarray(parent, dtype=np.int64)
    below = np.zeros(len(up), dtype=np.int64)
    for depth in range(int(generation.max(initial=0)), 0, -1):
        here = np.flatnonzero(generation == depth)
        np.add.at(below, up[here], 1 + below[here])
    return below
