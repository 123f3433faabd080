"""Nothing is lost: what a backup holds comes back row by row, what is damaged is refused, and no moment mixes two states."""

import json
import os
import random
import subprocess
import sys
import threading
import time
import zipfile
from types import SimpleNamespace

import duckdb
import pytest

from crm_analytics import archive, backup, derived, health, importing, state
from crm_analytics.database import checksums, data_version, is_lost, open_database
from crm_analytics.errors import CrmError
from crm_analytics.rules import Rules
from crm_analytics.schema import TABLES
from tests.test_trust_faults import command, kill_at

ORDERS = "order_id,customer_id,ordered_at,amount\nO1,a,2024-01-05,10.00\nO2,b,2024-02-11,20.00\nO3,a,2025-01-20,30.55\n"
MORE = "order_id,customer_id,ordered_at,amount\nO4,c,2025-03-02,5.50\n"
CUSTOMERS = "customer_id,name,region,Shoe size\na,Ann,North,44\nb,Bob,South,39\n"


def imported(database, folder, **files: str):
    """Import files given by their text."""
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)
        importing.apply_plan(database, importing.plan_import(database, [folder / f"{name}.csv"]))
    return database


@pytest.fixture
def company(db, tmp_path):
    """Orders, customers with an attribute, an import taken back, rules of their own, a saved set."""
    imported(db, tmp_path, orders=ORDERS, customers=CUSTOMERS, more=MORE)
    importing.undo_import(db, 3)
    state.save_rules(db, Rules(company_name="Northwind 北风", excluded_statuses=("void",)))
    state.save_customer_set(db, "friends", ["a", "b"])
    return db


@pytest.fixture
def saved(company, tmp_path):
    return backup.backup(company, tmp_path / "saved.zip")


def everything(database) -> dict:
    """Every table's rows and checksum, the history and the rules."""
    con = database.cursor()
    history = con.execute("select * from imports order by import_id").fetchall()
    return checksums(con) | {"imports": history, "rules": state.rules(con)}


def orders(database) -> list[str]:
    return [number for (number,) in database.cursor().execute("select order_id from orders order by 1").fetchall()]


def kept(folder) -> list[str]:
    return sorted(path.name for path in (folder / "backups").glob("*"))


def refusal(function, *arguments) -> CrmError:
    with pytest.raises(CrmError) as refused:
        function(*arguments)
    assert str(refused.value) and "{" not in str(refused.value)
    return refused.value


def rewritten(source, target, change) -> None:
    """A copy of a backup whose members {name: bytes} were changed, with headers that agree."""
    with zipfile.ZipFile(source) as old:
        members = {info.filename: old.read(info) for info in old.infolist()}
    change(members)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as new:
        for name, data in members.items():
            new.writestr(name, data)


def manifest_with(**changes):
    def change(members):
        members["manifest.json"] = json.dumps(json.loads(members["manifest.json"]) | changes).encode()

    return change


def test_what_is_in_a_backup_can_be_seen(saved):
    manifest = backup.look(saved)
    assert (manifest.company, manifest.last_day) == ("Northwind 北风", "2025-01-20")
    assert manifest.rows(TABLES) == {"orders": 3, "customers": 2}
    assert len(manifest.members) == 4, "the database and three kept uploads"


def test_t61_rehearsal_after_starting_over_every_row_is_back(company, saved):
    before, version = everything(company), data_version(company.cursor())
    backup.start_over(company)
    assert orders(company) == [] and state.rules(company.cursor()) == Rules()
    done = backup.restore(company.path, saved)
    assert everything(company) == before
    assert done.aside is None, "nothing had been done since it was emptied"
    assert data_version(company.cursor()) > version + 1
    assert health.check(company.cursor())["is_sound"].all()
    importing.undo_import(company, 1)
    assert orders(company) == [], "the restored uploads serve an undo"


