"""Callbacks that do not fit our settings: refused, kept within bounds, and taken after the fix as if nothing had been."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from cdp.errors import SignatureRejected
from cdp.inbox import refusals
from cdp.inbox.store import Inbox
from cdp.ports import Callback
from tests.connectors.accounts import AES_KEY, CORP, TOKEN, from_wecom, from_youzan
from tests.operations.shop import Shop, open_shop

ADDED = (
    f"<xml><ToUserName>{CORP}</ToUserName><FromUserName>sys</FromUserName><CreateTime>1781700000</CreateTime>"
    "<MsgType>event</MsgType><Event>change_external_contact</Event><ChangeType>add_external_contact</ChangeType>"
    "<UserID>laowang</UserID><ExternalUserID>wmNeighbour</ExternalUserID><State>door</State></xml>"
).encode()
MISTAKES = [
    pytest.param(TOKEN, "anotherToken", "signature", "$.query.msg_signature", id="token"),
    pytest.param(AES_KEY, "x" * 43, "decrypt", "$", id="key"),
    pytest.param(CORP, "wwSomebodyElse", "decrypt", "$.receiver", id="company"),
]
WRONG = SignatureRejected("wecom", "wrong signature", path="$.query.msg_signature")


@contextmanager
def open_mended(directory: Path, wrong: str, right: str) -> Iterator[Shop]:
    """The shop again, one of its settings changed."""
    settings = directory / "cdp.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace(f'"{wrong}"', f'"{right}"'), encoding="utf-8")
    with open_shop(directory) as shop:
        yield shop


@pytest.mark.parametrize(("right", "wrong", "reason", "path"), MISTAKES)
def test_what_came_while_a_setting_was_wrong_is_taken_after_the_fix(
    tmp_path: Path, right: str, wrong: str, reason: str, path: str
) -> None:
    with open_shop(tmp_path):
        pass
    with open_mended(tmp_path, right, wrong) as shop:
        head = shop.system.log.head()
        for nonce in ("n1", "n2"):  # the platform tries again, under another signature
            shop.call("wecom", from_wecom(ADDED, nonce=nonce), status=401)
        shop.settle()
        failures = shop.ask("inbox.list")["failures"]
        assert {(f["connector"], f["reason"], f["path"], f["mapping"]) for f in failures} == {
            ("wecom", reason, path, "1")
        }
        assert "mend [connectors.wecom.main]" in failures[0]["message"]
        assert "<Encrypt>" in shop.ask("inbox.show", raw=failures[0]["id"])["body"]
        assert shop.ask("inbox.replay") == {"replayed": 0, "still_failed": 2}
        assert shop.system.log.head() == head

    with open_mended(tmp_path, wrong, right) as shop:
        assert shop.ask("inbox.replay", raws=[]) == {"replayed": 0, "still_failed": 2}
        assert shop.ask("inbox.replay", raws=[failures[0]["id"]]) == {"replayed": 1, "still_failed": 1}
        assert shop.ask("inbox.replay") == {"replayed": 1, "still_failed": 0}
        added = [e for e in shop.system.log.read(0, 1000) if e.type == "friend.added"]
        assert [e.occurred_at for e in added] == [1781700000 * 10**6]
        told = {(c["outcome"], c["count"]) for c in shop.ask("inbox.list")["counts"]}
        assert told == {("accepted", 1), ("duplicate", 1), ("refused", 2)}


def test_what_somebody_else_signed_is_never_taken(tmp_path: Path) -> None:
    forged = replace(from_youzan(b'{"type": "trade_TradePaid", "msg_id": "1"}'), headers={"event-sign": "0" * 32})
    with open_shop(tmp_path) as shop:
        shop.call("youzan", forged, status=401)
        (failure,) = shop.ask("inbox.list", reason="signature")["failures"]
        assert (failure["path"], failure["name"]) == ("$.headers.event-sign", "main")
        assert shop.ask("inbox.replay", raws=[failure["id"]])["replayed"] == 0
        assert shop.http.get("http://127.0.0.1/inbox?reason=signature").text.count("$.headers.event-sign") == 1


@pytest.mark.parametrize(
    ("connector", "callback"),
    [
        ("wecom", Callback("POST", {}, {}, b"GET /etc/passwd", 0)),
        ("wecom", Callback("GET", {"echostr": "AAAA"}, {}, b"", 0)),
        ("youzan", Callback("POST", {}, {}, b"{}", 0)),
    ],
)
def test_what_the_platform_never_sends_is_counted_alone(tmp_path: Path, connector: str, callback: Callback) -> None:
    with open_shop(tmp_path) as shop:
        send = shop.http.get if callback.method == "GET" else shop.http.post
        more = {} if callback.method == "GET" else {"content": callback.body}
        assert send(f"/callbacks/{connector}/main", params=dict(callback.query), **more).status_code == 401
        listed = shop.ask("inbox.list")
        assert (listed["failures"], [c["outcome"] for c in listed["counts"]]) == ([], ["refused"])


def test_what_is_kept_has_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "KEPT", 3)
    inbox = Inbox(tmp_path / "inbox.sqlite")
    bodies = [b"%d" % n for n in range(5)] + [b"x" * (refusals.LARGEST + 1)]
    for body in bodies:
        refusals.refuse(inbox, "wecom", "main", Callback("POST", {}, {}, body, 1), WRONG)
    refusals.refuse(inbox, "wecom", "other", Callback("POST", {}, {}, b"other", 1), WRONG)
    assert [raw.callback.body for raw in inbox.bodies("WHERE 1 ORDER BY id")] == [b"2", b"3", b"4", b"other"]
    assert [(c["name"], c["outcome"], c["count"]) for c in inbox.counts()] == [
        ("main", "refused", 6),
        ("other", "refused", 1),
    ]
    assert (inbox.pending(10), inbox.replay(), inbox.waiting()) == ([], 0, {"signature": 4})
    inbox.close()
