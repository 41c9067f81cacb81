"""A condition: parsed once, asked many times."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from cdp.conditions import nodes as n
from cdp.conditions.evaluate import Look, Scope, compile_node, truth
from cdp.conditions.parse import parse
from cdp.conditions.sql import Columns, to_sql


@dataclass(frozen=True, slots=True)
class Condition:
    """A SQL boolean expression. Two with the same text are equal."""

    text: str
    node: n.Node = field(compare=False, repr=False)
    references: tuple[n.Reference, ...] = field(compare=False, repr=False)
    tags: tuple[str, ...] = field(compare=False, repr=False)
    _look: Look = field(compare=False, repr=False)
    _parts: tuple[tuple[str, Look], ...] = field(compare=False, repr=False)

    @staticmethod
    def parse(text: str) -> Condition:
        """The condition that `text` says. Raises DefinitionError with what is wrong and where in the text."""
        return _parsed(text.strip())

    def evaluate(self, scope: Scope) -> bool | None:
        """True, False, or None where SQL would say NULL."""
        return truth(self._look(scope))

    def saw(self, scope: Scope) -> dict[str, Any]:
        """The condition and everything it looked at, with their values: enough to see why it said what it said."""
        return {self.text: self.evaluate(scope), **{name: look(scope) for name, look in self._parts}}

    def to_sql(self, columns: Columns, tags: str = "tags") -> str:
        """The same condition as a DuckDB expression over the caller's columns."""
        return to_sql(self.node, columns, tags)

    @property
    def of_the_event_alone(self) -> bool:
        """Whether the triggering event is all it takes to answer."""
        return not self.tags and all(r.root in ("data", "context") for r in self.references)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Condition:
    node = parse(text)
    leaves = list(_leaves(node))
    return Condition(
        text,
        node,
        tuple(leaf for leaf in leaves if isinstance(leaf, n.Reference)),
        tuple(leaf.tag for leaf in leaves if isinstance(leaf, n.HasTag)),
        compile_node(node),
        tuple((str(leaf), compile_node(leaf)) for leaf in leaves),
    )


def _leaves(node: n.Node) -> dict[n.Reference | n.HasTag, None]:
    """References and tags, each once, in order of the text."""
    if isinstance(node, n.Reference | n.HasTag):
        return {node: None}
    return {leaf: None for child in n.children(node) for leaf in _leaves(child)}
