"""How far it is with what takes long."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

Progress = Callable[[str, int, int], None]
"""Hears which table is being made, how much of it there is now, and how much there will be."""


class Building(NamedTuple):
    """What a rebuild is at: of `touchpoints` so many events, of all others so many tables."""

    table: str
    done: int
    total: int


def unheard(table: str, done: int, total: int) -> None:
    """Nobody wants to know."""
