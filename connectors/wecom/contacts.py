"""Who a new friend is: `externalcontact/get` as an event, so that the unionid joins WeCom and the mall."""

from __future__ import annotations

from collections.abc import Callable

from cdp.errors import Rejected
from cdp.events.touchpoint import Identifier, Touchpoint
from connectors.document import Document
from connectors.wecom.answers import Answered, Erred, Failure
from connectors.wecom.client import WecomClient
from connectors.wecom.tenant import Tenant

_GENDERS = {1: "male", 2: "female"}


class Contacts:
    """Looks customers up. The event's id and time come from its content: asking again changes nothing."""

    def __init__(self, client: WecomClient, tenant: Tenant, source: str, fingerprint: Callable[[bytes], bytes]):
        self._client = client
        self._tenant = tenant
        self._source = source
        self._fingerprint = fingerprint

    def fetch(self, external_userid: str) -> Touchpoint | Failure:
        """What WeCom knows of a customer, as `person.profile_changed`, or how the call ended."""
        answer = self._client.get("externalcontact/get", external_userid=external_userid)
        if not isinstance(answer, Answered):
            return answer
        try:
            return profile(answer.document, self._tenant, self._source, self._fingerprint)
        except Rejected as rejected:
            return Erred(-1, f"externalcontact/get: {rejected}")


def profile(document: Document, tenant: Tenant, source: str, fingerprint: Callable[[bytes], bytes]) -> Touchpoint:
    """The event of one answer. It is dated when the staff member listed first added the customer: the answer names no later time.

    Raises Rejected for an answer that names no customer or nobody who has them.
    """
    contact = document.child("external_contact")
    follower = next(iter(document.children("follow_user")), Document({}, "$.follow_user[0]"))
    unionid = contact.text_or("unionid")
    who = (
        tenant.person(contact.text("external_userid")),
        *((Identifier(type="unionid", value=unionid),) if unionid else ()),
    )
    said = {
        "nickname": contact.text_or("name"),
        "remark": follower.text_or("remark"),
        "avatar": contact.text_or("avatar"),
        "gender": _GENDERS.get(contact.whole_or("gender", 0), ""),
    }
    data = {key: value for key, value in said.items() if value}
    content = repr((who, sorted(data.items()))).encode()
    return Touchpoint(
        id=f"contact-{fingerprint(content).hex()}",
        source=source,
        type="person.profile_changed",
        occurred_at=follower.moment("createtime"),
        who=who,
        data=dict(data),
        context={"staff": follower.text("userid")},
    )
