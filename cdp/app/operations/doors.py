"""The doors: the inbox's failures and their replay, access keys."""

from __future__ import annotations

from typing import get_args

import msgspec

from cdp.app.keys import SCOPES, Key
from cdp.app.operations.runtime import Answer, Runtime
from cdp.clock import iso
from cdp.errors import FailureReason, NotFound, UsageError


def list_failures(runtime: Runtime, after: int = 0, limit: int = 100, reason: str = "") -> Answer:
    """What could not be taken, oldest first, and the counts of every door."""
    if reason and reason not in get_args(FailureReason):
        raise UsageError(f"unknown reason {reason!r}; known are {', '.join(get_args(FailureReason))}")
    inbox = runtime.system.inbox
    failures = [
        {**f, "received_at": iso(int(str(f["received_at"])))}
        for f in inbox.failures(after=after, limit=limit, reason=reason)
    ]
    return {"failures": failures, "counts": inbox.counts()}


def show_raw(runtime: Runtime, raw: int) -> Answer:
    """One stored body, readable, with what became of its items."""
    found = runtime.system.inbox.get(raw)
    if found is None:
        raise NotFound("body in the inbox", raw)
    connector = runtime.system.connectors.get((found.connector, found.name))
    text = connector.plaintext(found.callback) if connector else found.callback.body.decode(errors="replace")
    return {
        "id": raw,
        "connector": found.connector,
        "name": found.name,
        "received_at": iso(found.callback.received_at),
        "mapping": found.mapping,
        "body": found.callback.body.decode(errors="replace"),
        "readable": text,
        "items": [{k: v for k, v in vars(i).items() if k != "surrogates"} for i in runtime.system.inbox.items(raw)],
    }


def replay(runtime: Runtime, raws: list[int] | None = None) -> Answer:
    """Map bodies with failures again, all without `raws`; what is accepted now takes its true place in time, nothing doubles."""
    system = runtime.system
    waiting = system.mapper.replay(raws)
    while system.mapper.advance():
        pass
    return {"replayed": waiting, "still_failed": len(system.inbox.failures(limit=1_000_000))}


def create_key(runtime: Runtime, scope: str, source: str = "") -> Answer:
    """A new access key. The secret is shown this once."""
    if scope not in SCOPES:
        raise UsageError(f"unknown scope {scope!r}; known are {', '.join(SCOPES)}")
    key, secret = runtime.system.keys.create(scope, source or "http", runtime.system.clock.now())
    return {**_public(key), "secret": secret}


def list_keys(runtime: Runtime) -> Answer:
    """All keys, without their secrets."""
    return {"keys": [_public(key) for key in runtime.system.keys.all()]}


def revoke_key(runtime: Runtime, key: str) -> Answer:
    """From now on the key opens nothing."""
    return _public(runtime.system.keys.revoke(key, runtime.system.clock.now()))


def _public(key: Key) -> Answer:
    row: Answer = msgspec.to_builtins(key)
    del row["digest"]
    return {**row, "created_at": iso(key.created_at), "revoked_at": iso(key.revoked_at) if key.revoked_at else None}
