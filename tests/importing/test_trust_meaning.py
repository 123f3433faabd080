"""What uploads mean beside what is here (T29-T40): repeats, corrections, overlaps, replacements, and taking them back."""

from decimal import Decimal
from itertools import permutations

import pytest

from crm_analytics import importing, snapshot
from crm_analytics.database import checksums
from crm_analytics.errors import ImportRefused, QuestionOpen
from crm_analytics.filters import Filters
from crm_analytics.metrics import overview
from tests.importing.conftest import Uploads
from tests.importing.exports import everything

HEADER = "order_id,customer_id,ordered_at,amount\n"
LINES = "order_id,line_no,customer_id,ordered_at,amount\n"
JANUARY = HEADER + "".join(f"O{i},C{i % 3},2024-01-{i:02},{i}\n" for i in range(1, 21))
CORRECTED = (
    JANUARY.replace("O3,C0,2024-01-03,3\n", "O3,C0,2024-01-03,3.5\n")
    .replace("O7,C1,2024-01-07,7\n", "O7,C1,2024-01-08,7\n")
    .replace("O9,C0,2024-01-09,9\n", "O9,C0,2024-01-09,-9\n")
)
ROWS = "select order_id, customer_id, ordered_at::varchar, amount::varchar from orders order by all"


@pytest.fixture
def fresh(db_factory, tmp_path):
    """Another, empty company each time it is called."""
    made = []

    def make() -> Uploads:
        folder = tmp_path / f"uploads{len(made)}"
        folder.mkdir()
        made.append(Uploads(db_factory(), folder))
        return made[-1]

    return make


def kpis(uploads):
    con = uploads.db.cursor()
    return overview.kpis(con, snapshot.prepare(con, Filters())).to_csv(index=False)


def test_t29_repeats_in_one_file_are_kept_and_counted_or_count_once_where_somebody_says_so(uploads, fresh):
    text = HEADER + "O1,C1,2024-01-05,10\nO1,C1,2024-01-05,10\nO2,C1,2024-01-06,5\nO1,C1,2024-01-05,10\n"
    kept = uploads.take(text)
    assert (kept.loaded, kept.duplicates, kept.repeated) == (4, 0, 2) and kept.amount_loaded == 35
    once = fresh()
    assert once.plan(text, repeats="once").loaded == 2
    receipt = once.take(text, repeats="once")
    assert (receipt.loaded, receipt.duplicates) == (2, 2) and receipt.amount_loaded == 15
    assert receipt.amount_file == 35 == receipt.amount_loaded + receipt.amount_duplicates
    again = once.take(text + "O3,C1,2024-01-07,1\n", name="more.csv", repeats="once")
    assert (again.loaded, again.duplicates) == (1, 4)


def test_t30_the_same_bytes_again_are_no_import(uploads):
    first = uploads.take(JANUARY)
    before, seen = checksums(uploads.db.cursor()), kpis(uploads)
    again = uploads.take(JANUARY, name="renamed.csv")
    assert again.already and again.import_id == first.import_id
    assert uploads.plan(JANUARY, name="third.csv").already_imported["file_name"] == "orders.csv"
    assert checksums(uploads.db.cursor()) == before and kpis(uploads) == seen


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "gb18030"])
def test_t31_the_same_rows_otherwise_written_change_nothing(uploads, encoding):
    uploads.take(JANUARY)
    before = everything(uploads.db)
    header, *rows = JANUARY.splitlines()
    again = uploads.take("\r\n".join([header, *rows[::-1]]), name="again.txt", encoding=encoding)
    assert (again.loaded, again.duplicates, again.changed, again.replaced) == (0, 20, 0, 0)
    assert everything(uploads.db) == before


def test_t32_a_corrected_export_shows_what_changed_and_counts_like_itself_alone(uploads, fresh):
    uploads.take(JANUARY)
    before = everything(uploads.db)
    plan = uploads.plan(CORRECTED, name="corrected.csv")
    assert (plan.changed, plan.duplicates, plan.loaded, plan.vanished) == (3, 17, 3, 0)
    shown = plan.differences.set_index("order_id")
    assert shown.loc["O3", "amount"] == "3 → 3.5" and shown.loc["O9", "amount"] == "9 → -9"
    assert shown.loc["O7", "ordered_at"] == "2024-01-07 00:00:00 → 2024-01-08 00:00:00"
    receipt = uploads.take(CORRECTED, name="corrected.csv")
    assert (receipt.changed, receipt.loaded, receipt.duplicates) == (3, 3, 17)
    alone = fresh()
    alone.take(CORRECTED)
    assert uploads.rows(ROWS) == alone.rows(ROWS) and kpis(uploads) == kpis(alone)
    aside = uploads.rows("select order_id, amount::varchar, replaced_by from replaced_orders order by 1")
    assert aside == [("O3", "3.0000", 2), ("O7", "7.0000", 2), ("O9", "9.0000", 2)]
    importing.undo_import(uploads.db, receipt.import_id)
    assert everything(uploads.db) == before


