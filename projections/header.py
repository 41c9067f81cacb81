"""The header of an SQL file: comment lines before the statement, prose and `field: value` lines, in two languages."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import NamedTuple

_BETWEEN = " | "


class Said(NamedTuple):
    """A text in English and in Chinese."""

    en: str
    zh: str


@dataclass(frozen=True)
class Header:
    """What an SQL file says about itself, and the statement that follows."""

    prose: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]
    """In the order in which they stand; a field may stand several times."""
    sql: str

    @property
    def last(self) -> Mapping[str, str]:
        """The fields by name; of one that stands several times, the last."""
        return dict(self.fields)

    def every(self, name: str) -> list[str]:
        """The values of a field that may stand several times."""
        return [value for field, value in self.fields if field == name]

    def about(self, kind: str) -> list[tuple[str, str]]:
        """Of fields written as `kind name: value`, each name with its value."""
        return [(field.removeprefix(f"{kind} "), value) for field, value in self.fields if field.startswith(f"{kind} ")]


def read(text: str, fields: Collection[str], kinds: Collection[str] = ()) -> Header:
    """The header of a file in which these fields may stand, and those of these kinds; every other line is prose."""
    lines = text.splitlines()
    end = next((at for at, line in enumerate(lines) if not line.startswith("--")), len(lines))
    said = [line.removeprefix("--").strip() for line in lines[:end]]
    known = re.compile("|".join([*map(re.escape, fields), *(rf"{kind} \w+" for kind in kinds)]) or "(?!)")
    parted = [(line, *line.partition(": ")) for line in said]
    return Header(
        prose=tuple(line for line, name, colon, _ in parted if not (colon and known.fullmatch(name))),
        fields=tuple((name, value.strip()) for _, name, colon, value in parted if colon and known.fullmatch(name)),
        sql="\n".join(lines[end:]).strip(),
    )


def both(text: str) -> Said | None:
    """English and Chinese, divided by ` | `; None where one is missing."""
    en, bar, zh = text.partition(_BETWEEN)
    return Said(en.strip(), zh.strip()) if bar and en.strip() and zh.strip() else None


def sql_files(folder: str) -> Iterable[tuple[str, str]]:
    """Name and text of every SQL file in a folder below `projections`."""
    for file in files("projections").joinpath(folder).iterdir():
        if file.name.endswith(".sql"):
            yield file.name.removesuffix(".sql"), file.read_text(encoding="utf-8")
