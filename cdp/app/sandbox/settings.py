"""What the sandbox plays: the accounts it is the other side of, its limits, and where its receipts stand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from cdp.app.settings import Settings
from cdp.errors import Problem, SettingsError

DEFAULT_PORT = 8421


class WecomAccount(msgspec.Struct, frozen=True, kw_only=True):
    """One WeCom application: how it signs and encrypts, and which secret its API takes."""

    corp_id: str
    token: str
    aes_key: str
    secret: str = ""
    name: str = "main"

    def __repr__(self) -> str:
        return f"WecomAccount({self.corp_id})"


class YouzanAccount(msgspec.Struct, frozen=True, kw_only=True):
    """One Youzan application."""

    client_id: str
    client_secret: str
    kdt_id: int = 56232
    name: str = "main"

    def __repr__(self) -> str:
        return f"YouzanAccount({self.client_id})"


class StoreAccount(msgspec.Struct, frozen=True, kw_only=True):
    """One WeChat Store."""

    token: str
    aes_key: str
    appid: str
    name: str = "main"

    def __repr__(self) -> str:
        return f"StoreAccount({self.appid})"


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the platform allows. Vendors change these; every one is a setting."""

    welcome_seconds: int = 20
    token_seconds: int = 7200
    monthly_cap: int = 0
    """Mass messages a customer gets in a month; 0 stands for as many as the month has days."""
    not_friend_share: float = 0.02
    """Share of persons who removed the staff member without anybody having been told; always the same ones."""
    capped_share: float = 0.02
    """Share of persons who had a mass message from elsewhere."""


class SandboxSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One sandbox."""

    receipts: Path
    """The file of everything that reached it; a restart goes on from there."""
    callbacks: str = "http://127.0.0.1:8420/callbacks"
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    wecom: WecomAccount | None = None
    youzan: YouzanAccount | None = None
    store: StoreAccount | None = None
    limits: Limits = Limits()
    driven: bool = False
    """Time stands still until `POST /sandbox/clock` moves it."""
    seed: int = 1


def from_workspace(settings: Settings, port: int | None = None) -> SandboxSettings:
    """The other side of the accounts of a workspace. Raises SettingsError for a `[sandbox]` that cannot be used."""
    table = dict(settings.sandbox)
    own = {key: table.pop(key) for key in ("callbacks", "host", "port", "receipts", "seed") if key in table}
    try:
        limits = msgspec.convert(table, Limits)
        accounts = {
            "wecom": _account(settings, "wecom", WecomAccount),
            "youzan": _account(settings, "youzan", YouzanAccount),
            "store": _account(settings, "wechat-store", StoreAccount),
        }
        defaults: dict[str, Any] = {
            "receipts": "sandbox/receipts.jsonl",
            "callbacks": f"http://{settings.server.host}:{settings.server.port}/callbacks",
            "port": _port_of(settings) or DEFAULT_PORT,
            "driven": settings.workspace.clock == "driven",
        }
        plain = msgspec.convert(defaults | own | ({"port": port} if port is not None else {}), _Plain)
    except msgspec.ValidationError as error:
        problem = Problem("cdp.toml", 0, "sandbox", str(error))
        raise SettingsError("[sandbox] cannot be used", [problem]) from None
    options = {k: getattr(plain, k) for k in _Plain.__struct_fields__}
    return SandboxSettings(limits=limits, **accounts, **{**options, "receipts": settings.directory / plain.receipts})


class _Plain(msgspec.Struct, kw_only=True):
    receipts: str
    callbacks: str
    port: int
    driven: bool
    host: str = "127.0.0.1"
    seed: int = 1


def _account(settings: Settings, kind: str, struct: type[Any]) -> Any:
    """The first account of a kind; its other options are of no concern here."""
    named: Mapping[str, Any] = settings.connectors.get(kind, {})
    for name, options in named.items():
        return msgspec.convert({**options, "name": name}, struct)
    return None


def _port_of(settings: Settings) -> int | None:
    """The port the workspace expects WeCom at, if that is on this machine."""
    for options in settings.connectors.get("wecom", {}).values():
        address = urlsplit(str(options.get("api_base", "")))
        if address.hostname in ("127.0.0.1", "localhost"):
            return address.port
    return None
