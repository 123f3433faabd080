"""The command line as automation uses it: exit codes, plain sentences on stderr, clean JSON on stdout."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from crm_analytics import cli
from crm_analytics.database import open_database

HEADER = "order_id,customer_id,ordered_at,amount,region\n"
ORDERS = (
    HEADER
    + "O1,C1,2024-01-05,10,North\nO2,C1,2024-02-06,20.55,North\nO3,C2,2024-03-07,30,South\nO4,,2024-03-08,5,South\n"
)


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    path = tmp_path / "crm.duckdb"
    monkeypatch.setenv("CRM_DB", str(path))
    (tmp_path / "orders.csv").write_text(ORDERS)

    def command(*arguments):
        code = cli.main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    yield command
    if path.exists():
        open_database(path).close()


def test_import_prints_its_balance_and_again_changes_nothing(run, tmp_path):
    code, out, _ = run("import", tmp_path / "orders.csv")
    assert (
        code == 0
        and "records 4 = 4 loaded + 0 duplicates + 0 quarantined + 0 skipped" in out
        and "1 lines without a customer" in out
    )
    code, out, _ = run("import", tmp_path / "orders.csv")
    assert code == 0 and "already imported" in out and "nothing changed" in out


def test_import_as_json_is_json_and_nothing_else(run, tmp_path):
    code, out, _ = run("import", tmp_path / "orders.csv", "--format", "json")
    (receipt,) = json.loads(out)
    assert code == 0 and (receipt["records"], receipt["loaded"], receipt["amount_loaded"]) == (4, 4, 65.55)


def test_a_dry_run_changes_nothing(run, tmp_path):
    code, out, _ = run("import", tmp_path / "orders.csv", "--dry-run")
    assert code == 0 and "order_id -> order_id" in out
    assert json.loads(run("imports", "--format", "json")[1]) == []


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (("import", "absent.csv"), "no file called absent.csv"),
        (("show", "overview.kpi"), "overview.kpis"),
        (("show", "overview.kpis", "--months", "x"), "x cannot be the filter months"),
        (("show", "overview.kpis", "--as-of", "2024-02-30"), "2024-02-30 cannot be the filter as_of"),
        (("show", "overview.trend", "--colour", "red"), "--points"),
        (("show", "overview.kpis", "--where", "shoe=1"), "no customer column shoe"),
        (("undo", "7"), "no import 7"),
    ],
)
def test_refusals_exit_2_with_one_sentence(run, tmp_path, arguments, sentence):
    run("import", tmp_path / "orders.csv")
    code, out, err = run(*arguments)
    assert (code, out) == (2, "") and sentence in err and "Traceback" not in err


def test_a_question_names_the_flag_that_answers_it(run, tmp_path):
    (tmp_path / "dates.csv").write_text(HEADER + "O1,C1,03/04/2024,1,North\n")
    code, _, err = run("import", tmp_path / "dates.csv")
    assert code == 2 and "--date-order dmy|mdy" in err
    assert run("import", tmp_path / "dates.csv", "--date-order", "dmy")[0] == 0


def test_show_prints_records_with_plain_numbers_and_null(run, tmp_path):
    run("import", tmp_path / "orders.csv")
    code, out, _ = run("show", "overview.kpis", "--format", "json", "--months", "3")
    rows = {row["kpi"]: row for row in json.loads(out)}
    assert code == 0 and rows["revenue"]["value"] == 65.55 and rows["identified_revenue"]["value"] == 60.55
    assert (
        rows["satisfaction"]["value"] is None
        and rows["satisfaction"]["note"] == "needs_surveys"
        and rows["revenue"]["n"] == 4
    )
    _, out, _ = run("show", "customers.listing", "--where", "region=South", "--format", "csv")
    assert [row["customer_id"] for row in csv.DictReader(io.StringIO(out))] == ["C2"]


def test_show_without_a_name_lists_every_number(run):
    code, out, _ = run("show")
    assert code == 0 and "overview.kpis" in out and "customers.listing" in out


def test_undo_and_check(run, tmp_path):
    run("import", tmp_path / "orders.csv")
    assert run("check")[0] == 0
    code, out, _ = run("undo", "1")
    assert code == 0 and "4 rows of orders" in out
    assert run("show", "overview.kpis")[0] == 2


def test_folders_and_several_files_are_one_import(run, tmp_path):
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / "a.csv").write_text(ORDERS)
    (folder / "customers.csv").write_text("customer_id,name\nC1,Ann\n")
    code, out, _ = run("import", folder, "--format", "json")
    assert code == 0 and {receipt["table"] for receipt in json.loads(out)} == {"orders", "customers"}


def test_read_prints_clean_csv_and_one_bad_file_stops_no_other(run, tmp_path):
    (tmp_path / "a.csv").write_bytes('编号;名称\n1;"张;三"\n2;李四\n'.encode("gb18030"))
    (tmp_path / "b.csv").write_bytes(b"%PDF-1.7")
    (tmp_path / "c.tar.csv").write_bytes(b"")
    code, out, err = run(
        "read", tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "c.tar.csv", "--out", tmp_path / "out"
    )
    assert code == 2 and "b.csv is a PDF" in err and "c.tar.csv is empty" in err
    assert (tmp_path / "out" / "a.csv").read_text() == '"编号","名称"\n"1","张;三"\n"2","李四"\n'
    assert (tmp_path / "out" / "c.tar.csv").read_text() == "" and not (tmp_path / "out" / "b.csv").exists()


def test_what_a_library_prints_from_c_is_not_part_of_the_answer():
    """The solver of the best plan prints now and then; stdout stays what `show` says."""
    program = (
        "import os, runpy, sys; import crm_analytics.cli as cli; real = cli.main; sys.argv = ['crm', 'show']\n"
        "cli.main = lambda: (os.write(1, b'from C'), real())[1]\n"
        "runpy.run_module('crm_analytics', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=Path(__file__).parents[1]
    )
    assert done.returncode == 0 and "pyramid.optimise" in done.stdout
    assert "from C" not in done.stdout and "from C" in done.stderr
