"""An empty export to fill in: the headers of a table and one row of examples."""

import csv
import io

from crm_analytics.schema import TABLES


def template(table: str) -> str:
    """CSV text of a table's columns, with an example row."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    columns = [column for column in TABLES[table].columns if column.stored]
    writer.writerow([column.name for column in columns])
    writer.writerow([column.example for column in columns])
    return text.getvalue()
