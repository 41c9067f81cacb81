"""`wecom.message`: a message that WeCom lets a staff member confirm before anybody gets it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cdp.errors import Rejected
from cdp.ports import Accepted, Confirmed, Delivery, Outcome, Refused, Unanswered
from connectors.wecom.answers import Answered
from connectors.wecom.attachments import Attachments
from connectors.wecom.client import WecomClient
from connectors.wecom.content import content

_SENT, _NO_FRIEND, _HAD_ANOTHER = 1, 2, 3
_NOT_TAKEN = 84061


class MassMessageSink:
    """One call for up to 10,000 persons with the same sender, text and attachments: one confirmation for all of them."""

    channel = "wecom.message"
    idempotent = False
    address = ("wecom",)
    secrets: tuple[str, ...] = ()
    batch = 10_000

    def __init__(self, client: WecomClient, attachments: Attachments):
        self._client = client
        self._attachments = attachments

    def deliver(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        """One call for each group that may share one; who cannot be reached is refused, the others wait for staff."""
        outcomes: dict[int, Outcome] = {}
        groups: dict[tuple[str, str, tuple[str, ...]], list[int]] = {}
        for n, delivery in enumerate(deliveries):
            if "wecom" in delivery.to:
                groups.setdefault((delivery.staff, delivery.text, delivery.attach), []).append(n)
            else:
                outcomes[n] = Refused(0, "no external_userid")
        for places in groups.values():
            outcomes |= zip(places, self._call([deliveries[n] for n in places]), strict=True)
        return [outcomes[n] for n in range(len(deliveries))]

    def ask(self, ref: str, to: Sequence[Mapping[str, str]]) -> list[Confirmed | Refused | None]:
        """What became of each person; None while staff has not confirmed, and while WeCom cannot be asked."""
        try:
            results = {person: result for sender in self._senders(ref) for person, result in self._results(ref, sender)}
        except _NotNow:
            return [None for _ in to]
        return [results.get(person.get("wecom", "")) for person in to]

    def _call(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        first = deliveries[0]
        body = content(first, self._attachments)
        if not isinstance(body, dict):
            return [body for _ in deliveries]
        persons = list(dict.fromkeys(delivery.to["wecom"] for delivery in deliveries))
        body |= {"chat_type": "single", "external_userid": persons}
        if first.staff:
            body["sender"] = first.staff
        answer = self._client.post("externalcontact/add_msg_template", body)
        if not isinstance(answer, Answered):
            return [answer.outcome() for _ in deliveries]
        try:
            msgid = answer.document.text("msgid")
            failed = frozenset(answer.document.texts("fail_list"))
        except Rejected as rejected:
            return [Unanswered(f"add_msg_template: {rejected}") for _ in deliveries]
        not_taken = Refused(_NOT_TAKEN, "WeCom did not take this person into the message", "refused")
        return [not_taken if delivery.to["wecom"] in failed else Accepted(msgid) for delivery in deliveries]

    def _senders(self, msgid: str) -> list[str]:
        tasks = self._pages("externalcontact/get_groupmsg_task", "task_list", {"msgid": msgid})
        return [userid for task in tasks if (userid := str(task.get("userid", "")))]

    def _results(self, msgid: str, sender: str) -> list[tuple[str, Confirmed | Refused | None]]:
        rows = self._pages("externalcontact/get_groupmsg_send_result", "send_list", {"msgid": msgid, "userid": sender})
        return [(str(row.get("external_userid", "")), _result(row.get("status"), sender)) for row in rows]

    def _pages(self, path: str, key: str, body: dict[str, str]) -> list[Mapping[str, object]]:
        """Every row of a list that comes in pages. Raises _NotNow when a page cannot be had or read."""
        rows: list[Mapping[str, object]] = []
        cursor, seen = "", {""}
        while True:
            answer = self._client.post(path, body | ({"cursor": cursor} if cursor else {}))
            if not isinstance(answer, Answered):
                raise _NotNow
            try:
                rows += [document.fields for document in answer.document.children(key)]
                cursor = answer.document.text_or("next_cursor")
            except Rejected:
                raise _NotNow from None
            if cursor in seen:
                return rows
            seen.add(cursor)


class _NotNow(Exception):
    """WeCom could not be asked; the question stays open."""


def _result(status: object, sender: str) -> Confirmed | Refused | None:
    if status == _SENT:
        return Confirmed(sender)
    if status == _NO_FRIEND:
        return Refused(_NO_FRIEND, "no longer a friend of the staff member", "refused")
    if status == _HAD_ANOTHER:
        return Refused(_HAD_ANOTHER, "had another mass message already", "capped")
    return None
