"""`wecom.welcome`: the first message to a new friend, within 20 seconds and only once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cdp.ports import Confirmed, Delivered, Delivery, Outcome, Refused
from connectors.wecom.answers import Answered
from connectors.wecom.attachments import Attachments
from connectors.wecom.client import WecomClient
from connectors.wecom.content import content


class WelcomeSink:
    """Sends a welcome by the code that came with the new friend. A code works once; nobody may use it twice."""

    channel = "wecom.welcome"
    idempotent = False
    address = ("wecom",)
    secrets = ("welcome_code",)
    batch = 1

    def __init__(self, client: WecomClient, attachments: Attachments):
        self._client = client
        self._attachments = attachments

    def deliver(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        return [self._one(delivery) for delivery in deliveries]

    def ask(self, ref: str, to: Sequence[Mapping[str, str]]) -> list[Confirmed | Refused | None]:
        """Nothing is ever accepted without being delivered."""
        return [None for _ in to]

    def _one(self, delivery: Delivery) -> Outcome:
        code = delivery.secrets.get("welcome_code", "")
        if not code:
            return Refused(0, "no welcome code")
        body = content(delivery, self._attachments)
        if not isinstance(body, dict):
            return body
        answer = self._client.post("externalcontact/send_welcome_msg", {"welcome_code": code} | body)
        return Delivered() if isinstance(answer, Answered) else answer.outcome()
