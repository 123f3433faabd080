"""Tables on slides: real ones, in the house manner; type shrinks and text is cut before anything leaves the slide."""

from dataclasses import dataclass

from pptx.oxml.ns import qn
from pptx.oxml.xmlchemy import OxmlElement
from pptx.util import Inches, Pt

from crm_analytics.reporting.measured import clean, fit, lines, longest_word
from crm_analytics.reporting.slides import ALIGN, ANCHOR, COLOURS, LOSS, rgb

PAD = 0.07  # inches left and right of a cell's text
NO_STYLE = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"  # "No Style, No Grid"


@dataclass(frozen=True)
class Cell:
    """What stands in a cell.  `mark`: a colour's square before the text; `ground`: colour behind it."""

    text: str
    bold: bool = False
    colour: str = ""
    mark: str = ""
    ground: str = ""


@dataclass(frozen=True)
class Column:
    """Header, share of the table's width, and how its cells stand."""

    header: str
    width: float = 1.0
    align: str = "right"
    wraps: bool = False


def cell(value) -> Cell:
    """A cell of plain text; a loss, written with a minus, is red."""
    if isinstance(value, Cell):
        return value
    return Cell(str(value), colour=LOSS if str(value).startswith("−") else "")


def table(
    slide,
    box,
    columns: list[Column],
    rows: list[list],
    *,
    size: float = 12,
    smallest: float = 8,
    bold_last=False,
    name="",
):
    """A table within the box: header, hairlines, one row per list of texts or `Cell`s.  Gives its lower edge in inches."""
    x, y, width, height = box
    whole = sum(column.width for column in columns)
    widths = [width * column.width / whole for column in columns]
    rows = [[cell(value) for value in row] for row in rows]
    while size > smallest and (
        sum(_heights(columns, widths, rows, size)) > height or _is_cut(columns, widths, rows, size)
    ):
        size -= 0.5
    heights = _heights(columns, widths, rows, size)
    stretch = min(1.45, height / sum(heights))
    frame = slide.shapes.add_table(len(rows) + 1, len(columns), *map(Inches, (x, y, width, sum(heights) * stretch)))
    frame.name = name or frame.name
    grid = frame.table
    grid._tbl.tblPr.find(qn("a:tableStyleId")).text = NO_STYLE
    grid.horz_banding = False
    for place, wide in enumerate(widths):
        grid.columns[place].width = Inches(wide)
    for place, high in enumerate(heights):
        grid.rows[place].height = Inches(high * stretch)
    for place, column in enumerate(columns):
        head = Cell(column.header, True, COLOURS.second)
        _write(grid.cell(0, place), head, column, widths[place], size, line=COLOURS.muted)
    for line, row in enumerate(rows):
        is_last = line == len(rows) - 1
        for place, (column, value) in enumerate(zip(columns, row)):
            shown = Cell(value.text, value.bold or (is_last and bold_last), value.colour, value.mark, value.ground)
            _write(grid.cell(line + 1, place), shown, column, widths[place], size, line=COLOURS.grid)
    return y + sum(heights) * stretch


def _heights(columns, widths, rows, size) -> list[float]:
    """Of the header and each row, in inches."""
    header = max(lines(column.header, wide - 2 * PAD, size, bold=True) for column, wide in zip(columns, widths))
    counts = [min(header, 2)]
    for row in rows:
        wrapped = [
            lines(clean(value.text), wide - 2 * PAD, size, value.bold)
            for column, wide, value in zip(columns, widths, row)
            if column.wraps
        ]
        counts.append(max(wrapped, default=1))
    return [size / 72 * (1.2 * count + 0.65) for count in counts]


def _is_cut(columns, widths, rows, size) -> bool:
    """A number would be cut, or a header would need a third line."""
    numbers = (
        lines(value.text, wide - 2 * PAD, size, value.bold) > 1
        for row in rows
        for column, wide, value in zip(columns, widths, row)
        if column.align == "right" and not column.wraps
    )
    headers = (
        lines(column.header, wide - 2 * PAD, size, True) > 2 or longest_word(column.header, size, True) > wide - 2 * PAD
        for column, wide in zip(columns, widths)
    )
    return any(numbers) or any(headers)


def _write(place, value: Cell, column: Column, width: float, size: float, line: str):
    place.margin_left = place.margin_right = Inches(PAD)
    place.margin_top = place.margin_bottom = 0
    place.vertical_anchor = ANCHOR["middle"]
    room = width - 2 * PAD - (0.2 if value.mark else 0)
    said = clean(value.text) if column.wraps or value.text == column.header else fit(value.text, room, size, value.bold)
    paragraph = place.text_frame.paragraphs[0]
    place.text_frame.word_wrap = True
    paragraph.alignment = ALIGN[column.align]
    pieces = [("■  ", value.mark)] if value.mark else []
    for words, colour in [*pieces, (said, value.colour or COLOURS.ink)]:
        run = paragraph.add_run()
        run.text = words
        run.font.size, run.font.bold, run.font.color.rgb = Pt(size), value.bold, rgb(colour)
    if value.ground:
        place.fill.solid()
        place.fill.fore_color.rgb = rgb(value.ground)
    else:
        place.fill.background()
    _underline(place, line)


def _underline(place, colour: str):
    """A hairline below; the schema wants it before the cell's fill."""
    properties = place._tc.get_or_add_tcPr()
    edge = OxmlElement("a:lnB")
    edge.set("w", "6350")
    fill = OxmlElement("a:solidFill")
    shade = OxmlElement("a:srgbClr")
    shade.set("val", colour.lstrip("#"))
    fill.append(shade)
    edge.append(fill)
    properties.insert(0, edge)
