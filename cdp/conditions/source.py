"""A definition file as nodes that know where they stand, and a list of everything wrong with them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError

from cdp.conditions.condition import Condition
from cdp.conditions.durations import Duration, parse_duration
from cdp.errors import DefinitionError, Problem


@dataclass(frozen=True)
class Source:
    """One part of a YAML file. Reading a wrong part notes a problem and answers None; nothing raises."""

    value: Any
    file: str
    line: int
    path: str
    problems: list[Problem] = field(repr=False)

    def wrong(self, message: str) -> None:
        """Note a problem that stands here."""
        self.problems.append(Problem(self.file, self.line, self.path, message))

    def mapping(self, known: Collection[str], required: Collection[str] = ()) -> dict[str, Source]:
        """The fields of a mapping; unknown and missing words are noted."""
        if not isinstance(self.value, CommentedMap):
            self.wrong(f"expected a mapping with {words(required or known)}")
            return {}
        fields = {str(key): self._field(key) for key in self.value}
        for name, part in fields.items():
            if name not in known:
                part.wrong(f"unknown word {name!r}{suggestion(name, known)}")
        for name in required:
            if name not in fields:
                self.wrong(f"{name!r} is missing")
        return {name: part for name, part in fields.items() if name in known}

    def entries(self) -> dict[str, Source]:
        """The fields of a mapping whose keys are names that the author chose."""
        if isinstance(self.value, CommentedMap):
            return {str(key): self._field(key) for key in self.value}
        self.wrong("expected a mapping")
        return {}

    def items(self) -> list[Source]:
        """The items of a list."""
        if isinstance(self.value, CommentedSeq):
            return [self._item(index) for index in range(len(self.value))]
        self.wrong("expected a list")
        return []

    def texts(self) -> tuple[str, ...]:
        """A list of texts, or a single one."""
        parts = self.items() if isinstance(self.value, CommentedSeq) else [self]
        return tuple(text for part in parts if (text := part.text()) is not None)

    def text(self) -> str | None:
        """A text that is not empty; a number is taken as it is written."""
        if isinstance(self.value, int | float) and not isinstance(self.value, bool):
            return str(self.value)
        if isinstance(self.value, str) and self.value.strip():
            return str(self.value)
        self.wrong("expected a text")
        return None

    def one_of(self, options: Collection[str]) -> str | None:
        """One of a few words."""
        if isinstance(self.value, str) and self.value in options:
            return str(self.value)
        self.wrong(f"{self.value!r} is none of {words(options)}{suggestion(str(self.value), options)}")
        return None

    def number(self, low: int, high: int) -> int | None:
        """A whole number."""
        if isinstance(self.value, int) and not isinstance(self.value, bool) and low <= self.value <= high:
            return int(self.value)
        self.wrong(f"expected a whole number from {low} to {high}")
        return None

    def duration(self) -> Duration | None:
        """A duration such as `3d`."""
        try:
            return parse_duration(str(self.value))
        except ValueError as error:
            self.wrong(str(error))
            return None

    def condition(self) -> Condition | None:
        """A condition."""
        text = "true" if self.value is True else "false" if self.value is False else self.text()
        try:
            return Condition.parse(text) if text is not None else None
        except DefinitionError as error:
            for problem in error.problems:
                self.wrong(problem.message)
            return None

    def is_mapping(self) -> bool:
        """Whether named fields stand here."""
        return isinstance(self.value, CommentedMap)

    def _field(self, key: Any) -> Source:
        value = self.value[key]
        return Source(
            value, self.file, self._line_of(key), f"{self.path}.{key}" if self.path else str(key), self.problems
        )

    def _line_of(self, key: Any) -> int:
        """The line of a key; for one that an anchor brought in, that of the mapping it was brought into."""
        try:
            return int(self.value.lc.key(key)[0]) + 1
        except (KeyError, TypeError):
            return self.line

    def _item(self, index: int) -> Source:
        value = self.value[index]
        return Source(value, self.file, self.value.lc.item(index)[0] + 1, f"{self.path}[{index}]", self.problems)


def read_source(file: str, text: str) -> Source:
    """The root of a YAML text. If it is no YAML, the one problem says so and the root is an empty mapping."""
    problems: list[Problem] = []
    try:
        value = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        problems.append(Problem(file, line, "", f"not readable as YAML: {error.problem or error.context}"))
        value = CommentedMap()
    except Exception as error:  # for malformed tags the parser fails in ways of its own
        problems.append(Problem(file, 0, "", f"not readable as YAML: {error}"))
        value = CommentedMap()
    return Source(value, file, 1, "", problems)


def suggestion(name: str, known: Collection[str]) -> str:
    """`; did you mean 'x'?`, or nothing."""
    close = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""


def words(names: Collection[str]) -> str:
    """Names in a sentence."""
    return ", ".join(sorted(names))
