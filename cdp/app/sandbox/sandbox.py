"""One running sandbox: its clock, its receipts, the world folded from them, its tokens and its faults."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from cdp.app.sandbox.faults import Faults
from cdp.app.sandbox.journal import Journal, Record
from cdp.app.sandbox.settings import SandboxSettings
from cdp.app.sandbox.world import World
from cdp.clock import SECOND, Clock, DrivenClock, SystemClock
from cdp.errors import PlatformError


class Sandbox:
    """What all routes share. Only the event loop's thread touches it."""

    def __init__(self, settings: SandboxSettings):
        self.settings = settings
        self.journal = Journal(settings.receipts)
        self.world = World()
        for record in self.journal.records:
            self.world.apply(record)
        self.clock: Clock = DrivenClock(self.world.last) if settings.driven else SystemClock()
        self.faults = Faults()
        self._tokens: dict[str, int] = {}

    def write(self, records: Sequence[Record]) -> None:
        """Stamp records, make them durable, then let the world know."""
        now = self.clock.now()
        for record in records:
            record.setdefault("at", now)
        self.journal.append(records)
        for record in records:
            self.world.apply(record)

    def new_token(self) -> str:
        """An access token; a restart forgets all of them, as WeCom may do at any time."""
        token = secrets.token_urlsafe(48)
        self._tokens[token] = self.clock.now() + self.settings.limits.token_seconds * SECOND
        return token

    def check_token(self, token: str) -> None:
        """Raises PlatformError: 41001 without a token, 40014 for one we never gave, 42001 for one that ran out."""
        if not token:
            raise PlatformError("wecom", 41001, "access_token missing")
        until = self._tokens.get(token)
        if until is None:
            raise PlatformError("wecom", 40014, "invalid access_token")
        if self.clock.now() >= until:
            raise PlatformError("wecom", 42001, "access_token expired")

    def drop_tokens(self) -> None:
        """Forget every token, as WeCom may do before they run out."""
        self._tokens.clear()
