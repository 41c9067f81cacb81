"""Rows of an Arrow table as plain Python."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa


def plain(table: pa.Table) -> list[dict[str, Any]]:
    """Rows as dicts of int, float, str, bool, date, aware datetime, list and None; whole decimals become int."""
    rows: list[dict[str, Any]] = table.to_pylist()
    decimals = [field.name for field in table.schema if pa.types.is_decimal(field.type)]
    for name in decimals:
        for row in rows:
            row[name] = _number(row[name])
    return rows


def _number(value: Decimal | None) -> int | float | None:
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)
