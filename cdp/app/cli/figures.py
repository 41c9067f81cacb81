"""Figures on the command line: shares, times and money as people read them, and how fresh they are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import typer

NOTHING = "—"
_UNITS = ((86_400, "d"), (3600, "h"), (60, "m"), (1, "s"))


def shown(unit: str, value: float | None) -> str:
    """A figure in its unit; a dash where there is none, never 0."""
    if value is None:
        return NOTHING
    match unit:
        case "ratio":
            return share(value)
        case "fen":
            return f"¥{value / 100:,.2f}"
        case "seconds":
            return span(value)
        case "times":
            return f"{value:,.2f}"
        case _:
            return f"{value:,}"


def labelled(label: Mapping[str, str]) -> str:
    """What people call it, in both languages; once where the Chinese label has the English one in it, as in 获客成本 CAC."""
    return label["zh"] if label["en"] in label["zh"] else f"{label['zh']} {label['en']}"


def share(value: float | None) -> str:
    """A ratio as percent."""
    return NOTHING if value is None else f"{value:.1%}"


def micros(value: int | None) -> str:
    """A length of time in microseconds."""
    return NOTHING if value is None else span(value / 1_000_000)


def limit(value: int) -> str:
    """A length of time in microseconds that is a whole number of some unit: `3d`, `12h`, `5m`."""
    seconds = value // 1_000_000
    size, unit = next((size, unit) for size, unit in _UNITS if seconds % size == 0)
    return f"{seconds // size}{unit}"


def span(seconds: float) -> str:
    """A length of time, to the second."""
    return str(timedelta(seconds=round(seconds)))


def freshness(document: dict[str, Any]) -> None:
    """Say up to where the tables knew that gave these figures."""
    told = f"position {document['position']}"
    told += f", recorded {document['recorded_at']}" if document["recorded_at"] else ""
    told += f", last day that is over {document['today']}" if document["today"] else ", no day is over yet"
    typer.echo(f"\n{told}", err=True)
