"""Any order of uploads ends in the same state (T36), and an upload taken back has never happened (T35): by generated uploads."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_analytics import importing
from tests.importing.conftest import Uploads

LINES = "order_id,line_no,customer_id,ordered_at,amount\n"
FEW = settings(
    max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
MANY = settings(FEW, max_examples=60)
FILES = st.lists(st.lists(st.integers(0, 11), min_size=1, max_size=8), min_size=2, max_size=4)
STEPS = st.lists(
    st.tuples(
        st.lists(st.tuples(st.integers(0, 5), st.integers(1, 3)), min_size=1, max_size=5),
        st.sampled_from(["append", "append", "replace-period", "replace-table"]),
        st.sampled_from(["keep", "once"]),
    ),
    min_size=2,
    max_size=4,
)


def in_any_order(new_company, files, order):
    """Lines with numbers of their own, some in several files, some twice in one: each as often as the file that has most of it."""
    uploads = new_company()
    for place in order:
        text = LINES + "".join(f"O{n // 3},{n % 3},C{n % 2},2024-0{1 + n // 6}-05,{n}.5\n" for n in files[place])
        uploads.take(text, name=f"f{place}.csv")
    expected = sorted(
        (f"O{n // 3}", str(n % 3), Decimal(f"{n}.5"))
        for n in range(12)
        for _ in range(max(file.count(n) for file in files))
    )
    assert uploads.rows("select order_id, line_no, amount from orders order by all") == expected
    assert uploads.rows("select count(*) from replaced_orders") == [(0,)]
    uploads.db.close()


def undone(new_company, steps, number):
    """The rows, those that gave way, and the history of every other import are those of a company that never saw the upload."""

    def company(chosen):
        uploads, receipts = new_company(), {}
        for place in chosen:
            rows, scope, repeats = steps[place]
            text = LINES + "".join(f"O{n // 2},{n % 2},C1,2024-01-{1 + n:02},{amount}\n" for n, amount in rows)
            own = f"X{place},1,C1,2024-03-01,1\n"
            receipts[place] = uploads.take(text + own, name=f"f{place}.csv", scope=scope, repeats=repeats)
        return uploads, receipts

    uploads, receipts = company(range(len(steps)))
    importing.undo_import(uploads.db, receipts[number].import_id)
    without, _ = company([place for place in range(len(steps)) if place != number])
    for question in (
        "select order_id, line_no, ordered_at, amount from orders order by all",
        "select order_id, line_no, ordered_at, amount from replaced_orders order by all",
        "select * from customer_days order by all",
        "select file_name, loaded, duplicates, changed, replaced, amount_loaded from imports where undone_at is null order by 1",
    ):
        assert uploads.rows(question) == without.rows(question)
    uploads.db.close(), without.db.close()


@pytest.fixture
def new_company(db_factory, tmp_path_factory):
    return lambda: Uploads(db_factory(), tmp_path_factory.mktemp("uploads"))


@FEW
@given(st.data())
def test_t36_uploads_in_any_order_end_in_the_same_state(new_company, data):
    files = data.draw(FILES)
    in_any_order(new_company, files, data.draw(st.permutations(range(len(files)))))


@FEW
@given(st.data())
def test_t35_an_upload_taken_back_has_never_happened(new_company, data):
    steps = data.draw(STEPS)
    undone(new_company, steps, data.draw(st.integers(0, len(steps) - 1)))


@pytest.mark.long
@MANY
@given(st.data())
def test_t36_many_uploads_in_any_order(new_company, data):
    files = data.draw(FILES)
    in_any_order(new_company, files, data.draw(st.permutations(range(len(files)))))


@pytest.mark.long
@MANY
@given(st.data())
def test_t35_many_uploads_taken_back(new_company, data):
    steps = data.draw(STEPS)
    undone(new_company, steps, data.draw(st.integers(0, len(steps) - 1)))
