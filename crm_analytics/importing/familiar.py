"""A file of a source that is known: read as last time, with a word on what has changed and a question where a column is gone."""

from dataclasses import replace
from pathlib import Path

from crm_analytics.database import Database
from crm_analytics.errors import ImportRefused
from crm_analytics.importing import profiles, recognise
from crm_analytics.importing.landing.land import Landing, land
from crm_analytics.importing.landing.source import discard
from crm_analytics.importing.profiles import Part, Profile
from crm_analytics.importing.reading import judge, questions
from crm_analytics.importing.reading.evidence import Evidence
from crm_analytics.importing.recognise import CLEARLY, Match
from crm_analytics.importing.shapes import Caution, FilePlan, Options, Question
from crm_analytics.schema import TABLES, mapping, missing

SHOWN = 12  # headers in a sentence


def land_as_before(database: Database, path: Path, options: Options) -> tuple[list[Landing], Options]:
    """The landings of a file, cut as a person once said for its source where nobody says so now."""
    now = {name: getattr(options, name) for name in profiles.ABOUT_TEXT}
    refused, landings = None, []
    try:
        landings = land(database, path, **now)
    except ImportRefused as refusal:
        refused = refusal
    if not (options.anew or profiles.remembered(options).keys() & set(profiles.ABOUT_TEXT)):
        con = database.cursor()
        try:
            for said in profiles.said_about_text(con):
                if found := _landed_so(database, con, path, landings, said):
                    return found, replace(options, **said)
        finally:
            con.close()
    if refused:
        raise refused
    return landings, options


def _landed_so(database: Database, con, path: Path, landings: list[Landing], said: dict) -> list[Landing] | None:
    """The landings under what was said, where that shows the very headers of the source for which it was said."""
    if landings and not _may_be_meant(landings[0], said):
        return None
    try:
        found = land(database, path, **said)
    except ImportRefused:
        return None
    profile = next(profiles.find(con, found[0]), None)
    is_damaged = any(record.reason == "bad_bytes" for record in found[0].ragged)
    if profile and profile.is_same and not is_damaged and said.items() <= profile.said.items():
        if landings:
            discard(landings[0].source)
        return found
    discard(found[0].source)
    return None


def _may_be_meant(landing: Landing, said: dict) -> bool:
    """Whether a file that was read without help could want it: UTF-8 that is proven is no other encoding."""
    source, delimiter = landing.source, said.get("delimiter", landing.delimiter)
    encoding = said.get("encoding", landing.source.encoding)
    if source.kind != "text" or delimiter not in landing.delimiter + "".join(landing.header or landing.headers):
        return False
    if encoding != source.encoding and source.is_encoding_sure and source.encoding.startswith("utf"):
        return False
    has_short_rows = any(record.reason == "too_few_cells" for record in landing.ragged)
    return (delimiter, encoding) != (landing.delimiter, source.encoding) or ("short_rows" in said and has_short_rows)


def recall(con, file: FilePlan) -> None:
    """Find how the source of a file was read, and answer what is open with what people said then.

    Raises ImportRefused E_OTHER_SOURCE where a person names another table than these headers have always been.
    """
    if file.options.anew:
        return
    others, table = None, file.options.table
    for profile in profiles.find(con, file.landing):
        if table and table not in profile.tables:
            others = others or (profile if profile.is_same else None)
        elif _is_named_so(file, profile) and (profile.is_same or _is_its_source(file, profile)):
            _follow(file, profile)
            return
    if others and not file.options.mapping:
        was = ", ".join(others.tables)
        raise ImportRefused("E_OTHER_SOURCE", file=file.name, table=table, was=was, **others.facts)


def _follow(file: FilePlan, profile: Profile) -> None:
    """Read a file as its source was read; what is said now goes before what was said then."""
    file.profile = profile
    said = profile.answers(file.landing.headers)
    own = profiles.remembered(file.options)
    both = {name: said[name] | own[name] for name in said.keys() & own.keys() if isinstance(said[name], dict)}
    file.options = replace(file.options, **said | own | both)
    if set(said) - set(own):
        file.warnings.append(Caution("read_as_before", profile.facts))


def _is_named_so(file: FilePlan, profile: Profile) -> bool:
    """Whether a file with a source's headers is not named another table that the headers would fit as well."""
    if {"table", "mapping"} & profile.said.keys() or file.options.table:
        return True
    try:
        other = recognise.recognise(file.name, file.landing.headers, has_items=True).table
    except ImportRefused:
        return True
    is_hinted = any(recognise.hinted(table, file.name) for table in profile.tables)
    return other in profile.tables or is_hinted or not recognise.hinted(other, file.name)


def _is_its_source(file: FilePlan, profile: Profile) -> bool:
    """Whether a file whose headers resemble a source's fits no other table better than what is left of that source's own."""
    headers = file.landing.headers
    try:
        other = recognise.recognise(file.name, headers, has_items=True)
    except ImportRefused:
        return True
    placed = profile.placed(headers)
    left = {name for part in profile.parts for name, header in part.mapping.items() if header in placed}
    lacks = any(missing(part.table, left) for part in profile.parts)
    return other.table in profile.tables or other.score < len(left) + (not lacks)