def test_t33_overlapping_periods_equal_their_union(uploads, fresh):
    day = ["{}-{:02}".format("2024", month) for month in range(1, 5)]
    rows = [f"O{month}{i},C{i},{day[month - 1]}-{i + 1:02},{i}.10\n" for month in range(1, 5) for i in range(5)]
    uploads.take(HEADER + "".join(rows[:15]), name="q1.csv")
    uploads.take(HEADER + "".join(rows[10:]), name="march-april.csv")
    union = fresh()
    union.take(HEADER + "".join(rows))
    assert uploads.rows(ROWS) == union.rows(ROWS) and kpis(uploads) == kpis(union)


def test_t34_a_row_that_vanished_is_kept_and_listed_unless_its_period_is_replaced(uploads, fresh):
    uploads.take(JANUARY)
    uploads.take(HEADER + "P1,C1,2024-02-01,50\n", name="february.csv")
    without = JANUARY.replace("O5,C2,2024-01-05,5\n", "").replace("O6,C0,2024-01-06,6\n", "")
    plan = uploads.plan(without, name="again.csv")
    assert (plan.vanished, plan.replaced, plan.loaded) == (2, 0, 0)
    assert plan.differences[["what", "order_id"]].values.tolist() == [["vanished", "O5"], ["vanished", "O6"]]
    kept = fresh()
    kept.take(JANUARY)
    kept.take(without, name="again.csv")
    assert len(kept.rows(ROWS)) == 20
    plan = uploads.plan(without, name="again.csv", scope="replace-period")
    assert (plan.vanished, plan.replaced) == (0, 2)
    receipt = uploads.take(without, name="again.csv", scope="replace-period")
    assert (receipt.replaced, receipt.duplicates, receipt.loaded) == (2, 18, 0)
    assert [row[0] for row in uploads.rows(ROWS)].count("P1") == 1 and len(uploads.rows(ROWS)) == 19
    importing.undo_import(uploads.db, receipt.import_id)
    assert len(uploads.rows(ROWS)) == 21


def test_t34_a_table_is_replaced_as_a_whole_and_comes_back(uploads, fresh):
    uploads.take(JANUARY)
    uploads.take(HEADER + "P1,C1,2024-02-01,50\nP1,C1,2024-02-01,50\n", name="february.csv")
    before = everything(uploads.db)
    new = HEADER + "O3,C0,2024-01-03,3.5\nO4,C1,2024-01-04,4\nP1,C1,2024-02-01,50\nQ1,C9,2024-03-01,1\n"
    plan = uploads.plan(new, name="all.csv", scope="replace-table")
    assert (plan.changed, plan.duplicates, plan.loaded, plan.replaced) == (
        0,
        2,
        2,
        20,
    )  # P1 twice: no line has its own number
    receipt = uploads.take(new, name="all.csv", scope="replace-table")
    assert (receipt.changed, receipt.duplicates, receipt.loaded, receipt.replaced) == (0, 2, 2, 20)
    alone = fresh()
    alone.take(new)
    assert uploads.rows(ROWS) == alone.rows(ROWS) and kpis(uploads) == kpis(alone)
    importing.undo_import(uploads.db, receipt.import_id)
    assert everything(uploads.db) == before


