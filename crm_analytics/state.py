"""What people made: rules, sets, merges, marks and, later, scenarios and actions. It survives undo and replacement of data."""

import base64
import json
from collections.abc import Iterable
from dataclasses import asdict, fields, replace
from itertools import pairwise

import pandas as pd

from crm_analytics import derived
from crm_analytics.database import Database, bump_data_version
from crm_analytics.errors import CrmError, RuleRefused
from crm_analytics.rfm import SCHEMES
from crm_analytics.rules import COST_KINDS, DEFAULT_CONTACT_DAYS, DEFAULT_LIMITS, HIGH_BY, Rules

MOST_DAYS, MOST_CONTACTS = 3650, 100
LARGEST_LOGO = 200_000  # bytes
LONGEST_NAME = 40  # of a segment
LONGEST_DAYS, MOST_MONEY = 36_500, 10**9  # borders of scores lie below
LOGO_STARTS = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}


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
        if (old.excluded_statuses, old.not_goods) != (new.excluded_statuses, new.not_goods):
            _replace(con, "excluded_statuses", new.excluded_statuses)
            _replace(con, "not_goods", new.not_goods)
            derived.rebuild(con)
        bump_data_version(con)
    return version


def _replace(con, table: str, words: Iterable[str]) -> None:
    con.execute(f"delete from {table}")
    con.execute(f"insert into {table} select unnest($words)", {"words": list(words)})


def rules_history(con) -> pd.DataFrame:
    """One row per saved version of the rules, newest first.

    version, saved_at (UTC), changes (the fields that differ from the version before), before and after (their values by field).
    """
    rows = con.execute("select version, saved_at, value from made where kind = 'rules' order by version").fetchall()
    before, history = asdict(Rules()), []
    for version, saved_at, value in rows:
        now = asdict(_rules(json.loads(value)))
        changes = [name for name in now if now[name] != before[name]]
        old, new = ({name: values[name] for name in changes} for values in (before, now))
        history.append({"version": version, "saved_at": saved_at, "changes": changes, "before": old, "after": new})
        before = now
    return pd.DataFrame(history[::-1], columns=["version", "saved_at", "changes", "before", "after"])


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


def delete_customer_set(database: Database, name: str) -> None:
    """Forget a saved set; its customers stay."""
    with database.writing() as con:
        con.execute("delete from customer_sets where name = $name", {"name": name})
        bump_data_version(con)


def customer_sets(con) -> pd.DataFrame:
    """One row per saved set: name, customers."""
    return con.execute("select name, count(*) as customers from customer_sets group by name order by name").df()


def save_scenario(database: Database, name: str, value: dict) -> None:
    """Keep a what-if under a name, in place of an earlier one of that name. Raises CrmError E_SCENARIO_NAME without a name."""
    if not name.strip():
        raise CrmError("E_SCENARIO_NAME")
    _keep(database, "scenario", name.strip(), value)


def scenarios(con) -> list[dict]:
    """The saved what-ifs, newest first: name, saved_at (UTC), and what was saved under it."""
    rows = con.execute(
        "select name, max(saved_at), arg_max(value, version) from made where kind = 'scenario' group by name order by 2 desc, 1"
    ).fetchall()
    return [json.loads(value) | {"name": name, "saved_at": saved_at} for name, saved_at, value in rows]


def delete_scenario(database: Database, name: str) -> None:
    """Forget a saved what-if and its earlier versions."""
    _forget(database, "scenario", name)


def save_score(database: Database, name: str, value: dict) -> int:
    """Keep a score's weights and cuts under a name, as a new version of it. Returns the version; raises CrmError E_SCORE_NAME."""
    if not name.strip():
        raise CrmError("E_SCORE_NAME")
    return _keep(database, "score", name.strip(), value)


def scores(con) -> list[dict]:
    """Every version of the saved scores, the newest name and version first: name, version, saved_at (UTC), and what was saved."""
    rows = con.execute(
        "select name, version, saved_at, value from made where kind = 'score' "
        "order by max(saved_at) over (partition by name) desc, name, version desc"
    ).fetchall()
    return [json.loads(value) | {"name": name, "version": version, "saved_at": at} for name, version, at, value in rows]


