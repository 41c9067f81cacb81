"""The data dictionary: docs/tables.md and docs/tables.zh-CN.md, made from the headers of the SQL files.

python -m projections.dictionary [DIRECTORY]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from projections.catalog import Column, Input, Table, base_tables, views
from projections.engine import Engine
from projections.schema import prepare

Language = Literal["en", "zh"]
FILES: Mapping[Language, str] = {"en": "tables.md", "zh": "tables.zh-CN.md"}


class _Words(NamedTuple):
    """What stands around the headers' own texts."""

    intro: str
    key: str
    head: str
    filled: str
    by_unit: str
    at_closing: str
    on_reading: str
    of_release: str
    stop: str
    comma: str


_WORDS: Mapping[Language, _Words] = {
    "en": _Words(
        intro="""\
# Tables

Made from the headers of `projections/base/*.sql` and `projections/views/*.sql` by `python -m projections.dictionary`.
[中文](tables.zh-CN.md)

Money is in fen (`*_fen`), times are moments with a zone (`TIMESTAMPTZ`), a `day` is a local day of the workspace's
time zone. Persons are counted after identities are merged; staff and test accounts are left out of every metric; a
ratio whose denominator is empty is NULL, never 0. "Today" is the last local day that is over: `closed_days`.
""",
        key="Key",
        head="| column | type | meaning |\n|---|---|---|",
        filled="Filled from the log",
        by_unit="Kept by {unit}, from {sources}",
        at_closing="Computed as a whole when a day is closed, from {sources}",
        on_reading="Computed on reading, from {sources}",
        of_release="Part of this release: `projections/metrics/definitions/*.sql`",
        stop=". ",
        comma=", ",
    ),
    "zh": _Words(
        intro="""\
# 数据字典

由 `python -m projections.dictionary` 根据 `projections/base/*.sql` 和 `projections/views/*.sql` 的头注释生成，请勿手改。
[English](tables.md)

金额单位为分（`*_fen`）；时间都带时区（`TIMESTAMPTZ`）；`day` 是工作区时区的本地日期。人数按合并身份后计算；员工和测试账号
不计入任何指标；分母为空的比率是 NULL，而不是 0。“今天”指最近一个已经结束的本地日，见 `closed_days`。
""",
        key="主键",
        head="| 列 | 类型 | 含义 |\n|---|---|---|",
        filled="直接来自日志",
        by_unit="按 {unit} 更新，来源：{sources}",
        at_closing="每日结束时整表重算，来源：{sources}",
        on_reading="读取时计算，来源：{sources}",
        of_release="随版本发布：`projections/metrics/definitions/*.sql`",
        stop="。",
        comma="、",
    ),
}


def dictionary(language: Language) -> str:
    """The whole text of one of the FILES."""
    words, types = _WORDS[language], _types()
    tables = (*base_tables(), *sorted(views(), key=lambda table: table.name))
    contents = " ·\n".join(f"[`{table.name}`](#{table.name})" for table in tables) + "\n"
    return "\n".join([words.intro, contents, *(line for t in tables for line in _section(t, types, language))])


def write(directory: Path) -> None:
    """Write both files into a directory."""
    for language, name in FILES.items():
        (directory / name).write_text(dictionary(language), encoding="utf-8")


def _section(table: Table, types: Mapping[tuple[str, str], str], language: Language) -> Iterator[str]:
    words = _WORDS[language]
    yield f"## {table.name}\n"
    yield f"{_said(table, language)}\n"
    key = f"{words.key}{'：' if language == 'zh' else ': '}{_code(table.key, words)}"
    yield f"{words.stop.join([key, _refresh(table, words)])}{words.stop.strip()}\n"
    yield words.head
    for column in table.columns:
        yield f"| `{column.name}` | {types[table.name, column.name]} | {_said(column, language)} |"
    yield ""


def _refresh(table: Table, words: _Words) -> str:
    if not table.inputs:
        return words.of_release if table.on_reading else words.filled
    # What is read by several columns, or looked up by several relations, is named once.
    named = [*map(_input, table.inputs), *(f"`{look.relation}`" for look in table.lookups)]
    sources = words.comma.join(dict.fromkeys(named))
    kept = words.at_closing if table.everywhere else words.on_reading if table.on_reading else words.by_unit
    return kept.format(unit=_code(table.unit, words), sources=sources)


def _said(text: Table | Column, language: Language) -> str:
    return text.zh if language == "zh" else text.en


def _input(source: Input) -> str:
    return f"`{source.relation}`" + (f" ({', '.join(source.types)})" if source.types else "")


def _code(names: tuple[str, ...], words: _Words) -> str:
    return words.comma.join(f"`{name}`" for name in names)


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
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
