"""Mass messages: accepted is not delivered; staff confirms, and some persons are never reached."""

from __future__ import annotations

from cdp.app.sandbox.settings import Limits
from cdp.clock import DAY, HOUR
from cdp.ports import Accepted, Confirmed, Delivery
from tests.sandbox.acting import channels, messages
from tests.sandbox.running import NOON, sandbox


def test_a_message_waits_for_staff_and_reaches_people_when_it_is_confirmed(running):
    running.befriend("wm1", "wm2")
    sink = channels(running)["wecom.message"]

    outcomes = sink.deliver(messages("wm1", "wm2"))
    (ref,) = {outcome.ref for outcome in outcomes if isinstance(outcome, Accepted)}
    to = [{"wecom": "wm1"}, {"wecom": "wm2"}, {"wecom": "wm3"}]
    before = sink.ask(ref, to)
    reached_before = running.receipts(effect="delivered")
    (confirmed,) = running.post("staff/confirm", {})["confirmed"]

    assert before == [None, None, None]
    assert reached_before == []
    assert confirmed == {"msgid": ref, "staff": "laowang", "delivered": 2, "not_friend": 0, "capped": 0}
    assert sink.ask(ref, to) == [Confirmed("laowang"), Confirmed("laowang"), None]
    assert [receipt["person"] for receipt in running.receipts(effect="delivered")] == ["wm1", "wm2"]
    assert running.post("staff/confirm", {})["confirmed"] == [], "nothing is confirmed twice"


def test_one_call_carries_everybody_with_the_same_sender_and_text(running):
    running.befriend("wm1", "wm2", "wm3")

    outcomes = channels(running)["wecom.message"].deliver(
        [*messages("wm1"), *messages("wm2", text="other"), *messages("wm3"), *messages("wm1")]
    )

    refs = [outcome.ref for outcome in outcomes]
    assert refs[0] == refs[2] == refs[3] != refs[1]
    assert [sorted(r["recipients"]) for r in running.receipts(effect="accepted")] == [["wm1", "wm3"], ["wm2"]]


def test_who_is_no_customer_of_the_sender_is_refused_and_the_others_wait(running):
    running.befriend("wm1")

    stranger, known = channels(running)["wecom.message"].deliver(messages("wm9", "wm1"))

    assert (stranger.code, stranger.kind) == (84061, "refused")
    assert isinstance(known, Accepted)


def test_nobody_at_all_to_send_to(running):
    outcomes = channels(running)["wecom.message"].deliver(
        [*messages("wm9"), Delivery("x", "wecom.message", {}, "s", "t")]
    )

    assert [outcome.code for outcome in outcomes] == [41048, 0]


def test_who_removed_the_shop_is_refused_and_who_had_enough_is_capped(running):
    running.befriend("wm1", "wm2")
    sink = channels(running)["wecom.message"]
    for day in range(30):
        running.to(NOON + 1 + day * HOUR)
        sink.deliver(messages("wm1", text=f"day {day}"))
    running.post("staff/confirm", {})
    running.emit({"platform": "wecom", "fields": {
        "Event": "change_external_contact", "ChangeType": "del_follow_user", "UserID": "laowang", "ExternalUserID": "wm2",
    }})  # fmt: skip

    ref = sink.deliver(messages("wm1", "wm2", text="one more"))[0].ref
    running.post("staff/confirm", {"staff": "laowang", "msgid": ref})
    capped, gone = sink.ask(ref, [{"wecom": "wm1"}, {"wecom": "wm2"}])

    assert (capped.kind, gone.kind) == ("capped", "refused")
    assert len(running.receipts(effect="delivered", person="wm1")) == 30, "June has thirty days"


def test_the_next_month_has_a_cap_of_its_own(tmp_path):
    limits = Limits(monthly_cap=1, not_friend_share=0, capped_share=0)
    with sandbox(tmp_path / "r", limits=limits) as running:
        running.befriend("wm1")
        sink = channels(running)["wecom.message"]
        for at in (NOON, NOON + 1, NOON + 20 * DAY):
            running.to(at)
            sink.deliver(messages("wm1"))
            running.post("staff/confirm", {})

        assert [r["effect"] for r in running.receipts(call="staff.confirm")] == ["delivered", "capped", "delivered"]


def test_a_share_of_persons_is_never_reached_and_always_the_same_one(tmp_path):
    reached = []
    for name in ("one", "two"):
        with sandbox(tmp_path / name, limits=Limits(not_friend_share=0.2, capped_share=0.2)) as running:
            persons = [f"wm{n}" for n in range(100)]
            running.befriend(*persons)
            channels(running)["wecom.message"].deliver(messages(*persons))
            running.post("staff/confirm", {})
            reached.append({r["person"] for r in running.receipts(effect="delivered")})

    assert reached[0] == reached[1]
    assert 40 < len(reached[0]) < 90


def test_results_in_many_pages_are_read_to_the_end(running):
    persons = [f"wm{n:04d}" for n in range(1100)]
    running.befriend(*persons)
    sink = channels(running)["wecom.message"]
    ref = sink.deliver(messages(*persons))[0].ref
    running.post("staff/confirm", {})

    assert set(sink.ask(ref, [{"wecom": person} for person in persons])) == {Confirmed("laowang")}
    assert sink.ask("no such message", [{"wecom": "wm0001"}]) == [None]


def test_without_a_sender_everybody_hears_from_whoever_has_them(running):
    running.befriend("wm1", staff="xiaoli")
    running.befriend("wm2")
    sink = channels(running)["wecom.message"]
    (ref,) = {outcome.ref for outcome in sink.deliver(messages("wm1", "wm2", staff=""))}

    confirmed = running.post("staff/confirm", {"staff": "xiaoli"})["confirmed"]

    assert [(one["staff"], one["delivered"]) for one in confirmed] == [("xiaoli", 1)]
    assert sink.ask(ref, [{"wecom": "wm1"}, {"wecom": "wm2"}]) == [Confirmed("xiaoli"), None]
