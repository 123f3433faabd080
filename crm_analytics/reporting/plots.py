"""Native charts on slides: they open in the program's own editor, with their numbers in a workbook inside the file."""

from pptx.chart.data import CategoryChartData, XyChartData
from pptx.enum.chart import (
    XL_CHART_TYPE,
    XL_LABEL_POSITION,
    XL_LEGEND_POSITION,
    XL_MARKER_STYLE,
    XL_TICK_LABEL_POSITION,
    XL_TICK_MARK,
)  # fmt: skip
from pptx.enum.dml import MSO_LINE
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.util import Inches, Pt

from crm_analytics import formats
from crm_analytics.reporting.measured import clean
from crm_analytics.reporting.slides import COLOURS, LOSS, rgb

SIZE = 12
CROWDED = 0.2  # a mark nearer than this to the diagonal has its word beside it, else a line lower, where no curve runs
BEFORE_ERROR_BARS = (
    "c:trendline",
    "c:dLbls",
    "c:dPt",
    "c:pictureOptions",
    "c:invertIfNegative",
    "c:marker",
    "c:spPr",
    "c:tx",
)


def floats(values) -> list:
    """Numbers as a chart's workbook takes them; what is unknown stays empty."""
    return [None if formats.is_missing(value) else float(value) for value in values]


def bars(slide, box, categories, series, *, form: str, horizontal=False, colours=None, about=""):
    """Bars side by side.  `series`: (name, values, colour) each; `form`: number format of the labels; `colours`: of each bar,
    where there is one series only; else what is below zero is red."""
    data = CategoryChartData(number_format=form)
    data.categories = [clean(name) for name in categories]
    for name, values, _ in series:
        data.add_series(clean(name), floats(values))
    graphic = chart(
        slide, box, XL_CHART_TYPE.BAR_CLUSTERED if horizontal else XL_CHART_TYPE.COLUMN_CLUSTERED, data, about
    )
    plot = graphic.plots[0]
    plot.gap_width, plot.overlap, plot.has_data_labels = 45, -6, True
    labels = plot.data_labels
    labels.number_format, labels.number_format_is_linked = form, False
    labels.position = XL_LABEL_POSITION.OUTSIDE_END
    labels.font.size, labels.font.color.rgb = Pt(SIZE), rgb(COLOURS.ink)
    axes(graphic)
    if horizontal:
        graphic.category_axis.reverse_order = True
    for drawn, (_, values, colour) in zip(plot.series, series):
        paint(drawn, colour)
        for place, value in enumerate(floats(values)):
            shade = colours[place] if colours else LOSS if value is not None and value < 0 else colour
            colour_point(drawn, place, shade)
    legend(graphic, not colours)
    return graphic


def curve(slide, box, drawn_lines, *, points=(), points_name="", about=""):
    """Lines through points of two shares, 0 to 1 across.  `drawn_lines`: (name, xs, ys, colour, is_dashed) each;
    `points`: (label, x, y, colour) of marks with a word."""
    data = XyChartData(number_format="0.0%")
    for name, xs, ys, _, _ in drawn_lines:
        one = data.add_series(clean(name))
        for x, y in zip(floats(xs), floats(ys)):
            if x is not None and y is not None:
                one.add_data_point(x, y)
    marked = data.add_series(clean(points_name)) if points else None
    for _, x, y, _ in points:
        marked.add_data_point(float(x), float(y))
    graphic = chart(slide, box, XL_CHART_TYPE.XY_SCATTER_LINES_NO_MARKERS, data, about)
    axes(graphic, form="0%")
    across = graphic.category_axis
    across.minimum_scale, across.maximum_scale, across.major_unit = 0, 1, 0.2
    across.tick_labels.number_format, across.tick_labels.number_format_is_linked = "0%", False
    across.has_major_gridlines = False
    if all(y <= 1 for _, _, ys, _, _ in drawn_lines for y in floats(ys) if y is not None):
        graphic.value_axis.maximum_scale, graphic.value_axis.major_unit = 1, 0.2
    for series, (_, _, _, colour, is_dashed) in zip(graphic.plots[0].series, drawn_lines):
        line = series.format.line
        line.color.rgb, line.width = rgb(colour), Pt(1.5 if is_dashed else 3)
        if is_dashed:
            line.dash_style = MSO_LINE.SQUARE_DOT
        series.smooth = False
    if points:
        _marks(graphic.plots[0].series[len(drawn_lines)], points)
    legend(graphic, True)
    if points:
        _without_entry(graphic, len(drawn_lines))
    return graphic


