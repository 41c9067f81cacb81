"""Asks the platform who a new friend is, so that the unionid joins WeCom and the mall without asking the person.

Asked again after a crash, it changes nothing: the event's id comes from the answer's content. A platform that does not
answer is asked a few times more; after that the friend stays as nameless as they came, and the next edit tells.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from cdp.events.event import Event
from cdp.events.touchpoint import Touchpoint
from cdp.ingest import Door
from cdp.ports import EventLog, Vault
from connectors.wecom.contacts import Contacts

FOLLOWER = "contacts"
_TRIES = 3
_logger = logging.getLogger("cdp.lookups")


class Lookups:
    """Follows the log for friends who were just added. One thread at a time may drive it."""

    def __init__(self, log: EventLog, vault: Vault, door: Door, contacts: Mapping[str, Contacts]):
        self._log, self._vault, self._door, self._contacts = log, vault, door, contacts
        self._position = log.tracking(FOLLOWER)

    @property
    def position(self) -> int:
        """How far of the log it has come."""
        return self._position

    def advance(self, limit: int = 50) -> int:
        """Look up to `limit` new friends up; answers how many events it went through."""
        head = self._log.head()
        if not self._contacts or self._position >= head:
            self._position = max(self._position, head)
            return 0
        events = self._log.read(self._position, limit, ("friend.added",))
        found = [t for e in events if not e.historical for t in self._lookup(e)]
        self._door.take(found)
        self._position = events[-1].position if len(events) == limit else head
        if events:
            self._log.decide([], follower=FOLLOWER, position=self._position)
        return len(events)

    def _lookup(self, event: Event) -> list[Touchpoint]:
        contacts = self._contacts.get(event.source)
        customer = next((w.surrogate for w in event.actors() if w.type == "wecom"), None)
        if contacts is None or customer is None:
            return []
        known = self._vault.identifiers([customer])
        for _ in range(_TRIES if known else 0):
            answer = contacts.fetch(known[customer].value)
            if isinstance(answer, Touchpoint):
                return [answer]
            _logger.warning("looking up the friend of event %s failed: %s", event.position, type(answer).__name__)
        return []
