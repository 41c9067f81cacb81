"""Tags and look-ups: what our own calls did comes back as facts, and asking twice changes nothing."""

from __future__ import annotations

from cdp.clock import HOUR
from cdp.events.catalog import check_data
from cdp.events.touchpoint import Identifier, Touchpoint
from connectors.registry import contacts
from connectors.wecom.answers import Erred
from tests.connectors.accounts import fingerprint
from tests.sandbox.acting import channels, options, tagging
from tests.sandbox.running import NOON


def test_a_tag_is_made_where_it_is_missing_and_its_fact_comes_with_the_delivery(running):
    running.befriend("wm1")
    sink = channels(running)["wecom.tag"]

    (outcome,) = sink.deliver([tagging(add=["端午家宴", "粽子"], remove=["沉睡"])])

    assert [(fact.type, fact.data) for fact in outcome.facts] == [
        ("tag.added", {"tag": "端午家宴", "by": "journey"}),
        ("tag.added", {"tag": "粽子", "by": "journey"}),
        ("tag.removed", {"tag": "沉睡", "by": "journey"}),
    ]
    assert {fact.who for fact in outcome.facts} == {(Identifier(type="wecom", value="wm1", scope="wwdemo:own"),)}
    for fact in outcome.facts:
        check_data(fact.type, fact.data)
    (receipt,) = running.receipts(effect="tagged")
    assert receipt["content"] == {"add": ["端午家宴", "粽子"], "remove": []}


def test_tagging_twice_is_tagging_once_and_gives_facts_of_the_same_ids(running):
    running.befriend("wm1", "wm2")
    sink = channels(running)["wecom.tag"]

    (first,) = sink.deliver([tagging(add=["粽子"])])
    (again,) = channels(running)["wecom.tag"].deliver([tagging(add=["粽子"])])
    (other,) = sink.deliver([tagging("wm2", action="t2", remove=["粽子"])])

    assert first.facts == again.facts
    assert other.facts[0].id != first.facts[0].id
    assert len(running.receipts(effect="tags_made")) == 1


def test_a_tag_without_a_named_staff_member_is_set_by_whoever_has_the_customer(running):
    running.befriend("wm1", staff="xiaoli")

    channels(running)["wecom.tag"].deliver([tagging(staff="", add="粽子")])

    assert running.receipts(effect="tagged")[0]["staff"] == "xiaoli"


def test_a_tag_for_a_stranger_or_without_a_name_is_refused(running):
    sink = channels(running)["wecom.tag"]

    codes = [sink.deliver([d])[0].code for d in (tagging(add=["粽子"]), tagging(staff="", add=["粽子"]), tagging())]

    assert codes == [84061, 84061, 0]


def test_a_new_friend_is_looked_up_and_a_second_look_changes_nothing(running):
    running.post(
        "contacts", [{"external_userid": "wm1", "unionid": "union1", "name": "王阿姨", "gender": 2, "staff": "laowang"}]
    )
    known = contacts("wecom", "main", options(running), fingerprint, running.clock)

    first = known.fetch("wm1")
    running.to(NOON + HOUR)

    assert isinstance(first, Touchpoint)
    assert known.fetch("wm1") == first
    assert [(i.type, i.value, i.scope) for i in first.who] == [
        ("wecom", "wm1", "wwdemo:own"),
        ("unionid", "union1", ""),
    ]
    assert first.data == {"nickname": "王阿姨", "gender": "female"}
    check_data(first.type, first.data)
    running.post("contacts", [{"external_userid": "wm1", "unionid": "union1", "name": "王奶奶", "staff": "laowang"}])
    assert known.fetch("wm1").id != first.id


def test_a_stranger_cannot_be_looked_up(running):
    known = contacts("wecom", "main", options(running), fingerprint, running.clock)

    assert known.fetch("wm9") == Erred(84061, "externalcontact/get: not external contact: wm9")
