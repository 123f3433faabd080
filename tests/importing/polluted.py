"""Files as companies send them: clean tables of our own, written under every dialect and spoilt in one or several known ways.

Everything follows from a seed. A `Polluted` file knows which line each row starts at and what may be read there: the row's
cells, another literal reading, or nothing but "set aside".
"""

import random
from dataclasses import dataclass, field

FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红建国志晓燕婷雪梅琳欣怡梓涵浩宇轩子诗雨泽"
PLACES = ["华东", "华北", "上海", "广州市天河区", "Bath", "Ely", "New York", "São Paulo", ""]
WORDS = [
    "late",
    "wrong size",
    "call back, please",
    'said "no"',
    "5 boxes",
    "破损，已换货",
    "ok",
    "two\nlines",
    "a;b",
    "x|y",
    "",
]


@dataclass
class Style:
    """How a table is written."""

    delimiter: str = ","
    quote: str = '"'
    escape: str = '"'
    end: str = "\n"
    quotes_all: bool = False
    encoding: str = "utf-8"

    def cell(self, text: str, *, quoted: bool | None = None) -> str:
        needs = any(mark in text for mark in (*self.delimiter, self.quote, "\n", "\r")) or text != text.strip()
        needs = needs or (self.escape == "\\" and "\\" in text) or (self.delimiter == " " and not text)
        if not (needs or self.quotes_all or quoted):
            return text
        if self.escape == "\\":
            text = text.replace("\\", "\\\\")
        return self.quote + text.replace(self.quote, self.escape + self.quote) + self.quote

    def line(self, cells: list[str]) -> str:
        return self.delimiter.join(map(self.cell, cells))


@dataclass
class Polluted:
    """A file with what is known of it. `rows`: line -> readings that are right, the first as it should be; none: set aside."""

    style: Style
    header: list[str] | None
    table: list[list[str]]
    pollutions: list[str] = field(default_factory=list)
    before: list[str] = field(default_factory=list)  # lines
    after: list[str] = field(default_factory=list)
    between: dict[int, list[str]] = field(default_factory=dict)  # lines before this row
    spoilt: dict[int, tuple[str, list[list[str]]]] = field(default_factory=dict)  # row -> its line, its right readings
    final: bool = True
    ends: list[str] | None = None  # of lines in turn
    rows: dict[int, list[list[str]]] = field(default_factory=dict)
    content: bytes = b""

    def write(self) -> "Polluted":
        parts, number = [], 1

        def put(text: str) -> None:
            nonlocal number
            parts.append(text + (self.ends[len(parts) % len(self.ends)] if self.ends else self.style.end))
            number += 1 + text.count("\n")

        for text in self.before:
            put(text)
        if self.header is not None:
            put(self.style.line(self.header))
        for place, cells in enumerate(self.table):
            for text in self.between.get(place, []):
                put(text)
            text, readings = self.spoilt.get(place, (self.style.line(cells), [cells]))
            self.rows[number] = readings
            put(text)
        for text in self.after:
            put(text)
        whole = "".join(parts)
        if not self.final:
            whole = whole.rstrip("\r\n")
        self.content = whole.encode(self.style.encoding, "surrogateescape")
        return self


def table(rng: random.Random, sizes: tuple[int, ...]) -> tuple[list[str], list[list[str]]]:
    """A clean table: names and rows of one of three kinds."""
    count = rng.choice(sizes)
    return rng.choice((_orders, _answers, _contacts))(rng, count)


def _name(rng: random.Random) -> str:
    return rng.choice(FAMILY) + "".join(rng.choice(GIVEN) for _ in range(rng.choice((1, 2))))


def _day(rng: random.Random) -> str:
    return f"2024-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"


def _orders(rng, count):
    header = ["order_id", "customer", "ordered_at", "quantity", "amount", "note"]
    rows = [
        [
            f"O{1000 + i}",
            _name(rng),
            _day(rng),
            str(rng.randint(1, 9)),
            f"{rng.uniform(1, 5000):.2f}",
            rng.choice(WORDS),
        ]
        for i in range(count)
    ]
    return header, rows


def _answers(rng, count):
    header = ["编号", "客户", "地区", "得分", "日期"]
    return header, [
        [f"{i + 1:05}", _name(rng), rng.choice(PLACES), str(rng.randint(0, 10)), _day(rng)] for i in range(count)
    ]


def _contacts(rng, count):
    header = ["customer_id", "name", "city", "since", "remark"]
    rows = [
        [f"C-{rng.randint(1, 9999):04}", _name(rng), rng.choice(PLACES), _day(rng), rng.choice(WORDS)]
        for _ in range(count)
    ]
    return header, rows


STYLES = {
    "plain": Style(),
    "semicolon": Style(";"),
    "tab": Style("\t"),
    "pipe": Style("|"),
    "double pipe": Style("||"),
    "colons": Style("::"),
    "comma and blank": Style(", "),
    "three characters": Style("|~|"),
    "caret": Style("^"),
    "unit separator": Style("\x1f"),
    "blank": Style(" "),
    "single quote": Style(quote="'", escape="'", quotes_all=True),
    "backslash": Style(escape="\\", quotes_all=True),
    "all quoted": Style(quotes_all=True),
    "semicolon all quoted": Style(";", quotes_all=True),
    "crlf": Style(end="\r\n"),
    "cr": Style(end="\r"),
    "gb18030": Style(encoding="gb18030"),
    "utf-16": Style(encoding="utf-16"),
    "bom": Style(encoding="utf-8-sig"),
}


SMALL = (4, 9, 25, 60)  # rows: a spoilt one among few is hardest to tell
USUAL = (4, 9, 25, 60, 150, 400, 1000, 2000)  # as exports are


def make(seed: object, style: str = "plain", *pollutions, sizes: tuple[int, ...] = SMALL) -> Polluted:
    """The file of this seed in this style with these pollutions, its table of one of these sizes."""
    rng = random.Random(f"{seed} {style} {[each.__name__ for each in pollutions]}")
    least = 9 if style == "blank" else 4  # blanks also stand in sentences: a few rows prove nothing
    header, rows = table(rng, tuple(max(least, size) for size in sizes))
    file = Polluted(STYLES[style], header, rows, [style, *(each.__name__ for each in pollutions)])
    for pollute in pollutions:
        pollute(file, rng)
    return file.write()