def test_t34_files_of_one_upload_replace_together(uploads, fresh):
    uploads.take(JANUARY)
    uploads.take(HEADER + "P1,C1,2024-02-01,50\n", name="february.csv")
    paths = [
        uploads.file(HEADER + "O1,C1,2024-01-01,1\nN1,C1,2024-01-30,2\n", "one.csv"),
        uploads.file(HEADER + "P1,C1,2024-02-01,50\nO1,C1,2024-01-01,1\nN2,C2,2024-02-03,4\n", "two.csv"),
    ]
    options = importing.Options(scope="replace-table")
    first, second = importing.apply_plan(uploads.db, importing.plan_import(uploads.db, paths, options))
    assert [row[0] for row in uploads.rows(ROWS)] == ["N1", "N2", "O1", "P1"]
    assert (first.replaced, second.replaced, second.duplicates) == (19, 0, 2)
    importing.undo_import(uploads.db, first.import_id)  # as if the second alone had replaced the table
    assert [row[0] for row in uploads.rows(ROWS)] == ["N2", "O1", "P1"]
    importing.undo_import(uploads.db, second.import_id)
    assert len(uploads.rows(ROWS)) == 21


def test_t34_an_export_that_begins_at_noon_takes_nothing_from_the_morning(uploads):
    morning, noon, night = (f"O{n},C1,2024-01-05 {hour}:00:00,1\n" for n, hour in enumerate(("09", "12", "21")))
    uploads.take(HEADER + morning + noon + night)
    receipt = uploads.take(
        HEADER + noon + "P,C1,2024-01-06 08:00:00,2\n", name="since-noon.csv", scope="replace-period"
    )
    assert receipt.replaced == 1 and [row[0] for row in uploads.rows(ROWS)] == ["O0", "O1", "P"]


def test_t34_an_empty_file_replaces_nothing(uploads):
    uploads.take(JANUARY)
    with pytest.raises(ImportRefused, match="nothing was replaced"):
        uploads.take(HEADER, name="empty.csv", scope="replace-table")
    assert len(uploads.rows(ROWS)) == 20


def test_t35_taking_an_upload_back_returns_exactly_to_the_earlier_state_and_is_remembered(uploads):
    uploads.take(JANUARY)
    before, seen = checksums(uploads.db.cursor()), kpis(uploads)
    receipt = uploads.take(CORRECTED + "O21,C1,2024-02-01,1\nbad\n", name="next.csv")
    assert kpis(uploads) != seen
    importing.undo_import(uploads.db, receipt.import_id)
    assert checksums(uploads.db.cursor()) == before and kpis(uploads) == seen
    entry = importing.history(uploads.db.cursor()).iloc[0]
    assert entry.import_id == receipt.import_id and entry.undone_at is not None and entry.changed == 3


def test_t36_an_export_that_lost_a_column_or_gained_one_is_no_other_export(fresh):
    wide = "order_id,sku,customer_id,ordered_at,amount,channel\nO1,A,C1,2024-01-05,10,web\nO1,B,C1,2024-01-05,4,web\n"
    narrow = "order_id,sku,customer_id,ordered_at,amount\nO1,A,C1,2024-01-05,10\nO1,B,C1,2024-01-05,4\n"
    states = []
    for order in permutations([wide, narrow]):
        uploads = fresh()
        gone = {"mapping": {"channel": ""}}  # asked for once: the column is no longer there
        receipts = [
            uploads.take(text, name=f"f{place}.csv", **(gone if text == narrow and place else {}))
            for place, text in enumerate(order)
        ]
        states.append(uploads.rows("select order_id, sku, amount::varchar, channel from orders order by all"))
        assert receipts[1].duplicates + receipts[1].changed == 2
    assert states[0] == states[1] == [("O1", "A", "10.0000", "web"), ("O1", "B", "4.0000", "web")]


def test_t37_one_line_with_two_amounts_is_listed_and_the_latest_upload_counts(uploads):
    uploads.take(LINES + "O1,1,C1,2024-01-05,10\nO1,2,C1,2024-01-05,4\n")
    later = LINES + "O1,1,C1,2024-01-05,12\n"
    plan = uploads.plan(later, name="later.csv")
    assert plan.changed == 1 and plan.differences.loc[0, "amount"] == "10 → 12"
    receipt = uploads.take(later, name="later.csv")
    assert receipt.changed == 1 and "newer versions" in receipt_words(receipt)
    assert uploads.rows("select line_no, amount::varchar from orders order by 1") == [("1", "12.0000"), ("2", "4.0000")]
    importing.undo_import(uploads.db, 1)  # the first upload never happened: the later one stands alone
    assert uploads.rows("select line_no, amount::varchar from orders order by 1") == [("1", "12.0000")]
    assert uploads.rows("select count(*) from replaced_orders") == [(0,)]


