"""Imports balance, overlap without doubling, repeat without effect, and can be taken back."""

from itertools import permutations

import pytest

from crm_analytics import importing
from crm_analytics.database import checksums
from crm_analytics.errors import ImportRefused

HEADER = "order_id,customer_id,ordered_at,amount\n"
JANUARY = HEADER + "O1,C1,2024-01-05,10\nO2,C2,2024-01-06,20\nO2,C2,2024-01-06,20\n"
FEBRUARY = HEADER + "O2,C2,2024-01-06,20\nO3,C1,2024-02-01,30\n"
MARCH = (
    HEADER + "O3,C1,2024-02-01,30\nO4,C3,2024-03-01,-5\nO2,C2,2024-01-06,20\nO2,C2,2024-01-06,20\nO2,C2,2024-01-06,20\n"
)


def balance(receipt):
    assert receipt.records == receipt.loaded + receipt.duplicates + receipt.quarantined + receipt.skipped
    assert receipt.amount_file == receipt.amount_loaded + receipt.amount_duplicates + receipt.amount_quarantined
    return receipt.loaded, receipt.duplicates, receipt.quarantined, receipt.skipped


def test_a_file_balances_with_everything_that_can_happen_to_a_record(uploads):
    good = "".join(f"G{i},C1,2024-01-05,1\n" for i in range(400))
    bad = '\nO2,C2,soon,7\n,C3,2024-01-07,4\nO5,C5\nO6,"C6,2024-01-05,1\n'
    receipt = uploads.take("exported today\n" + HEADER + good + "O1,C1,2024-01-05,10\n" + bad)
    assert balance(receipt) == (401, 0, 4, 2)
    assert str(receipt.amount_quarantined) == "11.0000"
    assert uploads.rows("select source_line, column_name, reason, raw from quarantine order by source_line") == [
        (405, "ordered_at", "timestamp", "O2,C2,soon,7"),
        (406, "order_id", "empty", ",C3,2024-01-07,4"),
        (407, None, "too_few_cells", "O5,C5"),
        (408, None, "unclosed_quote", 'O6,"C6,2024-01-05,1'),
    ]
    assert uploads.rows("select source_line, reason from skipped order by 1") == [(1, "preamble"), (404, "blank")]
    assert uploads.rows("select source_line from orders where order_id = 'O1'") == [(403,)]


def test_repeats_within_a_file_are_kept_and_counted(uploads):
    receipt = uploads.take(JANUARY)
    assert balance(receipt) == (3, 0, 0, 0) and receipt.repeated == 1


@pytest.mark.parametrize("misfit", [None, 700_000])
def test_a_row_keeps_its_line_however_many_processors_read(uploads, misfit):
    """More lines than the engine reads at once, of different lengths; one of them may be no row."""
    lines = [f"{line},C{line % 97:0{1 + line % 13}},2024-01-05,1" for line in range(2, 1_400_002)]
    if misfit:
        lines[misfit - 2] = f"{misfit},C1,soon,1"
    uploads.take(HEADER + "\n".join(lines) + "\n")
    missing = "select count(*), count(*) filter (order_id <> cast(source_line as varchar)) from orders"
    assert uploads.rows(missing) == [(1_400_000 - bool(misfit), 0)]
    assert uploads.rows("select source_line from quarantine") == ([(misfit,)] if misfit else [])


def test_the_same_bytes_again_change_nothing(uploads):
    uploads.take(JANUARY)
    before = checksums(uploads.db.cursor())
    assert uploads.take(JANUARY, name="renamed.csv").already
    assert checksums(uploads.db.cursor()) == before


def test_the_same_rows_in_other_order_encoding_and_name_change_nothing(uploads):
    uploads.take(JANUARY)
    first, *rows = JANUARY.splitlines()
    receipt = uploads.take("\r\n".join([first, *rows[::-1]]), name="again.csv", encoding="utf-16")
    assert balance(receipt) == (0, 3, 0, 0)


def test_overlapping_files_unite_as_multisets_in_any_order(db_factory, tmp_path):
    from tests.importing.conftest import Uploads

    states = set()
    for number, order in enumerate(permutations([JANUARY, FEBRUARY, MARCH])):
        folder = tmp_path / f"u{number}"
        folder.mkdir()
        uploads = Uploads(db_factory(), folder)
        for place, text in enumerate(order):
            balance(uploads.take(text, name=f"f{place}.csv"))
        states.add(
            tuple(
                uploads.rows(
                    "select order_id, customer_id, ordered_at::varchar, amount::varchar from orders order by all"
                )
            )
        )
    (only,) = states
    assert [row[0] for row in only] == ["O1", "O2", "O2", "O2", "O3", "O4"]


