"""What a table's header says, as comments in a database: every `DESCRIBE` and every browser of tables shows them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from projections.catalog import Table
from projections.engine import literal


def comments(kind: Literal["TABLE", "VIEW"], table: Table) -> Iterator[str]:
    """The statements that comment a table, or a view that stands for it, and each of its columns."""
    yield f"COMMENT ON {kind} {table.name} IS {literal(f'{table.en} {table.zh}')}"
    for column in table.columns:
        yield f'COMMENT ON COLUMN {table.name}."{column.name}" IS {literal(f"{column.en} {column.zh}")}'
