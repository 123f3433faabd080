"""The arrows between the parts, and a few habits of the house, checked on the source itself."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "crm_analytics"
EVERYONE = {"errors", "filters", "formats"}
MAY_IMPORT = {  # part -> the parts it may import, besides itself and EVERYONE
    "errors": {"i18n"},
    "filters": set(),
    "formats": set(),
    "i18n": set(),
    "schema": set(),
    "rules": set(),
    "rfm": {"rules"},
    "derived": {"progress", "touched"},
    "progress": set(),
    "layout": {"rules", "schema"},
    "touched": {"layout"},
    "stop": set(),
    "faults": set(),
    "note": set(),
    "database": {"derived", "faults", "layout", "note", "stop"},
    "state": {"database", "derived", "rfm", "rules"},
    "cache": {"database"},
    "health": {"database", "faults", "layout", "schema", "stop"},
    "archive": {"database", "layout"},
    "backup": {"archive", "database", "derived", "faults", "health", "schema", "state", "stop"},
    "routine": {"archive", "backup", "database", "health"},
    "first_order": {"cache", "database"},
    "snapshot": {"cache", "database", "derived", "first_order", "rfm", "state"},
    "importing": {"database", "derived", "faults", "layout", "progress", "schema", "state", "stop", "touched"},
    "demo": {"database", "importing", "rules", "schema", "state"},
    "stats": set(),
    "metrics": {"cache", "derived", "first_order", "rfm", "rules", "schema", "snapshot", "state", "stats"},
    "charts": {"i18n"},
    "reporting": {"metrics", "charts", "i18n"},
    "told": {"i18n", "importing"},
    "cli": {
        "backup",
        "database",
        "demo",
        "faults",
        "health",
        "importing",
        "i18n",
        "metrics",
        "routine",
        "schema",
        "snapshot",
        "state",
        "stop",
        "told",
    },
    "ui": {
        "archive",
        "backup",
        "charts",
        "database",
        "demo",
        "faults",
        "first_order",
        "i18n",
        "importing",
        "metrics",
        "reporting",
        "rfm",
        "routine",
        "rules",
        "schema",
        "snapshot",
        "state",
        "stop",
    },
    "__main__": {"cli"},
    "__init__": set(),
}
SOURCES = sorted(PACKAGE.rglob("*.py"))
SCREENS = [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py"))]


def part(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """Every module a file imports, by its full name."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def parts_imported(path: Path) -> set[str]:
    return {
        name.split(".")[1]
        for name in imported(path)
        if name.startswith("crm_analytics.")
        and ((PACKAGE / name.split(".")[1]).is_dir() or (PACKAGE / f"{name.split('.')[1]}.py").exists())
    }


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_arrows_go_one_way(path):
    allowed = MAY_IMPORT[part(path)] | EVERYONE | {part(path)}
    assert parts_imported(path) <= allowed, f"{path.name} may import {sorted(allowed)} only"


@pytest.mark.parametrize("path", SCREENS, ids=lambda path: path.name)
def test_screens_import_numbers_pictures_and_the_frame_only(path):
    assert parts_imported(path) <= {"ui", "metrics", "charts", "reporting"} | EVERYONE
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 120


def test_the_arrows_hold_no_circle():
    done: set[str] = set()
    waiting = {
        name: targets | (EVERYONE - {name} if name not in EVERYONE | {"i18n"} else set())
        for name, targets in MAY_IMPORT.items()
    }
    while waiting:
        free = {name for name, targets in waiting.items() if targets <= done | {name, "reporting"}}
        assert free, f"a circle among {sorted(waiting)}"
        done |= free
        waiting = {name: targets for name, targets in waiting.items() if name not in free}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_streamlit_and_connect_have_one_home(path):
    names = imported(path)
    assert part(path) == "ui" or not any(name.split(".")[0] == "streamlit" for name in names)
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    calls = [node for node in nodes if isinstance(node, ast.Attribute) and node.attr == "connect"]
    assert path.name == "database.py" or not calls


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_and_public_function_says_what_it_is(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), f"{path.name} has no docstring"
    public = [
        node
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_")
    ]
    assert [node.name for node in public if not ast.get_docstring(node)] == []


@pytest.mark.parametrize("path", sorted((PACKAGE / "metrics").glob("[a-z]*.py")), ids=lambda path: path.name)
def test_metrics_never_look_at_the_clock(path):
    text = path.read_text(encoding="utf-8")
    assert "current_date" not in text and "now()" not in text and "today()" not in text


@pytest.mark.parametrize("path", sorted((PACKAGE / "sql").glob("*.sql")), ids=lambda path: path.name)
def test_each_derived_table_says_its_grain_and_stays_portable(path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith("-- One row per ")
    for word in ("generate_series", "qualify", "double", "current_date"):
        assert word not in text.lower().replace("-- ", ""), f"{word} in {path.name}"


@pytest.mark.parametrize(
    ("inner", "may"), [("landing", {"landing", "caution"}), ("reading", {"landing", "reading", "caution"})]
)
def test_importing_goes_from_bytes_to_text_to_values_to_rows(inner, may):
    """landing: bytes to text. reading: text to values. The rest of importing stands on both, and neither knows of it."""
    for path in (PACKAGE / "importing" / inner).glob("*.py"):
        named = re.findall(
            r"from crm_analytics[.]importing(?:[.](\w+))?[\w.]* import", path.read_text(encoding="utf-8")
        )
        assert set(named) <= may, f"{path.name} imports {set(named) - may}"