@pytest.mark.parametrize("undone", [0, 1, 2])
def test_undo_leaves_the_state_of_the_other_imports(db_factory, tmp_path, undone):
    from tests.importing.conftest import Uploads

    folder = tmp_path / "u"
    folder.mkdir()
    all_three, two = Uploads(db_factory(), folder), Uploads(db_factory(), folder)
    files = [JANUARY, FEBRUARY, MARCH]
    receipts = [all_three.take(text, name=f"f{i}.csv") for i, text in enumerate(files)]
    importing.undo_import(all_three.db, receipts[undone].import_id)
    for i, text in enumerate(files):
        if i != undone:
            two.take(text, name=f"f{i}.csv")
    kept = "select order_id, customer_id, ordered_at, amount from orders order by all"
    assert all_three.rows(kept) == two.rows(kept)
    assert all_three.rows("select * from customer_days order by all") == two.rows(
        "select * from customer_days order by all"
    )
    for loaded, duplicates, amount, amount_file, amount_duplicates in all_three.rows(
        "select loaded, duplicates, amount_loaded, amount_file, amount_duplicates from imports where undone_at is null"
    ):
        assert amount + amount_duplicates == amount_file and loaded + duplicates in (2, 3, 5)


def test_undo_returns_every_table_to_what_it_was(uploads):
    uploads.take(JANUARY)
    before = checksums(uploads.db.cursor())
    receipt = uploads.take(MARCH, name="march.csv")
    assert checksums(uploads.db.cursor()) != before
    importing.undo_import(uploads.db, receipt.import_id)
    assert checksums(uploads.db.cursor()) == before


def test_undo_twice_or_of_nothing_is_refused(uploads):
    receipt = uploads.take(JANUARY)
    importing.undo_import(uploads.db, receipt.import_id)
    with pytest.raises(ImportRefused, match="already undone"):
        importing.undo_import(uploads.db, receipt.import_id)
    with pytest.raises(ImportRefused, match="no import 99"):
        importing.undo_import(uploads.db, 99)


def test_an_undone_file_can_be_imported_again(uploads):
    importing.undo_import(uploads.db, uploads.take(JANUARY).import_id)
    assert balance(uploads.take(JANUARY)) == (3, 0, 0, 0)


def test_several_files_are_taken_together_or_not_at_all(uploads):
    paths = [uploads.file(JANUARY, "january.csv"), uploads.file("colour,weight\nred,2\n", "things.csv")]
    with pytest.raises(ImportRefused):
        importing.apply_plan(uploads.db, importing.plan_import(uploads.db, paths))
    assert uploads.rows("select count(*) from orders") == [(0,)] and uploads.rows("select count(*) from imports") == [
        (0,)
    ]


def test_items_bring_the_amounts_of_their_orders(uploads):
    paths = [
        uploads.file("order_id,customer_id,ordered_at\nO1,C1,2024-01-05\nO2,C2,2024-01-06\n", "orders.csv"),
        uploads.file("order_id,line_no,sku,amount\nO1,1,A,10\nO1,2,B,5.5\n", "order_items.csv"),
    ]
    importing.apply_plan(uploads.db, importing.plan_import(uploads.db, paths))
    assert uploads.rows("select order_id, sum(amount)::varchar, count(*) from lines group by 1") == [
        ("O1", "15.5000", 2)
    ]
    assert uploads.rows("select count(*) from orders") == [(2,)]


def test_cost_comes_from_profit_or_unit_cost(uploads):
    uploads.take("order_id,customer_id,ordered_at,amount,profit\nO1,C1,2024-01-05,10,4\n")
    uploads.take(
        "order_id,customer_id,ordered_at,quantity,unit_price,unit_cost\nO2,C1,2024-01-05,3,2.5,1.1\n", name="b.csv"
    )
    assert [(str(a), str(c)) for a, c in uploads.rows("select amount, cost from orders order by order_id")] == [
        ("10.0000", "6.0000"),
        ("7.5000", "3.3000"),
    ]


def test_columns_of_a_customers_file_without_a_place_are_kept_by_name(uploads):
    uploads.take("customer_id,name,Shoe size\nC1,Ann,38\nC2,Bo,\n", name="customers.csv")
    assert uploads.rows("select customer_id, name, value from customer_attributes") == [("C1", "Shoe size", "38")]


def test_money_adds_up_to_the_cent_over_many_tenths(uploads):
    uploads.take(HEADER + "".join(f"O{i},C{i % 7},2024-01-05,0.1\nP{i},C{i % 7},2024-01-05,0.2\n" for i in range(5000)))
    assert str(uploads.rows("select sum(amount) from orders")[0][0]) == "1500.0000"


def test_the_first_records_to_be_set_aside_stand_under_their_headers(uploads):
    """A header may have the name of one of our own columns; both stay."""
    good = "".join(f"G{i},C1,2024-01-05,1,x\n" for i in range(200))
    file = uploads.plan("order_id,customer_id,ordered_at,amount,reason\n" + good + 'O1,C1,soon,"1,5",gift\n')
    assert file.reject_sample.values.tolist() == [[202, "ordered_at", "timestamp", "O1", "C1", "soon", "1,5", "gift"]]
    assert list(file.reject_sample)[:7] == ["source_line", "column_name", "reason", *file.landing.headers[:4]]
    assert file.reject_sample.columns.is_unique
