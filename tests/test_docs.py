"""The README tells the truth: its commands, its map, its table of data, its links."""

import re
from pathlib import Path

import pytest

from crm_analytics import cli, importing
from crm_analytics.schema import TABLES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "data").glob("*.md")])


def test_the_two_commands_stand_in_the_readme():
    assert "pip install -r requirements.txt && streamlit run app.py" in README
    assert "pip install -r requirements.txt && python -m pytest" in README


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_what_a_document_links_to_exists(path):
    for target in re.findall(r"\]\((?!http|#)([^)#]+)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), f"{path.name} links to {target}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_paths_named_in_a_document_exist(path):
    for name in re.findall(
        r"`((?:crm_analytics|pages|tests|benchmarks|docs|data/sample)/[\w./-]+)`", path.read_text(encoding="utf-8")
    ):
        assert (ROOT / name).exists(), f"{path.name} names {name}"


def test_every_command_of_the_readme_is_one():
    commands = re.findall(r"python -m crm_analytics (\w+)", README)
    known = cli._parser()._subparsers._group_actions[0].choices
    assert commands and set(commands) <= set(known)


def test_every_number_of_the_readme_is_one():
    topics = {name.split(".")[0] for name in cli.numbers()}
    named = {
        name
        for name in re.findall(r"(?:`|show )(\w+\.\w+)", README)
        if name.split(".")[0] in topics and name[-3:] != ".py"
    }
    assert named and named <= set(cli.numbers())


def test_the_table_of_data_names_every_table_and_its_required_columns():
    for table in TABLES.values():
        line = next((line for line in README.splitlines() if line.startswith(f"| `{table.name}`")), None)
        assert line, f"README does not name {table.name}"
        assert [column for column in table.required if f"`{column}`" not in line] == []


@pytest.mark.parametrize("name", TABLES)
def test_a_template_filled_in_as_it_stands_can_be_imported(db, tmp_path, name):
    path = tmp_path / f"{name}.csv"
    path.write_text(importing.template(name), encoding="utf-8")
    (file,) = importing.plan_import(db, [path]).files
    assert (file.refused, file.table, file.loaded, file.questions) == (None, name, 1, [])
