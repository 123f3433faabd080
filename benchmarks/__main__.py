"""`python -m benchmarks`: the product beside the floor and its peers on one made-up company; one table on stdout."""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks import report
from benchmarks.company import Company, generate, make_databases, say
from benchmarks.measure import Row, apart, disagreements, do, measure
from benchmarks.rows import ROWS


def main(arguments: list[str] | None = None) -> int:
    """0 = every row was measured and all peers agree, 1 = not."""
    options = _parser().parse_args(arguments)
    rows = _with_floors(options.rows)
    folder = options.folder or Path(tempfile.mkdtemp(prefix="crm-benchmark-"))
    company = Company((folder / f"{options.lines}-{options.customers}").resolve(), options.lines, options.customers)
    try:
        for step in (generate, make_databases):
            say(step.__name__.replace("_", " "))
            if failure := apart(do, step, company).failure:
                say(failure)
                return 1
        found = measure(rows, company, options.rounds, say)
        wrong = disagreements(found)
        parts = (report.heading(company, options.rounds), report.table(rows, found, wrong), report.figures(rows, found))
        print(*filter(None, parts), sep="\n\n")
    finally:
        shutil.rmtree(company.scratch if options.folder else folder, ignore_errors=True)
    return 1 if wrong or any(result.failure for results in found.values() for result in results) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--lines", type=int, default=10_000_000, help="order lines (default: %(default)s)")
    parser.add_argument("--customers", type=int, default=1_000_000, help="customers (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each run is repeated (default: %(default)s)")
    parser.add_argument(
        "--rows",
        nargs="+",
        metavar="NAME",
        choices=[row.name for row in ROWS],
        help=f"only these, with the rows they are compared with: {', '.join(row.name for row in ROWS)}",
    )
    parser.add_argument(
        "--folder", type=Path, help="keep the generated exports here and use them again (default: a temporary folder)"
    )
    return parser


def _with_floors(names: list[str] | None) -> list[Row]:
    """The rows asked for and those they stand beside, in the table's order."""
    chosen = set(names or [row.name for row in ROWS])
    chosen |= {row.floor for row in ROWS if row.name in chosen and row.floor}
    return [row for row in ROWS if row.name in chosen]


if __name__ == "__main__":
    sys.exit(main())
