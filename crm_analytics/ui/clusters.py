"""Groups found by machine, and how stable they are."""


def answer(page, view) -> str:
    """Which groups, in one sentence."""
    return page.tr("segments.answer")


def show(page, view):
    """The part "clusters"."""
