"""Funnels in any order: how many steps distinct events inside one window can be given to, person by person.

An event may match several steps, so this is a matching: it grows event by event, and an event that can take over a step
lets the event that had it find another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

import pyarrow as pa

Matched = tuple[int, int]
"""Time, and the steps it matches as bits."""


def furthest_any(events: pa.Table, steps: int, window: int) -> pa.Table:
    """Like `attempts.furthest`, from the events that `flags.matches` answers.

    `t1` … `tn` are when the first, the second, … step was done, whichever it was.
    """
    rows = list(_rows(events, steps, window))
    names = ["person", "value", "reach", *(f"t{i}" for i in range(1, steps + 1))]
    types = [pa.int64(), pa.string(), pa.int32(), *[pa.int64()] * steps]
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return pa.table(dict(zip(names, map(pa.array, columns, types), strict=True)))


def best(events: Sequence[Matched], steps: int, window: int) -> list[int]:
    """When the first, second, … step was done in the best window of one person.

    The best does most steps; of these it is the first to have done them, and of these the one that begins last.
    """
    found: list[tuple[int, int, int, list[int]]] = []
    for start, (begin, _) in enumerate(events):
        inside = ((at, e) for at, e in enumerate(islice(events, start, None), start) if e[0] - begin <= window)
        done = _done(inside, steps)
        found.append((-len(done), done[-1][0], -start, [time for _, time in done]))
    return min(found)[-1]


def _rows(events: pa.Table, steps: int, window: int) -> Iterator[list[Any]]:
    columns = (events[name].to_pylist() for name in ("unit", "person", "value", "t", "mask"))
    for _, rows in groupby(zip(*columns, strict=True), key=itemgetter(0)):
        own = list(rows)
        times = best([(t, mask) for *_, t, mask in own], steps, window)
        yield [own[0][1], own[0][2], len(times), *times, *[None] * (steps - len(times))]


def _done(events: Iterator[tuple[int, Matched]], steps: int) -> list[tuple[int, int]]:
    """Place and time of every event that let one more step be done."""
    holder: dict[int, int] = {}
    masks: dict[int, int] = {}
    done: list[tuple[int, int]] = []
    # What could not help once can never help later: the steps it matches are taken for good.
    useless: set[int] = set()
    for at, (time, mask) in events:
        if mask in useless:
            continue
        masks[at] = mask
        if _take(at, masks, holder, steps, set()):
            done.append((at, time))
            if len(done) == steps:
                break
        else:
            useless.add(mask)
    return done


def _take(at: int, masks: dict[int, int], holder: dict[int, int], steps: int, tried: set[int]) -> bool:
    for step in range(steps):
        if masks[at] >> step & 1 and step not in tried:
            tried.add(step)
            if step not in holder or _take(holder[step], masks, holder, steps, tried):
                holder[step] = at
                return True
    return False
