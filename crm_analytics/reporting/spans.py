"""Waterfalls and ranges as native charts: the workbook inside holds formulas, so a changed amount moves the whole chart."""

import io

import xlsxwriter
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE, XL_MARKER_STYLE
from xlsxwriter.utility import xl_col_to_name

from crm_analytics import formats
from crm_analytics.reporting import plots
from crm_analytics.reporting.measured import clean
from crm_analytics.reporting.slides import COLOURS, rgb

SHEET = "Sheet1"
MARKERS = (XL_MARKER_STYLE.CIRCLE, XL_MARKER_STYLE.DIAMOND, XL_MARKER_STYLE.SQUARE, XL_MARKER_STYLE.TRIANGLE)


def waterfall(slide, box, steps, *, unit: float, names, low=None, high=None, about=""):
    """Amounts that add up, as stacked columns on an invisible base.

    `steps`: (label, amount, is_total, colour) each; `unit`: what the amounts below the columns are divided by; `names`: words
    for base, above zero, below zero, step, amount, total, level; `low`, `high`: interval of the last step, if there is one.
    """
    steps = [(clean(label), float(amount), bool(is_total), colour) for label, amount, is_total, colour in steps]
    spans = placed(steps)
    data = CategoryChartData(number_format="#,##0.00")
    data.categories = [_said(label, amount, unit) for label, amount, _, _ in steps]
    for place, name in enumerate(names[:3]):
        data.add_series(name, [span[place] for span in spans])
    graphic = plots.chart(slide, box, XL_CHART_TYPE.COLUMN_STACKED, data, about)
    plot = graphic.plots[0]
    plot.gap_width, plot.overlap = 45, 100
    plots.axes(graphic)
    plots.legend(graphic, False)
    base, *drawn = plot.series
    base.format.fill.background()
    for series in drawn:
        series.invert_if_negative = False
        for place, step in enumerate(steps):
            plots.colour_point(series, place, step[3])
    last = steps[-1][1]
    interval = None if formats.is_missing(low) or formats.is_missing(high) else (float(high) - last, last - float(low))
    if interval:
        _make_room(graphic, spans, float(low), float(high))
        plots.error_bars(drawn[0 if last >= 0 else 1], len(steps), {len(steps) - 1: interval}, ("I", "J"))
    graphic.part.chart_workbook.update_from_xlsx_blob(_waterfall_book(steps, spans, unit, names, interval))
    return graphic


def _make_room(graphic, spans, low: float, high: float):
    """An axis that reaches beyond the interval: programs look at the columns only."""
    tops = [max(base, 0.0) + above for base, above, _ in spans]
    feet = [min(base, 0.0) + below for base, _, below in spans]
    graphic.value_axis.maximum_scale = 1.05 * max(high, 0.0, *tops)
    graphic.value_axis.minimum_scale = 1.05 * min(low, 0.0, *feet)


def _said(label: str, amount: float, unit: float) -> str:
    return f"{label}\n{formats.number(amount / unit)}"


def placed(steps) -> list[tuple[float, float, float]]:
    """Base, part above zero and part below zero of each step; below the level, level after it."""
    spans, level = [], 0.0
    for _, amount, is_total, _ in steps:
        before, level = (0.0, amount) if is_total else (level, level + amount)
        low, high = min(before, level), max(before, level)
        base = low if low >= 0 else min(high, 0.0)
        spans.append((base, max(high, 0.0) - max(low, 0.0), min(low, 0.0) - min(high, 0.0)))
    return spans


def formulas(n: int, is_first: bool, *, amount: str, total: str, level: str) -> tuple[str, str, str, str]:
    """Base, part above zero, part below zero and level of row `n`, from the columns of amount, "is a total" and level."""
    before = "0" if is_first else f"IF({total}{n}=1,0,{level}{n - 1})"
    low, high = f"MIN({before},{level}{n})", f"MAX({before},{level}{n})"
    return (
        f"=IF({low}>=0,{low},MIN({high},0))",
        f"=MAX({high},0)-MAX({low},0)",
        f"=MIN({low},0)-MIN({high},0)",
        f"={amount}{n}" if is_first else f"=IF({total}{n}=1,{amount}{n},{level}{n - 1}+{amount}{n})",
    )


