"""What the disk does to the database, row by row of docs/trust.md: T51, T52, T54-T56."""

import io
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from crm_analytics import backup, health, importing, note
from crm_analytics.database import checksums, open_database
from crm_analytics.errors import CrmError, DatabaseUnusable
from crm_analytics.ui import uploads
from tests.steps import in_a_fork
from tests.test_trust_faults import command, left_over, orders_file, state

ROOT = os.geteuid() == 0 if hasattr(os, "geteuid") else False
NOBODY = 65534


def taken(database, path) -> importing.Receipt:
    return importing.apply_plan(database, importing.plan_import(database, [path]))[0]


def refusal(function, *arguments) -> CrmError:
    with pytest.raises(CrmError) as refused:
        function(*arguments)
    assert str(refused.value) and "{" not in str(refused.value)
    return refused.value


@pytest.fixture
def few(tmp_path):
    return orders_file(tmp_path / "few.csv", 300, "F")


@pytest.fixture
def more(tmp_path):
    return orders_file(tmp_path / "more.csv", 20_000)


# T51


def test_t51_what_was_said_to_be_imported_survives_a_kill_at_that_moment(tmp_path, few):
    """Killed as soon as the receipt is read; that log and kept file are synchronised before it was seen in a trace of the calls."""
    path = tmp_path / "company" / "crm.duckdb"
    code = (
        "import sys, time; from crm_analytics.cli import main; main(sys.argv[1:]); sys.stdout.flush(); time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, *command("import", few, db=path)[3:]], stdout=subprocess.PIPE, text=True
    )
    assert "few.csv" in process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert path.with_name("crm.duckdb.wal").exists(), "nothing had been written into the file itself"
    assert state(path) == (300, 1, True)
    kept = list((path.parent / "crm.files" / "raw").iterdir())
    assert [each.read_bytes() for each in kept] == [few.read_bytes()]


def test_t51_kept_file_and_its_name_are_synchronised_before_the_commit(db, few, monkeypatch):
    done = []
    monkeypatch.setattr(os, "fsync", lambda handle: done.append(os.readlink(f"/proc/self/fd/{handle}")))
    write = note.write
    monkeypatch.setattr(note, "write", lambda *what: (done.append("committed"), write(*what)))
    taken(db, few)
    told = [Path(each).suffix or Path(each).name for each in done]
    assert told[:3] == [".raw", "raw", "committed"], "the bytes, then their name, then what names them"


# T52


def with_limit(megabytes: float, function, *arguments) -> str:
    """In a fork where no file may grow beyond so much, as on a disk that is full: what the function says."""

    def limited():
        most = int(megabytes * (1 << 20))
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        return function(*arguments)

    return in_a_fork(limited)


def import_and_read(path, export) -> str:
    """Import; after a refusal the old data still read in the same process, and no working file is left but the plan's."""
    database = open_database(path)
    before = checksums(database.cursor())
    try:
        return f"loaded {taken(database, export).loaded}"
    except CrmError as refused:
        assert checksums(database.cursor()) == before, "the old data read"
        assert all(name.endswith(".raw") for name in left_over(database))
        return refused.code


@pytest.mark.parametrize("megabytes", [0.3, 1.2, 2.5])
def test_t52_a_full_disk_is_a_sentence_and_the_retry_works(tmp_path, few, more, megabytes):
    path = tmp_path / "company" / "crm.duckdb"
    database = open_database(path)
    taken(database, few)
    before = checksums(database.cursor())
    database.close()
    said = with_limit(megabytes, import_and_read, path, more)
    assert said in ("E_DISK_FULL", "loaded 20000"), said
    database = open_database(path)
    if said == "E_DISK_FULL":
        assert checksums(database.cursor()) == before and left_over(database) == []
    assert taken(database, more).already == (said != "E_DISK_FULL")
    assert database.cursor().execute("select count(*) from orders").fetchone() == (20_300,)
    database.close()


def upload_and_say(path) -> str:
    """What a reader who sends a file of two megabytes is told; what came of it does not stay."""
    database = open_database(path)
    upload = SimpleNamespace(name="big.csv", read=(content := io.BytesIO(b"x" * (2 << 20))).read, seek=content.seek)
    try:
        uploads.keep(database, [upload])
    except CrmError as refused:
        return f"{refused.code} {left_over(database)}"
    return "kept"


def test_t52_a_disk_that_fills_during_an_upload(tmp_path):
    path = tmp_path / "company" / "crm.duckdb"
    open_database(path).close()
    assert with_limit(1, upload_and_say, path) == "E_DISK_FULL []"


