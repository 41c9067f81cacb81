"""How long raw bodies of the inbox are kept, as `[inbox]` in cdp.toml says."""

from __future__ import annotations

import logging

from cdp.app.operations.runtime import Answer, Runtime
from cdp.clock import DAY
from cdp.inbox.retention import expire

_logger = logging.getLogger("cdp.inbox")


def expire_bodies(runtime: Runtime) -> Answer:
    """Delete raw bodies whose time is over; what became of their items stays counted.

    Bodies with failed items are kept until they are replayed, or for the longer time. What is not mapped yet always stays.
    """
    system = runtime.system
    kept, now = system.settings.inbox, system.clock.now()
    with runtime.exclusive:
        gone = expire(
            system.inbox,
            received_before=now - kept.keep_days * DAY,
            failed_before=now - max(kept.keep_days, kept.keep_failed_days) * DAY,
        )
    if gone:
        _logger.info("raw bodies deleted after their time", extra={"fields": {"bodies": gone}})
    return {"deleted": gone}
