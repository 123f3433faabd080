"""T64, T67 and T68 of docs/trust.md, and the part of T62 that an import meets: hostile names, archives and contents."""

import gzip
import io
import pickle
import zipfile

import pytest

from crm_analytics import cli
from crm_analytics.errors import ImportRefused
from crm_analytics.importing.landing import magic
from crm_analytics.importing.landing.land import land
from tests.importing.landed import cells, landed

ORDERS = "order_id,customer_id,ordered_at,amount,region\n"


class Opened:
    """Opening this with pickle would be seen."""

    def __reduce__(self):
        return (open, ("was-unpickled", "w"))


def refused(db, folder, content: bytes, name: str = "orders.csv") -> ImportRefused:
    with pytest.raises(ImportRefused) as found:
        landed(db, folder, content, name)
    assert list(db.folder("staging").iterdir()) == []
    return found.value


@pytest.mark.parametrize(
    "value",
    [
        "'; drop table orders; --",
        '"); select * from imports; --',
        "$amount",
        "{0}",
        "%s",
        "read_csv('/etc/passwd')",
        "\\N\\",
    ],
)
def test_t62_sql_in_cells_and_headers_is_text(uploads, value):
    quoted = '"' + value.replace('"', '""') + '"'
    uploads.take(ORDERS.replace("region", f"region,{quoted}") + f"O1,C1,2024-03-01,5.00,{quoted},{quoted}\n")
    assert uploads.rows("select region from orders") == [(value,)]


@pytest.mark.parametrize(
    "name", ["..%2f..%2fx.csv", "con.csv", "a'b\";drop.csv", "订单 $x `y`.csv", "x" * 200 + ".csv", "-rf.csv"]
)
def test_t64_names_are_shown_and_never_used_as_paths(uploads, name):
    receipt = uploads.take(ORDERS + "O1,C1,2024-03-01,5.00,Bath\n", name=name)
    assert receipt.file_name == name
    (kept,) = uploads.db.folder("raw").iterdir()
    assert len(kept.name) == 64 and set(kept.name) <= set("0123456789abcdef")


def test_t67_a_gzip_that_grows_without_measure_is_stopped(db, tmp_path, monkeypatch):
    monkeypatch.setattr(magic, "SMALL", 1 << 20)
    bomb = gzip.compress(b"0" * (64 << 20))
    assert refused(db, tmp_path, bomb).code == "E_BOMB"
    assert refused(db, tmp_path, gzip.compress(bomb)).params["kind"] == "gzip in gzip"


@pytest.mark.parametrize("member", ["../../evil.csv", "/etc/evil.csv", "nested.zip", "orders.csv"])
def test_t67_archives_are_named_and_not_unpacked(db, tmp_path, member):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, b"a,b\n1,2\n")
    before = set(tmp_path.rglob("*"))
    found = refused(db, tmp_path, content.getvalue())
    assert (found.code, found.params["kind"]) == ("E_NOT_TEXT", "ZIP")
    assert {path.name for path in set(tmp_path.rglob("*")) - before if path.is_file()} <= {"orders.csv"}


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_t68_a_pickle_is_not_opened(db, tmp_path, monkeypatch, protocol):
    monkeypatch.chdir(tmp_path)
    found = refused(db, tmp_path, pickle.dumps(Opened(), protocol))
    assert (found.code, found.params["kind"]) == ("E_NOT_TEXT", "pickle") and not (tmp_path / "was-unpickled").exists()


def test_t68_a_pickle_written_as_text_is_text(db, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    try:
        landed(db, tmp_path, pickle.dumps(Opened(), 0))
    except ImportRefused:
        pass
    assert not (tmp_path / "was-unpickled").exists()


def test_t68_databases_and_parquet_are_refused(db, tmp_path):
    assert refused(db, tmp_path, db.path.read_bytes()[:65536]).params["kind"] == "DuckDB"
    con = db.cursor()
    parquet = db.folder("staging") / "t.parquet"
    con.execute(f"copy (select 1 as a) to '{parquet}' (format parquet)")
    content = parquet.read_bytes()
    parquet.unlink()
    assert refused(db, tmp_path, content).params["kind"] == "Parquet"


def test_one_bad_file_stops_no_other(tmp_path, capsys):
    for name, content in (
        ("a.csv", b"id,x\n1,2\n"),
        ("b.csv", b"%PDF-1.7"),
        ("c.csv", b""),
        ("d.csv", b"id,y\n3,4\n5\n"),
    ):
        (tmp_path / name).write_bytes(content)
    out = tmp_path / "out"
    assert cli.main(["read", *(str(tmp_path / f"{name}.csv") for name in "abcde"), "--out", str(out)]) == 2
    assert sorted(path.name for path in out.iterdir()) == ["a.csv", "c.csv", "d.csv"]
    assert (out / "a.csv").read_text() == '"id","x"\n"1","2"\n' and (out / "c.csv").read_text() == ""
    assert (out / "d.csv").read_text() == '"id","y"\n"3","4"\n'
    told = capsys.readouterr().err
    assert "d.csv line 3: set aside (too_few_cells)" in told and "b.csv is a PDF" in told and "e.csv" in told


def test_files_of_one_name_do_not_overwrite_each_other(tmp_path):
    for folder, content in (("one", "id\n1\n"), ("two", "id\n2\n")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "t.csv").write_text(content)
    out = tmp_path / "out"
    assert cli.main(["read", str(tmp_path / "one" / "t.csv"), str(tmp_path / "two" / "t.csv"), "--out", str(out)]) == 0
    assert sorted(path.read_text() for path in out.iterdir()) == ['"id"\n"1"\n', '"id"\n"2"\n']


def test_reading_and_importing_share_one_landing(db, tmp_path):
    text = "report\nid,name,amount\n1,Ann,5\n2,Bo\n3,Cy,7\nTotal,,12\n"
    found = landed(db, tmp_path, text)
    cli.main(["read", str(tmp_path / "orders.csv"), "--out", str(tmp_path / "out")])
    written = (tmp_path / "out" / "orders.csv").read_text().splitlines()
    assert [line.strip('"').split('","') for line in written] == [list(found.header), *cells(db, found)]
    assert land(db, tmp_path / "orders.csv")[0].records == 2