def test_a_backup_opens_on_another_computer(saved, tmp_path):
    path = tmp_path / "elsewhere" / "crm.duckdb"
    assert backup.restore(path, saved).aside is None
    other = open_database(path)
    assert orders(other) == ["O1", "O2", "O3"]
    assert state.customer_sets(other.cursor()).values.tolist() == [["friends", 2]]
    other.close()


def test_the_number_of_a_backup_is_beyond_all_others(company):
    first = backup.keep(company)
    first.rename(first.with_name(first.name.replace("0001", "0007")))
    assert backup.keep(company).name.split("-")[1] == "0008"


def test_restoring_keeps_the_present_state_aside(company, saved, tmp_path):
    imported(company, tmp_path, later=MORE.replace("O4", "O5"))
    present, version = everything(company), data_version(company.cursor())
    done = backup.restore(company.path, saved)
    assert orders(company) == ["O1", "O2", "O3"]
    assert data_version(company.cursor()) == version + 1, "no number remembered from before can be taken for a new one"
    backup.restore(company.path, done.aside)
    assert everything(company) == present
    assert kept(company.path.parent) == ["crm-0001-before-restore.zip", "crm-0002-before-restore.zip"]


def test_import_numbers_are_never_given_twice(company, saved, tmp_path):
    imported(company, tmp_path, later=MORE.replace("O4", "O5"))
    backup.restore(company.path, saved)
    imported(company, tmp_path, last=MORE.replace("O4", "O6"))
    assert importing.history(company.cursor())["import_id"].tolist() == [5, 3, 2, 1]


def test_starting_over_with_the_data_only_keeps_what_people_made(company):
    rules, version = state.rules(company.cursor()), data_version(company.cursor())
    aside = backup.start_over(company, keep_rules=True)
    con = company.cursor()
    assert state.rules(con) == rules and len(state.customer_sets(con)) == 1
    assert not any(
        rows for name, (rows, _) in checksums(con).items() if name in TABLES or name in ("lines", "customer_attributes")
    )
    assert importing.history(con).empty and data_version(con) == version + 1 and backup.is_in_use(con)
    assert con.execute("select status from excluded_statuses").fetchall() == [("void",)]
    assert aside.name == "crm-0001-before-start-over.zip" and backup.look(aside).rows(TABLES) == {
        "orders": 3,
        "customers": 2,
    }


def test_an_emptied_company_is_in_use_again_with_the_next_import(db, tmp_path):
    assert not backup.is_in_use(db.cursor())
    imported(db, tmp_path, orders=ORDERS)
    backup.start_over(db)
    assert not backup.is_in_use(db.cursor())
    imported(db, tmp_path, orders=ORDERS)
    assert backup.is_in_use(db.cursor()) and orders(db) == ["O1", "O2", "O3"]


def test_readers_keep_their_view_while_a_backup_comes_back(company, saved):
    backup.start_over(company, keep_rules=True)
    reader = company.cursor()
    reader.execute("begin")
    assert reader.execute("select count(*) from orders").fetchone() == (0,)
    backup.restore(company.path, saved)
    assert reader.execute("select count(*) from orders").fetchone() == (0,)
    reader.execute("commit")
    assert reader.execute("select count(*) from orders").fetchone() == (3,), (
        "the same connection sees the new state next time"
    )


def test_t86_a_backup_during_an_import_holds_whole_imports_only(db, tmp_path):
    taken, failed, made, enough = [], [], [], threading.Event()

    def run():
        try:
            while len(taken) < 6 or not enough.is_set():
                number = len(taken)
                rows = "".join(f"{number}-{line},c{line % 7},2024-03-01,1.00\n" for line in range(500))
                (tmp_path / f"{number}.csv").write_text("order_id,customer_id,ordered_at,amount\n" + rows)
                taken.append(importing.apply_plan(db, importing.plan_import(db, [tmp_path / f"{number}.csv"])))
        except Exception as error:  # noqa: BLE001 - whatever it is, the test must see it
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        while thread.is_alive():
            made.append(backup.backup(db, tmp_path / f"during{len(made)}.zip"))
            if len(made) == 2:
                enough.set()
    finally:
        enough.set()
        thread.join()
    assert failed == [] and len(orders(db)) == 500 * len(taken)
    counts = [backup.look(path).rows(["orders", "customer_days"]) for path in made]
    assert len(made) >= 2 and all(count.get("orders", 0) % 500 == 0 for count in counts)
    path = tmp_path / "again" / "crm.duckdb"
    for source in made:
        backup.restore(path, source)
        assert health.check(open_database(path).cursor())["is_sound"].all()
    open_database(path).close()


