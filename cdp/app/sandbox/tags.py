"""The company's tags: `get_corp_tag_list`, `add_corp_tag`, `mark_tag`. None of them raises a callback."""

from __future__ import annotations

from typing import Any

from cdp.app.sandbox.call import Call, Done, invalid, no_contact
from cdp.app.sandbox.sandbox import Sandbox
from cdp.errors import PlatformError
from cdp.ids import derive

LONGEST_NAME = 30


def get_corp_tag_list(sandbox: Sandbox, call: Call) -> Done:
    groups: dict[str, list[dict[str, Any]]] = {}
    for tag, (group, name) in sandbox.world.tags.items():
        groups.setdefault(group, []).append({"id": tag, "name": name})
    shown = [{"group_id": _id("group", group), "group_name": group, "tag": tags} for group, tags in groups.items()]
    return Done({"tag_group": shown})


def add_corp_tag(sandbox: Sandbox, call: Call) -> Done:
    group, wanted = call.text("group_name"), call.body.get("tag")
    if not isinstance(wanted, list) or not wanted:
        raise invalid("tag")
    names = [tag.get("name") if isinstance(tag, dict) else None for tag in wanted]
    if not all(isinstance(name, str) and 0 < len(name) <= LONGEST_NAME for name in names):
        raise invalid("tag.name")
    if any((group, name) in sandbox.world.tags.values() for name in names):
        raise PlatformError("wecom", 40071, "tag name exists already")
    tags = [{"id": _id(group, str(name)), "name": name} for name in names]
    return Done(
        {"tag_group": {"group_id": _id("group", group), "group_name": group, "tag": tags}},
        {"effect": "tags_made", "group": group, "tags": tags},
    )


def mark_tag(sandbox: Sandbox, call: Call) -> Done:
    staff, person = call.text("userid"), call.text("external_userid")
    add, remove = call.texts("add_tag"), call.texts("remove_tag")
    if not add and not remove:
        raise invalid("add_tag and remove_tag")
    if (staff, person) not in sandbox.world.relations:
        raise no_contact(person)
    if unknown := [tag for tag in add + remove if tag not in sandbox.world.tags]:
        raise PlatformError("wecom", 40068, f"invalid tag id: {unknown[0]}")
    receipt = {
        "effect": "tagged",
        "channel": "wecom.tag",
        "staff": staff,
        "person": person,
        "add": add,
        "remove": remove,
    }
    names = [sandbox.world.tags[tag][1] for tag in add]
    return Done({}, receipt | {"content": {"add": names, "remove": [sandbox.world.tags[tag][1] for tag in remove]}})


def _id(*parts: str) -> str:
    return f"et{derive(*parts)}"
