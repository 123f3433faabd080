"""The command line: `python -m crm_analytics demo | import | read | show | imports | undo | check | backup | restore`."""

import argparse
import inspect
import json
import pkgutil
import sys
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from importlib import import_module
from pathlib import Path

import pandas as pd

from crm_analytics import backup, demo, faults, health, importing, metrics, routine, snapshot, told
from crm_analytics.database import Database, default_path, is_lost, open_database
from crm_analytics.errors import Cancelled, CrmError
from crm_analytics.filters import Filters
from crm_analytics.importing import Options
from crm_analytics.importing.landing.encoding import CODECS
from crm_analytics.importing.landing.read import read_files
from crm_analytics.importing.reading import questions
from crm_analytics.schema import TABLES
from crm_analytics.stop import Stop

DONE, REFUSED, STOPPED = 0, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. 0 = done, also when it was done before; 2 = refused, 130 = stopped: one sentence on stderr, nothing changed."""
    parser = _parser()
    known, rest = parser.parse_known_args(arguments)
    if rest and known.command is not show:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    stop = Stop()
    try:
        with stop.on_ctrl_c(), faults.told(getattr(known, "db", None) or default_path()), stop.in_force():
            return known.command(known, rest) if known.command is show else known.command(known)
    except (CrmError, KeyboardInterrupt) as reason:
        was_stopped = isinstance(reason, (Cancelled, KeyboardInterrupt))
        print(Cancelled("E_CANCELLED") if was_stopped else reason, file=sys.stderr)
        return STOPPED if was_stopped else REFUSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m crm_analytics", description="From CSV exports to a manager's view of the customers."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(
        name: str, run: Callable, text: str, *, formats: Sequence[str] = (), db: bool = True
    ) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(command=run)
        if db:
            added.add_argument("--db", type=Path, help="database file (default: $CRM_DB, then data/crm.duckdb)")
        if formats:
            added.add_argument("--format", choices=formats, default=formats[0])
        return added

    made_up = command("demo", make_demo, "build the made-up company (default: data/demo.duckdb)")
    made_up.add_argument("--customers", type=int, default=3000)
    made_up.add_argument("--seed", type=int, default=1)

    take = command(
        "import", import_files, "import exports: CSV, TSV, XLSX, gzip, or folders of them", formats=("table", "json")
    )
    take.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    take.add_argument("--as", dest="table", metavar="TABLE", help="what the files are, where their headers do not tell")
    take.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="FIELD=HEADER",
        help="which header is a field (FIELD= leaves it out)",
    )
    for flag, known in questions.FLAGS.items():
        text = f"how a column is meant that its rows leave open: {', '.join(known)}"
        take.add_argument(flag, action="append", default=[], metavar="[COLUMN=]ANSWER", help=text)
    take.add_argument("--delimiter", help="what parts the cells, where it is not found (default: found)")
    take.add_argument("--encoding", choices=tuple(CODECS), help="encoding of the texts (default: found)")
    take.add_argument("--pad-short-rows", action="store_true", help="fill rows with too few cells up with empty ones")
    take.add_argument("--anew", action="store_true", help="read without what earlier imports of the same source say")
    take.add_argument(
        "--scope",
        choices=("append", "replace-period", "replace-table"),
        default="append",
        help="what gives way: nothing but older versions of the same lines, the rows of the file's time, the whole table",
    )
    take.add_argument("--repeats", choices=("keep", "once"), default="keep", help="lines that a file holds twice")
    take.add_argument(
        "--conflicts",
        choices=("latest", "both"),
        help="order numbers that are here with other contents: newer versions or others",
    )
    take.add_argument("--control-total", metavar="SUM", help="what the amounts must add up to, or nothing is imported")
    take.add_argument("--dry-run", action="store_true", help="say what would happen and change nothing")

    read = command("read", read_texts, "print files as clean CSV: UTF-8, commas, everything quoted", db=False)
    read.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    read.add_argument("--out", type=Path, metavar="DIR")

    number = command(
        "show", show, "print a number of any screen; without a name, list them", formats=("table", "csv", "json")
    )
    number.add_argument("number", nargs="?", metavar="TOPIC.NUMBER")
    number.add_argument("--as-of", metavar="YYYY-MM-DD", help="last day counted (default: day of the latest order)")
    number.add_argument("--months", default="12", help="length of the window")
    number.add_argument(
        "--where", action="append", default=[], metavar="COLUMN=VALUE", help="choose customers; may be repeated"
    )

    command("imports", list_imports, "list the imports, newest first", formats=("table", "csv", "json"))
    back = command("undo", undo, "take imports back")
    back.add_argument("import_ids", type=int, nargs="+", metavar="IMPORT_ID")
    command("check", check, "read every column and check that all imports still balance", formats=("table", "json"))
    save = command("backup", save_backup, "write the whole company into one file and read it back")
    save.add_argument("file", type=Path, metavar="FILE")
    again = command("restore", restore_backup, "put a backup in place of the database, whose state is kept aside")
    again.add_argument("file", type=Path, metavar="FILE")
    return parser


def make_demo(arguments) -> int:
    """`demo`: the made-up company, anew."""
    path = arguments.db or default_path().with_name("demo.duckdb")
    demo.build(path, customers=arguments.customers, seed=arguments.seed)
    print(f"The made-up company is in {path}.")
    return DONE


def import_files(arguments) -> int:
    """`import`: plan, then apply; with --dry-run the plan alone."""
    database = open_database(arguments.db or default_path())
    options = Options(
        table=arguments.table,
        mapping=dict(_pair(text, "--map") for text in arguments.map),
        **questions.answered(arguments.date_order, arguments.decimal_mark),
        scope=arguments.scope,
        repeats=arguments.repeats,
        conflicts=arguments.conflicts,
        control_total=_sum(arguments.control_total),
        delimiter=arguments.delimiter,
        encoding=arguments.encoding,
        short_rows="pad" if arguments.pad_short_rows else "aside",
        anew=arguments.anew,
    )
    plan = importing.plan_import(database, arguments.paths, options)
    is_json = arguments.format == "json"
    if arguments.dry_run:
        plan.raise_if_not_ready()
        _print_json(told.plan_as_rows(plan)) if is_json else print(told.plan_in_words(plan))
        return DONE
    receipts = importing.apply_plan(database, plan)
    _print_json(told.receipts_as_rows(plan, receipts)) if is_json else print(told.receipts_in_words(plan, receipts))
    sys.stdout.flush()
    if isinstance(refused := routine.keep_daily(database), CrmError):
        print(refused, file=sys.stderr)
    return DONE


def _sum(text: str | None) -> Decimal | None:
    """1,234.50 -> the sum it means."""
    try:
        return None if text is None else Decimal(text.replace(",", ""))
    except InvalidOperation:
        raise CrmError("E_OPTION_VALUE", name="import", option="--control-total", value=text) from None


def read_texts(arguments) -> int:
    """`read`: the text landing alone. A file that cannot be read is named on stderr and stops no other."""
    return DONE if read_files(arguments.paths, arguments.out, sys.stdout, sys.stderr) else REFUSED


def numbers() -> dict[str, Callable]:
    """Every public function of metrics/ by its name TOPIC.NUMBER."""
    found = {}
    for module in (each for each in pkgutil.iter_modules(metrics.__path__) if not each.name.startswith("_")):
        topic = import_module(f"crm_analytics.metrics.{module.name}")
        for name, function in inspect.getmembers(topic, inspect.isfunction):
            if function.__module__ == topic.__name__ and not name.startswith("_"):
                found[f"{module.name}.{name}"] = function
    return found


def show(arguments, rest: list[str]) -> int:
    """`show`: one number, or the list of all."""
    known = numbers()
    if arguments.number is None:
        for name, function in known.items():
            print(f"{name:28} {inspect.getdoc(function).splitlines()[0]}")
        return DONE
    if arguments.number not in known:
        raise CrmError("E_NUMBER", name=arguments.number, known=", ".join(known))
    options = _options(arguments.number, known[arguments.number], rest)
    con = _existing(arguments.db).cursor()
    filters = snapshot.prepare(con, _filters(arguments))
    _print_frame(_as_frame(arguments.number, known[arguments.number](con, filters, **options)), arguments.format)
    return DONE


def _filters(arguments) -> Filters:
    query: dict[str, str | list[str]] = {"as_of": arguments.as_of or "", "months": arguments.months}
    for text in arguments.where:
        column, value = _pair(text, "--where")
        query.setdefault(f"where.{column}", []).append(value)
    return Filters.from_query(query)


def _options(name: str, function: Callable, rest: list[str]) -> dict:
    """`--limit 10 --search ann` as keyword arguments of the number's own types."""
    parameters = inspect.signature(function).parameters
    takes = {key: parameter for key, parameter in parameters.items() if parameter.kind == parameter.KEYWORD_ONLY}
    options = {}
    for flag, text in zip(rest[::2], [*rest[1::2], ""], strict=False):
        key = flag.removeprefix("--").replace("-", "_")
        if not flag.startswith("--") or key not in takes:
            raise CrmError(
                "E_OPTION",
                name=name,
                option=flag,
                known=", ".join("--" + key.replace("_", "-") for key in takes) or "-",
            )
        options[key] = _value(name, flag, text, takes[key].annotation)
    return options