@pytest.mark.parametrize("member", ["crm.duckdb", "manifest.json", "raw/"])
def test_a_flipped_byte_anywhere_is_refused(company, saved, member):
    before = everything(company)
    with zipfile.ZipFile(saved) as archive_:
        info = next(info for info in archive_.infolist() if info.filename.startswith(member))
    data = bytearray(saved.read_bytes())
    data[info.header_offset + 30 + len(info.filename) + info.file_size // 2] ^= 0x10
    saved.write_bytes(data)
    assert refusal(backup.look, saved).code == "E_BACKUP_DAMAGED"
    assert refusal(backup.restore, company.path, saved).code == "E_BACKUP_DAMAGED"
    assert everything(company) == before and kept(company.path.parent) == []


@pytest.mark.parametrize("share", [0.2, 0.7, 0.999])
def test_a_file_that_breaks_off_is_refused(saved, share):
    data = saved.read_bytes()
    saved.write_bytes(data[: int(share * len(data))])
    assert refusal(backup.look, saved).code == "E_BACKUP_DAMAGED"


def test_a_member_that_was_changed_with_its_header_is_refused(saved, tmp_path):
    def flip(members):
        name = next(name for name in members if name.startswith("raw/"))
        members[name] = members[name][::-1]

    rewritten(saved, tmp_path / "forged.zip", flip)
    assert refusal(backup.look, tmp_path / "forged.zip").code == "E_BACKUP_DAMAGED"


def test_a_table_that_is_not_the_manifests_is_refused(company, saved, tmp_path):
    before = everything(company)
    tables = backup.look(saved).tables
    for changed in ((4, tables["orders"][1]), (3, tables["orders"][1] + 1)):
        rewritten(saved, tmp_path / "forged.zip", manifest_with(tables=tables | {"orders": changed}))
        assert refusal(backup.restore, company.path, tmp_path / "forged.zip").code == "E_BACKUP_DAMAGED"
    assert everything(company) == before


def test_a_newer_backup_is_refused_and_an_older_engines_checksums_are_not_compared(company, saved, tmp_path):
    for change in ({"schema_version": 99}, {"format": 2}):
        rewritten(saved, tmp_path / "newer.zip", manifest_with(**change))
        assert refusal(backup.look, tmp_path / "newer.zip").code == "E_BACKUP_NEWER"
    tables = {name: (rows, 1) for name, (rows, _) in backup.look(saved).tables.items()}
    rewritten(saved, tmp_path / "older.zip", manifest_with(engine="1.9.0", tables=tables))
    backup.restore(company.path, tmp_path / "older.zip")
    assert orders(company) == ["O1", "O2", "O3"]


@pytest.mark.parametrize(
    "name", ["../evil.txt", "/etc/evil", "raw/../../evil", "raw\\evil", "raw/" + "a" * 63, "crm.duckdb.wal"]
)
def test_names_that_are_not_ours_are_refused(saved, tmp_path, name):
    rewritten(saved, tmp_path / "slip.zip", lambda members: members.update({name: b"x"}))
    assert refusal(backup.look, tmp_path / "slip.zip").code == "E_BACKUP_FOREIGN"
    assert not list(tmp_path.rglob("*evil*"))


def test_what_unpacks_to_more_than_it_is_is_refused_unread(tmp_path):
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("crm.duckdb", b"\0" * (64 << 20))
        made.writestr("manifest.json", "{}")
    assert refusal(backup.look, bomb).code == "E_BACKUP_BOMB"


@pytest.mark.parametrize("content", [b"", b"order_id\n1\n", b"PK\x03\x04" + b"x" * 100])
def test_what_is_no_backup_is_refused(tmp_path, content):
    (tmp_path / "other.zip").write_bytes(content)
    assert refusal(backup.look, tmp_path / "other.zip").code == "E_BACKUP_FOREIGN"


def test_another_zip_and_a_missing_file_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as made:
        made.writestr("word/document.xml", "x")
    assert refusal(backup.look, tmp_path / "other.zip").code == "E_BACKUP_FOREIGN"
    assert refusal(backup.look, tmp_path / "nothing.zip").code == "E_NO_FILE"


@pytest.mark.parametrize("found", ["{}", "[]", "no json", '{"format": "x", "schema_version": 1}'])
def test_a_manifest_that_says_nothing_is_refused(saved, tmp_path, found):
    rewritten(saved, tmp_path / "odd.zip", lambda members: members.update({"manifest.json": found.encode()}))
    assert refusal(backup.look, tmp_path / "odd.zip").code == "E_BACKUP_FOREIGN"


def test_a_backup_is_never_written_over_another_file(company, saved, tmp_path):
    assert refusal(backup.backup, company, company.path).code == "E_BACKUP_TARGET"
    (tmp_path / "notes.zip").write_text("mine")
    assert refusal(backup.backup, company, tmp_path / "notes.zip").code == "E_BACKUP_TARGET"
    assert (tmp_path / "notes.zip").read_text() == "mine"
    first = saved.read_bytes()
    assert backup.backup(company, saved).read_bytes() != first, "an older backup of that name gives way to the new one"


def test_t52_a_full_disk_leaves_the_older_backup_and_the_company(company, saved, tmp_path, monkeypatch):
    before, first = everything(company), saved.read_bytes()
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=1000))
    assert refusal(backup.backup, company, saved).code == "E_BACKUP_SPACE"
    assert refusal(backup.restore, company.path, saved).code == "E_BACKUP_SPACE"
    monkeypatch.undo()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("crm_analytics.archive._store", full)
    assert refusal(backup.backup, company, saved).code == "E_DISK_FULL"
    monkeypatch.undo()
    assert saved.read_bytes() == first and everything(company) == before
    assert sorted(path.name for path in tmp_path.glob("*saved*")) == ["saved.zip"]
    assert not list(company.folder("staging").iterdir())