def receipt_words(receipt) -> str:
    from crm_analytics import told

    return told.receipts_in_words(importing.Plan([]), [receipt])


def test_t37_lines_that_repeat_within_the_data_are_no_newer_versions(uploads):
    uploads.take(
        "order_id,sku,customer_id,ordered_at,amount\nO1,A,C1,2024-01-05,10\nO1,A,C1,2024-01-05,3\nO2,A,C1,2024-01-06,1\n"
    )
    later = "order_id,sku,customer_id,ordered_at,amount\nO2,A,C1,2024-01-06,2\n"
    plan = uploads.plan(later, name="later.csv")
    assert (plan.changed, plan.loaded) == (0, 1)
    assert [(each.code, each.params["n"]) for each in plan.warnings if each.code == "beside"] == [("beside", 1)]
    replacing = uploads.plan(later, name="later.csv", scope="replace-period")
    assert replacing.replaced == 1 and not [each for each in replacing.warnings if each.code == "beside"]


def test_t37_numbers_of_another_shop_are_asked_about(uploads):
    uploads.take(HEADER + "".join(f"{i},7,2024-01-{i:02},{i}\n" for i in range(1, 9)))
    other = HEADER + "".join(f"{i},7,2024-03-{i:02},{i * 2}\n" for i in range(1, 9))
    with pytest.raises(QuestionOpen, match="--conflicts latest|both"):
        uploads.take(other, name="other.csv")
    assert uploads.take(other, name="other.csv", conflicts="both").changed == 0
    assert uploads.rows("select count(*), sum(amount)::varchar from orders") == [(16, "108.0000")]


def test_t38_numbers_of_customers_are_never_repaired(uploads):
    uploads.take(HEADER + "O1,007,2024-01-05,1\nO2,7,2024-01-05,1\nO3,a7,2024-01-05,1\nO4,A7,2024-01-05,1\n")
    assert uploads.rows("select distinct customer_id from orders order by 1") == [("007",), ("7",), ("A7",), ("a7",)]
    assert uploads.rows("select count(distinct customer_id) from customer_days") == [(4,)]


def test_t39_orders_of_unknown_customers_are_loaded_and_counted_as_orphans(uploads):
    from crm_analytics.metrics import data

    uploads.take("customer_id,name,region\nC1,Ann,North\n", name="customers.csv")
    uploads.take(HEADER + "O1,C1,2024-01-05,1\nO2,C2,2024-01-05,2\nO3,C3,2024-01-06,4\n")
    assert uploads.rows("select sum(amount)::varchar from orders") == [("7.0000",)]
    found = data.quality(uploads.db.cursor(), Filters()).set_index("finding")
    assert (found.loc["unknown_customers", "rows"], found.loc["unknown_customers", "of"]) == (2, 3)


def test_t40_refunds_and_free_goods_keep_their_sign(uploads):
    uploads.take(
        "order_id,customer_id,ordered_at,quantity,unit_price\n"
        "O1,C1,2024-01-05,3,10\nO2,C1,2024-01-06,-1,10\nO3,C2,2024-01-07,2,0\nO4,C2,2024-01-08,1,(5.00)\n"
    )
    assert uploads.rows("select order_id, amount::varchar from orders order by 1") == [
        ("O1", "30.0000"),
        ("O2", "-10.0000"),
        ("O3", "0.0000"),
        ("O4", "-5.0000"),
    ]
    assert uploads.rows("select sum(revenue)::varchar from customer_days") == [("15.0000",)]


def test_a_control_total_must_be_met_or_nothing_is_taken(uploads):
    with pytest.raises(ImportRefused, match="difference of 0.5"):
        uploads.take(JANUARY, control_total=Decimal("209.5"))
    assert uploads.rows("select count(*) from imports") == [(0,)]
    uploads.take(JANUARY, control_total=Decimal("210.00"))
    assert uploads.rows("select control_total::varchar, amount_file::varchar from imports") == [
        ("210.0000", "210.0000")
    ]


def test_files_of_one_table_in_one_upload_come_one_way(uploads):
    one, two = uploads.file(JANUARY, "one.csv"), uploads.file(CORRECTED, "two.csv")
    options = {one: importing.Options(), two: importing.Options(scope="replace-table")}
    with pytest.raises(ImportRefused, match="different ways"):
        importing.apply_plan(uploads.db, importing.plan_import(uploads.db, [one, two], options))