def _value(name: str, flag: str, text: str, kind) -> object:
    try:
        if kind is bool:
            return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[text.lower()]
        return date.fromisoformat(text) if kind in (date, date | None) else kind(text) if kind in (int, float) else text
    except (ValueError, KeyError):
        raise CrmError("E_OPTION_VALUE", name=name, option=flag, value=text) from None


def list_imports(arguments) -> int:
    """`imports`: the history."""
    _print_frame(importing.history(_existing(arguments.db).cursor()), arguments.format)
    return DONE


def undo(arguments) -> int:
    """`undo`: take imports back, one after the other; the other tables of the same file are named."""
    database = _existing(arguments.db)
    for number in arguments.import_ids:
        entry = importing.undo_import(database, number)
        print(f"Import {number} ({entry['file_name']}, {entry['loaded']:,} rows of {entry['table_name']}) was undone.")
        mates = [each for each in importing.mates(database.cursor(), number) if each[0] not in arguments.import_ids]
        if mates:
            others = ", ".join(f"{table} (import {mate})" for mate, table in mates)
            print(f"  The same file also brought: {others}.")
    return DONE


def check(arguments) -> int:
    """`check`: 0 when everything reads and balances."""
    found = health.check(_existing(arguments.db).cursor())
    _print_frame(found, arguments.format)
    return DONE if found["is_sound"].all() else REFUSED


