"""Writes the files of a workspace as its log recorded them, for a workspace that is restored."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cdp.app import blocked, profile_settings
from cdp.app.settings import FILE
from cdp.app.workspace import DEFINITION_FILES
from cdp.events.event import Event
from cdp.ports import Vault

_HEAD = (
    "# Written from what the log recorded: what decisions depend on.\n"
    "# Connectors, server and limits were never recorded; put them back here.\n"
)
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def write_recorded(directory: Path, configuration: Event | None, vault: Vault, log_url: str = "") -> list[Path]:
    """Write cdp.toml and the definition files that are missing; answers them. What is there stays as it is.

    The vault tells the blocked values, of which the log knows the surrogates alone. `log_url` was never recorded, and goes
    into a cdp.toml that is written.
    """
    settings = _readable(configuration.data["settings"], vault) if configuration else {}
    files: dict[str, str] = dict(configuration.data["files"]) if configuration else {}
    placed = {**settings, **({"log": {"url": log_url}} if log_url else {})}
    wanted = {FILE: as_toml(placed), **{name: text for name, text in files.items() if _is_definition(name)}}
    missing = {directory / name: text for name, text in wanted.items() if not (directory / name).exists()}
    for path, text in missing.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(missing)


def as_toml(settings: Mapping[str, Any]) -> str:
    """The recorded settings as a cdp.toml."""
    workspace = {key: value for key, value in settings.items() if not isinstance(value, Mapping)}
    sections = {"workspace": workspace, **{k: v for k, v in settings.items() if isinstance(v, Mapping)}}
    blocks = ["\n".join([f"[{name}]", *_pairs(section)]) for name, section in sections.items()]
    return _HEAD + "\n\n".join(blocks) + "\n"


def _readable(settings: Mapping[str, Any], vault: Vault) -> dict[str, Any]:
    """Recorded settings as cdp.toml says them."""
    said = dict(settings)
    if "identity" in said:
        identity = dict(said["identity"] or {})
        surrogates = identity.pop("blocked_surrogates", ())
        if surrogates:
            identity["blocked"] = blocked.as_settings(vault.identifiers(surrogates), surrogates)
        said["identity"] = identity
    if "profile" in said:
        said["profile"] = profile_settings.as_settings(said["profile"])
    return said


def _pairs(section: Mapping[str, Any]) -> list[str]:
    return [f"{_key(key)} = {_value(value)}" for key, value in section.items()]


def _value(value: Any) -> str:
    """A TOML value: strings, numbers and booleans are written as in JSON, tables in one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(_pairs(value)) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else json.dumps(key, ensure_ascii=False)


def _is_definition(name: str) -> bool:
    path = Path(name)
    return not path.is_absolute() and ".." not in path.parts and any(path.match(p) for p in DEFINITION_FILES)
