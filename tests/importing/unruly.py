"""Work that never ends, for the tests of what ends it."""


def work(does: str) -> None:
    """Spin for ever, or take more and more memory."""
    taken = []
    while True:
        if does == "grow":
            taken.append(bytearray(1 << 26))
