"""A deck in the house manner: 16:9, a finding as title, texts measured so that they stay in their boxes, notes for the speaker.

Places and sizes are in inches, type in points.
"""

import copy
import io
from dataclasses import dataclass
from datetime import UTC, datetime

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_CONNECTOR, MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.util import Inches, Pt

from crm_analytics.charts import style
from crm_analytics.reporting import theme
from crm_analytics.reporting.measured import clean, fit, lines

WIDTH, HEIGHT, MARGIN = 13.333, 7.5, 0.6
INNER = WIDTH - 2 * MARGIN
TITLE = (MARGIN, 0.66, INNER, 0.98)
BOTTOM = 6.9  # of what stands below the title; its top depends on the title's lines
COLOURS = style.LIGHT
LOSS, GAIN = theme.LOSS, "#0B7257"
TITLE_SIZES, ONE_LINE, LINE = (28, 26, 24, 22, 20, 18, 16, 14), 24, 1.2  # points, and the height of a line in sizes
ALIGN = {"left": PP_ALIGN.LEFT, "right": PP_ALIGN.RIGHT, "center": PP_ALIGN.CENTER}
ANCHOR = {"top": MSO_ANCHOR.TOP, "middle": MSO_ANCHOR.MIDDLE, "bottom": MSO_ANCHOR.BOTTOM}


@dataclass(frozen=True)
class Run:
    """A piece of text with its look."""

    text: str
    size: float = 12
    bold: bool = False
    colour: str = COLOURS.ink


class Deck:
    """Slides one after the other; `data` gives the file."""

    def __init__(self, facts):
        self.facts = facts
        self.show = Presentation()
        self.show.slide_width, self.show.slide_height = Inches(WIDTH), Inches(HEIGHT)
        self.show.part._element.sldSz.attrib.pop("type", None)  # the template's says 4:3
        self.layout = theme.dress(self.show, facts.language, TITLE)

    def slide(self, eyebrow: str, title: str, notes=()):
        """A slide whose title is a finding, **its heart** in the accent colour, and where its body begins.

        `notes`: paragraphs for the speaker.
        """
        slide = self.show.slides.add_slide(self.layout)
        bare = clean(title.replace("**", ""))
        size = _title_size(bare)
        fill(slide.shapes.title.text_frame, [runs_of(title, size, bold=True)])
        text(slide, (MARGIN, 0.34, INNER, 0.28), [Run(fit(eyebrow, INNER, 13), 13, colour=COLOURS.muted)])
        self._foot(slide)
        slide.notes_slide.notes_text_frame.text = "\n".join(clean(line) for line in notes if line)
        return slide, TITLE[1] + _height(bare, size) + 0.24

    def _foot(self, slide):
        """Foot and number of the slide: places of the layout, so that the program's header and footer dialog finds them."""
        for shape in self.layout.placeholders:
            if shape.element.ph.get("type") in theme.FOOT:
                place = copy.deepcopy(shape.element)
                place.nvSpPr.cNvPr.set("id", str(slide.shapes._next_shape_id))
                slide.shapes._spTree.append(place)
        for shape in slide.placeholders:
            if shape.element.ph.get("type") == "ftr":
                fill(shape.text_frame, [[Run(fit(self.facts.about, 10.4, 10), 10, colour=COLOURS.muted)]])

    def data(self) -> bytes:
        """The deck as a file."""
        about = self.show.core_properties
        about.title = clean(self.facts.answer.replace("**", ""))[:250]
        about.author, about.last_modified_by = self.facts.tr("frame.product"), self.facts.tr("frame.product")
        about.subject, about.keywords = clean(self.facts.about)[:250], ""
        about.created = about.modified = datetime.now(UTC).replace(tzinfo=None)
        language = about.language = theme.LANGUAGES[self.facts.language]
        for slide in self.show.slides:
            for look in [*slide._element.iter(qn("a:rPr")), *slide.notes_slide._element.iter(qn("a:rPr"))]:
                look.set("lang", language)  # or the program's speller marks every word
        file = io.BytesIO()
        self.show.save(file)
        return file.getvalue()


