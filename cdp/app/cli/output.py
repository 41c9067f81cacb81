"""How commands answer: one JSON document with `--json`, else lines for people; and their exit codes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

import typer

NO = 1
"""The answer is no: a check failed."""
WRONG = 2
"""Wrong usage or input."""
_UNFOLDED = 4000


def answer(document: Any, as_json: bool, show: Callable[[Any], None]) -> None:
    """Print a document as JSON, or let `show` print it for people."""
    if as_json:
        typer.echo(json.dumps(document, ensure_ascii=False, default=str))
    else:
        show(document)


def table(rows: Sequence[dict[str, Any]], columns: Sequence[str], empty: str) -> None:
    """Rows as an aligned table; one sentence when there are none. In a pipe no line is folded."""
    from rich.console import Console
    from rich.table import Table

    if not rows:
        typer.echo(empty)
        return
    grid = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        grid.add_column(column, overflow="fold")
    for row in rows:
        grid.add_row(*("" if row.get(c) is None else str(row.get(c)) for c in columns))
    Console(width=None if sys.stdout.isatty() else _UNFOLDED).print(grid)


def fields(document: dict[str, Any]) -> None:
    """A document as `name: value` lines, nested ones indented."""
    for name, value in document.items():
        if isinstance(value, dict):
            typer.echo(f"{name}:")
            for inner, what in value.items():
                typer.echo(f"  {inner}: {_short(what)}")
        elif isinstance(value, list):
            typer.echo(f"{name}: {len(value)}")
            for item in value:
                typer.echo(f"  - {_short(item)}")
        else:
            typer.echo(f"{name}: {_short(value)}")


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k}={_short(v)}" for k, v in value.items())
    if isinstance(value, list):
        return ", ".join(_short(v) for v in value)
    return "" if value is None else str(value)
