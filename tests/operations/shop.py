"""A shop to operate on: two neighbours who left the same traces everywhere, under names that stand nowhere else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.testclient import TestClient

from cdp.app.opening import prepare
from cdp.app.operations.runtime import Runtime
from cdp.app.operations.table import perform
from cdp.app.settings import load
from cdp.app.system import build
from cdp.app.web.app import create_app
from cdp.app.worker import Worker
from cdp.ports import Callback
from cdp.testing import DRAGON_BOAT
from tests.connectors.accounts import AES_KEY, CORP, TOKEN, from_wecom, from_youzan
from tests.finished import place

SECRET = "the-workspace-token"
AT = "2026-06-19T19:00:00+08:00"
SETTINGS = f"""
[workspace]
name = "老王"
clock = "driven"
clock_start = "{DRAGON_BOAT}"
[gates]
quiet = "none"
cap = "none"
[connectors.wecom.main]
corp_id = "{CORP}"
token = "{TOKEN}"
aes_key = "{AES_KEY}"
secret = "wecom-secret-of-the-shop"
api_base = "http://127.0.0.1:9/cgi-bin"
[connectors.youzan.main]
client_id = "CLIENT_ID_TEST"
client_secret = "CLIENT_SECRET_TEST"
"""
WELCOME = """
journey: welcome
name: 加微欢迎
entry: {event: friend.added}
steps:
  - send: {via: wecom.message, purpose: service, text: "你好，{{ person.nickname | default('邻居') }}"}
"""


@dataclass(frozen=True)
class Neighbour:
    """Somebody, by everything that tells who they are. Nothing of it stands in anybody else's traces."""

    mark: str
    family: str

    @property
    def wecom(self) -> str:
        return f"wm{self.mark}AAAA"

    @property
    def unionid(self) -> str:
        return f"oU{self.mark}BBBB"

    @property
    def openid(self) -> str:
        return f"oO{self.mark}CCCC"

    @property
    def yz(self) -> str:
        return f"yz{self.mark}DDDD"

    @property
    def phone(self) -> str:
        return f"1380013{self.mark}"

    @property
    def receiver_phone(self) -> str:
        return f"1390013{self.mark}"

    @property
    def visitor(self) -> str:
        """As whom a browser knew them before they said who they are."""
        return f"anon-{self.mark}-EEEE"

    @property
    def account(self) -> str:
        return f"user-{self.mark}-FFFF"

    @property
    def order(self) -> str:
        return f"E2026061920{self.mark}"

    def texts(self) -> dict[str, str]:
        """Names and free texts, by the field that carries them."""
        return {
            "nickname": f"{self.family}阿姨爱买菜",
            "name": f"{self.family}秀英",
            "remark": f"三栋的{self.family}姐",
            "address": f"幸福里三栋{self.mark}室{self.family}家",
            "avatar": f"https://wx.qlogo.cn/{self.mark}/0",
            "group": f"我是{self.family}家的，今天的粽子还有吗",
            "live": f"{self.family}家要两盒，{self.mark}",
            "receiver": f"{self.family}先生代收",
            "message": f"放在{self.family}家门口，别按铃",
        }

    def needles(self) -> dict[str, str]:
        """Everything that must be found nowhere once this neighbour is erased."""
        named = ("wecom", "unionid", "openid", "yz", "phone", "receiver_phone", "visitor", "account")
        ids = {name: getattr(self, name) for name in named}
        return {**ids, **self.texts(), "welcome_code": f"WELCOME{self.mark}"}


CONTROL = Neighbour("4711", "欧阳")
DOOMED = Neighbour("5822", "司马")


