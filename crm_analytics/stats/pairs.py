"""How often two things stand in the same basket, from baskets written as bits."""

import numpy as np

CHUNK = 100_000


def together(masks: np.ndarray, counts: np.ndarray, size: int) -> np.ndarray:
    """A square table: baskets that hold both the one and the other; its diagonal: baskets that hold the one.

    `masks`: one whole number per kind of basket, bit k set where it holds thing k < `size` (at most 62); `counts`: how many there are.
    """
    masks, counts = np.asarray(masks, dtype=np.int64), np.asarray(counts, dtype=np.int64)
    found = np.zeros((size, size))
    for start in range(0, len(masks), CHUNK):
        part = masks[start : start + CHUNK, None] >> np.arange(size) & 1
        found += part.T.astype(float) @ (part * counts[start : start + CHUNK, None])
    return found.round().astype(np.int64)
