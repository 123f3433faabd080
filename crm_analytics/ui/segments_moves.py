"""Who moved between the groups since another day."""


def answer(page, view) -> str:
    """Who moved, in one sentence."""
    return page.tr("segments.answer")


def show(page, view):
    """The part "movement"."""
