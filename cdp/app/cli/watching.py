"""Shows how far a command is that takes long: a bar on a terminal, else a line now and then, on stderr both."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import typer

_EVERY = 0.5
_SECONDS_A_LINE = 10.0


class Bar(Protocol):
    """What shows it."""

    def show(self, table: str, done: int, total: int) -> None: ...


@contextmanager
def watching(building: Callable[[], dict[str, Any] | None]) -> Iterator[None]:
    """Within the block, ask every half second what is being built (table, done, total; None for nothing) and show it."""
    over = threading.Event()
    with _shown() as bar:
        watcher = threading.Thread(target=_watch, args=(building, bar, over), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()


def _watch(building: Callable[[], dict[str, Any] | None], bar: Bar, over: threading.Event) -> None:
    while not over.wait(_EVERY):
        try:
            found = building()
        except Exception:
            # Who asks only to show must not stop the work; whatever is wrong, the work itself will tell.
            continue
        if found:
            bar.show(found["table"], found["done"], found["total"])


@contextmanager
def _shown() -> Iterator[Bar]:
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield _Drawn(progress)


class _Lines:
    """A line when another table begins, and every few seconds."""

    def __init__(self) -> None:
        self._table, self._shows = "", 0

    def show(self, table: str, done: int, total: int) -> None:
        self._shows += 1
        if table != self._table or self._shows * _EVERY >= _SECONDS_A_LINE:
            self._table, self._shows = table, 0
            typer.echo(f"{table}: {done:,} of {total:,}", err=True)


class _Drawn:
    """One bar for the events, one for the tables made of them."""

    def __init__(self, progress: Any) -> None:
        self._progress, self._total = progress, -1
        self._task: Any = None

    def show(self, table: str, done: int, total: int) -> None:
        if total != self._total:
            if self._task is not None:
                self._progress.remove_task(self._task)
            self._task, self._total = self._progress.add_task(table, total=total), total
        self._progress.update(self._task, description=table, completed=done)