def test_t60_uploads_of_a_reader_who_went_away_go_at_the_next_start(tmp_path):
    database = open_database(tmp_path / "company" / "crm.duckdb")
    (database.folder("incoming") / "ab").mkdir()
    (database.folder("incoming") / "ab" / "orders.csv").write_text("order_id\n")
    database.close()
    again = open_database(database.path)
    assert left_over(again) == []
    again.close()


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 24 MB; skips, saying so, where none may be mounted."""
    place = tmp_path / "small"
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(place)], capture_output=True)
    if made.returncode:
        pytest.skip("no file system may be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize("free", [100, 5_000])  # kilobytes: full in the upload, in the commit
def test_t52_a_disk_that_is_really_full(small_disk, tmp_path, few, free):
    export = orders_file(tmp_path / "big.csv", 100_000)
    database = open_database(small_disk / "company" / "crm.duckdb")
    taken(database, few)
    before = checksums(database.cursor())
    filler = small_disk / "filler"
    filler.write_bytes(b"x" * max(0, shutil.disk_usage(small_disk).free - free * 1024))
    refused = refusal(taken, database, export)
    assert refused.code == "E_DISK_FULL" and "make room" in str(refused)
    assert checksums(database.cursor()) == before
    assert refusal(backup.keep, database).code in ("E_BACKUP_SPACE", "E_DISK_FULL")
    filler.unlink()
    assert taken(database, few).already and taken(database, orders_file(tmp_path / "m.csv", 500)).loaded == 500
    database.close()


# T54


@pytest.fixture
def closed(tmp_path, few):
    """(path of a database that was closed, its sums)."""
    database = open_database(tmp_path / "company" / "crm.duckdb")
    taken(database, few)
    sums = checksums(database.cursor())
    database.close()
    return database.path, sums


def verdict(path, sums) -> str:
    """What a start and a full read say of a database: damaged, or unchanged to the last value."""
    try:
        database = open_database(path)
    except DatabaseUnusable as refused:
        return refused.code
    try:
        found = health.check(database.cursor())
        if not found["is_sound"].all():
            return "check"
        assert checksums(database.cursor()) == sums, "silently another number"
        return "unchanged"
    finally:
        database.close()


def flipped(path, sums, positions) -> list[str]:
    """The verdicts after one bit was changed at each of these places, one place at a time."""
    whole, found, bits = path.read_bytes(), [], random.Random(3)
    for position in positions:
        damaged = bytearray(whole)
        damaged[position] ^= 1 << bits.randrange(8)
        path.write_bytes(damaged)
        found.append(verdict(path, sums))
    path.write_bytes(whole)
    assert set(found) <= {"E_DAMAGED_DATABASE", "E_UNUSABLE", "check", "unchanged"}
    return found


def places(size: int, times: int, seed: int) -> list[int]:
    """Places in the three headers and in every block of the file."""
    chance = random.Random(seed)
    blocks = range(3 * 4096, size, 1 << 18)
    inside = [min(start + chance.randrange(1 << 18), size - 1) for start in blocks for _ in range(times)]
    return [*(chance.randrange(3 * 4096) for _ in range(3 * times)), *inside]


def test_t54_a_flipped_bit_is_found_or_changes_nothing(closed):
    path, sums = closed
    found = flipped(path, sums, places(path.stat().st_size, 1, 1))
    assert len([each for each in found if each != "unchanged"]) >= 6


@pytest.mark.long
def test_t54_many_flipped_bits(closed):
    path, sums = closed
    found = flipped(path, sums, places(path.stat().st_size, 60, 2))
    assert found.count("check") > 20 and found.count("E_DAMAGED_DATABASE") > 100


@pytest.mark.parametrize("share", [0.0, 0.004, 0.5])
def test_t54_a_file_that_was_cut_off_is_told(closed, share):
    path, sums = closed
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    assert verdict(path, sums) in ("E_DAMAGED_DATABASE", "E_UNUSABLE", "E_BEHIND", "check")


def test_t54_the_command_line_says_what_is_damaged_and_how_to_restore(closed):
    path, _ = closed
    whole = bytearray(path.read_bytes())
    whole[8192 + 20] ^= 1
    whole[4096 + 20] ^= 1
    path.write_bytes(whole)
    done = subprocess.run(command("show", "overview.kpis", db=path), capture_output=True, text=True)
    assert done.returncode == 2 and "damaged" in done.stderr and "crm_analytics restore FILE" in done.stderr


def test_t54_a_backup_is_verified_and_takes_the_place_of_what_is_damaged(tmp_path, few):
    database = open_database(tmp_path / "company" / "crm.duckdb")
    taken(database, few)
    sums, kept = checksums(database.cursor()), backup.keep(database)
    path = database.path
    database.close()
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    damaged[8192 + 9] ^= 1
    path.write_bytes(damaged)
    done = backup.restore(path, kept)
    assert checksums(open_database(path).cursor()) == sums
    assert done.aside.read_bytes() == bytes(damaged), "the damaged file is kept"
    open_database(path).close()


# T55

UNCLOSED = """
import os, sys
from pathlib import Path
from crm_analytics import importing
from crm_analytics.database import open_database
database = open_database(sys.argv[1])
importing.apply_plan(database, importing.plan_import(database, [Path(sys.argv[2])]))
os._exit(9)  # what was committed stands in the log only
"""


@pytest.fixture
def unclosed(tmp_path, few):
    """The path of a database that was not closed: its import stands in the log."""
    path = tmp_path / "company" / "crm.duckdb"
    open_database(path).close()
    assert subprocess.run([sys.executable, "-c", UNCLOSED, str(path), str(few)]).returncode == 9
    return path


def log(path) -> Path:
    return path.with_name(path.name + ".wal")


def test_t55_a_deleted_log_is_noticed_at_the_next_start(unclosed):
    log(unclosed).unlink()
    refused = refusal(open_database, unclosed)
    assert refused.code == "E_BEHIND" and "crm.duckdb.wal" in str(refused)
    kept = unclosed.with_suffix(".files") / "raw"
    assert len(list(kept.iterdir())) == 1, "the upload is still there"


def test_t55_one_may_go_on_with_what_is_left(unclosed):
    log(unclosed).unlink()
    (unclosed.with_suffix(".files") / "latest.json").unlink()
    assert state(unclosed) == (0, 0, False)


def test_t55_a_log_put_back_is_whole(unclosed, tmp_path):
    shutil.move(log(unclosed), tmp_path / "kept.wal")
    assert refusal(open_database, unclosed).code == "E_BEHIND"
    shutil.move(tmp_path / "kept.wal", log(unclosed))
    assert state(unclosed) == (300, 1, True)


@pytest.mark.parametrize("fault", ["cut", "flip"])
def test_t55_a_damaged_log_loses_nothing_silently(unclosed, fault):
    whole = bytearray(log(unclosed).read_bytes())
    if fault == "cut":
        whole = whole[: 2 * len(whole) // 3]
    else:
        whole[len(whole) // 2] ^= 4
    log(unclosed).write_bytes(whole)
    assert refusal(open_database, unclosed).code in ("E_BEHIND", "E_DAMAGED_DATABASE")


def test_t55_an_older_file_in_its_place_is_noticed(closed, few, tmp_path):
    path, _ = closed
    shutil.copy(path, tmp_path / "older.duckdb")
    database = open_database(path)
    importing.undo_import(database, 1)
    database.close()
    shutil.copy(tmp_path / "older.duckdb", path)
    assert refusal(open_database, path).code == "E_BEHIND"


def test_t55_a_lost_database_is_told_on_the_command_line(closed):
    path, _ = closed
    path.unlink()
    done = subprocess.run(command("imports", db=path), capture_output=True, text=True)
    assert done.returncode == 2 and "is gone" in done.stderr and not path.exists()


# T56


def test_t56_a_path_in_chinese_with_blanks_and_quotes(tmp_path, few):
    path = tmp_path / '我的 公司\'s "データ" 100%' / "客户 库.duckdb"
    database = open_database(path)
    assert taken(database, few).loaded == 300
    kept = backup.keep(database)
    importing.undo_import(database, 1)
    backup.restore(path, kept)
    assert database.cursor().execute("select count(*) from orders").fetchone() == (300,)
    database.close()
    assert state(path)[0] == 300


@pytest.fixture
def open_folder():
    """A folder that everybody may enter: pytest's own are for their owner only."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def as_nobody(path, export) -> str:
    """In a fork without the rights of root, whom no permission binds: what an import says."""

    def work():
        if ROOT:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        try:
            return f"loaded {taken(open_database(path), export).loaded}"
        except CrmError as refused:
            return f"{refused.code} {refused}"

    return in_a_fork(work)


@pytest.mark.parametrize("exists", [False, True])
def test_t56_a_folder_that_may_not_be_written(open_folder, few, exists):
    path = open_folder / "company" / "crm.duckdb"
    path.parent.mkdir()
    if exists:
        database = open_database(path)
        taken(database, few)
        database.close()
    export = Path(shutil.copy(few, open_folder / "few.csv"))
    path.parent.chmod(0o555)
    try:
        said = as_nobody(path, export)
    finally:
        path.parent.chmod(0o755)
    assert said.startswith("E_NOT_ALLOWED") and "read and write" in said


def test_t56_a_file_that_may_not_be_read(open_folder, few):
    export = Path(shutil.copy(few, open_folder / "few.csv"))
    export.chmod(0o000)
    (open_folder / "company").mkdir()
    (open_folder / "company").chmod(0o777)
    said = as_nobody(open_folder / "company" / "crm.duckdb", export)
    assert said.startswith("E_NOT_ALLOWED") and "few.csv cannot be used" in said
