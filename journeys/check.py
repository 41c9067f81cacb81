"""Checks the definition files of a workspace: everything that is wrong, at once, each with its file and line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

from cdp.clock import zone
from cdp.conditions.source import read_source
from cdp.conditions.trait_file import read_traits
from cdp.conditions.traits import Trait
from cdp.errors import Problem
from journeys.definition import Journey
from journeys.deploy import is_journey_file
from journeys.interplay import circles, doubles
from journeys.load import load_journey
from journeys.paths import dead_ends
from journeys.shop import TRAITS_FILE, workspace_gates

SETTINGS_FILE = "cdp.toml"
TAGS_FILE = "tags.yaml"
CAMPAIGNS_DIRECTORY = "campaigns/"


def check(files: Mapping[str, str], settings: Mapping[str, Any]) -> list[Problem]:
    """All mistakes of traits, journeys and gates, and of journeys with each other, in order of file and line.

    Of tags and campaigns it is asked that they can be read, and have named parts.
    """
    traits, problems = _traits(files)
    problems += _settings(settings)
    problems += _readable(files)
    journeys: dict[str, Journey] = {}
    for file in sorted(filter(is_journey_file, files)):
        journey, found = load_journey(file, files[file], traits)
        problems += found
        if journey is not None:
            problems += _same_id(file, files[file], journey, journeys)
            problems += [Problem(file, node.line, node.where, message) for node, message in dead_ends(journey)]
            journeys[file] = journey
    problems += _together(files, journeys)
    return sorted(problems, key=lambda problem: (problem.file, problem.line))


def _traits(files: Mapping[str, str]) -> tuple[dict[str, Trait], list[Problem]]:
    return read_traits(TRAITS_FILE, files[TRAITS_FILE]) if TRAITS_FILE in files else ({}, [])


def _readable(files: Mapping[str, str]) -> Iterator[Problem]:
    for file in files:
        if file == TAGS_FILE or file.startswith(CAMPAIGNS_DIRECTORY):
            source = read_source(file, files[file])
            if source.value is not None:
                source.entries()
            yield from source.problems


def _settings(settings: Mapping[str, Any]) -> Iterator[Problem]:
    try:
        workspace_gates(settings)
    except ValueError as error:
        yield Problem(SETTINGS_FILE, 0, "gates", str(error))
    try:
        zone(str(settings.get("timezone") or "UTC"))
    except (ZoneInfoNotFoundError, ValueError):
        yield Problem(SETTINGS_FILE, 0, "workspace.timezone", f"there is no time zone {settings['timezone']!r}")


def _same_id(file: str, text: str, journey: Journey, earlier: Mapping[str, Journey]) -> Iterator[Problem]:
    for other, known in earlier.items():
        if known.id == journey.id:
            yield Problem(
                file, _line(file, text, "journey"), "journey", f"{journey.id!r} is the journey of {other} already"
            )


def _together(files: Mapping[str, str], journeys: Mapping[str, Journey]) -> Iterator[Problem]:
    """What two or more journeys do to each other; it is told where the later one lets people in."""
    found = [*circles(journeys), *doubles(journeys)]
    return (Problem(file, _line(file, files[file], "entry"), "entry", message) for file, message in found)


def _line(file: str, text: str, word: str) -> int:
    return read_source(file, text).entries()[word].line