def test_what_fails_while_it_comes_back_changes_nothing(company, saved, tmp_path, monkeypatch):
    imported(company, tmp_path, later=MORE.replace("O4", "O5"))
    before, version = everything(company), data_version(company.cursor())

    def fail(con, changed=None):
        raise duckdb.IOException("IO Error: no space left")

    monkeypatch.setattr(derived, "rebuild", fail)
    assert refusal(backup.restore, company.path, saved).code == "E_RESTORE_FAILED"
    assert refusal(lambda: backup.start_over(company, keep_rules=True)).code == "E_RESTORE_FAILED"
    monkeypatch.undo()
    assert everything(company) == before and data_version(company.cursor()) == version
    backup.restore(company.path, saved)
    assert orders(company) == ["O1", "O2", "O3"], "and it can be done again"


def test_t55_a_lost_database_is_not_silently_a_new_one(company, saved):
    path = company.path
    company.close()
    path.unlink()
    assert is_lost(path)
    assert refusal(open_database, path).code == "E_LOST" and not path.exists()
    done = backup.restore(path, saved)
    assert orders(open_database(path)) == ["O1", "O2", "O3"]
    assert done.aside.name == "crm-0001-set-aside.files" and len(list((done.aside / "raw").iterdir())) == 3
    open_database(path).close()


def test_t55_a_database_deleted_under_the_program_takes_no_more_rows(company):
    company.path.unlink()
    assert refusal(open_database, company.path).code == "E_LOST"


def test_starting_anew_without_a_lost_database_keeps_its_files(company):
    path = company.path
    company.close()
    path.unlink()
    aside = archive.set_aside(path)
    database = open_database(path)
    assert orders(database) == [] and len(list((aside / "raw").iterdir())) == 3
    database.close()


