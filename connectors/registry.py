"""Which platforms there are: from a table of cdp.toml to a connector and to sinks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from cdp.errors import NotFound, Problem, SettingsError
from cdp.ports import Connector
from connectors.wechat_store.callback import WechatStoreConnector
from connectors.wechat_store.options import WechatStoreOptions
from connectors.wecom.callback import WecomConnector
from connectors.wecom.options import WecomOptions
from connectors.youzan.callback import YouzanConnector
from connectors.youzan.options import YouzanOptions

KINDS = ("wecom", "youzan", "wechat-store")


_Options = TypeVar("_Options", WecomOptions, YouzanOptions, WechatStoreOptions)


def connector(kind: str, name: str, options: Mapping[str, Any], fingerprint: Callable[[bytes], bytes]) -> Connector:
    """The connector of one account. Raises SettingsError with every problem of its options, NotFound for the kind.

    `fingerprint` is the vault's keyed digest; ids of bodies that carry none are derived with it.
    """
    match kind:
        case "wecom":
            return WecomConnector(name, _read(kind, name, options, WecomOptions), fingerprint)
        case "youzan":
            return YouzanConnector(name, _read(kind, name, options, YouzanOptions), fingerprint)
        case "wechat-store":
            return WechatStoreConnector(name, _read(kind, name, options, WechatStoreOptions), fingerprint)
        case _:
            raise NotFound("kind of connector", kind)


def _read(kind: str, name: str, options: Mapping[str, Any], struct: type[_Options]) -> _Options:
    """The options as a struct; all that is wrong with them is reported at once, without their values."""
    fields = {field.name: field for field in msgspec.structs.fields(struct)}
    found = {key: "no such setting" for key in options if key not in fields}
    for key, field in fields.items():
        if key not in options:
            if field.required:
                found[key] = "is missing"
        elif problem := _misfit(options[key], field.type):
            found[key] = problem
    if not found:
        read = msgspec.convert(dict(options), struct)
        found = read.problems()
        if not found:
            return read
    place = f"connectors.{kind}.{name}"
    problems = [Problem("cdp.toml", 0, f"{place}.{key}", message) for key, message in sorted(found.items())]
    raise SettingsError(f"[{place}] cannot be used", problems)


def _misfit(value: object, expected: Any) -> str:
    try:
        msgspec.convert(value, expected)
    except msgspec.ValidationError as error:
        return str(error)
    return ""
