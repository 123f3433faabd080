"""Decks as LibreOffice draws them: every slide appears, with its words, and nothing but white is at its edges."""

import shutil
import subprocess

import pytest
from PIL import Image

from crm_analytics.reporting.pyramid_slides import pyramid_deck
from crm_analytics.reporting.whatif_slides import scenario_deck

TOOLS = ("soffice", "pdftoppm", "pdftotext")
EDGE = 12  # pixels at 60 per inch: a fifth of an inch, well inside every margin


def test_slides_are_drawn_whole(tmp_path, facts, frames, scenario):
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        pytest.skip(f"drawing slides needs {', '.join(missing)}")
    made = {
        "pyramid-en": (pyramid_deck(facts("en"), **frames), 7),
        "pyramid-zh-Hans": (pyramid_deck(facts("zh-Hans"), **frames), 7),
        "scenario-zh-Hans": (scenario_deck(facts("zh-Hans"), **scenario), 5),
    }
    for name, (deck, _) in made.items():
        (tmp_path / f"{name}.pptx").write_bytes(deck)
    decks = sorted(tmp_path.glob("*.pptx"))
    run(
        "soffice",
        f"-env:UserInstallation=file://{tmp_path}/profile",
        "--headless",
        "--convert-to",
        "pdf",
        "--outdir",
        tmp_path,
        *decks,
    )
    for name, (_, slides) in made.items():
        run("pdftoppm", "-png", "-r", "60", tmp_path / f"{name}.pdf", tmp_path / name)
        pictures = [Image.open(path).convert("L") for path in sorted(tmp_path.glob(f"{name}-?.png"))]
        assert len(pictures) == slides, name
        for place, picture in enumerate(pictures, start=1):
            assert edges_are_white(picture), f"slide {place} of {name} runs over its edge"
            assert picture.getextrema()[0] < 60, f"slide {place} of {name} is empty"
    assert "of customers bring 40% of revenue" in run("pdftotext", tmp_path / "pyramid-en.pdf", "-")
    assert "销售额" in run("pdftotext", tmp_path / "pyramid-zh-Hans.pdf", "-")


def edges_are_white(picture) -> bool:
    wide, high = picture.size
    edges = [(0, 0, EDGE, high), (wide - EDGE, 0, wide, high), (0, 0, wide, EDGE), (0, high - EDGE, wide, high)]
    return all(picture.crop(edge).getextrema()[0] > 250 for edge in edges)


def run(*words) -> str:
    """What a program says; it must end well."""
    return subprocess.run(list(map(str, words)), check=True, capture_output=True, text=True, timeout=180).stdout
