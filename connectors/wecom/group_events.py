"""Customer groups: `change_external_chat`, one joined or left for each member that the event lists."""

from __future__ import annotations

from cdp.ports import Failed
from connectors.document import Document
from connectors.outcome import Fact, Understood
from connectors.wecom.tenant import Tenant

_JOIN_SCENES = {0: "invited", 3: "qr"}
_QUIT_SCENES = {0: "left", 1: "removed"}
_OTHER_UPDATES = frozenset({"add_member", "del_member", "change_owner", "change_name", "change_notice"})


def group_changed(document: Document, tenant: Tenant, at: int) -> list[Understood]:
    """One `change_external_chat`.

    Only the list of members says who came or went: the count beside it is known to disagree, and renamed groups carry
    the fields of a join although nobody joined. Scenes that the vendor's own table does not have become `unknown`.
    """
    context = {"group": document.text("ChatId")}
    match document.text("ChangeType"):
        case "create":
            return [Fact("group.created", at, context=context)]
        case "dismiss":
            return [Fact("group.dismissed", at, context=context)]
        case "update":
            return _updated(document, tenant, at, context)
        case other:
            return [Failed("unknown_type", "$.ChangeType", f"change_external_chat/{other}")]


def _updated(document: Document, tenant: Tenant, at: int, context: dict[str, str]) -> list[Understood]:
    detail = document.text("UpdateDetail")
    members = document.texts("MemChangeList")
    if detail == "add_member" and members:
        scene = _JOIN_SCENES.get(document.whole_or("JoinScene", -1), "unknown")
        return [_member("group.joined", member, scene, tenant, at, context) for member in members]
    if detail == "del_member" and members:
        scene = _QUIT_SCENES.get(document.whole_or("QuitScene", -1), "unknown")
        return [_member("group.left", member, scene, tenant, at, context) for member in members]
    if detail in _OTHER_UPDATES:
        return [Fact("x.wecom.group_changed", at, data={"detail": detail}, context=context)]
    return [Failed("unknown_type", "$.UpdateDetail", f"change_external_chat/update/{detail}")]


def _member(type_name: str, member: str, scene: str, tenant: Tenant, at: int, context: dict[str, str]) -> Fact:
    return Fact(type_name, at, who=(tenant.member(member),), data={"scene": scene}, context=context)
