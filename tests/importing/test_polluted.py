"""Files spoilt in known ways: every sound row exact, every spoilt one as it stands or set aside, none silently wrong."""

import random
from dataclasses import dataclass, field

import pytest

from crm_analytics.importing.landing.land import land
from crm_analytics.importing.landing.source import discard
from tests.importing.polluted import SMALL, STYLES, USUAL, Polluted, make
from tests.importing.pollutions import FILES, ROWS, can_be_told


@dataclass
class Tally:
    """What became of the rows of many files, whose tables have one of these sizes."""

    sizes: tuple[int, ...] = SMALL
    files: int = 0
    rows: int = 0
    sound: int = 0
    exact: int = 0
    exact_sound: int = 0
    wrong: list = field(default_factory=list)

    def take(self, db, folder, seed, style, *pollutions) -> None:
        if not can_be_told(style, *pollutions):
            return
        file = make(seed, style, *pollutions, sizes=self.sizes)
        self.files += 1
        path = folder / "polluted.csv"
        path.write_bytes(file.content)
        (found,) = land(db, path)
        fetched = db.cursor().execute(f"select * from {found.relation}").fetchall()
        discard(found.source)
        loaded = {line: ["" if cell is None else cell for cell in cells] for line, *cells in fetched}
        told = (seed, *file.pollutions)
        if found.physical != found.records + len(found.ragged) + len(found.skipped) or len(loaded) != found.records:
            self.wrong.append((told, "balance"))
        if list(found.header) != (file.header or []):
            self.wrong.append((told, "header", found.header))
        self._compare(file, loaded, {line for record in found.ragged for line in _lines(record)}, told)

    def _compare(self, file: Polluted, loaded: dict, aside: set[int], told: tuple) -> None:
        for line, cells in loaded.items():
            if cells not in file.rows.get(line, []):
                self.wrong.append((told, line, cells))
        spoilt = {list(file.rows)[place] for place in file.spoilt}
        for line, readings in file.rows.items():
            if line not in loaded and line not in aside:
                self.wrong.append((told, line, "lost"))
            is_exact = line in loaded and readings != [] and loaded[line] == readings[0]
            self.rows += 1
            self.sound += line not in spoilt
            self.exact += is_exact
            self.exact_sound += is_exact and line not in spoilt


def _lines(record) -> range:
    return range(record.line, record.line + 1 + record.raw.count("\n"))


def _combinations(rng: random.Random, count: int):
    for _ in range(count):
        style = rng.choice(list(STYLES))
        yield style, rng.choice(FILES), rng.choice(ROWS)


def _check(tally: Tally) -> None:
    assert tally.wrong[:5] == []
    assert tally.exact_sound >= 0.99 * tally.sound > 0


def test_every_style_alone_is_exact(db, tmp_path):
    tally = Tally()
    for seed in range(3):
        for style in STYLES:
            tally.take(db, tmp_path, seed, style)
    assert tally.wrong == [] and tally.exact == tally.rows


@pytest.mark.parametrize("pollution", FILES + ROWS, ids=lambda pollution: pollution.__name__)
def test_every_pollution_alone(db, tmp_path, pollution):
    tally = Tally()
    for style in ("plain", "semicolon all quoted", "crlf"):
        for seed in range(2):
            tally.take(db, tmp_path, seed, style, pollution)
    _check(tally)


def test_pollutions_together(db, tmp_path):
    tally = Tally()
    for seed, (style, one, other) in enumerate(_combinations(random.Random(7), 60)):
        tally.take(db, tmp_path, seed, style, one, other)
    _check(tally)


def test_one_pollution_in_a_table_of_any_usual_size(db, tmp_path):
    tally, rng = Tally(USUAL), random.Random(9)
    for seed, style in enumerate([*STYLES] * 2):
        tally.take(db, tmp_path, seed, style, rng.choice(FILES + ROWS))
    _check(tally)
    assert tally.exact >= 0.99 * tally.rows > 10_000


@pytest.mark.long
@pytest.mark.parametrize("sizes", [SMALL, USUAL], ids=["small", "usual"])
def test_every_style_with_every_pollution_and_many_pairs(db, tmp_path, sizes):
    alone, together = Tally(sizes), Tally(sizes)
    for seed in range(10):
        for style in STYLES:
            for pollution in FILES + ROWS:
                alone.take(db, tmp_path, seed, style, pollution)
    for seed, (style, one, other) in enumerate(_combinations(random.Random(8), 3000)):
        together.take(db, tmp_path, seed, style, one, other)
    for name, tally in (("one", alone), ("two", together)):
        print(
            f"{name} at a time: {tally.files:,} files, {tally.rows:,} rows, {tally.exact / tally.rows:.2%} exact, "
            f"{tally.exact_sound / tally.sound:.3%} of the sound ones"
        )
        _check(tally)
    assert sizes == SMALL or alone.exact >= 0.99 * alone.rows
