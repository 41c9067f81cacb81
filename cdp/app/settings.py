"""cdp.toml: what a workspace is set to. All mistakes are reported at once, with the line.

A value `"env:NAME"` is taken from the environment, so that no secret need stand in a file.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfoNotFoundError

import msgspec

from cdp.app.customer_settings import Customers, Rfm, not_rising
from cdp.app.identity_settings import Wrong, read_identity
from cdp.app.profile_settings import read_profile
from cdp.app.settings_lines import line_of, line_with
from cdp.clock import zone
from cdp.conditions.profile import Policies
from cdp.errors import Problem, SettingsError
from cdp.identity.rules import IdentityRules

FILE = "cdp.toml"
Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]


class Workspace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[workspace]"""

    name: str = "邻里小店"
    timezone: str = "Asia/Shanghai"
    clock: Literal["system", "driven"] = "system"
    """`driven` stands still until it is moved; for the demo and for tests, and only on loopback."""
    clock_start: str = ""
    """Where a driven clock starts, RFC 3339."""
    demo: bool = False
    """Shows 示例数据 on every page."""


class Server(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[server]"""

    host: str = "127.0.0.1"
    port: Port = 8420
    login: bool = False
    """Asks for a login on this machine too, as beyond loopback it always does; needed behind a reverse proxy."""


class Gates(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[gates], for journeys that have none of their own"""

    quiet: str = "21:30-08:30"
    cap: str = "1/day"


class Log(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[log]"""

    url: str = ""
    """Empty: SQLite in data/log.sqlite."""


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[limits], per access key"""

    events_per_second: Annotated[int, msgspec.Meta(ge=0)] = 50_000
    """What may come in under one key in the long run; 0 is no limit."""
    burst: Annotated[int, msgspec.Meta(ge=1)] = 100_000
    """What may come in at once after a pause."""


class InboxSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[inbox]"""

    keep_days: Annotated[int, msgspec.Meta(ge=1)] = 30
    """How long a raw body is kept once all of its items are settled; their counts stay."""
    keep_failed_days: Annotated[int, msgspec.Meta(ge=1)] = 365
    """How long a raw body is kept that waits for a fix and a replay."""


class TableSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[tables]"""

    memory_mb: Annotated[int, msgspec.Meta(ge=256)] = 1536
    """What computing the tables may take; a rebuild takes as much again beside it. What needs more goes to the disk."""


class PublishSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[publish], Parquet files for analysts"""

    every_minutes: Annotated[int, msgspec.Meta(ge=0)] = 30
    """How often the server publishes, besides the end of each day; 0 is at the end of the day alone."""
    keep_hours: Annotated[int, msgspec.Meta(ge=0)] = 2
    """How long a version stays, at least, once another has taken its place."""


class SqlSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[sql], queries of analysts; each runs in a process apart"""

    seconds: Annotated[float, msgspec.Meta(gt=0)] = 30.0
    """How long a query of an access key may take."""
    rows: Annotated[int, msgspec.Meta(ge=1)] = 1_000_000
    """How many rows an access key gets from one query."""
    memory_mb: Annotated[int, msgspec.Meta(ge=128)] = 512
    """How much memory one query may take; then it goes to disk, and then it is stopped."""
    spill_mb: Annotated[int, msgspec.Meta(ge=0)] = 4096
    """How much one query may write to disk meanwhile."""
    threads: Annotated[int, msgspec.Meta(ge=1)] = 2
    at_once: Annotated[int, msgspec.Meta(ge=1)] = 2
    """How many queries run at a time; a few more wait."""
    wait_seconds: Annotated[float, msgspec.Meta(ge=0)] = 10.0
    """How long they wait."""


class Logging(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[logging]"""

    level: Literal["debug", "info", "warning", "error"] = "info"
    file: str = ""
    """A file inside the workspace, or an absolute path; empty: the error output."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """A workspace's settings, checked."""

    directory: Path
    workspace: Workspace = Workspace()
    server: Server = Server()
    gates: Gates = Gates()
    log: Log = Log()
    limits: Limits = Limits()
    inbox: InboxSettings = InboxSettings()
    tables: TableSettings = TableSettings()
    publish: PublishSettings = PublishSettings()
    sql: SqlSettings = SqlSettings()
    customers: Customers = Customers()
    rfm: Rfm = Rfm()
    logging: Logging = Logging()
    identity: IdentityRules = IdentityRules()
    profile: Policies = {}
    """How each field of a profile is kept; what is not named is as last told."""
    connectors: dict[str, dict[str, dict[str, Any]]] = {}
    """kind -> account name -> options, for the connector to check."""
    sandbox: dict[str, Any] = {}
    """[sandbox], for `cdp sandbox`."""

    @property
    def data(self) -> Path:
        """The directory of everything the system itself writes."""
        return self.directory / "data"

    @property
    def loopback(self) -> bool:
        """Whether the server is reached from this machine alone."""
        return self.server.host in ("127.0.0.1", "::1", "localhost")

    def at(self, host: str) -> Settings:
        """The same, listening on another address. Raises SettingsError when that contradicts the rest."""
        moved = msgspec.structs.replace(self, server=msgspec.structs.replace(self.server, host=host))
        if problems := _contradictions(moved, ""):
            raise SettingsError(f"the workspace cannot be served at {host}", problems)
        return moved


_SECTIONS: dict[str, type[msgspec.Struct]] = {
    "workspace": Workspace,
    "server": Server,
    "gates": Gates,
    "log": Log,
    "limits": Limits,
    "inbox": InboxSettings,
    "tables": TableSettings,
    "publish": PublishSettings,
    "sql": SqlSettings,
    "customers": Customers,
    "rfm": Rfm,
    "logging": Logging,
}
_READ: dict[str, Callable[[Mapping[str, Any], Wrong], Any]] = {
    "identity": read_identity,
    "profile": read_profile,
}
"""Sections whose keys are chosen by the workspace."""
_FREE = ("connectors", "sandbox")


def load(directory: Path, *, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of the workspace in `directory`. Raises SettingsError with every problem."""
    path = directory / FILE
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except FileNotFoundError:
        raise SettingsError(
            f"{directory} is no workspace: it has no {FILE}. Make one with `cdp init {directory}`."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from None
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"{path} is not TOML: {error}") from None
    return _checked(directory, document, text, environment)


def _checked(directory: Path, document: dict[str, Any], text: str, environment: Mapping[str, str]) -> Settings:
    problems: list[Problem] = []
    resolved = _from_environment(document, environment, text, problems)
    fields: dict[str, Any] = {}
    for name, value in resolved.items():
        if name in _SECTIONS:
            fields[name] = _section(name, value, text, problems)
        elif name in _READ:
            fields[name] = _read(name, value, text, problems)
        elif name in _FREE and isinstance(value, dict):
            fields[name] = value
        else:
            known = ", ".join([*_SECTIONS, *_READ, *_FREE])
            problems.append(Problem(FILE, line_of(text, name), name, f"unknown section; known are {known}"))
    settings = Settings(directory=directory, **fields)
    problems += _contradictions(settings, text)
    if problems:
        raise SettingsError(f"{FILE} has {len(problems)} mistake(s)", problems)
    return settings


def _section(name: str, value: Any, text: str, problems: list[Problem]) -> Any:
    """Every key on its own, so that one mistake does not hide the next."""
    struct = _SECTIONS[name]
    if not isinstance(value, dict):
        problems.append(Problem(FILE, line_of(text, name), name, "expected a section"))
        return struct()
    good = {}
    for key, given in value.items():
        try:
            msgspec.convert({key: given}, struct)
            if key not in struct.__struct_fields__:
                raise msgspec.ValidationError(f"unknown setting; known are {', '.join(struct.__struct_fields__)}")
            good[key] = given
        except msgspec.ValidationError as error:
            message = str(error).rpartition(" - at `")[0] or str(error)
            problems.append(Problem(FILE, line_of(text, name, key), f"{name}.{key}", message))
    return msgspec.convert(good, struct)


def _read(name: str, value: Any, text: str, problems: list[Problem]) -> Any:
    def wrong(path: str, message: str) -> None:
        full = (name, *path.split(".")) if path else (name,)
        problems.append(Problem(FILE, line_of(text, *full), ".".join(full), message))

    if not isinstance(value, dict):
        wrong("", "expected a section")
        return _READ[name]({}, wrong)
    return _READ[name](value, wrong)


def _contradictions(settings: Settings, text: str) -> list[Problem]:
    problems = []
    try:
        zone(settings.workspace.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        problems.append(
            Problem(FILE, line_of(text, "workspace", "timezone"), "workspace.timezone", "no such time zone")
        )
    if settings.workspace.clock == "driven" and not settings.loopback:
        message = "a driven clock is for the demo and for tests: the server must listen on 127.0.0.1"
        problems.append(Problem(FILE, line_of(text, "workspace", "clock"), "workspace.clock", message))
    problems += [Problem(FILE, line_of(text, "rfm", key), f"rfm.{key}", why) for key, why in not_rising(settings.rfm)]
    for kind, accounts in settings.connectors.items():
        if not isinstance(accounts, dict) or not all(isinstance(o, dict) for o in accounts.values()):
            message = f"give the account a name, as in [connectors.{kind}.main]"
            problems.append(Problem(FILE, line_of(text, "connectors", kind), f"connectors.{kind}", message))
    return problems


def _from_environment(value: Any, environment: Mapping[str, str], text: str, problems: list[Problem]) -> Any:
    if isinstance(value, dict):
        return {k: _from_environment(v, environment, text, problems) for k, v in value.items()}
    if isinstance(value, list):
        return [_from_environment(v, environment, text, problems) for v in value]
    if not isinstance(value, str) or not value.startswith("env:"):
        return value
    name = value.removeprefix("env:")
    if name not in environment:
        problems.append(Problem(FILE, line_with(text, value), "", f"the environment has no {name}"))
    return environment.get(name, "")
