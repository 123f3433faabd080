"""Files that others collected: csv-spectrum to the letter, the test files of frictionless and messytables, naughty strings."""

import csv
import io
import json

import pytest

from crm_analytics import cli
from crm_analytics.errors import ImportRefused
from crm_analytics.importing.landing.land import land
from crm_analytics.importing.landing.source import discard
from tests.importing.landed import cells, landed, rows, worked

SPECTRUM = (
    "comma_in_quotes",
    "empty",
    "empty_crlf",
    "escaped_quotes",
    "json",
    "location_coordinates",
    "newlines",
    "newlines_crlf",
    "quotes_and_newlines",
    "simple",
    "simple_crlf",
    "utf8",
)


@pytest.mark.parametrize("name", SPECTRUM)
def test_csv_spectrum_is_read_to_the_letter(real, tmp_path, name):
    path = real(f"csv_corpora/csv-spectrum/csvs/{name}.csv")
    expected = json.loads(real(f"csv_corpora/csv-spectrum/json/{name}.json").read_text(encoding="utf-8"))
    expected = expected if isinstance(expected, list) else [expected]
    # two of the CSV files differ from their JSON in their very bytes: a telephone number, and CRLF that a checkout made LF
    if name == "location_coordinates":
        assert b"2095257564" in path.read_bytes() and expected[0]["Contact Phone Number"] == "1234567890"
        expected[0]["Contact Phone Number"] = "2095257564"
    if name == "newlines_crlf":
        content = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        path = tmp_path / "original" / "newlines_crlf.csv"
        path.parent.mkdir()
        path.write_bytes(content)
    assert cli.main(["read", str(path), "--out", str(tmp_path)]) == 0
    with open(tmp_path / f"{name}.csv", encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file)) == expected


def _survive(db, folder) -> dict[str, int]:
    """Land every file of a folder: refused with a sentence, or balanced to the record, within ten seconds."""
    told = {"landed": 0, "refused": 0}
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        begun = worked()
        try:
            found = land(db, path)
        except ImportRefused as refusal:
            assert path.name in str(refusal)
            told["refused"] += 1
        else:
            for landing in found:
                assert len(rows(db, landing)) == landing.records
                assert landing.physical == landing.records + len(landing.ragged) + len(landing.skipped)
            discard(found[0].source)
            told["landed"] += 1
        assert worked() - begun < 10, path.name
    return told


@pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")
@pytest.mark.parametrize("name, landed_", [("frictionless", 140), ("messytables", 20)])
def test_other_corpora_neither_crash_nor_hang(db, real, name, landed_):
    assert _survive(db, real(f"csv_corpora/{name}"))["landed"] >= landed_


def naughty(real) -> list[str]:
    strings = json.loads(real("csv_corpora/naughty_strings/blns.json").read_text(encoding="utf-8"))
    return [text for text in strings if text.strip() and "\0" not in text]


def test_naughty_strings_are_stored_literally(db, tmp_path, real):
    strings = naughty(real)
    text = io.StringIO(newline="")
    csv.writer(text).writerows([["id", "text"], *([f"N{number}", each] for number, each in enumerate(strings))])
    found = landed(db, tmp_path, text.getvalue())
    assert [row[1] for row in cells(db, found)] == strings and not found.ragged


def test_naughty_headers_and_file_names_are_stored_literally(db, tmp_path, real):
    for place, naughty_text in enumerate(naughty(real)[::7]):
        text = io.StringIO(newline="")
        csv.writer(text).writerows(
            [["id", naughty_text, "day"], ["1", naughty_text, "2024-03-01"], ["2", "b", "2024-03-02"]]
        )
        name = "".join(mark for mark in naughty_text if mark not in "/\0" and mark.isprintable())[:40] or "n"
        found = landed(db, tmp_path, text.getvalue(), f"{place} {name}.csv")
        assert found.header[1] == naughty_text or found.skipped, naughty_text
        assert cells(db, found)[-2:] == [["1", naughty_text, "2024-03-01"], ["2", "b", "2024-03-02"]]
        assert found.name == f"{place} {name}.csv"
        discard(found.source)
