"""Which platforms there are: from a table of cdp.toml to a connector and to sinks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from cdp.clock import Clock
from cdp.errors import NotFound, Problem, SettingsError
from cdp.ports import Connector, Sink
from connectors.wechat_store.callback import WechatStoreConnector
from connectors.wechat_store.options import WechatStoreOptions
from connectors.wecom.attachments import Attachments
from connectors.wecom.callback import WecomConnector
from connectors.wecom.client import WecomClient
from connectors.wecom.contacts import Contacts
from connectors.wecom.mass_message import MassMessageSink
from connectors.wecom.options import WecomOptions
from connectors.wecom.tag_book import TagBook
from connectors.wecom.tags import TagSink
from connectors.wecom.tenant import Tenant
from connectors.wecom.welcome import WelcomeSink
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


def sinks(kind: str, name: str, options: Mapping[str, Any], clock: Clock) -> list[Sink]:
    """The channels through which one account can act: none for a mall, none for a WeCom account without `secret`.

    Raises SettingsError and NotFound as `connector` does.
    """
    match kind:
        case "wecom":
            return _wecom_sinks(name, _read(kind, name, options, WecomOptions), clock)
        case "youzan":
            _read(kind, name, options, YouzanOptions)
        case "wechat-store":
            _read(kind, name, options, WechatStoreOptions)
        case _:
            raise NotFound("kind of connector", kind)
    return []


def contacts(
    kind: str, name: str, options: Mapping[str, Any], fingerprint: Callable[[bytes], bytes], clock: Clock
) -> Contacts | None:
    """Looks up who the customers of one account are; None where the platform or the settings do not allow it."""
    if kind != "wecom":
        return None
    wecom = _read(kind, name, options, WecomOptions)
    if not wecom.secret:
        return None
    return Contacts(WecomClient(wecom, clock), Tenant(wecom.corp_id), f"{kind}/{name}", fingerprint)


def _wecom_sinks(name: str, options: WecomOptions, clock: Clock) -> list[Sink]:
    if not options.secret:
        return []
    client = WecomClient(options, clock)
    attachments = Attachments(client, options, clock)
    book = TagBook(client, options.tag_group)
    return [
        WelcomeSink(client, attachments),
        MassMessageSink(client, attachments),
        TagSink(client, book, Tenant(options.corp_id), f"wecom/{name}", clock),
    ]


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
