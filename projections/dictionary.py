"""The data dictionary: docs/tables.md, made from the headers of the SQL files.

python -m projections.dictionary > docs/tables.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from projections.catalog import Input, Lookup, Table, base_tables, views
from projections.engine import Engine
from projections.schema import prepare

_INTRO = """\
# Tables · 数据字典

Made from the headers of `projections/base/*.sql` and `projections/views/*.sql` by `python -m projections.dictionary`.
由 SQL 文件的头注释生成，请勿手改。

Money is in fen (分, `*_fen`), times are moments with a zone (`TIMESTAMPTZ`), a `day` is a local day of the workspace's
time zone. Persons are counted after identities are merged; staff and test accounts are left out of every metric; a
ratio whose denominator is empty is NULL, never 0. 金额单位为分；`day` 是工作区时区的本地日期；人数按合并身份后计算；
员工和测试账号不计入任何指标；分母为空的比率是 NULL，而不是 0。
"""


def dictionary() -> str:
    """The whole text of docs/tables.md."""
    types = _types()
    return "\n".join([_INTRO, *(line for table in (*base_tables(), *views()) for line in _section(table, types))])


def _section(table: Table, types: dict[tuple[str, str], str]) -> Iterator[str]:
    yield f"## {table.name}\n"
    yield f"{table.en} {table.zh}\n"
    yield f"Key 主键: {_code(table.key)}. {_refresh(table)}\n"
    yield "| column | type | meaning | 含义 |"
    yield "|---|---|---|---|"
    for column in table.columns:
        yield f"| `{column.name}` | {types[table.name, column.name]} | {column.en} | {column.zh} |"
    yield ""


def _refresh(table: Table) -> str:
    if not table.inputs:
        return "Filled from the log. 直接来自日志。"
    sources = ", ".join([*map(_input, table.inputs), *map(_lookup, table.lookups)])
    when = "Recomputed as a whole when a day is closed" if table.everywhere else f"Recomputed by {_code(table.unit)}"
    return f"{when} from 来源: {sources}."


def _input(source: Input) -> str:
    return f"`{source.relation}`" + (f" ({', '.join(source.types)})" if source.types else "")


def _lookup(look: Lookup) -> str:
    return f"`{look.relation}`"


def _code(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _types() -> dict[tuple[str, str], str]:
    """(table, column) -> type, as the database has it."""
    engine = Engine(":memory:", "Asia/Shanghai")
    try:
        prepare(engine)
        rows = engine.rows(
            "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE schema_name = 'main' AND NOT internal"
        )
    finally:
        engine.close()
    short = {"TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ"}
    return {(table, column): short.get(kind, kind) for table, column, kind in rows}


if __name__ == "__main__":
    sys.stdout.write(dictionary())
