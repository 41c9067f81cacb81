"""Everything that can go wrong with a call, and what becomes of the action."""

from __future__ import annotations

import logging
import time

import pytest

from cdp.clock import HOUR
from cdp.ports import Deferred, Delivered, Delivery, Unanswered
from connectors.registry import contacts, sinks
from connectors.wecom.answers import Unreached
from tests.connectors.accounts import fingerprint
from tests.sandbox.acting import GREETING, channels, messages, options, tagging, welcome
from tests.sandbox.running import NOON, WECOM


def test_one_token_serves_all_channels_until_it_runs_out(running):
    running.befriend("wm1")
    sinks_ = channels(running)
    sinks_["wecom.tag"].deliver([tagging(add=["粽子"])])
    sinks_["wecom.message"].deliver(messages("wm1"))
    assert len(running.receipts(call="gettoken")) == 1

    running.to(NOON + 2 * HOUR)

    sinks_["wecom.message"].deliver(messages("wm1"))
    assert len(running.receipts(call="gettoken")) == 2


@pytest.mark.parametrize("code", [40014, 42001])
def test_a_token_that_wecom_dropped_is_renewed_once_and_the_call_made_again(running, code):
    running.befriend("wm1", code="CODE")
    sink = channels(running)["wecom.welcome"]
    running.post("faults", {"call": "send_welcome_msg", "mode": "errcode", "errcode": code})

    delivery = Delivery("a1", sink.channel, {"wecom": "wm1"}, "", GREETING, secrets={"welcome_code": "CODE"})

    assert sink.deliver([delivery]) == [Delivered()]
    assert len(running.receipts(call="gettoken")) == 2


def test_a_forgotten_token_is_renewed_and_a_second_refusal_is_final(running):
    running.befriend("wm1")
    sink = channels(running)["wecom.tag"]
    sink.deliver([tagging(add=["粽子"])])
    running.http.delete("/sandbox/tokens")

    assert isinstance(sink.deliver([tagging(add=["粽子"])])[0], Delivered)
    running.post("faults", {"call": "mark_tag", "mode": "errcode", "errcode": 42001, "times": 2})
    assert sink.deliver([tagging(add=["粽子"])])[0].kind == "configuration"


@pytest.mark.parametrize(("wrong", "code"), [({"secret": "wrong"}, 40001), ({"corp_id": "wrong"}, 40013)])
def test_wrong_credentials_stop_the_connector(running, wrong, code):
    outcome = welcome(running, "CODE", **wrong)

    assert (outcome.code, outcome.kind) == (code, "configuration")


@pytest.mark.parametrize("code", [-1, 6000, 45009, 45033, 41096])
def test_what_may_work_later_is_deferred(running, code):
    running.befriend("wm1", code="CODE")
    running.post("faults", {"call": "send_welcome_msg", "mode": "errcode", "errcode": code})

    outcome = welcome(running, "CODE")

    assert isinstance(outcome, Deferred)
    assert outcome.code == code
    assert outcome.after > 0
    assert welcome(running, "CODE") == Delivered(), "nothing was taken the first time"


@pytest.mark.parametrize("code", [48002, 60020, 60011, 301002, 701008])
def test_what_only_a_change_of_settings_mends_stops_the_connector(running, code):
    running.post("faults", {"call": "send_welcome_msg", "mode": "errcode", "errcode": code})

    assert welcome(running, "CODE").kind == "configuration"


@pytest.mark.parametrize("code", [84061, 84074, 41053, 999_999])
def test_what_will_never_work_for_this_person_is_permanent(running, code):
    running.post("faults", {"call": "send_welcome_msg", "mode": "errcode", "errcode": code})

    assert welcome(running, "CODE").kind == "permanent"


def test_an_answer_that_does_not_come_is_unanswered_and_the_receipts_know_what_happened(running):
    running.befriend("wm1", code="CODE")
    running.post("faults", {"call": "send_welcome_msg", "mode": "drop_answer"})

    assert isinstance(welcome(running, "CODE"), Unanswered)
    assert len(running.receipts(effect="delivered")) == 1, "it took effect all the same"


def test_a_call_that_takes_too_long_is_unanswered(running):
    running.befriend("wm1", code="CODE")
    running.post("faults", {"call": "send_welcome_msg", "mode": "timeout", "seconds": 2.0})
    began = time.monotonic()

    outcome = welcome(running, "CODE", timeout=0.3)

    assert isinstance(outcome, Unanswered)
    assert 0.3 <= time.monotonic() - began < 2.0
    assert running.receipts(effect="delivered") == []


@pytest.mark.parametrize("mode", ["drop_answer", "timeout"])
def test_a_token_that_does_not_come_means_that_nothing_was_sent(running, mode):
    running.post("faults", {"call": "gettoken", "mode": mode, "seconds": 0.4})

    assert isinstance(welcome(running, "CODE", timeout=0.2), Deferred)


def test_a_platform_that_cannot_be_reached_took_nothing(running):
    outcome = welcome(running, "CODE", api_base="http://127.0.0.1:1/cgi-bin")
    known = contacts("wecom", "main", options(running, api_base="http://127.0.0.1:1"), fingerprint, running.clock)

    assert isinstance(outcome, Deferred)
    assert isinstance(known.fetch("wm1"), Unreached)


def test_an_address_that_is_no_wecom_is_a_matter_of_settings(running):
    assert welcome(running, "CODE", api_base=f"{running.url}/nothing").kind == "configuration"


def test_a_batch_that_goes_unanswered_is_unanswered_for_everybody(running):
    running.befriend("wm1", "wm2")
    running.post("faults", {"call": "add_msg_template", "mode": "drop_answer"})

    outcomes = channels(running)["wecom.message"].deliver(messages("wm1", "wm2"))

    assert all(isinstance(outcome, Unanswered) for outcome in outcomes)


def test_no_secret_and_no_token_is_logged(running, caplog):
    running.befriend("wm1", code="CODE")
    with caplog.at_level(logging.DEBUG):
        welcome(running, "CODE")

    assert "gettoken" in caplog.text
    assert "wecomsecret" not in caplog.text
    assert "access_token=" not in caplog.text


def test_malls_have_no_channels_and_neither_has_an_account_without_a_secret(running):
    malls = sinks("youzan", "main", {"client_id": "c", "client_secret": "s"}, running.clock)

    assert malls == []
    assert sinks("wecom", "main", WECOM, running.clock) == []
    assert contacts("wecom", "main", WECOM, fingerprint, running.clock) is None