def _title_size(title: str) -> float:
    """One line in large type, else as large as the box allows."""
    on_one = (size for size in TITLE_SIZES if size >= ONE_LINE and lines(title, INNER, size, bold=True) == 1)
    in_box = (size for size in TITLE_SIZES if _height(title, size) <= TITLE[3])
    return next(on_one, None) or next(in_box, TITLE_SIZES[-1])


def _height(title: str, size: float) -> float:
    return height_of(title, INNER, size, bold=True)


def height_of(sentence: str, width: float, size: float, bold: bool = False) -> float:
    """How high a sentence stands at this width, in inches."""
    return lines(sentence, width, size, bold) * size * LINE / 72


def runs_of(sentence: str, size: float, bold: bool = False, colour: str = COLOURS.ink) -> list[Run]:
    """A sentence of the catalogues: **this** in the accent colour."""
    parts = " ".join(sentence.split()).split("**")
    return [
        Run(part, size, bold or place % 2 == 1, COLOURS.primary if place % 2 else colour)
        for place, part in enumerate(parts)
        if part
    ]


def fill(frame, paragraphs, align: str = "left"):
    """Puts paragraphs of runs into a text frame."""
    for place, runs in enumerate(paragraphs):
        paragraph = frame.paragraphs[0] if place == 0 else frame.add_paragraph()
        paragraph.alignment = ALIGN[align]
        for old in list(paragraph.runs):
            old._r.getparent().remove(old._r)
        for run in runs:
            piece = paragraph.add_run()
            piece.text = "".join(sign if sign.isprintable() else " " for sign in run.text)
            piece.font.size, piece.font.bold = Pt(run.size), run.bold
            piece.font.color.rgb = rgb(run.colour)


def text(place, box, runs, *, align="left", anchor="top", wrap=False, name=""):
    """Text without frame or inner margins.  `runs`: those of one paragraph, or a list of paragraphs."""
    shape = place.shapes.add_textbox(*map(Inches, box))
    frame = shape.text_frame
    frame.word_wrap, frame.auto_size = wrap, MSO_AUTO_SIZE.NONE
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    frame.vertical_anchor = ANCHOR[anchor]
    fill(frame, runs if runs and isinstance(runs[0], list) else [runs], align)
    shape.name = name or shape.name
    return shape


def paragraph(place, box, sentence: str, *, size: float = 13, colour: str = COLOURS.second, smallest: float = 9):
    """A sentence that may wrap, as large as its box allows."""
    _, _, width, height = box
    while size > smallest and height_of(sentence, width, size) > height:
        size -= 0.5
    return text(place, box, runs_of(sentence, size, colour=colour), wrap=True)


def bar(place, box, colour: str, name: str = ""):
    """A plain rectangle; as wide as it is, and nothing where it would be of no width."""
    x, y, width, height = box
    shape = place.shapes.add_shape(MSO_SHAPE.RECTANGLE, *map(Inches, (x, y, max(width, 0.01), height)))
    shape.fill.solid()
    shape.fill.fore_color.rgb = rgb(colour)
    flat(shape)
    shape.name = name or shape.name
    return shape


def rule(place, x, y, to_x, to_y, colour: str = COLOURS.grid, *, width: float = 0.75, dash=None):
    """A thin straight line."""
    line = place.shapes.add_connector(MSO_CONNECTOR.STRAIGHT, *map(Inches, (x, y, to_x, to_y)))
    _unstyled(line)
    line.line.color.rgb, line.line.width = rgb(colour), Pt(width)
    if dash is not None:
        line.line.dash_style = dash
    return line


def flat(shape):
    """No outline and no shadow."""
    _unstyled(shape)
    shape.line.fill.background()


def _unstyled(shape):
    """The template's style of shapes casts shadows."""
    for look in shape._element.findall(qn("p:style")):
        shape._element.remove(look)


def rgb(colour: str) -> RGBColor:
    """A colour of the palette."""
    return RGBColor.from_string(colour.lstrip("#"))
