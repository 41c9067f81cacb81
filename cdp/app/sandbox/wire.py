"""What callbacks look like on the wire: encrypted and signed exactly as each platform does it, anew for every attempt."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import msgspec

from cdp.app.sandbox.settings import SandboxSettings, StoreAccount, WecomAccount, YouzanAccount
from cdp.clock import SECOND
from cdp.errors import UsageError
from connectors.wechat_crypto import WechatCipher
from connectors.youzan.callback import event_sign


class WecomItem(msgspec.Struct, tag="wecom", tag_field="platform", kw_only=True, forbid_unknown_fields=True):
    """A WeCom message, by its fields or as the very XML. `WelcomeCode: true` has the sandbox issue a code."""

    fields: dict[str, Any] = {}
    xml: str = ""
    repeat: int = 1
    at: int | None = None
    """Not before this moment, in microseconds."""


class YouzanItem(msgspec.Struct, tag="youzan", tag_field="platform", kw_only=True, forbid_unknown_fields=True):
    """A Youzan push, by its parts or as the very body. Trade messages travel encoded, new refunds as an object."""

    type: str = ""
    id: str = ""
    msg: dict[str, Any] = {}
    msg_id: str = ""
    status: str = ""
    version: int = 0
    encoded: bool | None = None
    body: str = ""
    repeat: int = 1
    at: int | None = None


class StoreItem(msgspec.Struct, tag="wechat-store", tag_field="platform", kw_only=True, forbid_unknown_fields=True):
    """A WeChat Store push, by its message or as the very JSON."""

    message: dict[str, Any] = {}
    json: str = ""
    repeat: int = 1
    at: int | None = None


Item = WecomItem | YouzanItem | StoreItem
_KINDS = {WecomItem: ("wecom", "wecom"), YouzanItem: ("youzan", "youzan"), StoreItem: ("wechat-store", "store")}
"""Item -> kind of connector, and where its account stands in the settings."""


@dataclass(frozen=True)
class Outgoing:
    """One HTTP request to the workspace."""

    url: str
    body: bytes
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def check(item: Item, settings: SandboxSettings) -> None:
    """Raises UsageError where the sandbox has no account of the item's platform."""
    kind, account = _KINDS[type(item)]
    if getattr(settings, account) is None:
        raise UsageError(f"the sandbox has no {kind} account; give it one in [connectors.{kind}.main]")


def outgoing(item: Item, settings: SandboxSettings, now: int, attempt: int) -> Outgoing:
    """The request of one attempt (0 is the first) of an item that was checked."""
    kind, account = _KINDS[type(item)]
    known = getattr(settings, account)
    url = f"{settings.callbacks}/{kind}/{known.name}"
    match item:
        case WecomItem():
            return _wecom(item, known, url, now)
        case YouzanItem():
            return _youzan(item, known, url, attempt)
        case StoreItem():
            return _store(item, known, url, now)


def wecom_xml(fields: Mapping[str, Any]) -> str:
    """A WeCom message: texts in CDATA, numbers bare, `{"Item": […]}` as a list of elements."""
    return "<xml>" + "".join(_element(key, value) for key, value in fields.items()) + "</xml>"


def _wecom(item: WecomItem, account: WecomAccount, url: str, now: int) -> Outgoing:
    common = {
        "ToUserName": account.corp_id, "FromUserName": "sys", "CreateTime": now // SECOND, "MsgType": "event",
    }  # fmt: skip
    plain = item.xml or wecom_xml(common | item.fields)
    cipher = WechatCipher(account.token, account.aes_key)
    encrypted = cipher.seal(plain.encode(), account.corp_id, secrets.token_bytes(16))
    timestamp, nonce = str(now // SECOND), secrets.token_hex(8)
    envelope = wecom_xml({"ToUserName": account.corp_id, "AgentID": "", "Encrypt": encrypted})
    signature = cipher.signature(timestamp, nonce, encrypted)
    params = {"msg_signature": signature, "timestamp": timestamp, "nonce": nonce}
    return Outgoing(url, envelope.encode(), params, {"content-type": "text/xml"})


def _youzan(item: YouzanItem, account: YouzanAccount, url: str, attempt: int) -> Outgoing:
    body = item.body.encode() or msgspec.json.encode(_youzan_body(item, account, attempt))
    headers = {
        "content-type": "application/json",
        "event-type": item.type,
        "client-id": account.client_id,
        "event-sign": event_sign(account.client_id, body, account.client_secret),
    }
    return Outgoing(url, body, headers=headers)


def _youzan_body(item: YouzanItem, account: YouzanAccount, attempt: int) -> dict[str, Any]:
    encoded = item.encoded if item.encoded is not None else not item.type.startswith("youzan_")
    msg = quote(msgspec.json.encode(item.msg)) if encoded else item.msg
    body = {
        "client_id": account.client_id, "kdt_id": account.kdt_id, "root_kdt_id": account.kdt_id, "id": item.id,
        "type": item.type, "status": item.status, "msg": msg, "msg_id": item.msg_id or f"{item.type}-{item.id}-{item.version}",
        "version": item.version, "test": False, "mode": 1,
    }  # fmt: skip
    return body | ({"sendCount": attempt} if attempt else {})


def _store(item: StoreItem, account: StoreAccount, url: str, now: int) -> Outgoing:
    common = {"CreateTime": now // SECOND, "MsgType": "event"}
    plain = item.json.encode() or msgspec.json.encode(common | item.message)
    cipher = WechatCipher(account.token, account.aes_key)
    encrypted = cipher.seal(plain, account.appid, secrets.token_bytes(16))
    timestamp, nonce = str(now // SECOND), secrets.token_hex(8)
    params = {
        "timestamp": timestamp, "nonce": nonce, "encrypt_type": "aes", "signature": cipher.signature(timestamp, nonce),
        "msg_signature": cipher.signature(timestamp, nonce, encrypted),
    }  # fmt: skip
    body = msgspec.json.encode({"ToUserName": "gh_sandbox", "Encrypt": encrypted})
    return Outgoing(url, body, params, {"content-type": "application/json"})


def _element(key: str, value: object) -> str:
    if isinstance(value, Mapping):
        inner = "".join(_element(k, v) for k, vs in value.items() for v in (vs if isinstance(vs, list) else [vs]))
    elif isinstance(value, int):
        inner = str(value)
    else:
        inner = f"<![CDATA[{str(value).replace(']]>', ']]]]><![CDATA[>')}]]>"
    return f"<{key}>{inner}</{key}>"
