"""The welcome: one code, twenty seconds, one message, and the files it carries."""

from __future__ import annotations

import pytest

from cdp.clock import SECOND
from cdp.ports import Delivered, Delivery, Refused
from tests.sandbox.acting import GREETING, channels, welcome
from tests.sandbox.running import NOON


def test_a_welcome_reaches_the_new_friend_once(running):
    running.befriend("wm1", code="CODE")

    assert welcome(running, "CODE") == Delivered()
    (receipt,) = running.receipts(effect="delivered")
    assert (receipt["channel"], receipt["person"], receipt["staff"]) == ("wecom.welcome", "wm1", "laowang")
    assert receipt["content"] == {"text": GREETING, "attachments": []}


def test_a_welcome_code_works_once(running):
    running.befriend("wm1", code="CODE")
    welcome(running, "CODE")

    again = welcome(running, "CODE")

    assert (again.code, again.kind) == (41051, "refused")
    assert len(running.receipts(effect="delivered")) == 1


@pytest.mark.parametrize(("seconds", "reached"), [(20, True), (21, False)])
def test_a_welcome_code_is_good_for_twenty_seconds(running, seconds, reached):
    running.befriend("wm1", code="CODE")
    running.to(NOON + seconds * SECOND)

    outcome = welcome(running, "CODE")

    assert (outcome == Delivered()) is reached
    if not reached:
        assert (outcome.code, outcome.kind) == (41050, "permanent")


def test_a_welcome_to_somebody_whom_staff_removed_meanwhile_is_refused(running):
    running.befriend("wm1", code="CODE")
    running.emit({"platform": "wecom", "fields": {
        "Event": "change_external_contact", "ChangeType": "del_external_contact", "UserID": "laowang", "ExternalUserID": "wm1",
    }})  # fmt: skip

    assert welcome(running, "CODE").code == 84061


def test_without_a_code_nothing_is_called(running):
    delivery = Delivery("a1", "wecom.welcome", {"wecom": "wm1"}, "laowang", GREETING)

    (outcome,) = channels(running)["wecom.welcome"].deliver([delivery])

    assert isinstance(outcome, Refused)
    assert running.receipts() == []


@pytest.mark.parametrize("text", ["", "粽" * 1334])
def test_a_text_that_wecom_would_not_take_is_not_sent(running, text):
    running.befriend("wm1", code="CODE")

    assert isinstance(welcome(running, "CODE", text), Refused)
    assert running.receipts() == []


def test_a_file_is_uploaded_once_and_sent_with_every_welcome(running, tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "recipe.pdf").write_bytes(b"%PDF recipe")
    for person in ("wm1", "wm2"):
        running.befriend(person, code=f"CODE-{person}")
    sink = channels(running, files=str(tmp_path / "files"))["wecom.welcome"]

    for person in ("wm1", "wm2"):
        secrets = {"welcome_code": f"CODE-{person}"}
        delivery = Delivery(person, sink.channel, {"wecom": person}, "", GREETING, ("recipe.pdf",), secrets=secrets)
        assert sink.deliver([delivery]) == [Delivered()]

    (uploaded,) = running.receipts(effect="uploaded")
    sent = [receipt["content"]["attachments"] for receipt in running.receipts(effect="delivered")]
    assert sent == [[{"msgtype": "file", "file": {"media_id": uploaded["ref"]}}]] * 2


def test_a_name_with_an_address_is_sent_as_a_link(running):
    running.befriend("wm1", code="CODE")

    welcome(running, "CODE", attach=("recipe.pdf", "https://shop/k%20b"), links={"recipe.pdf": "https://shop/r.pdf"})

    (receipt,) = running.receipts(effect="delivered")
    assert [one["link"] for one in receipt["content"]["attachments"]] == [
        {"title": "recipe.pdf", "url": "https://shop/r.pdf"},
        {"title": "k b", "url": "https://shop/k%20b"},
    ]


@pytest.mark.parametrize("name", ["nowhere.pdf", "../secret.txt", "x\0y"])
def test_an_attachment_that_is_not_there_keeps_the_welcome_from_being_sent(running, tmp_path, name):
    (tmp_path / "files").mkdir()
    (tmp_path / "secret.txt").write_text("secret")

    outcome = welcome(running, "CODE", attach=(name,), files=str(tmp_path / "files"))

    assert isinstance(outcome, Refused)
    assert running.receipts() == []
