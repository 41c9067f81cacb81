"""`leave`: the run ends here, before the last step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cdp.conditions.source import Source
from journeys import moves
from journeys.moves import Here, Move, Plain
from journeys.reading import Reading

KIND = "leave"


@dataclass(frozen=True)
class Leave(Plain):
    """Ends the run with reason `leave`; `detail` says why, in the author's words."""

    detail: str
    kind: str = KIND

    def advance(self, here: Here) -> Move:
        return moves.Leave(self.detail)


def read(source: Source, reading: Reading) -> Leave | None:
    """A word that says why, as in `leave: done`."""
    text = source.text()
    return Leave(text) if text is not None else None


def schema() -> dict[str, Any]:
    """The step as JSON Schema."""
    return {"type": "string", "description": "The run ends here; the word says why."}
