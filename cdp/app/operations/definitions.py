"""Journeys: check, deploy, pause, list, runs."""

from __future__ import annotations

from pathlib import Path

import msgspec

from cdp.app.blocked import blocked_surrogates
from cdp.app.configure import configured, recorded_settings
from cdp.app.operations.runtime import Answer, Runtime
from cdp.app.settings import FILE, Settings, load
from cdp.app.workspace import definition_files, read_definition_files
from cdp.errors import DefinitionError, Problem, SettingsError
from journeys.check import check as problems_of
from journeys.deploy import deployments, paused
from journeys.runs import listing, runs_of


def check(directory: Path) -> Answer:
    """Every mistake of the workspace's definition files and of its cdp.toml; needs no log.

    Raises SettingsError for a directory that is no workspace.
    """
    settings, problems = _settings(directory)
    files, unreadable = read_definition_files(directory)
    problems = [*problems, *unreadable, *problems_of(files, recorded_settings(settings))]
    problems.sort(key=lambda problem: (problem.file, problem.line))
    return {
        "files": sorted(files),
        "problems": [{"file": p.file, "line": p.line, "path": p.path, "message": p.message} for p in problems],
    }


def _settings(directory: Path) -> tuple[Settings, list[Problem]]:
    """The settings; where they have mistakes those of a new workspace, so that the other files are looked at as well."""
    try:
        return load(directory), []
    except SettingsError as error:
        if not (directory / FILE).exists():
            raise
        return Settings(directory=directory), list(error.problems) or [Problem(FILE, 0, "", str(error))]


def deploy(runtime: Runtime, journeys: list[str] | None = None, by: str = "") -> Answer:
    """Put journeys live as they stand in their files (all of them if none is named). Raises DefinitionError."""
    system = runtime.system
    files = definition_files(system.settings.directory)
    problems = problems_of(files, recorded_settings(system.settings))
    if problems:
        raise DefinitionError(f"nothing was deployed: {len(problems)} mistake(s)", problems)
    now = system.clock.now()
    latest = configured(system.settings, now, blocked_surrogates(system))
    events = deployments(system.log, latest, journeys or None, now)
    system.log.append(events)
    return {"deployed": [msgspec.to_builtins(e.data) for e in events if e.type == "journey.deployed"], "by": by}


def pause(runtime: Runtime, journey: str, by: str = "") -> Answer:
    """Let nobody new in; who is inside goes on."""
    event = paused(runtime.system.log, journey, by, runtime.system.clock.now())
    runtime.system.log.append([event])
    return {"paused": journey}


def list_journeys(runtime: Runtime) -> Answer:
    """Every journey with version, state and counts."""
    return {"journeys": listing(runtime.system.log)}


def runs(runtime: Runtime, journey: str, limit: int = 100) -> Answer:
    """The latest runs of a journey."""
    return {"journey": journey, "runs": runs_of(runtime.system.log, journey, limit)}