def save_backup(arguments) -> int:
    """`backup`: the file has its name once it was read back."""
    path = backup.backup(_existing(arguments.db), arguments.file)
    print(f"{path} holds the whole company ({path.stat().st_size:,} bytes) and was read back.")
    return DONE


def restore_backup(arguments) -> int:
    """`restore`: says what came back and where the state before is kept."""
    path = arguments.db or default_path()
    done = backup.restore(path, arguments.file)
    rows = ", ".join(f"{count:,} {name}" for name, count in done.manifest.rows(TABLES).items())
    print(f"{path} is as it was on {done.manifest.taken_at}: {rows or 'no rows'}.")
    if done.aside:
        print(f"The state before is kept in {done.aside}.")
    return DONE


def _existing(path: Path | None) -> Database:
    """The database to look into; looking creates none."""
    path = path or default_path()
    if not path.exists() and not is_lost(path):
        raise CrmError("E_NO_DATABASE", path=path)
    return open_database(path)


def _pair(text: str, flag: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise CrmError("E_PAIR", flag=flag, text=text)
    return name, value


def _as_frame(name: str, result) -> pd.DataFrame:
    return result if isinstance(result, pd.DataFrame) else pd.DataFrame({name.split(".")[1]: [result]})


def _print_frame(frame: pd.DataFrame, format: str) -> None:
    if format == "json":
        _print_json(frame.astype(object).where(frame.notna(), None).to_dict("records"))
    elif format == "csv":
        frame.to_csv(sys.stdout, index=False)
    else:
        print(frame.to_string(index=False, na_rep="-", float_format=_short) if len(frame) else "(no rows)")


def _short(value: float) -> str:
    """A number for the eye: four decimals at most."""
    return f"{value:,.4f}".rstrip("0").rstrip(".")


def _print_json(rows: list[dict]) -> None:
    print(json.dumps(rows, ensure_ascii=False, default=_plain, allow_nan=False, indent=1))


def _plain(value):
    """Plain numbers and ISO dates."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if hasattr(value, "item"):
        return value.item()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
