"""Where the boxes and lines of a journey's picture go. Pure: a definition in, coordinates out.

A journey is a sequence whose branching steps fork into sequences that meet again, so every block gets a column of its
own, as wide as what is inside it: no line ever has to pass behind a box.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from journeys.definition import Journey, Node
from journeys.moves import Block

BOX_WIDTH, BOX_HEIGHT = 208, 58
COLUMN = 236
GAP, FORK_GAP = 30, 52


@dataclass(frozen=True)
class Box:
    """One step; `x` is the middle, `y` the top."""

    path: str
    x: int
    y: int


@dataclass(frozen=True)
class Line:
    """From the foot of something to the head of something, with the branch's label where one begins."""

    points: tuple[tuple[int, int], ...]
    label: tuple[str, str] | None = None
    """(path of the step, label of the branch)."""

    @property
    def path(self) -> str:
        """As an SVG path."""
        return "M" + " L".join(f"{x} {y}" for x, y in self.points)

    @property
    def text_at(self) -> tuple[int, int]:
        """Where the label stands: above the last stretch."""
        (x, y) = self.points[-2] if len(self.points) > 2 else self.points[0]
        return x, y + 15


@dataclass
class Picture:
    """All boxes and lines, and how large it is. `end` is the foot of it all, None if every branch leaves early."""

    boxes: list[Box] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    width: int = 0
    height: int = 0
    end: tuple[int, int] | None = None


def draw(journey: Journey) -> Picture:
    """The whole picture."""
    picture = Picture()
    picture.width = _columns(journey, "") * COLUMN
    middle = picture.width // 2
    reached = _block(picture, journey, "", middle, 2 * GAP, [(middle, GAP)], None)
    picture.height = reached.bottom + 2 * GAP
    if reached.feet:
        picture.end = (middle, reached.bottom + GAP)
        picture.lines += [Line(_join(foot, picture.end)) for foot in reached.feet]
    return picture


Point = tuple[int, int]
Label = tuple[str, str]


@dataclass(frozen=True)
class _Reached:
    """What lies above the next step: the feet that lead to it, and how far down anything reaches."""

    feet: list[Point]
    bottom: int


def _block(
    picture: Picture, journey: Journey, prefix: str, x: int, y: int, starts: list[Point], label: Label | None
) -> _Reached:
    """Lay out one sequence with its first step at `y`, joined to `starts`; a branch's first line has its label."""
    reached = _Reached(starts, y - GAP)
    for node in _nodes(journey, prefix):
        top = reached.bottom + GAP
        picture.boxes.append(Box(node.path, x, top))
        bend = _fork if label else _join
        picture.lines += [Line(bend(foot, (x, top)), label) for foot in reached.feet]
        label = None
        reached = _after(picture, journey, node, (x, top + BOX_HEIGHT))
    return reached


def _after(picture: Picture, journey: Journey, node: Node, foot: Point) -> _Reached:
    """What is reached below one step: its own foot, those of its branches, or nothing where it ends the run."""
    branches = node.step.branches()
    if not branches:
        return _Reached([] if node.step.kind == "leave" else [foot], foot[1])
    widths = [_width(journey, node, label, block) for label, block in branches]
    left, top = foot[0] - sum(widths) * COLUMN // 2, foot[1] + FORK_GAP
    ends: list[_Reached] = []
    for (label, block), width in zip(branches, widths, strict=True):
        x = left + width * COLUMN // 2
        left += width * COLUMN
        if block:
            inside = f"{node.path}.{label}."
            ends.append(_block(picture, journey, inside, x, top, [foot], (node.path, label)))
        else:
            picture.lines.append(Line(_fork(foot, (x, top)), (node.path, label)))
            ends.append(_Reached([(x, top)], top))
    return _Reached([point for end in ends for point in end.feet], max(end.bottom for end in ends))


def _width(journey: Journey, node: Node, label: str, block: Block) -> int:
    return _columns(journey, f"{node.path}.{label}.") if block else 1


def _columns(journey: Journey, prefix: str) -> int:
    """How many columns a sequence takes: as many as its widest step."""
    widths = [
        sum(_width(journey, node, label, block) for label, block in node.step.branches()) or 1
        for node in _nodes(journey, prefix)
    ]
    return max(widths, default=1)


def _nodes(journey: Journey, prefix: str) -> Iterator[Node]:
    number = 0
    while (node := journey.nodes.get(f"{prefix}{number}")) is not None:
        yield node
        number += 1


def _fork(start: Point, end: Point) -> tuple[Point, ...]:
    """Across right below where it starts."""
    return _bend(start, end, start[1] + 16)


def _join(start: Point, end: Point) -> tuple[Point, ...]:
    """Across right above where it ends."""
    return _bend(start, end, end[1] - 14)


def _bend(start: Point, end: Point, across: int) -> tuple[Point, ...]:
    """Straight down where that is the way; else down, across, and down."""
    return (start, end) if start[0] == end[0] else (start, (start[0], across), (end[0], across), end)
