"""What an operation works on: the opened system, and the worker that brings it up to date."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from cdp.app.system import System
from cdp.app.worker import Worker
from cdp.errors import NotFound
from projections.asking.asker import Asker
from projections.read import Reader

Answer = dict[str, Any]


@dataclass(frozen=True)
class Runtime:
    """A system and its worker, running (in a server) or not (in a command that opened the files itself)."""

    system: System
    worker: Worker
    serving: bool
    exclusive: threading.Lock = field(default_factory=threading.Lock)
    """Held by whoever erases, deletes old bodies or backs up, so that no copy is made half-way through a deletion."""

    def reader(self) -> Reader:
        """The tables; brought up to the log's head first when no server does that all the time."""
        if not self.serving:
            self.catch_up()
        return self.system.projector.reader()

    def asker(self) -> Asker:
        """Answers queries over the tables, brought up to date likewise."""
        if not self.serving:
            self.catch_up()
        return self.system.asker

    def catch_up(self) -> None:
        """Bring the tables up to the log's head."""
        stage = self.worker.stages["project"]
        while self.system.projector.position < self.system.log.head():
            stage.run()

    def person(self, person: int) -> int:
        """Today's id of a person, for an id that was merged away as well. Raises NotFound."""
        rows = self.reader().rows("SELECT person_id FROM identifiers WHERE surrogate = ?", [person])
        if not rows or rows[0]["person_id"] is None:
            raise NotFound("person", person)
        return int(rows[0]["person_id"])
