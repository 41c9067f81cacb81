"""Makes the tables in an empty file, and brings those of an older release up to date.

Everything here can be computed again from the log, so nothing is migrated: what no longer fits is dropped and filled anew.
"""

from __future__ import annotations

from collections.abc import Collection

from cdp.errors import CdpError, ProjectionFailed, WorkspaceError
from cdp.ports import EventReader
from projections import extract
from projections.catalog import Table, base_tables, dependants, views
from projections.comments import comments
from projections.engine import Engine, literal
from projections.progress import Progress

_BOOKKEEPING = (
    "CREATE SCHEMA internal",
    "CREATE TABLE internal.setup (made_by VARCHAR)",
    "CREATE TABLE internal.views (name VARCHAR, digest VARCHAR)",
    """CREATE TABLE internal.progress (
        position BIGINT, recorded_at TIMESTAMPTZ, today DATE, closed_position BIGINT, rules VARCHAR
    )""",
    "CREATE TABLE internal.identity (kind VARCHAR, a BIGINT, b BIGINT, at_moment BIGINT, type VARCHAR, position BIGINT)",
    "INSERT INTO internal.progress VALUES (0, NULL, NULL, 0, '{}')",
)


def prepare(engine: Engine, log: EventReader | None = None, *, partial: bool = False) -> None:
    """Leave a file whose tables all exist and fit this release and this log, in one transaction. `partial` says that some of
    the log's events are left out on purpose.

    A file made by another release, for another time zone or from another log starts again from nothing; a view whose
    text changed is filled again from what is there. Raises WorkspaceError for a file of somebody else's.
    """
    made_by = f"{extract.VERSION} {engine.timezone} " + " ".join(table.digest for table in base_tables())
    with engine.transaction():
        if not (_fits(engine, made_by) and _continues(engine, log, partial)):
            _start_over(engine, made_by)
        _renew(engine)


def fill_again(engine: Engine, names: Collection[str], progress: Progress) -> list[str]:
    """Fill these views, and whatever reads them, from what there is, in one transaction; answers which."""
    with engine.transaction():
        concerned = _concerned(engine, names)
        again = [view for view in views() if view.name in concerned and not view.on_reading]
        for number, view in enumerate(again):
            progress(view.name, number, len(again))
            try:
                fill(engine, view)
            except CdpError as error:
                raise ProjectionFailed(view.name, _position(engine), str(error)) from error
    return [view.name for view in again]


def fill(engine: Engine, view: Table) -> None:
    """Put into the view's table what its SELECT answers over everything there is."""
    engine.run(f"DELETE FROM {view.name}")
    engine.run(f"INSERT INTO {view.name} {view.rows()}")


def _fits(engine: Engine, made_by: str) -> bool:
    tables = engine.rows("SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal AND NOT temporary")
    if not tables:
        return False
    if ("internal", "setup") not in tables:
        raise WorkspaceError(f"{engine.path} is a database of something else; move it away, or name another workspace")
    return engine.rows("SELECT made_by FROM internal.setup") == [(made_by,)]


def _continues(engine: Engine, log: EventReader | None, partial: bool) -> bool:
    """Whether the last event that the tables know is the one that the log has there; a restored log may have another."""
    position = engine.rows("SELECT position FROM internal.progress")[0][0]
    if not position:
        # A build that was cut off leaves base tables without a position.
        return engine.rows("SELECT COUNT(*) FROM touchpoints") == [(0,)]
    if log is None:
        return False
    known = engine.rows("SELECT source, id FROM touchpoints WHERE position = ?", [position])
    if partial and not known:
        return bool(log.head() >= position)
    return known == [(event.source, event.id) for event in log.read(position - 1, 1) if event.position == position]


def _start_over(engine: Engine, made_by: str) -> None:
    for name, kind in _present(engine).items():
        engine.run(f'DROP {kind} "{name}"')
    engine.run("DROP SCHEMA IF EXISTS internal CASCADE")
    for statement in _BOOKKEEPING:
        engine.run(statement)
    engine.run("INSERT INTO internal.setup VALUES (?)", [made_by])
    for table in base_tables():
        engine.run(table.sql)
        _comment(engine, table)


def _renew(engine: Engine) -> None:
    """Drop views that are no more; make and fill those that are new or changed, and whatever reads them."""
    stored = dict(engine.rows("SELECT name, digest FROM internal.views"))
    wanted = {view.name: view.digest for view in views()}
    present = _present(engine)
    for name in stored.keys() - wanted.keys():
        engine.run(f"DROP {present[name]} {name}")
    changed = _concerned(engine, [name for name, digest in wanted.items() if stored.get(name) != digest])
    for view in views():
        if view.name in changed:
            if view.name in present:
                engine.run(f"DROP {present[view.name]} {view.name}")
            _create(engine, view)
    if stored != wanted:
        engine.run("DELETE FROM internal.views")
        rows = ", ".join(f"({literal(name)}, {literal(digest)})" for name, digest in wanted.items())
        engine.run(f"INSERT INTO internal.views VALUES {rows}")


def _concerned(engine: Engine, changed: Collection[str]) -> frozenset[str]:
    """These views, and those that must be filled with them."""
    concerned = dependants(changed, views())
    if any(view.everywhere and view.name in concerned for view in views()):
        # They share one position, so none is computed without the others.
        concerned = dependants(concerned | {view.name for view in views() if view.everywhere}, views())
        engine.run("UPDATE internal.progress SET closed_position = position")
    return concerned


def _position(engine: Engine) -> int:
    position: int = engine.rows("SELECT position FROM internal.progress")[0][0]
    return position


def _present(engine: Engine) -> dict[str, str]:
    """What there is by name: TABLE, or VIEW for what is computed on reading; a release may make the one of the other."""
    tables = engine.rows("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main' AND NOT temporary")
    readings = engine.rows(
        "SELECT view_name FROM duckdb_views() WHERE schema_name = 'main' AND NOT internal AND NOT temporary"
    )
    return {name: "TABLE" for (name,) in tables} | {name: "VIEW" for (name,) in readings}


def _create(engine: Engine, view: Table) -> None:
    kind = "VIEW" if view.on_reading else "TABLE"
    try:
        engine.run(f"CREATE {kind} {view.name} AS {view.rows()}")
        _comment(engine, view)
    except CdpError as error:
        raise ProjectionFailed(view.name, _position(engine), str(error)) from error


def _comment(engine: Engine, table: Table) -> None:
    for comment in comments("VIEW" if table.on_reading else "TABLE", table):
        engine.run(comment)
