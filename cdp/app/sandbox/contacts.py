"""Customers and groups as WeCom shows them: `externalcontact/get`, `remark`, `groupchat/get`."""

from __future__ import annotations

from typing import Any

from cdp.app.sandbox.call import Call, Done, invalid, no_contact
from cdp.app.sandbox.sandbox import Sandbox
from cdp.app.sandbox.world import Relation
from cdp.clock import SECOND
from cdp.errors import PlatformError


def get(sandbox: Sandbox, call: Call) -> Done:
    person = call.query.get("external_userid", "")
    contact, followers = sandbox.world.contacts.get(person), sandbox.world.followers(person)
    if contact is None or not followers:
        raise no_contact(person)
    shown = {"external_userid": person, "name": contact.get("name", ""), "type": 1, "gender": contact.get("gender", 0)}
    if contact.get("unionid"):
        shown["unionid"] = contact["unionid"]
    follow_user = [_follower(sandbox, staff, relation) for staff, relation in followers]
    return Done({"external_contact": shown, "follow_user": follow_user}, {"person": person})


def remark(sandbox: Sandbox, call: Call) -> Done:
    staff, person = call.text("userid"), call.text("external_userid")
    if (staff, person) not in sandbox.world.relations:
        raise no_contact(person)
    text = call.body.get("remark", "")
    if not isinstance(text, str):
        raise invalid("remark")
    return Done({}, {"effect": "remarked", "staff": staff, "person": person, "remark": text})


def groupchat_get(sandbox: Sandbox, call: Call) -> Done:
    chat = call.text("chat_id")
    members = sandbox.world.groups.get(chat)
    if members is None:
        raise PlatformError("wecom", 90501, f"not a customer group: {chat}")
    shown = [_member(sandbox, member, since) for member, since in members.items()]
    return Done({"group_chat": {"chat_id": chat, "name": chat, "member_list": shown}}, {"group": chat})


def _follower(sandbox: Sandbox, staff: str, relation: Relation) -> dict[str, Any]:
    tags = [
        {"group_name": group, "tag_name": name, "tag_id": tag, "type": 1}
        for tag, (group, name) in sandbox.world.tags.items()
        if tag in relation.tags
    ]
    shown: dict[str, Any] = {
        "userid": staff,
        "remark": relation.remark,
        "createtime": relation.since // SECOND,
        "tags": tags,
    }
    return shown | ({"state": relation.state} if relation.state else {})


def _member(sandbox: Sandbox, member: str, since: int) -> dict[str, Any]:
    contact = sandbox.world.contacts.get(member)
    shown: dict[str, Any] = {
        "userid": member,
        "type": 2 if contact else 1,
        "join_time": since // SECOND,
        "join_scene": 3,
    }
    return shown | ({"unionid": contact["unionid"]} if contact and contact.get("unionid") else {})
