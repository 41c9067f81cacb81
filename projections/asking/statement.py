"""What a statement may be: one query over the tables, by the database's own understanding of the text.

The parser says what the text means; nothing is looked for in the text itself, so no spelling, comment or nesting hides
anything. Only what is known to be harmless passes: kinds of query, table functions, relations.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb

_QUERY_NODES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
_TABLE_FUNCTIONS = frozenset(
    {
        "range", "generate_series", "unnest", "repeat", "repeat_row", "json_each", "json_tree", "regexp_split_to_table",
        "duckdb_columns", "duckdb_functions", "duckdb_keywords", "duckdb_schemas", "duckdb_settings", "duckdb_tables",
        "duckdb_types", "duckdb_views", "pragma_table_info", "pg_timezone_names", "icu_calendar_names",
    }
)  # fmt: skip
_REFUSED_FUNCTIONS = frozenset(
    {
        "current_setting", "write_log", "query", "query_table", "json_serialize_plan", "json_deserialize_sql",
        "json_execute_serialized_sql", "getvariable", "nextval", "currval", "setval",
    }
)  # fmt: skip
_CATALOGS = frozenset({"information_schema", "pg_catalog"})
_CATALOG_VIEWS = frozenset({"duckdb_columns", "duckdb_schemas", "duckdb_tables", "duckdb_types", "duckdb_views"})
_COMMENT = r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)*"
_EXPLAIN = re.compile(rf"{_COMMENT}explain(?:\s+analyze)?{_COMMENT}", re.IGNORECASE | re.DOTALL)
_NOWHERE = 2**64 - 1


class Refused(Exception):
    """A statement that is wrong, or may not be asked; `offset` is the byte it is about, if it is about one."""

    def __init__(self, message: str, offset: int | None = None):
        self.message, self.offset = message, offset
        super().__init__(message)


@dataclass
class _Found:
    """What stands in a statement."""

    tables: set[str] = field(default_factory=set)
    ctes: set[str] = field(default_factory=set)
    relations: list[tuple[str, int | None]] = field(default_factory=list)


def tables_in(
    con: duckdb.DuckDBPyConnection, sql: str, params: Collection[str], known: Collection[str]
) -> frozenset[str]:
    """Which of the known tables a statement reads. Raises Refused for one that is not one query over them, and for one
    whose parameters are not those given."""
    shift = _one_query(con, sql)
    (said,) = con.execute("SELECT json_serialize_sql($sql)", {"sql": sql.encode()[shift:].decode()}).fetchall()[0]
    tree: dict[str, Any] = json.loads(said)
    if tree["error"] or len(tree["statements"]) != 1:
        raise Refused(str(tree.get("error_message", "this is not one query")))
    (statement,) = tree["statements"]
    found = _Found()
    for node in _nodes(statement["node"]):
        _look(node, found, shift)
    _judge(found, known)
    _match({entry["key"] for entry in statement["named_param_map"]}, set(params))
    return frozenset(found.tables)


def _one_query(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    """Where the query begins: after an EXPLAIN, else at the beginning."""
    statements = con.extract_statements(sql)
    if not statements:
        raise Refused("there is no query in this text")
    if len(statements) > 1:
        raise Refused(f"one query at a time; these are {len(statements)} statements")
    match statements[0].type:
        case duckdb.StatementType.SELECT:
            return 0
        case duckdb.StatementType.EXPLAIN if match := _EXPLAIN.match(sql):
            return len(match[0].encode())
        case duckdb.StatementType.MULTI:
            raise Refused("a PIVOT needs its values: PIVOT … ON column IN (…)")
        case other:
            raise Refused(f"this is no query but a statement of the kind {other.name}; the tables can only be read")


def _nodes(tree: Any) -> Iterator[Mapping[str, Any]]:
    """Every node of a tree, without recursion: it may be deep."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node


def _look(node: Mapping[str, Any], found: _Found, shift: int) -> None:
    kind, offset = str(node.get("type", "")), _offset(node, shift)
    if "map" in node and isinstance(node["map"], list):
        found.ctes |= {str(entry["key"]).lower() for entry in node["map"] if isinstance(entry, dict) and "key" in entry}
    if node.get("class") == "FUNCTION":
        if str(node["function_name"]).lower() in _REFUSED_FUNCTIONS:
            raise Refused(f"the function {node['function_name']} is not for queries", offset)
    elif "class" in node:
        return
    elif kind.endswith("_NODE") and kind not in _QUERY_NODES:
        raise Refused("the tables can only be read; nothing is inserted, changed, deleted or copied", offset)
    elif kind == "RECURSIVE_CTE_NODE":
        found.ctes.add(str(node["cte_name"]).lower())
    elif kind == "TABLE_FUNCTION":
        _check_function(node["function"], offset)
    elif kind in ("BASE_TABLE", "SHOW_REF") and node["table_name"]:
        _relation(node, found, offset)


def _check_function(function: Mapping[str, Any], offset: int | None) -> None:
    name = str(function["function_name"]).lower()
    if name not in _TABLE_FUNCTIONS or function.get("schema") or function.get("catalog"):
        raise Refused(f"the table function {name} is not for queries: they read the tables and nothing else", offset)


def _relation(node: Mapping[str, Any], found: _Found, offset: int | None) -> None:
    name = str(node["table_name"]).lower()
    if node["catalog_name"]:
        raise Refused(f"there is no database {node['catalog_name']}", offset)
    if node["type"] == "SHOW_REF" and (name.startswith(('"', "__"))):
        return
    schema = str(node["schema_name"]).lower()
    if schema in _CATALOGS or (not schema and name in _CATALOG_VIEWS):
        return
    if schema not in ("", "main"):
        raise Refused(f"there is no schema {schema}", offset)
    found.relations.append((name, offset))


def _judge(found: _Found, known: Collection[str]) -> None:
    """Tell our tables from names that the statement itself gives; what is neither is unknown."""
    for name, offset in found.relations:
        if name in known:
            found.tables.add(name)
        elif name not in found.ctes:
            near = difflib.get_close_matches(name, [*known, *found.ctes], 1)
            hint = f"did you mean {near[0]}?" if near else "SHOW TABLES lists those there are"
            raise Refused(f"there is no table {name}; {hint}", offset)


def _match(wanted: set[str], given: set[str]) -> None:
    if missing := sorted(wanted - given):
        raise Refused(f"params has no value for {', '.join(f'${name}' for name in missing)}")
    if unknown := sorted(given - wanted):
        raise Refused(f"the query has no parameter {', '.join(f'${name}' for name in unknown)}")


def _offset(node: Mapping[str, Any], shift: int) -> int | None:
    at = node.get("query_location")
    return at + shift if isinstance(at, int) and at != _NOWHERE else None
