"""Files of an upload that no number needs: said by name, left out, and no hindrance to the others."""

from crm_analytics.errors import ImportRefused
from crm_analytics.schema import NOT_NEEDED, TABLES, field_of, folded, mapping

KEYS = {"customer_id", "person_id", "order_id", "complaint_id", "campaign_id", "response_id", "sku"}
TELL = 2  # headers by which a kind is known; one alone may stand in any file


def why(name: str, headers: list[str]) -> ImportRefused | None:
    """Why a file that is no table of ours is not needed, or None where it may be one that a person has to name.

    It is of a kind listed in headers.toml, or its columns are understood and none of them says whose they are: no customer,
    order, complaint, campaign or article.
    """
    kind = _kind(headers) or ("keyless" if _is_keyless(headers) else None)
    return ImportRefused(f"E_NOT_NEEDED_{kind.upper()}", file=name) if kind else None


def is_payments(headers: list[str]) -> bool:
    """Whether order ids and amounts are those of payments: what an order is worth stands elsewhere."""
    return _kind(headers) == "payments"


def _kind(headers: list[str]) -> str | None:
    """The listed kind that at least two headers and half of all tell, unless the file names customers."""
    if any(
        field_of(table, header) == "customer_id" for table in TABLES for header in headers if folded(header) != "id"
    ):
        return None
    told = {kind: sum(folded(header) in words for header in headers) for kind, words in NOT_NEEDED.items()}
    best = max(told, key=told.get)
    return best if told[best] >= TELL and 2 * told[best] >= len(headers) else None


def _is_keyless(headers: list[str]) -> bool:
    """Whether one table knows most of the headers, no table finds an id, and no sales lie in the file unnamed."""
    if any(field_of(table, header) in KEYS for table in TABLES for header in headers):
        return False
    orders = mapping("orders", headers)
    if "ordered_at" in orders and {"amount", "total", "unit_price"} & orders.keys():
        return False
    known = max(len(mapping(table, headers)) for table in TABLES)
    return known >= TELL and 2 * known > len(headers)
