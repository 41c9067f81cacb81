"""Whose ids these are: WeCom gives every company, and every application kind in it, ids of its own."""

from __future__ import annotations

from dataclasses import dataclass

from cdp.events.touchpoint import Identifier, Role
from connectors.document import Document

OWN_APPLICATION = "own"
_EXTERNAL = ("wm", "wo")
"""Prefixes of external_userid: WeChat users and other companies' WeCom users. Everybody else is staff."""


@dataclass(frozen=True)
class Tenant:
    """A company as one application sees it."""

    corp: str
    app: str = OWN_APPLICATION

    def person(self, external_userid: str, role: Role = "actor") -> Identifier:
        """The identifier of a customer."""
        return Identifier(type="wecom", value=external_userid, scope=f"{self.corp}:{self.app}", role=role)

    def staff(self, userid: str) -> Identifier:
        """The identifier of a staff member; never an actor, so it is nobody's history."""
        return Identifier(type="wecom_staff", value=userid, scope=self.corp, role="staff")

    def member(self, member_id: str) -> Identifier:
        """The identifier of a group member, who is a customer or one of the staff."""
        return self.person(member_id) if member_id.startswith(_EXTERNAL) else self.staff(member_id)


def tenant_of(document: Document, corp: str) -> Tenant:
    """The tenant a message is about: a provider's callback names suite and company, an own one neither."""
    suite = document.text_or("SuiteId")
    return Tenant(document.text("AuthCorpId"), suite) if suite else Tenant(corp)