def check_kind(file: FilePlan) -> None:
    """Say where a person names one table and the headers clearly say another; refuse where the named one lacks what it needs."""
    options, headers = file.options, file.landing.headers
    if options.table not in TABLES or options.mapping or file.profile:
        return
    told = recognise.match(options.table, headers, has_items=True)
    try:
        other = recognise.recognise(file.name, headers, has_items=True)
    except ImportRefused:
        return
    if other.table == told.table or other.score < told.score + (0 if told.lacking else CLEARLY):
        return
    facts = {"table": told.table, "other": other.table, "fits": len(other.mapping)}
    if told.lacking:
        raise ImportRefused("E_OTHER_KIND", file=file.name, lacking=", ".join(told.lacking), **facts)
    file.warnings.append(Caution("other_kind", facts))


def matches(file: FilePlan, has_items: bool) -> list[tuple[Match, tuple[str, ...]]]:
    """What a file of a known source is, table by table, with the columns of which a record must fill one; says what changed."""
    profile, headers = file.profile, file.landing.headers
    for name, header in file.options.mapping.items():
        table = next((part.table for part in profile.parts if name in _columns(part.table)), profile.parts[0].table)
        recognise.check(table, headers, {name: header})
    if not profile.is_same:
        _say_changed(file, profile)
    found, free = [], profile.added(headers)
    for part in profile.parts:
        match = _match(file, part, free)
        free = [header for header in free if header not in match.mapping.values()]
        found.append((match, part.only_with))
        if part.table == "orders" and not has_items and recognise.lacks_amount(match):
            file.warnings.append(Caution("orders_without_amount", {}))
    return found


def _match(file: FilePlan, part: Part, free: list[str]) -> Match:
    """A table's columns as last time; a column that is gone may stand under a new header, which is said, or is asked for."""
    headers, own = file.landing.headers, _columns(part.table)
    told = {name: header for name, header in file.options.mapping.items() if name in own}
    placed = file.profile.placed(headers)
    now = {name: placed[header] for name, header in part.mapping.items() if header in placed}
    lost = {name: header for name, header in part.mapping.items() if header not in placed}
    for name, header in mapping(part.table, headers).items():
        if name not in now and name not in told and header not in now.values() and (header in free or name in lost):
            now[name] = header
            if name in lost:
                facts = {"column": lost.pop(name), "field": name, "header": header}
                file.warnings.append(Caution("column_renamed", facts | file.profile.facts))
    for name, header in told.items():
        now = {known: taken for known, taken in now.items() if known != name and taken != header}
        now |= {name: header} if header else {}
    _ask_for(file, part, now, {name: header for name, header in lost.items() if name not in now and name not in told})
    _check_complete(file, part, now)
    return Match(part.table, {name: now[name] for name in own if name in now}, ())


def _columns(table: str) -> list[str]:
    return [column.name for column in TABLES[table].columns]


def _ask_for(file: FilePlan, part: Part, now: dict[str, str], lost: dict[str, str]) -> None:
    """Ask which column holds what a lost one held, or refuse where the table needs it and no column is new."""
    free = [header for header in file.profile.added(file.landing.headers) if header not in now.values()]
    needed = set(missing(part.table, now)) & set(lost)
    for name in (name for name in lost if name in part.used):
        facts = {"field": name, "table": part.table, "headers": ", ".join(free[:SHOWN]) or "-", **file.profile.facts}
        if name in needed and not free:
            raise ImportRefused("E_COLUMN_GONE", file=file.name, column=lost[name], **facts)
        code = "needed_column_gone" if name in needed else "column_gone"
        file.questions.append(Question(code, lost[name], facts, f"--map {name}=HEADER"))


def _check_complete(file: FilePlan, part: Part, now: dict[str, str]) -> None:
    """Refuse to go without a column that the table needs; what orders are worth may come with their items."""
    left_out = [name for name, header in file.options.mapping.items() if not header]
    lacking = [
        name for name in missing(part.table, now) if name in left_out and (part.table, name) != ("orders", "amount")
    ]
    if lacking:
        headers = ", ".join(file.landing.headers[:SHOWN])
        raise ImportRefused("E_LACKING", file=file.name, table=part.table, lacking=", ".join(lacking), headers=headers)


def _say_changed(file: FilePlan, profile: Profile) -> None:
    used = {part.mapping[name] for part in profile.parts for name in part.used if name in part.mapping}
    gone = [header for header in profile.gone(file.landing.headers) if header not in used]
    for code, headers in (("columns_added", profile.added(file.landing.headers)), ("columns_gone", gone)):
        if headers:
            file.warnings.append(Caution(code, {"headers": ", ".join(headers[:SHOWN])} | profile.facts))


def answer(file: FilePlan, header: str, kind: str) -> str | None:
    """What a person said of a column of the file's source last time; it settles what the rows leave open, never what they prove."""
    said = file.profile.answers(file.landing.headers)
    return questions.answer(replace(Options(), **said), header, kind)


def settle(con, file: FilePlan, evidence: Evidence, header: str, time_zone: str) -> None:
    """What every row leaves open is read as a person said of the source last time, or as its rows had proven then."""
    if not file.profile:
        return
    said = answer(file, header, evidence.reading.kind)
    is_swapped_no_more = said == "swapped" and not evidence.problem
    if is_swapped_no_more and not judge.suspect_swap(con, file.landing.relation, evidence, time_zone):
        return  # its rows speak against what was said: it is asked again
    known = said or file.profile.orders.get(profiles.key(header))
    if evidence.problem in questions.CODES and known in evidence.rivals:
        evidence.problem, evidence.reading, evidence.answer = None, evidence.rivals[known], known
        if not said:
            file.warnings.append(Caution("dates_as_before", {"column": header} | file.profile.facts))
