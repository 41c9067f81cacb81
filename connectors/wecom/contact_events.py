"""Customers and staff: `change_external_contact`, and the steps of an acquisition link (获客助手)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cdp.ports import Failed
from connectors.document import Document
from connectors.outcome import Fact, Understood
from connectors.wecom.tenant import Tenant

ARCHIVE = "message_archive"
"""The purpose of a consent to the message archive (会话内容存档)."""


def contact_changed(document: Document, tenant: Tenant, at: int) -> list[Understood]:
    """One `change_external_contact`."""
    change = document.text("ChangeType")
    read = _CONTACT.get(change)
    if read is None:
        return [Failed("unknown_type", "$.ChangeType", f"change_external_contact/{change}")]
    return [read(document, tenant, at)]


def acquisition(document: Document, tenant: Tenant, at: int) -> list[Understood]:
    """One `customer_acquisition`; its first steps name a link and a channel, but nobody yet."""
    change = document.text("ChangeType")
    if change in _QUOTA:
        return [Fact("x.wecom.acquisition_quota", at, data=_present(change=change, link=document.text_or("LinkId")))]
    if change not in _ACQUISITION:
        return [Failed("unknown_type", "$.ChangeType", f"customer_acquisition/{change}")]
    person, staff = document.text_or("ExternalUserID"), document.text_or("UserID")
    state = document.text_or("State")
    return [
        Fact(
            f"x.wecom.{_ACQUISITION[change]}",
            at,
            who=(tenant.person(person),) if person else (),
            data=_present(link=document.text("LinkId"), state=state, staff=staff),
            context={"channel": state, "staff": staff},
        )
    ]


def _added(document: Document, tenant: Tenant, at: int) -> Fact:
    state = document.text_or("State")
    data = _present(staff=document.text("UserID"), state=state, welcome_code=document.text_or("WelcomeCode"))
    if document.text("ChangeType") == "add_half_external_contact":
        data["half"] = True
    return _about(document, tenant, at, "friend.added", data, channel=state)


def _edited(document: Document, tenant: Tenant, at: int) -> Fact:
    return _about(document, tenant, at, "x.wecom.contact_edited", {"staff": document.text("UserID")})


def _removed_by_staff(document: Document, tenant: Tenant, at: int) -> Fact:
    by = "transfer" if document.text_or("Source") == "DELETE_BY_TRANSFER" else "staff"
    return _about(document, tenant, at, "friend.removed", {"staff": document.text("UserID"), "by": by})


def _removed_by_customer(document: Document, tenant: Tenant, at: int) -> Fact:
    return _about(document, tenant, at, "friend.removed", {"staff": document.text("UserID"), "by": "customer"})


def _transfer_failed(document: Document, tenant: Tenant, at: int) -> Fact:
    data = {"staff": document.text("UserID"), "reason": document.text_or("FailReason")}
    return _about(document, tenant, at, "x.wecom.transfer_failed", data)


def _archive_approved(document: Document, tenant: Tenant, at: int) -> Fact:
    return _about(document, tenant, at, "consent.given", {"purpose": ARCHIVE, "channel": "wecom"})


def _about(
    document: Document,
    tenant: Tenant,
    at: int,
    type_name: str,
    data: dict[str, Any],
    channel: str = "",
) -> Fact:
    return Fact(
        type_name,
        at,
        who=(tenant.person(document.text("ExternalUserID")),),
        data=data,
        context={"staff": document.text("UserID"), "channel": channel},
    )


def _present(**values: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value}


_CONTACT: dict[str, Callable[[Document, Tenant, int], Fact]] = {
    "add_external_contact": _added,
    "add_half_external_contact": _added,
    "edit_external_contact": _edited,
    "del_external_contact": _removed_by_staff,
    "del_follow_user": _removed_by_customer,
    "transfer_fail": _transfer_failed,
    "msg_audit_approved": _archive_approved,
}
_ACQUISITION = {
    "open_profile": "acquisition_opened",
    "friend_request": "acquisition_requested",
    "customer_start_chat": "acquisition_chat_started",
    "message_from_customer": "acquisition_message_received",
}
_QUOTA = frozenset(
    {"balance_low", "balance_exhausted", "balance_increased", "link_unavailable", "delete_link", "quota_expire_soon"}
)
