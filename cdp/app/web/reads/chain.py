"""Why somebody got something: one run of a journey from its trigger to its end, as the log tells it. Nothing is guessed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cdp.app.web.reads import person as persons
from cdp.app.web.reads.reader import Reader
from cdp.events.event import DECISIONS, DELIVERY, run_stream
from cdp.ports import EventReader
from journeys import why

Row = dict[str, Any]
"""As `journeys.why` tells it: `position`, `at`, `type` and `data` among others."""


@dataclass
class Sent:
    """One action: asked for, or held back by a gate, and everything that was heard of it since."""

    decision: Row
    outcomes: list[Row] = field(default_factory=list)

    @property
    def held_back(self) -> bool:
        """Whether a gate said no."""
        return bool(self.decision["type"] == "action.suppressed")


@dataclass
class Move:
    """The run went through a step, or came to rest in it, with the actions that the step asked for."""

    step: str
    at: str
    kind: str = ""
    saw: dict[str, Any] = field(default_factory=dict)
    wake_at: int | None = None
    actions: list[Sent] = field(default_factory=list)


@dataclass(frozen=True)
class Chain:
    """One run. `trigger` is None where the log no longer tells, `left` while the person is inside."""

    run: str
    version: int
    entered: Row
    trigger: Row | None
    moves: tuple[Move, ...]
    left: Row | None


def chains(log: EventReader, reader: Reader, person: int, journey: str) -> list[Chain]:
    """Every run of a person through a journey, the latest first."""
    surrogates = members(reader, person)
    runs = [row["run_id"] for row in persons.journeys(reader, person) if row["journey"] == journey]
    entered = (next((e for e in log.history([run_stream(run)]) if e.type == "journey.entered"), None) for run in runs)
    return [_chain(why.chain(log, event, surrogates)) for event in entered if event is not None]


def refusals(log: EventReader, reader: Reader, person: int, journey: str) -> list[Row]:
    """For each event that might have let the person in, which rule said no."""
    return why.why_not(log, members(reader, person), journey)


def members(reader: Reader, person: int) -> list[int]:
    """All surrogates of a person, those of attached orders included."""
    rows = reader.rows("SELECT surrogate FROM identifiers WHERE person_id = $person", {"person": person})
    return [row["surrogate"] for row in rows]


def _chain(rows: Sequence[Row]) -> Chain:
    entered = next(row for row in rows if row["type"] == "journey.entered")
    trigger = entered["data"]["trigger_position"]
    return Chain(
        run=entered["run"],
        version=entered["version"],
        entered=entered,
        trigger=next((row for row in rows if row["position"] == trigger), None),
        moves=_moves(rows),
        left=next((row for row in rows if row["type"] == "journey.left"), None),
    )


def _moves(rows: Sequence[Row]) -> tuple[Move, ...]:
    """A step is decided once when a run rests in it and once more when it goes on: one move, the later word counts."""
    moves: list[Move] = []
    actions: dict[str, Sent] = {}
    for row in rows:
        data = row["data"]
        if row["source"] == DELIVERY and data.get("action") in actions:
            actions[data["action"]].outcomes.append(row)
        elif row["source"] == DECISIONS and "step" in data:
            if not moves or moves[-1].step != data["step"]:
                moves.append(Move(data["step"], row["at"]))
            _add(moves[-1], row, actions)
    return tuple(moves)


def _add(move: Move, row: Row, actions: dict[str, Sent]) -> None:
    data = row["data"]
    if row["type"] == "journey.stepped":
        move.kind, move.wake_at = data["kind"], data.get("wake_at") or move.wake_at
        move.saw |= data.get("saw", {})
    else:
        actions[data["action"]] = Sent(row)
        move.actions.append(actions[data["action"]])
