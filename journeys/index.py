"""Which runs there are, whose they are, and when their timers are due. Folded from decisions; losing it loses nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import heappop, heappush

from cdp.events.event import Event


@dataclass(slots=True)
class Entry:
    """One run, as far as finding it needs."""

    journey: str
    subject: int
    number: int
    """Runs are numbered as they are entered; of timers due at once the older run's goes first."""
    open: bool = True
    wake_at: int | None = None
    length: int = 0
    """How many events its stream holds."""


class RunIndex:
    """All runs by id and by the identifier they are filed under, and a heap of timers."""

    def __init__(self) -> None:
        self._runs: dict[str, Entry] = {}
        self._of: dict[int, list[str]] = {}
        self._timers: list[tuple[int, int, str]] = []

    def __getitem__(self, run: str) -> Entry:
        return self._runs[run]

    def __contains__(self, run: str) -> bool:
        return run in self._runs

    def apply(self, decision: Event) -> None:
        """Take in one decision; each once, in the order in which they were taken."""
        run = decision.data.get("run")
        if run is None:
            return
        if decision.type == "journey.entered":
            self._runs[run] = Entry(decision.data["journey"], decision.data["subject"], len(self._runs))
            self._of.setdefault(decision.data["subject"], []).append(run)
        entry = self._runs.get(run)
        if entry is None:
            return
        entry.length += 1
        if decision.type == "journey.stepped":
            entry.wake_at = decision.data.get("wake_at")
            if entry.wake_at is not None:
                heappush(self._timers, (entry.wake_at, entry.number, run))
        elif decision.type == "journey.left":
            entry.open, entry.wake_at = False, None

    def runs(self, subjects: Iterable[int]) -> Iterator[str]:
        """All runs filed under these identifiers."""
        for subject in subjects:
            yield from self._of.get(subject, ())

    def inside(self, subjects: Iterable[int]) -> bool:
        """Whether any run filed under these is open."""
        return any(self._runs[run].open for run in self.runs(subjects))

    def length(self, run: str) -> int:
        """How many events the run's stream holds; 0 for a run that is not there."""
        return self._runs[run].length if run in self else 0

    def next_due(self) -> int | None:
        """When the earliest timer is due."""
        while self._timers and not self._is_set(self._timers[0]):
            heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    def pop_due(self, until: int) -> tuple[int, str] | None:
        """The earliest timer due by `until`, taken out: (due, run)."""
        due = self.next_due()
        return (due, heappop(self._timers)[2]) if due is not None and due <= until else None

    def _is_set(self, timer: tuple[int, int, str]) -> bool:
        due, _, run = timer
        entry = self._runs[run]
        return entry.open and entry.wake_at == due
