"""The kinds of steps, as data: one file each, and this table of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cdp.conditions.source import Source
from journeys.moves import Step
from journeys.reading import Reading
from journeys.steps import awaiting, choose, invite, leave, send, split, tag, wait


@dataclass(frozen=True)
class Kind:
    """How one kind of step is read, and what it looks like."""

    read: Callable[[Source, Reading], Step | None]
    schema: Callable[[], dict[str, Any]]
    words_beside: bool = False
    """Whether it has words beside the verb; then it is read from the whole step, and the schema is of all words."""


STEPS: Mapping[str, Kind] = {
    send.KIND: Kind(send.read, send.schema),
    tag.KIND: Kind(tag.read, tag.schema),
    wait.KIND: Kind(wait.read, wait.schema),
    awaiting.KIND: Kind(awaiting.read, awaiting.schema, words_beside=True),
    choose.KIND: Kind(choose.read, choose.schema),
    split.KIND: Kind(split.read, split.schema),
    invite.KIND: Kind(invite.read, invite.schema),
    leave.KIND: Kind(leave.read, leave.schema),
}
NOT_YET = ("coupon", "task", "set", "webhook")
"""Kinds that the language has and this version does not."""
