"""A platform that answers nonsense: every action still ends in an outcome, and nothing is claimed that was not said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cdp.clock import SystemClock
from cdp.events.touchpoint import Touchpoint
from cdp.ports import Accepted, Deferred, Delivered, Delivery, Refused, Sink, Unanswered
from connectors.registry import contacts, sinks
from connectors.wecom.answers import Erred, Silent, Unreached
from tests.connectors.accounts import fingerprint
from tests.sandbox.running import WECOM, serving

TOKEN = b'{"errcode": 0, "access_token": "t", "expires_in": 7200}'


class Strange:
    """Answers every call with what it was told to; a token it gives freely."""

    def __init__(self) -> None:
        self.status, self.body = 200, b""
        self.each: dict[str, Any] = {}

    async def answer(self, request: Request) -> Response:
        name = request.url.path.rpartition("/")[2]
        if name in self.each:
            return Response(json.dumps(self.each[name]).encode())
        return Response(TOKEN) if name == "gettoken" else Response(self.body, self.status)

    def says(self, document: Any, **each: Any) -> None:
        self.status, self.body, self.each = 200, json.dumps(document).encode(), each


@contextmanager
def strange() -> Iterator[tuple[Strange, dict[str, Sink], dict[str, Any]]]:
    platform = Strange()
    app = Starlette(routes=[Route("/cgi-bin/{path:path}", platform.answer, methods=["GET", "POST"])])
    with serving(uvicorn.Server(uvicorn.Config(app, log_level="critical"))) as url:
        options = WECOM | {"secret": "s", "api_base": f"{url}/cgi-bin", "timeout": 2.0}
        yield platform, {sink.channel: sink for sink in sinks("wecom", "main", options, SystemClock())}, options


@pytest.fixture(scope="module")
def platform() -> Iterator[tuple[Strange, dict[str, Sink], dict[str, Any]]]:
    with strange() as one:
        yield one


def delivery(channel: str, **changes: Any) -> Delivery:
    known: dict[str, Any] = {
        "action": "a", "channel": channel, "to": {"wecom": "wm1"}, "staff": "laowang", "text": "hello",
        "params": {"add": ["粽子"], "remove": ["沉睡"]}, "secrets": {"welcome_code": "c"},
    }  # fmt: skip
    return Delivery(**(known | changes))


LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=6)
TREES = st.recursive(LEAVES, lambda t: st.lists(t, max_size=2) | st.dictionaries(st.text(max_size=4), t, max_size=2))
ANSWERS = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("errcode", "msgid", "fail_list", "tag_group", "task_list", "send_list", "next_cursor", "external_contact", "follow_user", "media_id"), TREES),
)  # fmt: skip


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(ANSWERS.map(lambda a: json.dumps(a).encode()), st.binary(max_size=40)),
    st.sampled_from([200, 200, 404, 429, 502]),
)
def test_whatever_the_platform_answers_every_action_has_an_outcome(platform, body, status):
    strange, channels, options = platform
    strange.status, strange.body, strange.each = status, body, {}

    for channel, sink in channels.items():
        (outcome,) = sink.deliver([delivery(channel)])
        assert isinstance(outcome, Accepted | Deferred | Delivered | Refused | Unanswered)
        assert len(sink.ask("ref", [{"wecom": "wm1"}, {}])) == 2
    known = contacts("wecom", "main", options, fingerprint, SystemClock())
    assert isinstance(known.fetch("wm1"), Touchpoint | Erred | Silent | Unreached)


def test_a_message_taken_without_a_number_is_unanswered(platform):
    strange, channels, _ = platform
    strange.says({"errcode": 0, "fail_list": []})

    assert isinstance(channels["wecom.message"].deliver([delivery("wecom.message")])[0], Unanswered)


def test_results_that_cannot_be_read_leave_the_question_open(platform):
    strange, channels, _ = platform
    strange.says({}, get_groupmsg_task={"task_list": [{"userid": "s"}]}, get_groupmsg_send_result={"send_list": "?"})

    assert channels["wecom.message"].ask("m", [{"wecom": "wm1"}]) == [None]


def test_a_list_that_never_ends_is_left_where_it_repeats_itself(platform):
    strange, channels, _ = platform
    row = {"external_userid": "wm1", "status": 3}
    strange.says({}, get_groupmsg_task={"task_list": [{"userid": "s"}], "next_cursor": "x"},
                 get_groupmsg_send_result={"send_list": [row], "next_cursor": "y"})  # fmt: skip

    assert channels["wecom.message"].ask("m", [{"wecom": "wm1"}])[0].kind == "capped"


def test_a_tag_that_was_made_but_is_not_in_the_answer_is_tried_later(platform):
    strange, channels, _ = platform
    strange.says({}, get_corp_tag_list={"tag_group": []}, add_corp_tag={"tag_group": {"tag": []}})

    assert isinstance(channels["wecom.tag"].deliver([delivery("wecom.tag", params={"add": ["new"]})])[0], Deferred)


@pytest.mark.parametrize("said", [{}, {"access_token": []}, {"access_token": "t", "expires_in": "soon"}])
def test_a_token_that_is_none_is_tried_later(platform, said):
    strange, _, options = platform
    strange.says({}, gettoken={"errcode": 0} | said)
    (welcome, *_) = sinks("wecom", "main", options, SystemClock())

    assert isinstance(welcome.deliver([delivery("wecom.welcome")])[0], Deferred)


def test_an_upload_that_goes_unanswered_is_tried_again_since_nobody_got_anything(platform, tmp_path):
    strange, _, options = platform
    (tmp_path / "r.png").write_bytes(b"png")
    (welcome, *_) = sinks("wecom", "main", options | {"files": str(tmp_path)}, SystemClock())
    with_file = delivery("wecom.welcome", attach=("r.png",))

    strange.says({"errcode": 0})
    no_media = welcome.deliver([with_file])[0]
    strange.status = 502
    silent = welcome.deliver([with_file])[0]
    strange.says({"errcode": 48002})
    forbidden = welcome.deliver([with_file])[0]

    assert isinstance(no_media, Deferred)
    assert isinstance(silent, Deferred)
    assert forbidden.kind == "configuration"
