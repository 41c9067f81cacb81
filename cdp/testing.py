"""What tests build on: a clock that stands still, a real log and a real vault that need no place, example events.

These are the real implementations over files or memory that vanish with them, not imitations.
"""

from __future__ import annotations

import itertools
import tempfile
import weakref
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from cdp.clock import DrivenClock, to_moment
from cdp.events.event import Event, Who, subject_stream
from cdp.identity.rules import IdentityRules, subject
from cdp.log import Log, open_log
from cdp.vault import SqliteVault, open_vault

DRAGON_BOAT = "2026-06-19T19:30:00+08:00"
"""The evening of the Dragon Boat live, when it begins; the moment at which tests play."""

_numbers = itertools.count(1)


def moment(text: str) -> int:
    """The moment of an ISO 8601 time with its zone: `moment("2026-06-19T19:30:00+08:00")`."""
    return to_moment(datetime.fromisoformat(text))


def fixed_clock(start: int | str = DRAGON_BOAT) -> DrivenClock:
    """A clock that stands at `start` until `advance_to` moves it."""
    return DrivenClock(moment(start) if isinstance(start, str) else start)


def memory_log(clock: DrivenClock | None = None) -> Log:
    """An empty log in memory, with everything that a log on disk promises but durability."""
    return open_log(":memory:", clock or fixed_clock())


def memory_vault() -> SqliteVault:
    """An empty vault in a temporary directory, which goes when the vault is forgotten."""
    directory = tempfile.TemporaryDirectory(prefix="vault-", ignore_cleanup_errors=True)
    vault = open_vault(Path(directory.name))
    weakref.finalize(vault, directory.cleanup)
    return vault


def person(surrogate: int, type: str = "wecom", scope: str = "ww1:main") -> Who:
    """Somebody an event happened to, known by one identifier."""
    return Who(type, scope, surrogate)


def event(
    type: str = "order.placed",
    *,
    who: Who | int | tuple[Who, ...] = 17,
    stream: str | None = None,
    data: Mapping[str, Any] | None = None,
    context: Mapping[str, str] | None = None,
    **fields: Any,
) -> Event:
    """An event of person 17, on the Dragon Boat evening, with an id that no other has; every field can be given.

    `who` may be a surrogate alone, which stands for a WeCom friend. The stream follows from `who` as at the door.
    """
    if isinstance(who, int):
        who = person(who)
    people = who if isinstance(who, tuple) else (who,)
    mine = subject(people, IdentityRules())
    given: dict[str, Any] = {
        "id": f"event-{next(_numbers)}",
        "source": "test",
        "occurred_at": moment(DRAGON_BOAT),
        "stream": (subject_stream(mine.surrogate) if mine else "shop") if stream is None else stream,
        **fields,
    }
    return Event(type=type, who=people, data=dict(data or {}), context=dict(context or {}), **given)
