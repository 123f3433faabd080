"""What an import did, to the record and to the cent."""

from dataclasses import dataclass
from decimal import Decimal

from crm_analytics.errors import CrmError


@dataclass(frozen=True)
class Receipt:
    """What an import did. records = loaded + duplicates + quarantined + skipped; amounts are sums of the amount column.

    `changed`: lines of earlier imports of which this one has a newer version; `replaced`: other rows of earlier imports that
    gave way to the upload (told with the first of its files). `without_amount`, `not_counted`: orders, see `tallies`.
    A file that was left out has a receipt too: no import and no table, all its records skipped, `not_needed` says why.
    `kept_columns`: how many columns were kept under their own name.
    """

    import_id: int | None
    file_name: str
    table: str | None
    records: int
    loaded: int
    duplicates: int
    quarantined: int
    skipped: int
    rounded: int
    repeated: int
    without_customer: int
    amount_loaded: Decimal | None
    amount_duplicates: Decimal | None
    amount_quarantined: Decimal | None
    amount_file: Decimal | None
    changed: int = 0
    replaced: int = 0
    already: bool = False
    without_amount: int = 0
    not_counted: int = 0
    kept_columns: int = 0
    not_needed: CrmError | None = None


NOT_KEPT = (
    "already",
    "without_amount",
    "not_counted",
    "kept_columns",
    "not_needed",
)  # told anew, not part of the history
