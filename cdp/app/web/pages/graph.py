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
    columns = _columns(journey, "")
    picture.width = columns * COLUMN
    middle = picture.width // 2
    ends = _block(picture, journey, "", middle, 2 * GAP, [(middle, GAP)], None)
    picture.height = max([box.y + BOX_HEIGHT for box in picture.boxes] + [y for _, y in ends], default=0) + 2 * GAP
    if ends:
        picture.end = (middle, picture.height - GAP)
        picture.lines += [Line(_bend(start, picture.end)) for start in ends]
    return picture


Ends = list[tuple[int, int]]


def _block(
    picture: Picture, journey: Journey, prefix: str, x: int, y: int, starts: Ends, label: tuple[str, str] | None
) -> Ends:
    """Lay out one sequence below `starts`; answers the feet that what comes after is to be joined to."""
    for number, node in enumerate(_nodes(journey, prefix)):
        top = max([y, *(foot + GAP for _, foot in starts)]) if number else y
        picture.boxes.append(Box(node.path, x, top))
        first = label if number == 0 else None
        picture.lines += [Line(_bend(start, (x, top)), first) for start in starts]
        foot = (x, top + BOX_HEIGHT)
        starts = _after(picture, journey, node, foot)
        y = foot[1] + GAP
    return starts


def _after(picture: Picture, journey: Journey, node: Node, foot: tuple[int, int]) -> Ends:
    """The feet below one step: its own, those of its branches, or none where it ends the run."""
    branches = node.step.branches()
    if not branches:
        return [] if node.step.kind == "leave" else [foot]
    widths = [_width(journey, node, label, block) for label, block in branches]
    left, ends = foot[0] - sum(widths) * COLUMN // 2, []
    for (label, block), width in zip(branches, widths, strict=True):
        x, top = left + width * COLUMN // 2, foot[1] + FORK_GAP
        left += width * COLUMN
        if block:
            ends += _block(picture, journey, f"{node.path}.{label}.", x, top, [foot], (node.path, label))
        else:
            picture.lines.append(Line(_bend(foot, (x, top)), (node.path, label)))
            ends.append((x, top))
    return ends


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


def _bend(start: tuple[int, int], end: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    """Straight down, or down, across, and down: across just above the target where lines meet, below the fork else."""
    if start[0] == end[0]:
        return (start, end)
    across = start[1] + 16 if end[1] - start[1] <= FORK_GAP else end[1] - 14
    return (start, (start[0], across), (end[0], across), end)
