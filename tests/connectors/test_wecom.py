"""WeCom callbacks: handshake, signature, receiver, and what each message becomes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cdp.clock import SECOND
from cdp.errors import SignatureRejected
from cdp.events.catalog import check_data
from cdp.events.touchpoint import Identifier, Touchpoint
from cdp.ports import Callback, Failed, Ignored
from tests.connectors.accounts import (
    CORP,
    RECEIVED_AT,
    SAMPLES,
    VECTORS,
    fingerprint,
    from_wecom,
    posted,
    wecom,
)  # fmt: skip

HANDSHAKE, MESSAGE = VECTORS["wecom"]["cases"]
EVENTS = sorted(path.stem for path in (SAMPLES / "wecom_events").glob("*.xml"))
AT = 1403610513 * SECOND
OFFICIAL_POST = posted((SAMPLES / "crypto" / "callback_post_encrypted.xml").read_bytes(), MESSAGE["query"])


def sample(name: str) -> bytes:
    return (SAMPLES / "wecom_events" / f"{name}.xml").read_bytes()


def mapped(plain: bytes | str) -> list:
    return wecom().map(from_wecom(plain if isinstance(plain, bytes) else plain.encode()))


def only(name: str) -> Touchpoint:
    (touchpoint,) = mapped(sample(name))
    assert isinstance(touchpoint, Touchpoint), touchpoint
    return touchpoint


def person(value: str, corp: str = CORP, app: str = "own") -> tuple[Identifier, ...]:
    return (Identifier(type="wecom", value=value, scope=f"{corp}:{app}"),)


def event(**fields: object) -> str:
    inner = {"CreateTime": 1403610513, "MsgType": "event"} | fields
    return "<xml>" + "".join(f"<{key}>{value}</{key}>" for key, value in inner.items()) + "</xml>"


# --- the door ---


def test_the_official_handshake_is_answered_with_the_decrypted_echo():
    reply = wecom().verify(Callback("GET", HANDSHAKE["query"], {}, b"", RECEIVED_AT))

    assert reply.body == b"1616140317555161061"


def test_a_plus_that_arrived_as_a_blank_does_not_break_the_handshake():
    query = HANDSHAKE["query"] | {"echostr": HANDSHAKE["query"]["echostr"].replace("+", " ")}

    assert wecom().verify(Callback("GET", query, {}, b"", RECEIVED_AT)).body == b"1616140317555161061"


def test_the_official_message_is_taken_and_becomes_a_message_of_the_staff_member():
    connector = wecom()

    assert connector.verify(OFFICIAL_POST).body == b"success"
    (touchpoint,) = connector.map(OFFICIAL_POST)
    assert touchpoint.type == "x.wecom.app_message"
    assert touchpoint.occurred_at == 1409659813 * SECOND
    assert touchpoint.who == (Identifier(type="wecom_staff", value="mycreate", scope=CORP, role="staff"),)
    assert "hello" not in str(touchpoint)
    assert "<![CDATA[hello]]>" in connector.plaintext(OFFICIAL_POST)


@pytest.mark.parametrize(
    "wrong",
    [
        replace(OFFICIAL_POST, query=MESSAGE["query"] | {"msg_signature": "0" * 40}),
        replace(OFFICIAL_POST, query=MESSAGE["query"] | {"msg_signature": "é"}),
        replace(OFFICIAL_POST, query=MESSAGE["query"] | {"nonce": "1"}),
        replace(OFFICIAL_POST, query={}),
        replace(OFFICIAL_POST, body=b""),
        replace(OFFICIAL_POST, body=b"not xml"),
        replace(OFFICIAL_POST, body=b"<xml><Encrypt></Encrypt></xml>"),
        replace(OFFICIAL_POST, body=b'<!DOCTYPE x [<!ENTITY e "e">]><xml><Encrypt>&e;</Encrypt></xml>'),
        Callback("GET", HANDSHAKE["query"] | {"echostr": "AAAA"}, {}, b"", RECEIVED_AT),
        Callback("GET", {}, {}, b"", RECEIVED_AT),
    ],
)
def test_whatever_is_not_signed_is_refused(wrong):
    with pytest.raises(SignatureRejected) as refused:
        wecom().verify(wrong)
    assert refused.value.reason in ("wrong signature", "no envelope"), "refusals are counted by their reason"


def test_a_message_for_another_company_is_refused_although_it_is_signed():
    with pytest.raises(SignatureRejected, match="another receiver"):
        wecom().verify(from_wecom(sample("chat_create"), receiver="wwother"))


def test_a_signed_message_under_another_key_is_refused():
    with pytest.raises(SignatureRejected, match="wrong key"):
        wecom(aes_key="x" * 43).verify(OFFICIAL_POST)


def test_a_provider_callback_is_taken_when_its_suite_is_known():
    call = from_wecom(sample("suite_add_external_contact.synthetic"), receiver="ww0000000000000000")

    with pytest.raises(SignatureRejected):
        wecom().verify(call)
    assert wecom(suite_id="ww0000000000000000").verify(call).body == b"success"


def test_a_stored_body_whose_key_was_changed_since_fails_and_stays_unreadable():
    connector = wecom(aes_key="x" * 43)

    (failed,) = connector.map(OFFICIAL_POST)
    assert isinstance(failed, Failed)
    assert failed.reason == "decrypt"
    assert connector.plaintext(OFFICIAL_POST) == ""


# --- ids ---


def test_a_retry_under_another_nonce_and_ciphertext_has_the_same_id():
    first = from_wecom(sample("add_external_contact"))
    again = from_wecom(sample("add_external_contact"), nonce="other", prefix=b"fedcba9876543210")

    assert first.body != again.body
    assert wecom().map(first) == wecom().map(again)
    assert wecom().map(first)[0].id == fingerprint(sample("add_external_contact")).hex()


def test_two_events_of_one_second_have_different_ids():
    assert only("add_external_contact").id != only("del_follow_user").id


# --- customers ---


def test_a_new_friend_carries_staff_channel_and_welcome_code():
    assert only("add_external_contact") == Touchpoint(
        id=fingerprint(sample("add_external_contact")).hex(),
        source="wecom/main",
        type="friend.added",
        occurred_at=AT,
        who=person("woAJ2GCAAAXtWyujaWJHDDGi0mAAAA"),
        data={"staff": "zhangsan", "state": "teststate", "welcome_code": "WELCOMECODE"},
        context={"staff": "zhangsan", "channel": "teststate"},
        mapping="1",
    )


def test_a_friend_whom_the_staff_member_has_yet_to_confirm_is_half_a_friend():
    assert only("add_half_external_contact").data["half"] is True


def test_a_friend_without_state_and_code_has_neither():
    (touchpoint,) = mapped(
        event(Event="change_external_contact", ChangeType="add_external_contact", UserID="w", ExternalUserID="wm1")
    )
    assert (touchpoint.data, touchpoint.context) == ({"staff": "w"}, {"staff": "w"})


@pytest.mark.parametrize(("name", "by"), [("del_follow_user", "customer"), ("del_external_contact", "transfer")])
def test_who_ended_a_friendship_is_told(name, by):
    touchpoint = only(name)

    assert touchpoint.type == "friend.removed"
    assert touchpoint.data == {"staff": "zhangsan", "by": by}


def test_a_customer_removed_by_staff_without_a_transfer():
    (touchpoint,) = mapped(
        event(Event="change_external_contact", ChangeType="del_external_contact", UserID="w", ExternalUserID="wm1")
    )
    assert touchpoint.data["by"] == "staff"


def test_an_edited_contact_names_whom_to_look_up():
    touchpoint = only("edit_external_contact")

    assert touchpoint.type == "x.wecom.contact_edited"
    assert touchpoint.who == person("woAJ2GCAAAXtWyujaWJHDDGi0mAAAA")


def test_a_failed_transfer_keeps_its_reason():
    (touchpoint,) = mapped(
        event(Event="change_external_contact", ChangeType="transfer_fail", FailReason="customer_refused", UserID="w",
              ExternalUserID="wm1")
    )  # fmt: skip
    assert touchpoint.data == {"staff": "w", "reason": "customer_refused"}


def test_agreeing_to_the_archive_is_a_consent_for_that_purpose():
    (touchpoint,) = mapped(
        event(Event="change_external_contact", ChangeType="msg_audit_approved", UserID="w", ExternalUserID="wm1")
    )
    assert (touchpoint.type, touchpoint.data["purpose"]) == ("consent.given", "message_archive")


def test_a_provider_callback_scopes_ids_by_its_company_and_suite():
    touchpoint = only("suite_add_external_contact.synthetic")

    assert touchpoint.type == "friend.added"
    assert touchpoint.occurred_at == AT
    assert touchpoint.who == person("woAJ2GCAAAXtWyujaWJHDDGi0mACHAAA", "wx0000000000000000", "ww0000000000000000")


# --- groups ---


def test_each_member_who_joins_is_one_event_numbered_in_order():
    first, second = mapped(sample("chat_update_add_member"))
    base = fingerprint(sample("chat_update_add_member")).hex()

    assert [first.id, second.id] == [f"{base}#0", f"{base}#1"]
    assert {first.type, second.type} == {"group.joined"}
    assert [t.who[0].value for t in (first, second)] == ["Jack", "Rose"]
    assert first.context == {"group": "wrx7HUARsKwGRaQBVKPBTcEyzdHA4HrQ"}


def test_a_join_scene_that_the_vendors_table_lacks_and_a_count_that_disagrees_change_nothing():
    joined = mapped(sample("chat_update_add_member"))

    assert len(joined) == 2, "the event says 10"
    assert {t.data["scene"] for t in joined} == {"unknown"}, "the event says 1"


@pytest.mark.parametrize(("scene", "name"), [(0, "invited"), (3, "qr"), (2, "unknown")])
def test_join_scenes(scene, name):
    (joined,) = mapped(
        event(Event="change_external_chat", ChatId="wr1", ChangeType="update", UpdateDetail="add_member",
              JoinScene=scene, MemChangeList="<Item>wmSYNTHETIC</Item>")
    )  # fmt: skip
    assert joined.data == {"scene": name}
    assert joined.who == person("wmSYNTHETIC")


@pytest.mark.parametrize(
    ("name", "member", "scene"),
    [
        ("chat_update_del_member.synthetic", "Rose", "left"),
        ("chat_update_del_member_gap.synthetic", "Jack", "removed"),
    ],
)
def test_members_leave_or_are_removed(name, member, scene):
    left = only(name)

    assert (left.type, left.data) == ("group.left", {"scene": scene})
    assert left.who == (Identifier(type="wecom_staff", value=member, scope=CORP, role="staff"),)


def test_nobody_joins_when_a_group_is_renamed():
    renamed = event(
        Event="change_external_chat", ChatId="wr1", ChangeType="update", UpdateDetail="change_name", JoinScene=0,
        MemChangeCnt=2, MemChangeList="<Item>wm1</Item><Item>wm2</Item>",
    )  # fmt: skip

    (touchpoint,) = mapped(renamed)
    assert (touchpoint.type, touchpoint.data) == ("x.wecom.group_changed", {"detail": "change_name"})
    assert touchpoint.who == ()


@pytest.mark.parametrize(("name", "type_name"), [("chat_create", "group.created"), ("chat_dismiss", "group.dismissed")])
def test_groups_begin_and_end(name, type_name):
    touchpoint = only(name)

    assert (touchpoint.type, touchpoint.context) == (type_name, {"group": "CHAT_ID"})


# --- lives, links, the rest ---


@pytest.mark.parametrize(
    ("status", "type_name"),
    [(0, "live.scheduled"), (1, "live.started"), (2, "live.ended"), (4, "x.wecom.live_cancelled")],
)
def test_a_lives_status_becomes_its_event(status, type_name):
    (touchpoint,) = mapped(event(Event="living_status_change", LivingId="lv1", Status=status))

    assert (touchpoint.type, touchpoint.context) == (type_name, {"live": "lv1"})


def test_an_acquisition_link_is_followed_from_the_opened_profile_to_the_chat():
    asked = only("acq_friend_request")
    chat = only("acq_customer_start_chat")

    assert (asked.type, asked.who, asked.context) == ("x.wecom.acquisition_requested", (), {"channel": "STATE"})
    assert asked.data == {"link": "cawcdea7783d7330b4", "state": "STATE"}
    assert chat.type == "x.wecom.acquisition_chat_started"
    assert chat.who == person("woAJ2GCAAAXtWyujaWJHDDGi0mAAAA")


@pytest.mark.parametrize(
    ("name", "type_name", "data"),
    [
        ("tag_create", "x.wecom.tag_changed", {"change": "create", "id": "TAG_ID", "kind": "tag"}),
        ("tag_delete", "x.wecom.tag_changed", {"change": "delete", "id": "TAG_ID", "kind": "tag"}),
        ("acq_balance_low", "x.wecom.acquisition_quota", {"change": "balance_low"}),
        ("acq_delete_link", "x.wecom.acquisition_quota", {"change": "delete_link", "link": "cawcdea7783d7330b4"}),
    ],
)
def test_what_concerns_the_shop_and_nobody_in_it(name, type_name, data):
    touchpoint = only(name)

    assert (touchpoint.type, touchpoint.data, touchpoint.who) == (type_name, data, ())


def test_what_is_known_and_of_no_interest_is_ignored_with_a_reason():
    assert mapped(sample("msgaudit_notify")) == [Ignored("msgaudit_notify")]


@pytest.mark.parametrize("name", EVENTS)
def test_every_sample_is_understood_and_fits_the_catalogue(name):
    outcomes = mapped(sample(name))

    assert outcomes
    assert not [outcome for outcome in outcomes if isinstance(outcome, Failed)]
    for touchpoint in (outcome for outcome in outcomes if isinstance(outcome, Touchpoint)):
        check_data(touchpoint.type, touchpoint.data)


@pytest.mark.parametrize(
    ("plain", "reason", "path"),
    [
        (event(Event="kf_msg_or_event"), "unknown_type", "$.Event"),
        (event(Event="change_external_contact", ChangeType="new_kind"), "unknown_type", "$.ChangeType"),
        (event(Event="change_external_chat", ChatId="c", ChangeType="new"), "unknown_type", "$.ChangeType"),
        (event(Event="change_external_chat", ChatId="c", ChangeType="update", UpdateDetail="x"), "unknown_type",
         "$.UpdateDetail"),
        (event(Event="customer_acquisition", ChangeType="new"), "unknown_type", "$.ChangeType"),
        (event(Event="change_external_contact", ChangeType="del_follow_user", UserID="w"), "mapping", "$.ExternalUserID"),
        (event(Event="change_external_chat", ChangeType="create"), "mapping", "$.ChatId"),
        (event(Event="living_status_change", LivingId="l", Status=9), "mapping", "$.Status"),
        (event(Event="living_status_change", LivingId="l", Status="x"), "mapping", "$.Status"),
        (event(), "mapping", "$.Event"),
        (event(Event="x", CreateTime="soon"), "mapping", "$.CreateTime"),
        (event(Event="x", CreateTime=10**15), "mapping", "$.CreateTime"),
        (event(Event="change_external_contact", ChangeType="del_follow_user", UserID="w" * 300, ExternalUserID="wm1"),
         "schema", "$.data.staff"),
        ("<xml/>", "mapping", "$.CreateTime"),
        ("hello", "mapping", "$"),
    ],
)  # fmt: skip
def test_what_cannot_be_mapped_says_where_and_why(plain, reason, path):
    (failed,) = mapped(plain)

    assert isinstance(failed, Failed)
    assert (failed.reason, failed.path) == (reason, path)
