"""Single tables as files for other programs, all from one moment; all of them with versions is what `publish` does."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from cdp.app.operations.asking import known_format
from cdp.app.operations.runtime import Answer, Runtime
from cdp.clock import iso
from cdp.errors import UsageError, WorkspaceError
from projections.asking.asker import Asker
from projections.asking.question import SUFFIXES, Format, Question
from projections.catalog import base_tables, kept, views
from projections.manifest import path_of
from projections.parts import Content


def export(runtime: Runtime, to: str, tables: list[str] | None = None, format: str = "parquet") -> Answer:
    """Write tables (all, if none are named) into a directory, each whole or not at all.

    Raises UsageError for a table or format that there is not, WorkspaceError when the directory cannot be written.
    """
    form, names, directory = known_format(format), _known(tables), Path(to)
    asker = runtime.asker()
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with asker.parts.held({*names, *kept(names)}) as content:
            for name in names:
                _write(asker, content, name, form, directory)
    except OSError as error:
        raise WorkspaceError(f"cannot export to {directory}: {error.strerror}") from None
    fresh = content.freshness
    return {
        "directory": to,
        "position": fresh.position,
        "recorded_at": iso(fresh.recorded_at) if fresh.recorded_at else "",
        "rows": {name: sum(part.rows for part in content.parts[name]) for name in names},
    }


def _known(tables: list[str] | None) -> list[str]:
    names = [table.name for table in (*base_tables(), *views())]
    if unknown := [name for name in tables or () if name not in names]:
        raise UsageError(f"there is no table {', '.join(unknown)}; there are {', '.join(sorted(names))}")
    return list(dict.fromkeys(tables)) if tables else names


def _write(asker: Asker, content: Content, name: str, form: Format, directory: Path) -> None:
    unfinished = directory / f".{name}.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        if form == "parquet":
            _copy(asker.parts.directory, content, name, unfinished)
        else:
            _ask(asker, content, name, form, unfinished)
        for made in unfinished.iterdir():
            _replace(made, directory / made.name)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _copy(parts: Path, content: Content, name: str, into: Path) -> None:
    """A table's files as they are: one, and of `touchpoints` a directory with one a day."""
    into.mkdir()
    for part in content.parts[name]:
        place = into / path_of(part)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(parts / part.path, place)


def _ask(asker: Asker, content: Content, name: str, form: Format, into: Path) -> None:
    into.mkdir()
    question = Question(sql=f"SELECT * FROM {name}", format=form)
    with asker.open(question, content) as inquiry, (into / f"{name}{SUFFIXES[form]}").open("wb") as file:
        inquiry.begin()
        file.writelines(inquiry.pieces())


def _replace(made: Path, place: Path) -> None:
    if place.is_dir():
        shutil.rmtree(place)
    os.replace(made, place)