def delete_score(database: Database, name: str) -> None:
    """Forget a saved score and its earlier versions."""
    _forget(database, "score", name)


def _keep(database: Database, kind: str, name: str, value: dict) -> int:
    """A new version under a name.  No number depends on it: the data's version stays, and with it all that is remembered."""
    with database.writing() as con:
        version = con.execute(
            "select coalesce(max(version), 0) + 1 from made where kind = $kind and name = $name",
            {"kind": kind, "name": name},
        ).fetchone()[0]
        con.execute(
            "insert into made values ($kind, $name, $version, now() at time zone 'UTC', $value)",
            {"kind": kind, "name": name, "version": version, "value": json.dumps(value, ensure_ascii=False, allow_nan=False)},
        )  # fmt: skip
    return version


def _forget(database: Database, kind: str, name: str) -> None:
    with database.writing() as con:
        con.execute("delete from made where kind = $kind and name = $name", {"kind": kind, "name": name})


def merge_customers(database: Database, customer_id: str, into: str) -> None:
    """Everything of one customer counts as the other's from now on; `unmerge_customer` takes it back.

    Raises CrmError E_MERGE_SAME where both are one already, E_CUSTOMER for a number nobody has.
    """
    with database.writing() as con:
        source, target = (_person(con, number) for number in (customer_id, into))
        if source == target:
            raise CrmError("E_MERGE_SAME", customer=customer_id, into=into)
        con.execute(
            "insert into merges values ($source, $target, now() at time zone 'UTC')",
            {"source": source, "target": target},
        )
        _decided(con)


def unmerge_customer(database: Database, customer_id: str) -> None:
    """A merged customer stands for itself again. Raises CrmError E_NOT_MERGED."""
    with database.writing() as con:
        if not con.execute("delete from merges where customer_id = $id", {"id": customer_id}).fetchone()[0]:
            raise CrmError("E_NOT_MERGED", customer=customer_id)
        _decided(con)


def merges(con) -> pd.DataFrame:
    """One row per merge, newest first: customer_id, into_id, merged_at."""
    return con.execute("select * from merges order by merged_at desc, customer_id").df()


def set_ranked(database: Database, customer_ids: Iterable[str], ranked: bool, reason: str = "") -> int:
    """Mark customers "do not rank" (staff, house accounts), or take the mark away. Returns how many marks there are now.

    Lines of a customer who is not ranked count for the company and for no customer.
    """
    with database.writing() as con:
        ids = {"ids": sorted({_person(con, number) for number in customer_ids})}
        con.execute("delete from unranked where list_contains($ids, customer_id)", ids)
        if not ranked:
            con.execute(
                "insert into unranked select unnest($ids), $reason, now() at time zone 'UTC'",
                ids | {"reason": reason.strip()},
            )
        _decided(con)
        return con.execute("select count(*) from unranked").fetchone()[0]


def unranked(con) -> pd.DataFrame:
    """One row per customer who is not ranked, newest first: customer_id, name, reason, since."""
    return con.execute(
        "select u.customer_id, p.name, u.reason, u.since from unranked u "
        "left join customer_profile p on p.customer_id = u.customer_id order by u.since desc, u.customer_id"
    ).df()


def _person(con, number: str) -> str:
    """The customer whose number it is, after all merges. Raises CrmError E_CUSTOMER."""
    found = con.execute(
        "select customer_id from known_as where number = $number limit 1", {"number": number}
    ).fetchone()
    if found is None:
        raise CrmError("E_CUSTOMER", customer=number)
    return found[0]


def _decided(con) -> None:
    derived.rebuild(con, {"decisions"})
    bump_data_version(con)


