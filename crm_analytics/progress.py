"""How far a piece of work is, as it tells whoever looks on."""

from collections.abc import Callable


class Share(float):
    """How much of the whole is done, from 0 to 1; `until`: how much will be once the statements now under way have ended."""

    def __new__(cls, done: float, until: float):
        """Both from 0 to 1."""
        share = super().__new__(cls, done)
        share.until = until
        return share


Progress = Callable[[str, float], None]  # hears the step and the share, a `Share` where something long begins
Stretch = Callable[[float, float], None]  # hears from where to where of its own part a stretch of work goes


def stretch(progress: Progress | None, step: str, begins: float, ends: float) -> Stretch:
    """Tells `progress` of a part of the whole, the one from `begins` to `ends`."""

    def told(done: float, until: float) -> None:
        if progress:
            progress(step, Share(begins + (ends - begins) * done, begins + (ends - begins) * until))

    return told
