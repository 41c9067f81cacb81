"""Lists journeys and their runs as the log tells them: counts per step, who is inside, how runs ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cdp.clock import iso
from cdp.errors import NotFound
from cdp.events.event import Event
from cdp.ports import EventReader
from journeys.deploy import deployed_shop
from journeys.shop import Shop

_TYPES = ("journey.entered", "journey.stepped", "journey.left", "action.requested", "action.suppressed")
_SCAN = 5000


@dataclass
class _Run:
    entered: Event
    step: str = "0"
    wake_at: int | None = None
    left: Event | None = None


@dataclass
class _Counts:
    entered: int = 0
    held_out: int = 0
    inside: int = 0
    passed: Counter[str] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    requested: Counter[str] = field(default_factory=Counter)
    suppressed: Counter[str] = field(default_factory=Counter)


def listing(log: EventReader) -> list[dict[str, Any]]:
    """Every journey that was ever deployed, in order of its id, with version, state and counts."""
    shop = deployed_shop(log)
    runs, events = _read(log)
    counts: dict[str, _Counts] = {}
    for event in events:
        _count(counts.setdefault(event.data["journey"], _Counts()), event)
    for run in runs.values():
        if run.left is None:
            mine = counts[run.entered.data["journey"]]
            mine.inside += 1
            mine.waiting[run.step] += 1
    return [_listed(shop, id, counts.get(id, _Counts())) for id in sorted(shop.latest)]


def runs_of(log: EventReader, journey: str, limit: int = 100) -> list[dict[str, Any]]:
    """The runs of a journey, the latest first, at most `limit`. Raises NotFound for a journey never deployed."""
    if journey not in deployed_shop(log).latest:
        raise NotFound("deployed journey", journey)
    runs, _ = _read(log)
    mine = [run for run in runs.values() if run.entered.data["journey"] == journey]
    return [_told(run) for run in reversed(mine[-limit:])]


def _read(log: EventReader) -> tuple[dict[str, _Run], list[Event]]:
    runs: dict[str, _Run] = {}
    events = list(_scan(log))
    for event in events:
        if event.type == "journey.entered":
            runs[event.data["run"]] = _Run(event)
        run = runs.get(event.data["run"])
        if run is not None and event.type == "journey.stepped":
            run.step, run.wake_at = event.data.get("next", ""), event.data.get("wake_at")
        elif run is not None and event.type == "journey.left":
            run.left, run.wake_at = event, None
    return runs, events


def _scan(log: EventReader) -> Iterator[Event]:
    after = 0
    while events := log.read(after, _SCAN, _TYPES):
        yield from events
        after = events[-1].position


def _count(counts: _Counts, event: Event) -> None:
    data = event.data
    match event.type:
        case "journey.entered":
            counts.entered += 1
            counts.held_out += bool(data.get("holdout"))
        case "journey.stepped" if data.get("next") != data["step"]:
            counts.passed[data["step"]] += 1
        case "journey.left":
            counts.left[data["reason"]] += 1
        case "action.requested":
            counts.requested[data["channel"]] += 1
        case "action.suppressed":
            counts.suppressed[data["reason"]] += 1


def _listed(shop: Shop, id: str, counts: _Counts) -> dict[str, Any]:
    version = shop.latest[id]
    journey = shop.versions.get((id, version))
    steps = [
        {"step": path, "kind": node.step.kind, "passed": counts.passed[path], "waiting": counts.waiting[path]}
        for path, node in (journey.nodes if journey else {}).items()
    ]
    return {
        "journey": id, "name": journey.name if journey else id, "version": version,
        "state": "paused" if id in shop.paused else "live", "entered": counts.entered, "inside": counts.inside,
        "left": sum(counts.left.values()), "held_out": counts.held_out, "reasons": dict(counts.left),
        "requested": dict(counts.requested), "suppressed": dict(counts.suppressed), "steps": steps,
    }  # fmt: skip


def _told(run: _Run) -> dict[str, Any]:
    data, left = run.entered.data, run.left
    return {
        "run": data["run"], "version": data["version"], "subject": data["subject"], "key": data.get("key", ""),
        "entered_at": iso(data["now"]), "holdout": data.get("holdout", False), "step": "" if left else run.step,
        "wake_at": iso(run.wake_at) if run.wake_at is not None else "",
        "left_at": iso(left.data["now"]) if left else "", "reason": left.data["reason"] if left else "",
    }  # fmt: skip