def save_logo(database: Database, data: bytes, mime: str) -> None:
    """Keep the company's logo, a PNG or JPEG of at most 200 kB, in place of an earlier one. Raises CrmError E_LOGO."""
    if len(data) > LARGEST_LOGO or not data.startswith(LOGO_STARTS.get(mime, b"\0none")):
        raise CrmError("E_LOGO", most=LARGEST_LOGO // 1000)
    value = json.dumps({"mime": mime, "data": base64.b64encode(data).decode("ascii")})
    with database.writing() as con:
        con.execute("delete from made where kind = 'logo'")
        con.execute(
            "insert into made values ('logo', 'company', 1, now() at time zone 'UTC', $value)", {"value": value}
        )
        bump_data_version(con)


def logo(con) -> tuple[bytes, str] | None:
    """The company's logo and its media type, or None."""
    found = con.execute("select value from made where kind = 'logo'").fetchone()
    kept = json.loads(found[0]) if found else None
    return (base64.b64decode(kept["data"]), kept["mime"]) if kept else None


def delete_logo(database: Database) -> None:
    """Show no logo any more."""
    with database.writing() as con:
        con.execute("delete from made where kind = 'logo'")
        bump_data_version(con)


def _rules(value: dict) -> Rules:
    """Rules from their JSON; fields that a later version added keep their default."""
    known = {field.name for field in fields(Rules)}
    kept = Rules(
        **{name: tuple(item) if isinstance(item, list) else item for name, item in value.items() if name in known}
    )
    return replace(kept, limits=DEFAULT_LIMITS | kept.limits)


def _check(new: Rules) -> None:
    if not (
        len(new.tier_shares) == 3 and all(share >= 0 for share in new.tier_shares) and 0 < sum(new.tier_shares) < 1
    ):
        raise RuleRefused("E_RULE", name="tier_shares", value=str(new.tier_shares))
    if len(new.lifecycle_days) != 3 or not 0 < new.lifecycle_days[0] < new.lifecycle_days[1] < new.lifecycle_days[2]:
        raise RuleRefused("E_RULE", name="lifecycle_days", value=str(new.lifecycle_days))
    for name, most in (("contact_days", MOST_DAYS), ("contact_caps", MOST_CONTACTS)):
        value = getattr(new, name)
        if set(value) != set(DEFAULT_CONTACT_DAYS) or any(
            each != int(each) or not 0 <= each <= most for each in value.values()
        ):
            raise RuleRefused("E_RULE", name=name, value=str(value))
    if new.margin_rate is not None and not -1 <= new.margin_rate <= 1:
        raise RuleRefused("E_RULE", name="margin_rate", value=str(new.margin_rate))
    if any(kind not in COST_KINDS or amount < 0 for kind, amount in new.yearly_costs.items()):
        raise RuleRefused("E_RULE", name="yearly_costs", value=str(new.yearly_costs))
    if not 1 <= new.fiscal_year_start <= 12:
        raise RuleRefused("E_RULE", name="fiscal_year_start", value=str(new.fiscal_year_start))
    _check_scores(new)


def _check_scores(new: Rules) -> None:
    """The borders of the scores, what is high, and the names of the segments."""
    for name, kinds, least, most in (
        ("r_cuts", int, 0, LONGEST_DAYS),
        ("f_cuts", int, 1, MOST_MONEY),
        ("m_cuts", (int, float), -MOST_MONEY, MOST_MONEY),
    ):
        cuts = getattr(new, name)
        are_numbers = len(cuts) in (0, 4) and all(isinstance(cut, kinds) for cut in cuts)
        if not are_numbers or not all(low < high for low, high in pairwise((least - 1, *cuts, most))):
            raise RuleRefused("E_SCORE_RULE", name=name, value=", ".join(map(str, cuts)))
    if new.high_by not in HIGH_BY:
        raise RuleRefused("E_SCORE_RULE", name="high_by", value=new.high_by)
    if len(new.high_from) != 3 or not all(1 <= score <= 5 for score in new.high_from):
        raise RuleRefused("E_SCORE_RULE", name="high_from", value=str(new.high_from))
    known = {code for codes in SCHEMES.values() for code in codes}
    for code, name in new.segment_names.items():
        if code not in known or not name.strip() or len(name) > LONGEST_NAME:
            raise RuleRefused("E_SCORE_RULE", name="segment_names", value=f"{code}: {name}")
