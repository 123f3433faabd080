"""The ten lessons of the method on the company's own data: what is said, what is found here, and whether it holds."""


def answer(page, view) -> str:
    """How many of the lessons hold here."""
    return page.tr("pyramid.part_lessons")


def show(page, view):
    """The section."""
