"""What people made: rules and, later, scenarios, saved segments and actions. Versioned; survives undo and replacement of data."""

import json
from collections.abc import Iterable
from dataclasses import asdict, fields

import pandas as pd

from crm_analytics import derived
from crm_analytics.database import Database, bump_data_version
from crm_analytics.errors import CrmError
from crm_analytics.rules import Rules


def rules(con) -> Rules:
    """The rules in force; the product's own where nobody has changed them."""
    found = con.execute("select value from made where kind = 'rules' order by version desc limit 1").fetchone()
    return _rules(json.loads(found[0])) if found else Rules()


def save_rules(database: Database, new: Rules) -> int:
    """Keep a new version of the rules and rebuild what they change. Returns the version; raises CrmError E_RULE."""
    _check(new)
    with database.writing() as con:
        old = rules(con)
        version = con.execute("select coalesce(max(version), 0) + 1 from made where kind = 'rules'").fetchone()[0]
        con.execute(
            "insert into made values ('rules', 'company', $version, now() at time zone 'UTC', $value)",
            {"version": version, "value": json.dumps(asdict(new), ensure_ascii=False)},
        )
        if old.excluded_statuses != new.excluded_statuses:
            con.execute("delete from excluded_statuses")
            con.execute(
                "insert into excluded_statuses select unnest($statuses)", {"statuses": list(new.excluded_statuses)}
            )
            derived.rebuild(con)
        bump_data_version(con)
    return version


def rules_history(con) -> pd.DataFrame:
    """One row per saved version of the rules, newest first: version, saved_at, changes (the fields that differ from before)."""
    rows = con.execute("select version, saved_at, value from made where kind = 'rules' order by version").fetchall()
    before, history = asdict(Rules()), []
    for version, saved_at, value in rows:
        now = asdict(_rules(json.loads(value)))
        history.append(
            {"version": version, "saved_at": saved_at, "changes": [name for name in now if now[name] != before[name]]}
        )
        before = now
    return pd.DataFrame(history[::-1], columns=["version", "saved_at", "changes"])


def save_customer_set(database: Database, name: str, customer_ids: Iterable[str]) -> int:
    """Keep a set of customers by name, in place of one of that name. Returns how many it holds; raises CrmError E_SET_NAME."""
    if not name.strip():
        raise CrmError("E_SET_NAME")
    with database.writing() as con:
        con.execute("delete from customer_sets where name = $name", {"name": name})
        con.execute(
            "insert into customer_sets select distinct $name, unnest($ids)",
            {"name": name, "ids": sorted(set(customer_ids))},
        )
        bump_data_version(con)
        return con.execute("select count(*) from customer_sets where name = $name", {"name": name}).fetchone()[0]


def customer_sets(con) -> pd.DataFrame:
    """One row per saved set: name, customers."""
    return con.execute("select name, count(*) as customers from customer_sets group by name order by name").df()


def _rules(value: dict) -> Rules:
    """Rules from their JSON; fields that a later version added keep their default."""
    known = {field.name for field in fields(Rules)}
    return Rules(
        **{name: tuple(item) if isinstance(item, list) else item for name, item in value.items() if name in known}
    )


def _check(new: Rules) -> None:
    if not (
        len(new.tier_shares) == 3 and all(share >= 0 for share in new.tier_shares) and 0 < sum(new.tier_shares) < 1
    ):
        raise CrmError("E_RULE", name="tier_shares", value=str(new.tier_shares))
    if len(new.lifecycle_days) != 3 or not 0 < new.lifecycle_days[0] < new.lifecycle_days[1] < new.lifecycle_days[2]:
        raise CrmError("E_RULE", name="lifecycle_days", value=str(new.lifecycle_days))
    if not 1 <= new.fiscal_year_start <= 12:
        raise CrmError("E_RULE", name="fiscal_year_start", value=str(new.fiscal_year_start))
