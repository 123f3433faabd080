"""Files of corrected rows: the columns that say which record each row puts right are no columns of the table."""

from dataclasses import replace

from crm_analytics.importing.landing.clean import Landing

IMPORT, LINE, REASON, REST = "crm_import", "crm_line", "crm_reason", "crm_rest"
OURS = (IMPORT, LINE, REASON, REST)


def apart(landing: Landing) -> Landing:
    """The landing without our columns, which say in `corrects` what each of its records puts right; others stay as they are."""
    ours = {
        header.strip().lower(): place for place, header in enumerate(landing.headers) if header.strip().lower() in OURS
    }
    if not {IMPORT, LINE} <= set(ours):
        return landing
    kept = [place for place in range(len(landing.headers)) if place not in ours.values()]
    cells = "".join(f", c{place} as c{number}" for number, place in enumerate(kept))
    number = {name: f"try_cast(trim(c{ours[name]}) as bigint)" for name in (IMPORT, LINE)}
    return replace(
        landing,
        headers=[landing.headers[place] for place in kept],
        header=tuple(landing.header[place] for place in kept if place < len(landing.header)),
        relation=f"(select source_line{cells} from {landing.relation})",
        in_order="",
        corrects=f"(select source_line, {number[IMPORT]} as import_id, {number[LINE]} as line from {landing.relation})",
    )
