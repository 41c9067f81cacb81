"""The database of a query's process: views over the files of the tables, and nothing else within reach."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import duckdb

from projections.asking.question import Setup
from projections.asking.statement import Refused, tables_in
from projections.engine import literal

_CONFIG = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_persistent_secrets": "false",
    "python_enable_replacements": "false",
    "async_threads": "1",
}
_HIDDEN = (
    "allowed_directories", "allowed_paths", "secret_directory", "temp_directory", "home_directory", "extension_directories",
    "extension_repository_directory", "file_search_path", "log_query_path", "profile_output", "profiling_output",
    "http_proxy", "http_proxy_username", "http_proxy_password", "user", "username", "password",
)  # fmt: skip
"""Settings that name places on this machine, or secrets."""
_JSON = re.compile(r"\{.*\}\Z", re.DOTALL)
_KIND = re.compile(r"\A[A-Z][A-Za-z ]* Error: ")
_DAYS = ", hive_partitioning = true, hive_types = {'day': DATE}"


class Desk:
    """One in-memory database, locked: no file but those of the tables, no network, no settings, nothing to write to."""

    def __init__(self, setup: Setup) -> None:
        """Everything is set before the first statement of a stranger, and then cannot be set any more."""
        self._columns = setup.tables
        self._known = frozenset([*setup.tables, *setup.views])
        self._comments = setup.comments
        self._present: dict[str, tuple[str, ...]] = {}
        self._con = duckdb.connect(config=dict(_CONFIG))
        bounds = setup.bounds
        for statement in (
            f"SET GLOBAL TimeZone = {literal(setup.timezone)}",
            "SET GLOBAL enable_external_file_cache = false",
            f"SET GLOBAL threads = {bounds.threads}",
            f"SET GLOBAL memory_limit = '{bounds.memory_mb}MiB'",
            f"SET GLOBAL temp_directory = {literal(setup.spill)}",
            f"SET GLOBAL max_temp_directory_size = '{bounds.spill_mb}MiB'",
            *(f"CREATE VIEW {name} AS {_nothing(columns)}" for name, columns in setup.tables.items()),
            *(f"CREATE VIEW {name} AS {select}" for name, select in setup.views.items()),
            *setup.comments,
            _settings(),
            f"SET GLOBAL allowed_directories = [{', '.join(literal(f'{name}/') for name in setup.tables)}]",
            "SET GLOBAL enable_external_access = false",
            "SET GLOBAL errors_as_json = true",
            "SET GLOBAL lock_configuration = true",
        ):
            self._con.execute(statement)

    def tables_in(self, sql: str, params: Collection[str]) -> frozenset[str]:
        """The tables that a statement reads. Raises Refused."""
        try:
            return tables_in(self._con, sql, params, self._known)
        except duckdb.Error as error:
            raise refusal(error) from None

    def lay_out(self, files: Mapping[str, Sequence[str]]) -> None:
        """Let each of these tables stand for its files."""
        for name, paths in files.items():
            if self._present.get(name) == tuple(paths):
                continue
            listed = ", ".join(literal(path) for path in paths)
            days = _DAYS if "day" in self._columns[name] and "/day=" in "".join(paths) else ""
            ordered = ", ".join(f'"{column}"' for column in self._columns[name])
            rows = f"SELECT {ordered} FROM read_parquet([{listed}]{days})" if paths else _nothing(self._columns[name])
            self._con.execute(f"CREATE OR REPLACE VIEW {name} AS {rows}")
            for comment in self._comments:
                if comment.startswith((f"COMMENT ON VIEW {name} ", f"COMMENT ON COLUMN {name}.")):
                    self._con.execute(comment)
            self._present[name] = tuple(paths)

    def ask(self, sql: str, params: Mapping[str, Any]) -> duckdb.DuckDBPyRelation:
        """The rows, not computed yet. Raises Refused."""
        given = dict(params) or None
        try:
            found = self._con.sql(sql, params=given)
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error as error:
            raise self._located(error, sql, given) from None
        if found is None:
            raise Refused("this answers nothing")
        return found

    def _located(self, error: duckdb.Error, sql: str, given: dict[str, Any] | None) -> Refused:
        """A relation does not say where a mistake stands; explaining the query meets it again, and does."""
        found, explain = refusal(error), "EXPLAIN "
        if found.offset is not None:
            return found
        try:
            self._con.execute(explain + sql, given)
        except duckdb.Error as again:
            placed = refusal(again)
            return Refused(placed.message, None if placed.offset is None else placed.offset - len(explain))
        return found


def refusal(error: duckdb.Error) -> Refused:
    """What the database says, without its own layout."""
    match = _JSON.search(str(error))
    try:
        said = json.loads(match[0]) if match else {}
    except ValueError:
        said = {}
    message = str(said.get("exception_message") or _KIND.sub("", str(error))).strip()
    position = said.get("position")
    return Refused(message, int(position) if position is not None else None)


def _nothing(columns: Mapping[str, str]) -> str:
    typed = ", ".join(f'CAST(NULL AS {kind}) AS "{name}"' for name, kind in columns.items())
    return f"SELECT {typed} WHERE FALSE"


def _settings() -> str:
    hidden = ", ".join(literal(name) for name in _HIDDEN)
    return (
        "CREATE MACRO duckdb_settings() AS TABLE "
        f"SELECT * FROM system.main.duckdb_settings() WHERE name NOT IN ({hidden})"
    )
