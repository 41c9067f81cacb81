"""The whole HTTP interface, called with whatever its own description allows and with what it does not: never a 500.

Every operation of `/openapi.json` is called with generated parameters and bodies, valid and broken ones, for a stated time;
afterwards the server's log must not know of any exception that nobody handled.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from tests.faults.hunt import QUIET, seconds
from tests.operations.shop import SETTINGS
from tests.processes.running import Server, serving

SHOP = SETTINGS.replace('clock = "driven"', 'clock = "system"')
QUICK_SECONDS = 20.0
SLOW_SECONDS = 150.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a little in its log, so that questions have something to find."""
    workspace = tmp_path_factory.mktemp("fuzzed")
    (workspace / "cdp.toml").write_text(f"{SHOP}[limits]\nevents_per_second = 0\n", encoding="utf-8")
    with serving(workspace) as running:
        who = [{"type": "unionid", "value": "o1"}, {"type": "phone", "value": "13800000001"}]
        events = [
            {"id": f"e{n}", "source": "mall", "type": "order.paid", "occurred_at": "2026-06-19T12:00:00Z", "who": who,
             "data": {"amount_fen": 100}, "context": {"order": f"o{n}"}}
            for n in range(3)
        ]  # fmt: skip
        running.http.post("/v1/events", json=events).raise_for_status()
        running.settled()
        yield running


@pytest.mark.parametrize(
    ("most", "time_s"),
    [
        pytest.param(40, QUICK_SECONDS, id="quick"),
        pytest.param(
            1000,
            seconds(SLOW_SECONDS),
            id="slow",
            marks=(pytest.mark.slow, pytest.mark.timeout(seconds(SLOW_SECONDS) + 250)),
        ),
    ],
)
def test_law_no_call_that_the_interface_describes_makes_the_server_fail(
    server: Server, most: int, time_s: float
) -> None:
    schema = schemathesis.openapi.from_dict(server.http.get("/openapi.json").json())
    operations = [found.ok() for found in schema.get_all_operations()]
    assert {op.path for op in operations} >= {"/v1/events", "/v1/status", "/v1/funnels", "/v1/persons/{person}"}
    calls = 0
    for operation in operations:
        until = time.monotonic() + time_s / len(operations)
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            calls += _call(server, operation, mode, until, most)
        assert server.http.get("/healthz").is_success, f"gone after {operation.label}"
    assert calls >= len(operations)
    assert _unhandled(server) == []


@given(
    path=st.sampled_from([
        "/v1/events", "/v1/validate", "/v1/batch", "/v1/track", "/v1/operations/sql", "/v1/operations/funnel",
        "/callbacks/wecom/main", "/callbacks/youzan/main", "/callbacks/wecom/nobody", "/outbox/confirm", "/inbox/replay",
    ]),
    query=st.dictionaries(st.sampled_from(["msg_signature", "timestamp", "nonce", "history", "echostr"]), st.text(max_size=8)),
    body=st.one_of(
        st.binary(max_size=200),
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
            lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=12), inner, max_size=4)),
            max_leaves=12,
        ).map(lambda value: json.dumps(value).encode()),
    ),
    content_type=st.sampled_from(
        ["application/json", "application/x-ndjson", "application/cloudevents+json", "application/cloudevents-batch+json", "text/plain", ""]
    ),
    encoding=st.sampled_from(["identity", "gzip", "br"]),
)  # fmt: skip
@settings(QUIET, max_examples=200)
def test_law_no_body_makes_the_server_fail(
    server: Server, path: str, query: dict[str, str], body: bytes, content_type: str, encoding: str
) -> None:
    headers = {"Content-Type": content_type, "Content-Encoding": encoding}
    response = server.http.post(path, params=query, content=body, headers=headers, timeout=30)
    assert response.status_code < 500, (response.status_code, response.text)
    assert _unhandled(server) == []


class _Over(Exception):
    """The time for an operation is over; what Hypothesis would still generate is not wanted."""


def _call(server: Server, operation: Any, mode: GenerationMode, until: float, most: int) -> int:
    """Call an operation with what is generated, until a moment; answers how often."""
    calls = 0

    @settings(QUIET, max_examples=most)
    @given(case=operation.as_strategy(generation_mode=mode))
    def call(case: schemathesis.Case) -> None:
        nonlocal calls
        if time.monotonic() > until:
            raise _Over
        calls += 1
        _must_not_fail(server, case)

    # An operation may have no such calls, or its time is over at once.
    with contextlib.suppress(Unsatisfiable, _Over):
        call()
    return calls


def _must_not_fail(server: Server, case: schemathesis.Case) -> None:
    try:
        response = case.call(
            base_url=server.info.url, headers={"Authorization": f"Bearer {server.info.token}"}, timeout=30
        )
    except (httpx.InvalidURL, UnicodeError, ValueError):
        return  # what no client can put on the wire
    assert response.status_code < 500, (case.as_curl_command(), response.status_code, response.text)


def _unhandled(server: Server) -> list[str]:
    """What the server's log knows of exceptions that nobody handled."""
    text = Path(server.workspace / "server.log").read_text(encoding="utf-8", errors="replace")
    return [line for line in text.splitlines() if "Traceback" in line or '"level": "error"' in line or "ERROR" in line]
