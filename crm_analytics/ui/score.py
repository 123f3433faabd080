"""A score of the reader's own numbers and weights."""


def answer(page, view) -> str:
    """Who scores highest, in one sentence."""
    return page.tr("segments.answer")


def show(page, view):
    """The part "score"."""
