"""The tables of the database file, version by version: what imports bring, how they are remembered, what people decide."""

from crm_analytics.rules import Rules
from crm_analytics.schema import TABLES, Table

SCHEMA_VERSION = 3

BOOKKEEPING = """
create table meta (name varchar primary key, value bigint not null);
insert into meta values ('schema_version', 0), ('data_version', 0), ('next_import', 1);

create table imports (            -- one row per import, undone ones included; times are UTC
    import_id integer primary key, imported_at timestamp not null, undone_at timestamp,
    file_name varchar not null, sheet varchar, sha256 varchar not null, size bigint not null,
    table_name varchar not null, scope varchar not null,
    reading json not null,        -- how the file was read: dialect, mapping, formats
    records bigint not null, loaded bigint not null, duplicates bigint not null, quarantined bigint not null,
    skipped bigint not null, rounded bigint not null, repeated bigint not null, without_customer bigint not null,
    amount_loaded decimal(38, 4), amount_duplicates decimal(38, 4), amount_quarantined decimal(38, 4), amount_file decimal(38, 4)
);
create table quarantine (         -- one row per record that was set aside, with its text as it stood in the file
    import_id integer not null, source_line bigint not null, column_name varchar, reason varchar not null, raw varchar not null
);
create table skipped (            -- one row per record that is no data: preamble, blank, total
    import_id integer not null, source_line bigint not null, reason varchar not null, raw varchar not null
);
create table customer_attributes ( -- one row per customer and column that has no place of its own
    customer_id varchar not null, name varchar not null, value varchar, import_id integer not null, source_line bigint not null
);
create table made (               -- one row per version of a thing people made: rules, scenarios, saved segments
    kind varchar not null, name varchar not null, version integer not null, saved_at timestamp not null, value json not null,
    primary key (kind, name, version)
);
create table customer_sets (      -- one row per customer of a set that a person saved; it survives undo and new imports
    name varchar not null, customer_id varchar not null, primary key (name, customer_id)
);
create table excluded_statuses (status varchar not null); -- of the rules in force: such orders are no order and no revenue
"""
DECIDED = """  -- since version 2
create table not_goods (word varchar not null); -- of the rules in force: lines of such articles or categories do not count
create table merges (             -- one row per customer number that a person has joined to another
    customer_id varchar primary key, into_id varchar not null, merged_at timestamp not null
);
create table unranked (           -- one row per customer who counts for the company only: staff, house accounts
    customer_id varchar primary key, reason varchar not null, since timestamp not null
);
"""
# Rows that gave way to a later upload stand in a table of their own, `replaced_orders` beside `orders`, until it is undone.
REPLACING = """  -- since version 3
alter table imports add column changed bigint default 0;  -- lines of earlier imports of which this one has a newer version
alter table imports add column replaced bigint default 0; -- other rows of earlier imports that gave way to this one
alter table imports add column upload integer;            -- the first import of the same upload; null: an upload of its own
alter table imports add column control_total decimal(38, 4); -- the sum of amounts that a person expected
alter table quarantine add column resolved_by integer;    -- the import that brought the record corrected
"""


def build(con, version: int) -> None:
    """Bring the tables of this version, 0 for an empty file, to the present one; inside the caller's transaction."""
    if version == 0:
        con.execute(BOOKKEEPING)
        con.executemany("insert into excluded_statuses values (?)", [[status] for status in Rules().excluded_statuses])
    if version < 2:
        con.execute(DECIDED)
    for table in TABLES.values():
        con.execute(_create(table))
        con.execute(_create_replaced(table))
    con.execute(REPLACING)
    con.execute("update meta set value = $version where name = 'schema_version'", {"version": SCHEMA_VERSION})


def replaced(table: str) -> str:
    """The table in which rows of an accepted table stand that gave way to a later upload, as SQL."""
    return f'"replaced_{table}"'


def _create(table: Table) -> str:
    """An accepted table: the columns of the schema, and where each row came from."""
    return f'create table if not exists "{table.name}" ({_columns(table)})'


def _create_replaced(table: Table) -> str:
    """Rows of an accepted table that gave way, with the import that took their place."""
    return f"create table if not exists {replaced(table.name)} ({_columns(table)}, replaced_by integer not null)"


def _columns(table: Table) -> str:
    columns = [f'"{column.name}" {column.sql_type}' for column in table.stored]
    return ", ".join([*columns, "import_id integer not null", "source_line bigint not null"])
