"""Reads a journey file: the definition, and every mistake in it at once."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import partial

from cdp.conditions.condition import Condition
from cdp.conditions.source import Source, read_source, suggestion, words
from cdp.conditions.vocabulary import UNKNOWN_EVENT, Vocabulary
from cdp.errors import Problem
from journeys.definition import Journey, Node, Watch, branch_start
from journeys.entry_file import read_entry, read_watch
from journeys.gate_rules import Gates, read_caps, read_quiet
from journeys.moves import Block, Placed
from journeys.reading import Reading
from journeys.steps import NOT_YET, STEPS

_WORDS = ("journey", "name", "entry", "audience", "holdout", "goal", "exit", "gates", "steps")
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_PERCENT = re.compile(r"(\d{1,3})(?:\.(\d{1,2}))?\s*%")


def load_journey(file: str, text: str, traits: Collection[str] = ()) -> tuple[Journey | None, list[Problem]]:
    """The journey of a file, and all problems. None where too little of it can be read to run it."""
    source = read_source(file, text)
    if source.problems:
        return None, source.problems
    parts = source.mapping(_WORDS, required=("journey", "entry", "steps"))
    entry = read_entry(parts["entry"], traits) if "entry" in parts else None
    inside = Vocabulary(entry=(entry.event if entry else UNKNOWN_EVENT,), traits=traits)
    reading = Reading(inside, lambda block: _block(block, reading))
    steps = reading.block(parts["steps"]) if "steps" in parts else ()
    if not steps and not source.problems:
        parts["steps"].wrong("a journey has at least one step")
    id = _id(parts["journey"]) if "journey" in parts else None
    # Every part is read, whatever is wrong with the others: all mistakes are told at once.
    draft = partial(
        Journey,
        id=id or "",
        name=(parts["name"].text() if "name" in parts else None) or id or "",
        nodes=lay_out(steps),
        audience=_audience(parts.get("audience"), traits),
        holdout=_holdout(parts.get("holdout")),
        goal=read_watch(parts["goal"], inside, within=True) if "goal" in parts else None,
        exits=_exits(parts.get("exit"), inside),
        gates=_gates(parts.get("gates")),
    )
    return (draft(entry=entry) if entry and id and steps else None), source.problems


def lay_out(steps: Block, prefix: str = "", after: str = "") -> dict[str, Node]:
    """Every step by its path: `0`, `1`, and inside a branch `1.choose.0.0`."""
    nodes: dict[str, Node] = {}
    for number, placed in enumerate(steps):
        path = f"{prefix}{number}"
        next = f"{prefix}{number + 1}" if number + 1 < len(steps) else after
        nodes[path] = Node(path, placed.step, next, placed.line, placed.where)
        for label, block in placed.step.branches():
            nodes |= lay_out(block, f"{path}.{label}.", next)
    return nodes


def way_into(node: Node, label: str) -> str:
    """The path at which the branch `label` of a step begins."""
    return branch_start(node, label, dict(node.step.branches())[label])


def _block(source: Source, reading: Reading) -> Block:
    return tuple(placed for item in source.items() if (placed := _step(item, reading)) is not None)


def _step(source: Source, reading: Reading) -> Placed | None:
    parts = source.entries() if source.is_mapping() else {}
    verb = next((word for word in parts if word in STEPS or word in NOT_YET), next(iter(parts), ""))
    if verb in NOT_YET:
        parts[verb].wrong(f"{verb!r} is not available in this version")
        return None
    if verb not in STEPS:
        source.wrong(f"{verb!r} is no step{suggestion(verb, STEPS)}; a step is one of {words(STEPS)}")
        return None
    kind = STEPS[verb]
    if not kind.words_beside:
        source.mapping((verb,))
    step = kind.read(source if kind.words_beside else parts[verb], reading)
    return Placed(step, source.line, source.path) if step is not None else None


def _id(source: Source) -> str | None:
    text = source.text()
    if text is not None and not _ID.fullmatch(text):
        source.wrong(f"{text!r} cannot be the id of a journey: a-z, 0-9 and -")
        return None
    return text


def _audience(source: Source | None, traits: Collection[str]) -> Condition | None:
    return Reading(Vocabulary(traits=traits), lambda block: ()).condition(source) if source else None


def _holdout(source: Source | None) -> int:
    if source is None:
        return 0
    match = _PERCENT.fullmatch(str(source.value).strip())
    share = int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0")) if match else -1
    if not 0 <= share < 10_000:
        source.wrong(f"{source.value!r} is no share; write 10%, less than 100%")
        return 0
    return share


def _exits(source: Source | None, inside: Vocabulary) -> tuple[Watch, ...]:
    if source is None:
        return ()
    read = (read_watch(item, inside, within=False) for item in source.items())
    return tuple(watch for watch in read if watch is not None)


def _gates(source: Source | None) -> Gates:
    if source is None:
        return Gates()
    parts = source.mapping(("quiet", "cap"))
    quiet, caps = None, None
    try:
        quiet = read_quiet(parts["quiet"].value) if "quiet" in parts else None
    except ValueError as error:
        parts["quiet"].wrong(str(error))
    try:
        caps = read_caps(parts["cap"].value) if "cap" in parts else None
    except ValueError as error:
        parts["cap"].wrong(str(error))
    return Gates(quiet, caps)
