"""Callbacks that did not prove where they come from: counted, and the latest of them kept until somebody mends the settings.

A token that was mistyped or a key that was changed on one side only makes everything wrong that the platform sends; after the
fix it is taken as if nothing had been. Since anybody may send what does not fit, what is kept is bounded.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection

from cdp.errors import SignatureRejected, WorkspaceError
from cdp.inbox.store import Inbox, Item, Raw, insert, row_of
from cdp.ports import Callback

KEPT = 100
"""So many bodies of an account; the next one takes the place of the oldest."""
LARGEST = 64 * 1024
"""Bytes of a body; a larger one is counted alone."""
_COUNT = (
    "INSERT INTO refusals VALUES (?, ?, ?, 1) ON CONFLICT (connector, name, reason) DO UPDATE SET count = count + 1"
)
_BEYOND = (
    "DELETE FROM raw WHERE id IN (SELECT id FROM raw WHERE state = 'refused' AND connector = ? AND name = ? "
    "ORDER BY id DESC LIMIT -1 OFFSET ?)"
)


def refuse(
    inbox: Inbox, connector: str, name: str, callback: Callback, rejected: SignatureRejected, mapping: str = ""
) -> None:
    """Count a callback, and keep its body if it is one of that platform. It is not among what was received.

    Raises WorkspaceError when the disk does not take it.
    """
    try:
        with inbox.transaction() as db:
            db.execute(_COUNT, (connector, name, rejected.reason))
            if rejected.path and callback.method == "POST" and len(callback.body) <= LARGEST:
                _keep(db, connector, name, row_of(connector, name, callback, mapping, "refused"), rejected)
    except sqlite3.Error as error:
        raise WorkspaceError(f"the inbox could not count a refusal: {error}") from error


def prove(inbox: Inbox, proves: Callable[[Raw], bool], raw_ids: Collection[int] | None = None) -> int:
    """Let those kept bodies be mapped (of all, without `raw_ids`) that by now prove where they come from; answers how many."""
    kept = inbox.bodies("WHERE state = 'refused' ORDER BY id")
    proved = [raw.id for raw in kept if (raw_ids is None or raw.id in raw_ids) and proves(raw)]
    with inbox.transaction() as db:
        taken = db.execute(
            "UPDATE raw SET state = 'pending' WHERE state = 'refused' AND id IN (SELECT value FROM json_each(?))",
            (json.dumps(proved),),
        ).rowcount
    if taken:
        inbox.arrived.set()
    return taken


def _keep(
    db: sqlite3.Connection, connector: str, name: str, row: tuple[object, ...], rejected: SignatureRejected
) -> None:
    advice = f"if the platform sent it, mend [connectors.{connector}.{name}] in cdp.toml, then replay"
    insert(db, row, [Item("failed", rejected.failure, rejected.path, f"{rejected.reason}; {advice}")])
    db.execute(_BEYOND, (connector, name, KEPT))
