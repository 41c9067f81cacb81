"""What an operation works on: the opened system, and the worker that brings it up to date."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from cdp.app.system import System
from cdp.app.worker import Worker
from cdp.errors import NotFound
from projections.asking.asker import Asker
from projections.moments import Moment
from projections.read import Reader

Answer = dict[str, Any]


class Then(NamedTuple):
    """A moment gone by: the tables that are meant, and when it was, in microseconds."""

    moment: Moment
    at: int


@dataclass(frozen=True)
class Runtime:
    """A system and its worker, running (in a server) or not (in a command that opened the files itself)."""

    system: System
    worker: Worker
    serving: bool
    exclusive: threading.Lock = field(default_factory=threading.Lock)
    """Held by whoever erases, deletes old bodies or backs up, so that no copy is made half-way through a deletion."""
    then: Then | None = None
    """As of when the tables answer; None is now."""

    def as_of(self, then: Then | None) -> Runtime:
        """The same system, whose tables answer as of a moment gone by."""
        return replace(self, then=then)

    def reader(self) -> Reader:
        """The tables; brought up to the log's head first when no server does that all the time.

        Those of a moment gone by are built when they are first asked for.
        """
        if self.then is not None:
            return self.system.moments.reader(self.then.moment)
        if not self.serving:
            self.catch_up()
        return self.system.projector.reader()

    def asker(self) -> Asker:
        """Answers queries over the tables, brought up to date or built likewise."""
        if self.then is not None:
            return self.system.moments.asker(self.then.moment)
        if not self.serving:
            self.catch_up()
        return self.system.asker

    def catch_up(self) -> None:
        """Bring the tables up to the log's head."""
        stage = self.worker.stages["project"]
        while self.system.projector.position < self.system.log.head():
            stage.run()

    def now(self) -> int:
        """The time it is by the workspace's clock; as of a moment gone by, the time it was then."""
        return self.system.clock.now() if self.then is None else self.then.at

    def person(self, person: int) -> int:
        """Today's id of a person, for an id that was merged away as well. Raises NotFound."""
        rows = self.reader().rows("SELECT person_id FROM identifiers WHERE surrogate = ?", [person])
        if not rows or rows[0]["person_id"] is None:
            raise NotFound("person", person)
        return int(rows[0]["person_id"])
