"""The picture of a journey: every step once, nothing on top of anything, no line behind a box."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdp.app.web.pages.graph import BOX_HEIGHT, BOX_WIDTH, Box, Line, draw
from journeys.definition import Journey
from journeys.load import load_journey

HEAD = "journey: j\nname: J\nentry: {event: friend.added}\nsteps:\n"


def journey(block: list[Any]) -> Journey:
    found, _ = load_journey("journeys/j.yaml", HEAD + "\n".join(_yaml(block, "  ")) + "\n")
    assert found is not None
    return found


def _yaml(block: list[Any], indent: str) -> list[str]:
    lines: list[str] = []
    for step in block:
        if isinstance(step, str):
            lines.append(f"{indent}- {step}")
            continue
        lines.append(f"{indent}- choose:")
        for number, inner in enumerate(step):
            last = number == len(step) - 1
            head = f"{indent}    - else:" if last else f"{indent}    - when: has_tag('t{number}')\n{indent}      do:"
            lines.append(head + ("" if inner else " []"))
            lines += _yaml(inner, indent + "        ")
    return lines


STEP = st.sampled_from(["wait: 1d", "tag: {add: [a]}", "leave: done"])
BLOCKS = st.recursive(
    st.lists(STEP, min_size=1, max_size=3),
    lambda block: st.lists(STEP | st.lists(block | st.just([]), min_size=2, max_size=3), min_size=1, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, max_examples=50)
@given(BLOCKS)
def test_every_step_has_one_box_inside_the_picture_and_no_two_overlap(block: list[Any]) -> None:
    definition = journey(block)
    picture = draw(definition)

    assert sorted(box.path for box in picture.boxes) == sorted(definition.nodes)
    assert all(BOX_WIDTH // 2 <= b.x <= picture.width - BOX_WIDTH // 2 for b in picture.boxes)
    assert all(b.y + BOX_HEIGHT < picture.height for b in picture.boxes)
    assert not any(_overlap(a, b) for a, b in combinations(picture.boxes, 2))


@settings(deadline=None, max_examples=50)
@given(BLOCKS)
def test_no_line_passes_behind_a_box(block: list[Any]) -> None:
    picture = draw(journey(block))

    crossed = [(line, box) for line in picture.lines for box in picture.boxes if _crosses(line, box)]
    assert crossed == []


def test_a_branch_without_steps_still_has_a_line_with_its_label() -> None:
    picture = draw(journey([[["wait: 1d"], []]]))

    assert {line.label for line in picture.lines if line.label} == {("0", "choose.0"), ("0", "choose.1")}
    assert picture.end is not None


def test_where_every_branch_leaves_there_is_no_end() -> None:
    assert draw(journey([[["leave: a"], ["leave: b"]]])).end is None


def _overlap(a: Box, b: Box) -> bool:
    return abs(a.x - b.x) < BOX_WIDTH and abs(a.y - b.y) < BOX_HEIGHT


def _crosses(line: Line, box: Box) -> bool:
    """Whether a stretch of the line runs through the inside of the box; touching its edge is how lines begin and end."""
    left, right, top, foot = box.x - BOX_WIDTH / 2, box.x + BOX_WIDTH / 2, box.y, box.y + BOX_HEIGHT
    for (ax, ay), (bx, by) in zip(line.points, line.points[1:], strict=False):
        if max(min(ax, bx), left) <= min(max(ax, bx), right) and max(min(ay, by), top) < min(max(ay, by), foot):
            return True
        if ay == by and top < ay < foot and max(min(ax, bx), left) < min(max(ax, bx), right):
            return True
    return False


@pytest.mark.parametrize("block", [["wait: 1d"], ["wait: 1d", [["tag: {add: [a]}"], []], "tag: {add: [b]}"]])
def test_every_box_is_reached_by_a_line(block: list[Any]) -> None:
    picture = draw(journey(block))

    heads = {line.points[-1] for line in picture.lines}
    assert all((box.x, box.y) in heads for box in picture.boxes)