def _marks(series, points):
    series.format.line.fill.background()
    for place, (label, x, y, colour) in enumerate(points):
        point = series.points[place]
        point.marker.style, point.marker.size = XL_MARKER_STYLE.CIRCLE, 10
        point.marker.format.fill.solid()
        point.marker.format.fill.fore_color.rgb = rgb(colour)
        point.marker.format.line.color.rgb = rgb(COLOURS.card)
        words = point.data_label
        words.has_text_frame = True
        words.text_frame.text = f"\n {clean(label)}" if y - x > CROWDED else f" {clean(label)}"
        words.position = XL_LABEL_POSITION.RIGHT
        for run in words.text_frame.paragraphs[-1].runs:
            run.font.size, run.font.bold, run.font.color.rgb = Pt(SIZE), True, rgb(COLOURS.ink)
        if y - x <= CROWDED:
            _on_white(words._dLbl)


def _on_white(label):
    """A ground behind a word that another line would cross."""
    white = f'<c:spPr {nsdecls("c", "a")}><a:solidFill><a:srgbClr val="FFFFFF"/></a:solidFill></c:spPr>'
    label.find(qn("c:tx")).addnext(parse_xml(white))


def chart(slide, box, kind, data, about: str):
    """A chart of the house: theme fonts, no title inside, words for those who do not see it."""
    frame = slide.shapes.add_chart(kind, *map(Inches, box), data)
    frame.name = clean(about) or frame.name
    frame._element.nvGraphicFramePr.cNvPr.set("descr", clean(about))
    graphic = frame.chart
    graphic.has_title = False
    graphic.font.size, graphic.font.color.rgb = Pt(SIZE), rgb(COLOURS.second)
    return graphic


def axes(graphic, form: str = ""):
    """A line at zero; the value axis only where a number format is given for it, with quiet gridlines."""
    value, category = graphic.value_axis, graphic.category_axis
    value.visible = bool(form)
    value.has_major_gridlines = bool(form)
    value.format.line.fill.background()
    if form:
        value.major_gridlines.format.line.color.rgb = rgb(COLOURS.grid)
        value.tick_labels.number_format, value.tick_labels.number_format_is_linked = form, False
    category.format.line.color.rgb = rgb(COLOURS.muted)
    category.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    category.tick_labels.font.size = Pt(SIZE)
    for axis in (value, category):
        axis.major_tick_mark = axis.minor_tick_mark = XL_TICK_MARK.NONE


def legend(graphic, is_wanted: bool):
    """Above the chart, where one is wanted."""
    graphic.has_legend = is_wanted
    if is_wanted:
        graphic.legend.position, graphic.legend.include_in_layout = XL_LEGEND_POSITION.TOP, False
        graphic.legend.font.size, graphic.legend.font.color.rgb = Pt(SIZE), rgb(COLOURS.second)


def _without_entry(graphic, place: int):
    """A series that its own words explain needs no entry in the legend."""
    entry = parse_xml(f'<c:legendEntry {nsdecls("c")}><c:idx val="{place}"/><c:delete val="1"/></c:legendEntry>')
    graphic.legend._element.find(qn("c:legendPos")).addnext(entry)


def paint(series, colour: str):
    """Fills the bars of a series; below zero too."""
    series.format.fill.solid()
    series.format.fill.fore_color.rgb = rgb(colour)
    series.invert_if_negative = False


def colour_point(series, place: int, colour: str):
    """One bar in a colour of its own."""
    fill = series.points[place].format.fill
    fill.solid()
    fill.fore_color.rgb = rgb(colour)


def error_bars(series, n: int, spans: dict, columns: tuple[str, str]):
    """Lines from (value − below) to (value + above) at some points.  `spans`: place -> (above, below), which stand in these two
    columns of the chart's workbook."""
    parts = "".join(
        f"<c:{side}><c:numRef><c:f>Sheet1!${column}$2:${column}${n + 1}</c:f><c:numCache><c:formatCode>General</c:formatCode>"
        f'<c:ptCount val="{n}"/>'
        + "".join(f'<c:pt idx="{place}"><c:v>{both[way]!r}</c:v></c:pt>' for place, both in sorted(spans.items()))
        + f"</c:numCache></c:numRef></c:{side}>"
        for way, (side, column) in enumerate(zip(("plus", "minus"), columns))
    )
    ink = COLOURS.ink.lstrip("#")
    element = parse_xml(
        f'<c:errBars {nsdecls("c", "a")}><c:errDir val="y"/><c:errBarType val="both"/><c:errValType val="cust"/>'
        f'<c:noEndCap val="0"/>{parts}<c:spPr><a:ln w="22225"><a:solidFill><a:srgbClr val="{ink}"/></a:solidFill></a:ln></c:spPr>'
        "</c:errBars>"
    )
    before = next(found[-1] for tag in BEFORE_ERROR_BARS if (found := series._element.findall(qn(tag))))
    before.addnext(element)
