"""The benchmark: every row reports a time, its peers agree, and one that does not agree or dies says so instead."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.company import Company, generate
from benchmarks.measure import Found, Near, Own, Row, apart, disagreements
from benchmarks.report import figures, table
from benchmarks.rows import ROWS

PRODUCT = Path(__file__).parents[1]


SMALL = ["--lines", "20000", "--customers", "2000", "--rounds", "1", "--folder"]
QUICKLY = """import multiprocessing, sys
from benchmarks import __main__ as benchmark, measure
multiprocessing.set_forkserver_preload(["benchmarks.rows"])
measure.FRESH = multiprocessing.get_context("forkserver")
sys.exit(benchmark.main(sys.argv[1:]))"""  # for the thirty runs of a test the libraries are read once


def benchmarked(*command) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, *map(str, command)], cwd=PRODUCT, capture_output=True, text=True, timeout=900
    )


def test_the_command_measures_a_row_beside_its_floor(tmp_path):
    run = benchmarked("-m", "benchmarks", *SMALL, tmp_path, "--rows", "snapshot.warm")
    assert run.returncode == 0, run.stderr
    assert [name for name in ("groupby.warm", "snapshot.warm", "import.bare") if f"(`{name}`)" in run.stdout] == [
        "groupby.warm",
        "snapshot.warm",
    ]


def test_every_row_reports_and_all_peers_agree(tmp_path):
    run = benchmarked("-c", QUICKLY, *SMALL, tmp_path)
    lines = {row.name: next(line for line in run.stdout.splitlines() if f"(`{row.name}`)" in line) for row in ROWS}
    absent = {peer for peer in ("polars", "lifetimes") if find_spec(peer) is None}
    for name, line in lines.items():
        if lacking := absent & set(name.split(".")):
            assert f"No module named '{lacking.pop()}'" in line
        else:
            assert float(line.split("|")[2]) >= 0 and float(line.split("|")[5].replace(",", "")) > 50, line
    assert "not equal" not in run.stdout
    assert run.returncode == (1 if absent else 0), run.stderr


def test_a_small_company_has_the_same_bytes_each_time(tmp_path):
    first, second = (Company(tmp_path / name, 500, 50) for name in ("first", "second"))
    for company in (first, second):
        generate(company)
    assert first.orders.read_bytes() == second.orders.read_bytes()
    rows = first.orders.read_text().splitlines()
    assert rows[0] == "order_id,customer_id,ordered_at,amount,cost" and len(rows) == 501
    days = [row.split(",")[2] for row in rows[1:]]
    assert days == sorted(days) and days[0].startswith("2023-01-01") and days[-1].startswith("2025-12")


def bare(company, stopwatch):
    """A run that is only looked at."""


def other(company, stopwatch):
    """Another."""


def third(company, stopwatch):
    """And another."""


def test_a_peer_that_finds_something_else_gets_no_time():
    rows = [Row("bare", "bare", bare), Row("other", "other", other, "bare", most_times=2.0)]
    found = {bare: [Found({"bare": 1.0}, 10, {"lines": 5})], other: [Found({"other": 1.5}, 10, {"lines": 6})]}
    assert disagreements(found) == {other: "lines is 6, not 5"}
    assert table(rows, found, disagreements(found)).splitlines()[-1].endswith("| no: not equal: lines is 6, not 5 |")


def test_what_an_optimiser_stops_at_may_differ_a_little():
    rows = {"fit": Found({}, 10, {"top": Near(-100.0, 0.01)}), "near": Found({}, 10, {"top": Near(-100.9, 0.01)}),
            "far": Found({}, 10, {"top": Near(-101.1, 0.01)})}  # fmt: skip
    assert disagreements({name: [found] for name, found in rows.items()}) == {"far": "top is -101.1, not -100"}


def test_medians_spread_floor_and_aims():
    rows = [Row("bare", "bare", bare), Row("other", "other", other, "bare", most_times=2.0, most_megabytes=100)]
    found = {
        bare: [Found({"bare": seconds}, 10) for seconds in (1.0, 9.0, 2.0)],
        other: [Found({"other": seconds}, 200) for seconds in (3.0, 4.0, 2.5)],
    }
    assert table(rows, found, {}).splitlines()[2:] == [
        "| bare (`bare`) | 2.00 | 1.00-9.00 | - | 10 | - | - |",
        "| other (`other`) | 3.00 | 2.50-4.00 | 1.50 | 200 | <= 2 x `bare`, <= 100 MB | no: memory |",
    ]


def test_memory_above_the_floor_and_what_a_run_says_of_itself():
    rows = [
        Row("bare", "bare", bare),
        Row("other", "other", other, "bare", most_above=100),
        Row("third", "third", third, "bare", most_above=100),
    ]
    found = {
        bare: [Found({"bare": 1.0}, 500, {"exact": Own("90 %")})],
        other: [Found({"other": 1.0}, 590, {"exact": Own("99 %"), "lines": 5})],
        third: [Found({"third": 1.0}, 610)],
    }
    assert disagreements(found) == {}, "what a run says of itself is compared with nothing"
    lines = table(rows, found, {}).splitlines()[3:]
    assert [line.split(" | ")[-2:] for line in lines] == [
        ["<= 100 MB above it", "yes |"],
        ["<= 100 MB above it", "no: memory above |"],
    ]
    assert figures(rows, found).splitlines() == [
        "| row | exact |",
        "| --- | --: |",
        "| bare | 90 % |",
        "| other | 99 % |",
    ]
    assert figures(rows[2:], found) == ""


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("raise ValueError('no such file')", "ValueError: no such file"),
        ("import os; os._exit(9)", "its process ended with code 9"),
    ],
)
def test_a_run_that_fails_stops_no_other(code, words):
    assert apart(exec, code).failure == words
