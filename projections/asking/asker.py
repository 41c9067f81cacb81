"""Asks strangers' queries: what they read is brought up to date, and a process apart answers within the bounds."""

from __future__ import annotations

import itertools

from projections.asking.child import Children
from projections.asking.inquiry import Inquiry
from projections.asking.question import Bounds, Question, Setup
from projections.asking.turns import Turns
from projections.catalog import base_tables, views
from projections.comments import comments
from projections.parts import Content, Parts


class Asker:
    """Answers the queries of one workspace. Thread-safe.

    An answer holds no transaction of the tables: whoever writes them goes on, however slowly it is taken.
    """

    def __init__(self, parts: Parts, bounds: Bounds) -> None:
        self.parts, self.bounds = parts, bounds
        self._turns = Turns(bounds.at_once, bounds.wait)
        self._children = Children(self._setup)
        self._numbers = itertools.count(1)

    def open(self, question: Question, content: Content | None = None) -> Inquiry:
        """A question to be asked within a `with` block; nothing happens yet.

        Several questions may be about one `content`, which then holds all tables they read.
        """
        return Inquiry(question, self.parts, self.bounds, self._turns, self._children, content)

    def figures(self) -> tuple[int, dict[str, int]]:
        """How many queries run, and how many ended how: answered, refused, or why they were stopped."""
        return self._turns.figures()

    def close(self) -> None:
        """End all processes. Queries under way are cancelled."""
        self._turns.close()
        self._children.close()

    def _setup(self) -> Setup:
        tables, columns = (*base_tables(), *views()), self.parts.columns()
        return Setup(
            directory=str(self.parts.directory),
            spill=f".spill-{next(self._numbers)}",
            timezone=self.parts.timezone,
            tables={table.name: columns[table.name] for table in tables if not table.on_reading},
            views={table.name: table.sql for table in tables if table.on_reading},
            comments=[comment for table in tables for comment in comments("VIEW", table)],
            bounds=self.bounds,
        )
