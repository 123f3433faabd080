"""What decks and workbooks say about the view they were made from, taken from the page."""

from crm_analytics import formats
from crm_analytics.metrics import basis
from crm_analytics.ui import whom

DECK = "application/vnd.openxmlformats-officedocument.presentationml.presentation"


def facts(page, answer: str, *, by: str = "revenue"):
    """`reporting.facts.Facts` of this view.  `answer`: the screen's sentence, **its heart** in stars; `by`: the ranking variable."""
    from crm_analytics.reporting.facts import Facts  # what writes decks is loaded when somebody asks for one

    tr, files = page.tr, page.measure(basis.sources)
    return Facts(
        tr=tr,
        answer=answer,
        window=page.window_words(),
        months=page.filters.months,
        currency=page.currency,
        company=page.rules.company_name,
        whom=chosen(page),
        by=by,
        tier_shares=page.rules.tier_shares,
        left_out=_left_out(page),
        files=tuple(_source(page, row) for row in files.itertuples()),
    )


def _source(page, row) -> tuple[str, str, str, str]:
    """A file of the data: name, what it was read as, when it was imported, how many of its records count."""
    imported = formats.day(row.imported_at, page.language)
    return row.file_name, page.tr(f"tables.{row.table_name}"), imported, formats.count(row.loaded)


def chosen(page) -> str:
    """Whom the filters choose, as text: "Region: North · Saved set: Key accounts"; empty for everybody."""
    told = [_condition(page, column, values) for column, values in page.wanted.where]
    if page.wanted.customer_set:
        told.append(formats.labelled(page.tr("frame.set"), page.wanted.customer_set, page.language))
    return " · ".join(told)


def _condition(page, column: str, values) -> str:
    """One condition without any markup; what a file says stays as it is."""
    if page.tr.knows(f"facts.{column}_yes"):
        return whom.words(page, column, values)
    label = page.tr(f"columns.{column}") if page.tr.knows(f"columns.{column}") else column
    codes = ((f"{whom.WORDED.get(column)}.{value}", value) for value in values)
    said = formats.listed(
        (page.tr(key) if page.tr.knows(key) else value for key, value in codes), language=page.language
    )
    return formats.labelled(label, said, page.language)


def _left_out(page) -> tuple[str, ...]:
    """One sentence per thing that no number counts."""
    found = page.measure(basis.left_out)
    return tuple(
        formats.labelled(page.tr(f"left_out.{row.reason}"), formats.count(row.n), page.language)
        for row in found[found.n > 0].itertuples()
    )