def _waterfall_book(steps, spans, unit, names, interval) -> bytes:
    """Step, amount and "is a total" are typed in; everything the chart is drawn from follows by formula."""
    file, level = io.BytesIO(), 0.0
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet, money = book.add_worksheet(SHEET), book.add_format({"num_format": "#,##0.00"})
        sheet.write_row(0, 1, names)
        sheet.set_column(0, 9, 16)
        for place, ((label, amount, is_total, _), span) in enumerate(zip(steps, spans)):
            level = amount if is_total else level + amount
            n, parts = place + 2, formulas(place + 2, place == 0, amount="F", total="G", level="H")
            said_as = f'=E{n}&CHAR(10)&TEXT(F{n}/{unit:.0f},"#,##0.0")'
            sheet.write_formula(place + 1, 0, said_as, None, _said(label, amount, unit))
            for column, (formula, value) in enumerate(zip(parts, span), start=1):
                sheet.write_formula(place + 1, column, formula, money, value)
            sheet.write_string(place + 1, 4, label)
            sheet.write_number(place + 1, 5, amount, money)
            sheet.write_number(place + 1, 6, int(is_total))
            sheet.write_formula(place + 1, 7, parts[3], money, level)
        if interval:
            sheet.write_row(0, 8, ["+", "-"])
            sheet.write_row(len(steps), 8, interval, money)
    return file.getvalue()


def ranges(slide, box, categories, series, *, names, form="0.00", about=""):
    """A mark per key and category; a line from the lowest to the highest.

    `series`: (name, values, colour) each, the first is the one in force; `names`: headers of the columns that measure the line.
    """
    data = CategoryChartData(number_format=form)
    data.categories = [clean(name) for name in categories]
    series = [(clean(name), plots.floats(values), colour) for name, values, colour in series]
    for name, values, _ in series:
        data.add_series(name, values)
    graphic = plots.chart(slide, box, XL_CHART_TYPE.LINE_MARKERS, data, about)
    plots.axes(graphic, form)
    plots.legend(graphic, len(series) > 1)
    for place, (drawn, (_, _, colour)) in enumerate(zip(graphic.plots[0].series, series)):
        drawn.format.line.fill.background()
        drawn.smooth = False
        drawn.marker.style, drawn.marker.size = MARKERS[place % len(MARKERS)], 13 if place == 0 else 9
        drawn.marker.format.fill.solid()
        drawn.marker.format.fill.fore_color.rgb = rgb(colour)
        drawn.marker.format.line.color.rgb = rgb(COLOURS.card)
    spans = _extent(list(zip(*(values for _, values, _ in series))))
    columns = xl_col_to_name(len(series) + 1), xl_col_to_name(len(series) + 2)
    if spans:
        plots.error_bars(graphic.plots[0].series[0], len(categories), spans, columns)
    graphic.part.chart_workbook.update_from_xlsx_blob(_ranges_book(categories, series, spans, names))
    return graphic


def _extent(rows) -> dict:
    """Place -> how far the others reach above and below the first, where there are others."""
    found = {}
    for place, row in enumerate(rows):
        seen = [value for value in row if value is not None]
        if row[0] is not None and len(seen) > 1:
            found[place] = (max(seen) - row[0], row[0] - min(seen))
    return found


def _ranges_book(categories, series, spans, names) -> bytes:
    file, last = io.BytesIO(), len(series)
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet(SHEET)
        sheet.write_row(0, 1, [*(name for name, _, _ in series), *names])
        for place, name in enumerate(categories):
            n = place + 2
            sheet.write_string(place + 1, 0, clean(name))
            for column, (_, values, _) in enumerate(series, start=1):
                if values[place] is not None:
                    sheet.write_number(place + 1, column, values[place])
            if place in spans:
                whole = f"B{n}:{xl_col_to_name(last)}{n}"
                sheet.write_formula(place + 1, last + 1, f"=MAX({whole})-B{n}", None, spans[place][0])
                sheet.write_formula(place + 1, last + 2, f"=B{n}-MIN({whole})", None, spans[place][1])
    return file.getvalue()
