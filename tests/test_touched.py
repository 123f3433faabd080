"""Days are worked out again for the customers whom a change touches only, and the table is as if all had been worked out."""

import random

import pytest

from crm_analytics import derived, importing, state
from crm_analytics.errors import CrmError
from crm_analytics.importing import Options
from tests.rows import given, read

DAYS = "select * from customer_days order by all"
STATUS = ("", "", "cancelled")
C07 = "select revenue from customer_days where customer_id = 'c07'"
MANY = "customer_id order_id ordered_at amount\n" + "\n".join(f"c{n:02} {n} 2026-01-05 10" for n in range(30))


@pytest.fixture
def worked_out(monkeypatch):
    """How many customers each change worked out again, newest last; None: all."""
    seen, rebuild_days = [], derived._rebuild_days

    def spy(con, told, *, are_some: bool):
        count = con.execute("select count(*) from touched_customers").fetchone()[0] if are_some else None
        seen.append(count)
        rebuild_days(con, told, are_some=are_some)

    monkeypatch.setattr(derived, "_rebuild_days", spy)
    return seen


def is_as_built_anew(db) -> bool:
    """Whether working out everything changes no day."""
    before = read(db, DAYS)
    with db.writing() as con:
        derived.rebuild(con)
    return before == read(db, DAYS)


def take(db, folder, text: str, **options):
    path = folder / f"{len(list(folder.iterdir()))}.csv"
    path.write_text(text)
    return importing.apply_plan(db, importing.plan_import(db, [path], Options(**options)))[0]


def test_an_upload_touches_the_customers_whom_its_rows_name(db, tmp_path, worked_out):
    given(db, orders=MANY)
    receipt = take(db, tmp_path, "order_id,customer_id,ordered_at,amount\n90,c01,2026-02-01,5\n91,new,2026-02-01,5\n")
    assert worked_out == [None, 2]
    assert read(
        db, "select customer_id, run_orders, run_revenue from customer_days where day = '2026-02-01' order by 1"
    ) == [
        ("c01", 2, 15),
        ("new", 1, 5),
    ]
    importing.undo_import(db, receipt.import_id)
    assert worked_out == [None, 2, 2]
    assert read(db, "select count(*), sum(run_revenue) from customer_days") == [(30, 300)] and is_as_built_anew(db)


def test_an_order_that_another_customer_names_too_touches_both(db, tmp_path, worked_out):
    """Its items belong to nobody from then on."""
    given(db, orders=MANY.replace("c07 7 2026-01-05 10", "c07 7 2026-01-05 -"), order_items="order_id amount\n 7 10")
    assert read(db, C07) == [(10,)]
    take(db, tmp_path, "order_id,customer_id,ordered_at,amount\n7,c09,2026-01-05,1\n")
    assert worked_out[-1] == 2 and read(db, C07) == []
    assert is_as_built_anew(db)


def test_a_decision_touches_whom_it_is_about(db, worked_out):
    given(db, orders=MANY)
    state.merge_customers(db, "c01", "c02")
    assert read(db, "select customer_id, run_revenue from customer_days where customer_id in ('c01', 'c02')") == [
        ("c02", 20)
    ]
    state.set_ranked(db, ["c02"], False, "house account")
    assert read(db, "select * from customer_days where customer_id in ('c01', 'c02')") == []
    state.set_ranked(db, ["c02"], True)
    state.unmerge_customer(db, "c01")
    assert worked_out == [None, 2, 2, 2, 2]
    assert read(db, "select count(*) from customer_days") == [(30,)] and is_as_built_anew(db)


def test_who_shares_an_order_with_one_who_is_not_ranked_any_more_is_touched(db, worked_out):
    """Its items belonged to nobody while two customers named it."""
    given(db, orders=MANY + "\nc09 7 2026-01-05 -", order_items="order_id amount\n 7 4")
    assert read(db, C07) == []
    state.set_ranked(db, ["c09"], False, "staff")
    assert worked_out == [None, 2]
    assert read(db, C07) == [(4,)] and is_as_built_anew(db)


def test_a_third_of_all_customers_or_other_costs_touch_everybody(db, tmp_path, worked_out):
    given(db, orders=MANY)
    rows = "".join(f"{n + 50},c{n:02},2026-02-01,5\n" for n in range(11))
    take(db, tmp_path, "order_id,customer_id,ordered_at,amount\n" + rows)
    take(db, tmp_path, "sku,product,unit_cost,category\na,Cup,4,home\nb,Bowl,5,home\n")
    assert worked_out == [None, None, None] and is_as_built_anew(db)


def step(db, folder, chance: random.Random) -> None:
    """Something that a person may do, with a few customers."""
    who = [f"c{chance.randrange(60):02}" for _ in range(3)]
    what = chance.choice(["orders"] * 4 + ["items", "persons", "merge", "part", "rank", "undo", "undo"])
    months = [f"2026-0{chance.randrange(1, 9)}-05" for _ in range(4)]
    rows = [
        ",".join(
            map(
                str,
                (
                    chance.randrange(80),
                    n % 2,
                    chance.choice(who),
                    month,
                    chance.choice(["", 5, 7, -5]),
                    chance.choice(STATUS),
                ),
            )
        )
        for n, month in enumerate(months)
    ]
    if what == "orders":
        scope = chance.choice(["append", "append", "replace-period"])
        conflicts = chance.choice(["latest", "both"])
        take(
            db,
            folder,
            "order_id,line_no,customer_id,ordered_at,amount,status\n" + "\n".join(rows),
            scope=scope,
            conflicts=conflicts,
        )
    elif what == "items":
        items = "".join(f"{chance.randrange(80)},{n},s{n},{chance.randrange(9)}\n" for n in range(3))
        take(db, folder, "order_id,line_no,sku,amount\n" + items)
    elif what == "persons":
        take(db, folder, f"customer_id,person_id,name\n{who[0]},{who[1]},Ana\n{who[2]},{who[2]},Bo\n")
    elif what == "merge":
        state.merge_customers(db, who[0], who[1])
    elif what == "part":
        state.unmerge_customer(db, state.merges(db.cursor()).customer_id.iloc[0])
    elif what == "rank":
        state.set_ranked(db, who[:1], chance.random() < 0.4, "staff")
    else:
        standing = (
            "select import_id from imports where undone_at is null and import_id > 1 order by import_id desc limit 3"
        )
        importing.undo_import(db, chance.choice(read(db, standing))[0])


@pytest.mark.parametrize("seed", range(2))
def test_whatever_happens_the_days_are_those_built_anew(db, tmp_path, worked_out, seed):
    chance, refused = random.Random(seed), 0
    lines = "".join(f"{n},0,c{n % 60:02},2026-01-0{1 + n % 7},{n}.5,\n" for n in range(120))
    take(db, tmp_path, "order_id,line_no,customer_id,ordered_at,amount,status\n" + lines)
    for _ in range(20):
        try:
            step(db, tmp_path, chance)
        except (CrmError, IndexError):  # nobody left to part, a merge with oneself
            refused += 1
        assert is_as_built_anew(db)
    assert refused < 12 and len([n for n in worked_out if n]) > 10
