"""Known ways to spoil a file, each as a function of the file and of a random source."""

import random

from tests.importing.polluted import Polluted


def _prose(rng: random.Random) -> str:
    return rng.choice(
        ("Sales report", "printed 2024-03-01", "Region: all", "制表人：张三", "Confidential. Do not copy.", "")
    )


def preamble(file: Polluted, rng: random.Random) -> None:
    lines = [_prose(rng) for _ in range(rng.randint(1, 20))]
    file.before = [line or "" for line in lines]


def padded_preamble(file: Polluted, rng: random.Random) -> None:
    width = len(file.table[0])
    file.before = [file.style.line(["Sales report", *[""] * (width - 1)]), file.style.line([""] * width)]


def footer(file: Polluted, rng: random.Random) -> None:
    file.after = rng.choice(([""], [])) + [rng.choice(("end of report", "(60 rows affected)", "打印时间：2024-03-01"))]


def total(file: Polluted, rng: random.Random) -> None:
    cells = [rng.choice(("Total", "合计", "Grand total", "小计"))] + [""] * (len(file.table[0]) - 1)
    cells[3] = "1234"
    file.after = [file.style.line(cells)]


def subtotals(file: Polluted, rng: random.Random) -> None:
    cells = [rng.choice(("Subtotal", "小计"))] + [""] * (len(file.table[0]) - 1)
    cells[3] = "77"
    file.between[len(file.table) // 2] = [file.style.line(cells)]
    total(file, rng)


def no_header(file: Polluted, rng: random.Random) -> None:
    file.header = None


def repeated_header(file: Polluted, rng: random.Random) -> None:
    file.between[rng.randrange(1, len(file.table))] = [file.style.line(file.header)]


def blank_lines(file: Polluted, rng: random.Random) -> None:
    file.between.setdefault(rng.randrange(1, len(file.table)), []).append("")


def second_table(file: Polluted, rng: random.Random) -> None:
    file.after = [
        "",
        file.style.line(["region", "target"]),
        file.style.line(["East", "100"]),
        file.style.line(["West", "90"]),
    ]


def mixed_ends(file: Polluted, rng: random.Random) -> None:
    file.ends = ["\n", "\r\n", "\r"]


def no_final_newline(file: Polluted, rng: random.Random) -> None:
    file.final = False


def two_final_newlines(file: Polluted, rng: random.Random) -> None:
    file.after = [*file.after, ""]


def _spoil(file: Polluted, rng: random.Random, change) -> None:
    """Spoil one row: `change` takes its written cells and gives its line and the readings that would be right."""
    place = rng.randrange(len(file.table))
    written = [file.style.cell(cell) for cell in file.table[place]]
    file.spoilt[place] = change(written, list(file.table[place]), rng.randrange(len(written)))


def short_row(file: Polluted, rng: random.Random) -> None:
    _spoil(file, rng, lambda written, cells, at: (file.style.delimiter.join(written[: max(1, at)]), []))


def long_row(file: Polluted, rng: random.Random) -> None:
    _spoil(file, rng, lambda written, cells, at: (file.style.delimiter.join([*written, "more", "x"]), []))


def extra_delimiter(file: Polluted, rng: random.Random) -> None:
    def change(written, cells, at):  # two blanks part cells as one does
        right = [cells] if file.style.delimiter == " " else []
        return file.style.delimiter.join([*written[:at], "", *written[at:]]), right

    _spoil(file, rng, change)


def missing_delimiter(file: Polluted, rng: random.Random) -> None:
    def change(written, cells, at):
        at = max(1, at)
        return file.style.delimiter.join([*written[: at - 1], written[at - 1] + written[at], *written[at + 1 :]]), []

    _spoil(file, rng, change)


def other_delimiter(file: Polluted, rng: random.Random) -> None:
    other = ";" if file.style.delimiter != ";" else ","
    _spoil(file, rng, lambda written, cells, at: (other.join(written), []))


def stray_quote(file: Polluted, rng: random.Random) -> None:
    where, quote = rng.choice(("begin", "middle", "end")), file.style.quote

    def change(written, cells, at):
        text = written[at]
        if where == "begin":
            return file.style.delimiter.join([*written[:at], quote + text, *written[at + 1 :]]), []
        cut = len(text) if where == "end" else len(text) // 2
        literal = text[:cut] + quote + text[cut:]
        right = (
            [] if text.startswith(quote) or literal.startswith(quote) else [[*cells[:at], literal, *cells[at + 1 :]]]
        )
        return file.style.delimiter.join([*written[:at], literal, *written[at + 1 :]]), right

    _spoil(file, rng, change)


def lost_quote(file: Polluted, rng: random.Random) -> None:
    places = [
        (row, at)
        for row, cells in enumerate(file.table)
        for at, cell in enumerate(cells)
        if file.style.cell(cell) != cell and "\n" not in "".join(cells)
    ]
    if places:
        row, at = rng.choice(places)
        written = [file.style.cell(cell) for cell in file.table[row]]
        written[at] = rng.choice((written[at][1:], written[at][:-1]))
        file.spoilt[row] = (file.style.delimiter.join(written), [])


def nul(file: Polluted, rng: random.Random) -> None:
    def change(written, cells, at):
        return file.style.delimiter.join([*written[:at], "\0" + written[at], *written[at + 1 :]]), [cells]

    _spoil(file, rng, change)


def bad_byte(file: Polluted, rng: random.Random) -> None:
    if file.style.encoding in ("utf-8", "utf-8-sig"):
        _spoil(file, rng, lambda written, cells, at: (file.style.delimiter.join(written) + "\udcff", []))


def cut_off(file: Polluted, rng: random.Random) -> None:
    last = len(file.table) - 1
    written = [file.style.cell(cell) for cell in file.table[last]]
    kept = rng.randrange(1, len(written) - 1)
    file.spoilt[last] = (file.style.delimiter.join(written[:kept]), [])
    file.final, file.after = False, []


def never_closed(file: Polluted, rng: random.Random) -> None:
    place = rng.randrange(len(file.table))
    written = [file.style.cell(cell) for cell in file.table[place]]
    plain = [cell.replace(file.style.quote, "").replace("\n", " ") for cell in file.table[place]]
    file.spoilt[place] = (file.style.delimiter.join([written[0], file.style.quote + plain[1], *plain[2:]]), [])


FILES = (
    preamble,
    padded_preamble,
    footer,
    total,
    subtotals,
    no_header,
    repeated_header,
    blank_lines,
    second_table,
    mixed_ends,
    no_final_newline,
    two_final_newlines,
)
ROWS = (
    short_row,
    long_row,
    extra_delimiter,
    missing_delimiter,
    other_delimiter,
    stray_quote,
    lost_quote,
    nul,
    bad_byte,
    cut_off,
    never_closed,
)


def can_be_told(style: str, *pollutions) -> bool:
    """Whether anybody could tell: sentences before a table whose cells are set apart by blanks look like its rows."""
    return style != "blank" or preamble not in pollutions
