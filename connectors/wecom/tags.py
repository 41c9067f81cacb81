"""`wecom.tag`: tags on a customer in WeCom, by the names that journeys use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cdp.clock import Clock
from cdp.errors import Rejected
from cdp.events.touchpoint import Touchpoint
from cdp.ids import derive
from cdp.ports import Confirmed, Delivered, Delivery, Outcome, Refused
from connectors.wecom.answers import Answered, Erred, Failure
from connectors.wecom.client import WecomClient
from connectors.wecom.tag_book import TagBook
from connectors.wecom.tenant import Tenant


class TagSink:
    """Adds and removes tags: `params` has the lists of names `add` and `remove`.

    WeCom sends no callback for what its API did, so the facts come with the delivery. Repeating it changes nothing.
    """

    channel = "wecom.tag"
    idempotent = True
    address = ("wecom",)
    secrets: tuple[str, ...] = ()
    batch = 1

    def __init__(self, client: WecomClient, book: TagBook, tenant: Tenant, source: str, clock: Clock):
        self._client = client
        self._book = book
        self._tenant = tenant
        self._source = source
        self._clock = clock

    def deliver(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        return [self._one(delivery) for delivery in deliveries]

    def ask(self, ref: str, to: Sequence[Mapping[str, str]]) -> list[Confirmed | Refused | None]:
        """Nothing is ever accepted without being delivered."""
        return [None for _ in to]

    def _one(self, delivery: Delivery) -> Outcome:
        person = delivery.to.get("wecom", "")
        add, remove = _names(delivery.params, "add"), _names(delivery.params, "remove")
        if not person or not (add or remove):
            return Refused(0, "no external_userid" if not person else "no tag to add or remove")
        staff = delivery.staff or self._staff_of(person)
        if not isinstance(staff, str):
            return staff.outcome()
        failure = self._mark(staff, person, add, remove)
        return failure.outcome() if failure else Delivered(facts=self._facts(delivery.action, person, add, remove))

    def _mark(self, staff: str, person: str, add: list[str], remove: list[str]) -> Failure | None:
        added, removed = self._book.ids(add, make=True), self._book.ids(remove, make=False)
        if not isinstance(added, list):
            return added
        if not isinstance(removed, list):
            return removed
        if not (added or removed):
            return None  # Only tags to remove, and WeCom has none of them.
        body = {"userid": staff, "external_userid": person, "add_tag": added, "remove_tag": removed}
        answer = self._client.post("externalcontact/mark_tag", {key: value for key, value in body.items() if value})
        if isinstance(answer, Answered):
            return None
        self._book.forget()
        return answer

    def _staff_of(self, person: str) -> str | Failure:
        """Whoever follows the person first, where the action names nobody."""
        answer = self._client.get("externalcontact/get", external_userid=person)
        if not isinstance(answer, Answered):
            return answer
        try:
            return next((follower.text("userid") for follower in answer.document.children("follow_user")), "")
        except Rejected as rejected:
            return Erred(-1, f"externalcontact/get: {rejected}")

    def _facts(self, action: str, person: str, add: list[str], remove: list[str]) -> tuple[Touchpoint, ...]:
        told = [("tag.added", tag) for tag in add] + [("tag.removed", tag) for tag in remove]
        return tuple(
            Touchpoint(
                id=derive(action, type_name, tag),
                source=self._source,
                type=type_name,
                occurred_at=self._clock.now(),
                who=(self._tenant.person(person),),
                data={"tag": tag, "by": "journey"},
            )
            for type_name, tag in told
        )


def _names(params: Mapping[str, Any], key: str) -> list[str]:
    value = params.get(key) or ()
    return [str(tag) for tag in ((value,) if isinstance(value, str) else value)]
