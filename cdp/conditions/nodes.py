"""What a condition consists of, once parsed: a closed set of frozen nodes. What is not here cannot be said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as Among

Value = bool | int | float | str | list[object] | None


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, a text, true, false or NULL."""

    value: bool | int | float | str | None


@dataclass(frozen=True, slots=True)
class Reference:
    """Something looked up: `data.x`, `context.x`, `person.x`, `entry.data.x`, or a trait by its bare name."""

    root: Among["data", "context", "person", "entry.data", "entry.context", "trait"]
    name: str

    def __str__(self) -> str:
        return self.name if self.root == "trait" else f"{self.root}.{self.name}"


@dataclass(frozen=True, slots=True)
class HasTag:
    """Whether the person carries a tag; never NULL."""

    tag: str

    def __str__(self) -> str:
        return f"has_tag('{self.tag}')"


@dataclass(frozen=True, slots=True)
class Contains:
    """Whether a list holds a value, or a text another text."""

    whole: Node
    part: Node


@dataclass(frozen=True, slots=True)
class Compare:
    """A comparison; NULL if either side is."""

    operator: Among["=", "<>", "<", "<=", ">", ">="]
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Numbers only. Division is exact division; by zero it is NULL."""

    operator: Among["+", "-", "*", "/"]
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Negative:
    """Minus."""

    of: Node


@dataclass(frozen=True, slots=True)
class Both:
    """AND."""

    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Either:
    """OR."""

    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Negation:
    """NOT."""

    of: Node


@dataclass(frozen=True, slots=True)
class OneOf:
    """IN, over a list of expressions."""

    value: Node
    options: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """BETWEEN, both ends included."""

    value: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class Like:
    """LIKE with a constant pattern: % any text, _ one character; upper and lower case differ."""

    value: Node
    pattern: str


@dataclass(frozen=True, slots=True)
class Is:
    """IS NULL, IS TRUE, IS FALSE; never NULL."""

    value: Node
    expected: bool | None


@dataclass(frozen=True, slots=True)
class Coalesce:
    """The first that is not NULL."""

    parts: tuple[Node, ...]


Node = (
    Constant | Reference | HasTag | Contains | Compare | Arithmetic | Negative | Both | Either | Negation | OneOf
    | Between | Like | Is | Coalesce
)  # fmt: skip


def children(node: Node) -> tuple[Node, ...]:
    """The nodes right below."""
    match node:
        case Constant() | Reference() | HasTag():
            return ()
        case Contains(whole, part):
            return (whole, part)
        case Compare(_, left, right) | Arithmetic(_, left, right) | Both(left, right) | Either(left, right):
            return (left, right)
        case Negative(of) | Negation(of):
            return (of,)
        case OneOf(value, options):
            return (value, *options)
        case Between(value, low, high):
            return (value, low, high)
        case Like(value, _) | Is(value, _):
            return (value,)
        case Coalesce(parts):
            return parts