def test_t54_a_damaged_database_is_kept_aside_and_the_backup_takes_its_place(company, saved):
    path = company.path
    company.cursor().execute("checkpoint")
    company.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    done = backup.restore(path, saved)
    assert orders(open_database(path)) == ["O1", "O2", "O3"]
    assert done.aside.read_bytes() == whole[: len(whole) // 2]
    open_database(path).close()


def test_the_command_line_saves_and_restores(company, tmp_path):
    imported_by, path = [], company.path
    company.close()

    def run(*arguments):
        done = subprocess.run(command(*arguments, db=path), capture_output=True, text=True)
        imported_by.append(done.stderr)
        return done.returncode, done.stdout + done.stderr

    code, said = run("backup", tmp_path / "saved.zip")
    assert code == 0 and "read back" in said
    (tmp_path / "more.csv").write_text(MORE.replace("O4", "O9"))
    assert run("import", tmp_path / "more.csv")[0] == 0
    code, said = run("restore", tmp_path / "saved.zip")
    assert code == 0 and "3 orders, 2 customers" in said and "crm-0001-before-restore.zip" in said
    assert run("backup", tmp_path / "more.csv")[0] == 2
    code, said = run("restore", tmp_path / "more.csv")
    assert code == 2 and "no backup of this program" in said and "Traceback" not in "".join(imported_by)
    assert orders(open_database(path)) == ["O1", "O2", "O3"]
    open_database(path).close()


def test_looking_for_a_backup_creates_no_database(tmp_path):
    path = tmp_path / "absent" / "crm.duckdb"
    done = subprocess.run(command("backup", tmp_path / "a.zip", db=path), capture_output=True, text=True)
    assert done.returncode == 2 and "no database" in done.stderr and not path.parent.exists()


SINCE_2 = ("products", "complaint_events", "not_goods", "merges", "unranked", "aliases", "goods", "charges")
SINCE_3 = {"imports": ("changed", "replaced", "upload", "control_total"), "quarantine": ("resolved_by",)}
STOPPED = """
import os
from crm_analytics import database, derived
derived.rebuild = lambda con: os._exit(9)  # the process dies with every new table made and nothing committed
database.open_database()
"""


@pytest.fixture
def older(company):
    """The path of the company as a file of version 1."""
    with company.writing() as con:
        for view in ("attributes", "known_as", "lines"):
            con.execute(f"drop view {view}")
        for table in (*SINCE_2, *(f"replaced_{table}" for table in TABLES)):
            con.execute(f"drop table {table}")
        for table, columns in SINCE_3.items():
            for column in columns:
                con.execute(f"alter table {table} drop column {column}")
        con.execute("update meta set value = 1 where name = 'schema_version'")
    path = company.path
    company.close()
    return path


def as_it_stands(path) -> tuple[int, list[str], int]:
    """Schema version, tables and orders of a file, upgrading nothing."""
    with duckdb.connect(str(path), read_only=True) as con:
        version = con.execute("select value from meta where name = 'schema_version'").fetchone()[0]
        tables = [name for (name,) in con.execute("select table_name from duckdb_tables() order by 1").fetchall()]
        return version, tables, con.execute("select count(*) from orders").fetchone()[0]


def test_t59_an_upgrade_keeps_the_older_file_and_loses_nothing(older):
    before = as_it_stands(older)
    assert before[0] == 1 and not set(SINCE_2) & set(before[1])
    database = open_database(older)
    assert orders(database) == ["O1", "O2", "O3"]
    assert state.rules(database.cursor()).company_name == "Northwind 北风"
    assert state.customer_sets(database.cursor()).values.tolist() == [["friends", 2]]
    assert health.check(database.cursor())["is_sound"].all()
    importing.undo_import(database, 1)
    assert orders(database) == []
    database.close()
    assert {*SINCE_2, "replaced_orders", "replaced_costs"} <= set(as_it_stands(older)[1])
    assert as_it_stands(older.parent / "backups" / "crm-schema-1.duckdb") == before


def test_t59_an_upgrade_that_is_cut_off_leaves_the_older_state(older):
    before = as_it_stands(older)
    stopped = subprocess.run([sys.executable, "-c", STOPPED], env=os.environ | {"CRM_DB": str(older)})
    assert stopped.returncode == 9
    assert as_it_stands(older) == before
    database = open_database(older)
    assert orders(database) == ["O1", "O2", "O3"]
    database.close()


def test_t59_there_is_no_upgrade_where_the_older_file_cannot_be_kept(older):
    before = as_it_stands(older)
    (older.parent / "backups").write_text("a file where the folder should be")
    assert refusal(open_database, older).code == "E_UNUSABLE"
    assert as_it_stands(older) == before


BIG = 60_000


@pytest.fixture
def big(tmp_path):
    """(a company of BIG orders, a backup of it, its sums); the company has one order more since."""
    rows = "".join(
        f"O{line},C{line % 997},2024-{1 + line % 12:02}-{1 + line % 28:02},{line % 90}.25\n" for line in range(BIG)
    )
    database = imported(
        open_database(tmp_path / "big" / "crm.duckdb"), tmp_path, big="order_id,customer_id,ordered_at,amount\n" + rows
    )
    saved = backup.backup(database, tmp_path / "big.zip")
    imported(database, tmp_path, one=MORE.replace("O4", "X1"))
    path = database.path
    database.close()
    return path, saved


def found(path) -> tuple:
    """What a fresh process finds; everything reads, balances and is derived from what is there."""
    database = open_database(path)
    try:
        con = database.cursor()
        assert health.check(con)["is_sound"].all() and not list(database.folder("staging").iterdir())
        uploads = {sha256 for (sha256,) in con.execute("select sha256 from imports").fetchall()}
        assert uploads == {file.name for file in database.folder("raw").iterdir()}
        return con.execute(
            "select (select count(*) from orders), (select count(*) from imports), (select sum(orders) from company_days)"
        ).fetchone()
    finally:
        database.close()


def swapping(process, folder, before: int) -> float:
    """Wait until the present state is kept aside and its rows begin to be replaced. Returns that moment."""
    while process.poll() is None and len(list(folder.glob("*.zip"))) == before:
        time.sleep(0.001)
    return time.monotonic()


def kills(big, times: int, seed: int) -> set[bool]:
    """Kill restores while they replace rows. Returns whether the state after, or the one before, was found."""
    path, saved = big
    folder, one, moments, seen = path.parent / "backups", path.parents[1] / "one.csv", random.Random(seed), set()
    span = after = None
    for _ in range(times + 1):
        subprocess.run(command("import", one, db=path), check=True, capture_output=True)
        before, aside = found(path), len(list(folder.glob("*.zip")))
        process = subprocess.Popen(
            command("restore", saved, db=path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        started = swapping(process, folder, aside)
        if span:
            time.sleep(moments.uniform(0, span))
            process.kill()
        assert process.wait() in (0, -9)
        ended, now = time.monotonic(), found(path)
        if span is None:
            span, after = ended - started, now
        assert now in {before, after} and before != after
        seen.add(now == after)
    return seen


def test_a_killed_restore_leaves_the_state_before_or_after(big):
    kills(big, times=2, seed=1)


@pytest.mark.long
def test_many_killed_restores_leave_the_state_before_or_after(big):
    assert kills(big, times=40, seed=2) == {True, False}


def test_a_killed_backup_leaves_the_older_one_or_the_new_one(big):
    path, saved = big
    older = saved.read_bytes()
    for moment in (0.9, 1.2, 1.6, 2.0):
        kill_at(moment, command("backup", saved, db=path))
        assert saved.read_bytes() == older or backup.look(saved).rows(["orders"]) == {"orders": BIG + 1}
        backup.look(saved)
    assert found(path) == (BIG + 1, 2, BIG + 1)