class Shop:
    """A workspace in this process, brought up to date by `settle`."""

    def __init__(self, directory: Path, more: str = ""):
        self.directory = directory
        if not (directory / "cdp.toml").exists():
            (directory / "journeys").mkdir()
            (directory / "cdp.toml").write_text(SETTINGS + more, encoding="utf-8")
            (directory / "journeys" / "welcome.yaml").write_text(WELCOME, encoding="utf-8")
        self.system = build(load(directory))
        self.runtime = Runtime(self.system, Worker(self.system), serving=False)
        prepare(self.runtime)

    @cached_property
    def http(self) -> TestClient:
        """Its web application, made when it is first asked."""
        return TestClient(create_app(self.runtime, SECRET), headers={"Authorization": f"Bearer {SECRET}"})

    def ask(self, operation: str, **parameters: Any) -> Any:
        return perform(self.runtime, operation, parameters)

    def post(self, *events: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self.http.post("/v1/events", json=list(events)).json()
        return answer

    def call(self, connector: str, callback: Callback, status: int = 200) -> None:
        response = self.http.post(
            f"/callbacks/{connector}/main", params=dict(callback.query), content=callback.body,
            headers=dict(callback.headers),
        )  # fmt: skip
        assert response.status_code == status, response.text

    def settle(self) -> int:
        return self.runtime.worker.settle(project=True)

    def close(self) -> None:
        if "http" in vars(self):
            self.http.close()
        self.system.close()


@contextmanager
def open_shop(directory: Path, more: str = "") -> Iterator[Shop]:
    directory.mkdir(exist_ok=True)
    shop = Shop(directory, more)
    try:
        yield shop
    finally:
        shop.close()


@contextmanager
def open_shop_after(directory: Path, story: Callable[[Shop], None]) -> Iterator[Shop]:
    """A shop of its own, opened again after a story that every shop begun with it has in common."""
    place(directory, _live, story)
    with open_shop(directory) as shop:
        yield shop


def _live(directory: Path, story: Callable[[Shop], None]) -> None:
    with open_shop(directory) as shop:
        story(shop)


def live_through(shop: Shop, one: Neighbour) -> None:
    """Everything a neighbour may leave behind: events over HTTP and from a browser, callbacks of two platforms, bodies nobody
    could map and one that proved nothing, a journey run with an action that waits."""
    texts = one.texts()
    who = [
        {"type": "unionid", "value": one.unionid},
        {"type": "wecom", "scope": f"{CORP}:own", "value": one.wecom},
        {"type": "openid", "scope": "wx42", "value": one.openid},
        {"type": "phone", "value": one.phone},
    ]
    profile = {name: texts[name] for name in ("nickname", "name", "remark", "address", "avatar")}
    answer = shop.post(
        _event(one, 1, "person.profile_changed", who, {**profile, "building": "幸福里"}),
        _event(one, 2, "group.message_sent", who[1:2], {"text": texts["group"]}, {"group": "g1"}),
        _event(one, 3, "live.commented", who[:1], {"text": texts["live"]}, {"live": "L1"}),
        _event(one, 4, "friend.added", who[1:2], {"staff": "laowang", "welcome_code": f"WELCOME{one.mark}"}),
        _event(one, 5, "order.paid", who[3:], _order(one), {"order": one.order}),
        _event(one, 6, "order.shipped_to_the_moon", who[:1], {"to": texts["address"]}),
        _event(one, 7, "order.paid", who[3:], {"amount_fen": "viel", "message": texts["message"]}),
    )
    assert (answer["accepted"], answer["failed"]) == (5, 2), answer
    browsed = shop.http.post("/v1/batch", json={"batch": _browsed(one)}).json()
    assert (browsed["accepted"], len(browsed["rejected"])) == (3, 1), browsed
    shop.call("wecom", from_wecom(_edited(one).encode(), nonce=f"n{one.mark}"))
    shop.call("wecom", from_wecom(_unheard_of(one).encode(), nonce=f"u{one.mark}"))
    shop.call("youzan", _pushed(one, "trade_TradePaid", paid="88.00"))
    shop.call("youzan", _pushed(one, "trade_TradePaid", paid="viel"))
    shop.call("youzan", _pushed(one, "trade_TradeMemoModified", paid="1.00"))
    shop.call(
        "youzan", replace(_pushed(one, "trade_TradePaid", paid="7.00"), headers={"event-sign": "0" * 32}), status=401
    )
    shop.settle()


def _event(
    one: Neighbour, n: int, kind: str, who: list[Any], data: dict[str, Any], context: dict[str, str] | None = None
) -> dict[str, Any]:
    return {
        "id": f"{n}-{one.mark[::-1]}", "source": "site", "type": kind, "occurred_at": AT, "who": who, "data": data,
        "context": context or {},
    }  # fmt: skip


def _browsed(one: Neighbour) -> list[dict[str, Any]]:
    """From an anonymous visitor to a known person, as a Segment library tells it; and something that does not fit."""
    traits = {"phone": one.phone, "nickname": one.texts()["nickname"]}
    return [
        {"type": "page", "messageId": f"s1{one.mark}", "anonymousId": one.visitor, "name": "首页"},
        {"type": "identify", "messageId": f"s2{one.mark}", "anonymousId": one.visitor, "userId": one.account, "traits": traits},
        {"type": "alias", "messageId": f"s3{one.mark}", "anonymousId": one.visitor, "previousId": one.visitor, "userId": one.account},
        {"type": "track", "messageId": f"s4{one.mark}", "userId": one.account, "event": "Order Completed",
         "properties": {"total": "viel", "note": one.texts()["message"]}},
    ]  # fmt: skip


def _order(one: Neighbour) -> dict[str, Any]:
    texts = one.texts()
    receiver = {
        "receiver_name": texts["receiver"],
        "receiver_phone": one.receiver_phone,
        "receiver_address": texts["address"],
    }
    return {"amount_fen": 8800, **receiver}


def _edited(one: Neighbour) -> str:
    return _contact(one, "edit_external_contact")


def _unheard_of(one: Neighbour) -> str:
    return _contact(one, "changed_their_shoes")


def _contact(one: Neighbour, change: str) -> str:
    return (
        f"<xml><ToUserName>{CORP}</ToUserName><FromUserName>sys</FromUserName><CreateTime>1781866800</CreateTime>"
        f"<MsgType>event</MsgType><Event>change_external_contact</Event><ChangeType>{change}</ChangeType>"
        f"<UserID>laowang</UserID><ExternalUserID>{one.wecom}</ExternalUserID></xml>"
    )


def _pushed(one: Neighbour, kind: str, *, paid: str) -> Callback:
    texts = one.texts()
    order = {
        "order_info": {"tid": f"{one.order}{len(paid)}", "pay_time": "2026-06-19 19:10:00", "created": "2026-06-19 19:09:00"},
        "pay_info": {"payment": paid},
        "buyer_info": {"buyer_phone": one.phone, "yz_open_id": one.yz},
        "address_info": {"receiver_name": texts["receiver"], "receiver_tel": one.receiver_phone},
        "remark_info": {"buyer_message": texts["message"]},
        "orders": [{"oid": "1", "item_id": 3, "num": 1, "title": "粽子", "payment": paid}],
    }  # fmt: skip
    body = {
        "type": kind, "msg_id": f"m{paid}{one.mark[::-1]}", "id": order["order_info"]["tid"], "kdt_id": 1, "version": 1,
        "msg": quote(json.dumps({"full_order_info": order}, ensure_ascii=True)),
    }  # fmt: skip
    return from_youzan(json.dumps(body).encode())
