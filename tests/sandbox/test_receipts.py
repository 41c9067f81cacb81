"""Receipts: durable before the answer, torn lines cut off, and a restarted sandbox knows what it knew."""

from __future__ import annotations

import json

from cdp.app.sandbox.journal import Journal
from cdp.clock import SECOND
from cdp.ports import Accepted, Confirmed, Delivered
from tests.sandbox.acting import channels, messages, tagging, welcome
from tests.sandbox.running import NOON, sandbox


def test_a_restarted_sandbox_goes_on_where_it_was(tmp_path):
    with sandbox(tmp_path / "r") as running:
        running.befriend("wm1", "wm2", code="CODE")
        running.befriend("wm1", "wm2")
        assert welcome(running, "CODE") == Delivered()
        channels(running)["wecom.tag"].deliver([tagging(add=["粽子"])])
        (accepted,) = channels(running)["wecom.message"].deliver(messages("wm2"))
        assert isinstance(accepted, Accepted)
        running.to(NOON + 7 * SECOND)
        running.emit({"platform": "wecom", "fields": {"Event": "change_external_chat", "ChatId": "wr1",
            "ChangeType": "update", "UpdateDetail": "add_member", "MemChangeList": {"Item": ["wm1"]}}})  # fmt: skip
        before = running.receipts()

    with sandbox(tmp_path / "r", at=0) as running:
        assert running.receipts() == before
        assert running.to(0)["now"] == NOON + 7 * SECOND
        running.clock.advance_to(NOON + 7 * SECOND)
        assert welcome(running, "CODE").code == 41051
        channels(running)["wecom.tag"].deliver([tagging(add=["粽子"])])
        assert len(running.receipts(effect="tags_made")) == 1
        running.post("staff/confirm", {})
        assert channels(running)["wecom.message"].ask(accepted.ref, [{"wecom": "wm2"}]) == [Confirmed("laowang")]


def test_every_receipt_is_on_disk_before_its_call_is_answered(tmp_path):
    with sandbox(tmp_path / "r") as running:
        running.befriend("wm1", code="CODE")
        welcome(running, "CODE")
        lines = [json.loads(line) for line in (tmp_path / "r").read_text().splitlines()]

        assert lines[-1]["effect"] == "delivered"
        assert [line["n"] for line in lines] == list(range(1, len(lines) + 1))
        assert running.receipts() == [line for line in lines if "call" in line]


def test_a_line_torn_by_a_crash_is_cut_off(tmp_path):
    path = tmp_path / "r"
    whole = Journal(path)
    whole.append([{"effect": "none", "at": 1}, {"effect": "none", "at": 2}])
    whole.close()
    with path.open("ab") as file:
        file.write(b'{"effect": "deliv')

    torn = Journal(path)
    torn.append([{"effect": "none", "at": 3}])
    torn.close()

    again = Journal(path)
    again.close()
    assert [record["at"] for record in again.records] == [1, 2, 3]
    assert [record["n"] for record in again.records] == [1, 2, 3]


def test_what_was_refused_leaves_a_receipt_too(tmp_path):
    with sandbox(tmp_path / "r") as running:
        welcome(running, "nobody's")

        (receipt,) = running.receipts(call="send_welcome_msg")
        assert (receipt["errcode"], receipt["effect"]) == (41050, "none")


def test_receipts_are_found_by_what_they_say_and_from_where_one_left_off(tmp_path):
    with sandbox(tmp_path / "r") as running:
        running.befriend("wm1", "wm2")
        channels(running)["wecom.tag"].deliver([tagging("wm1", add=["a"]), tagging("wm2", add=["a"])])
        everything = running.receipts(all=True)

        assert [r["person"] for r in running.receipts(effect="tagged")] == ["wm1", "wm2"]
        assert [r["person"] for r in running.receipts(effect="tagged", person="wm2")] == ["wm2"]
        assert running.receipts(all=True, since=len(everything)) == []
        assert running.receipts(since=everything[-2]["n"]) == everything[-1:]
