"""The summary, and the port that the dashboard wants."""

from __future__ import annotations

import io
import json
import socket

import pytest
from rich.console import Console

from cdp.app.demo.processes import choose_port
from cdp.app.demo.summary import DemoResult, show
from cdp.errors import UsageError

RESULT = DemoResult(
    events=53_210, persons=2_031, merges=6_120, failed=0, duplicates=131, journeys_entered=164,
    journeys={"zongzi-serving": {"name": "粽子的5种吃法", "entered": 53}},
    actions={"delivered": 160, "suppressed": 12}, funnel=[1_647, 898, 788, 250, 220, 73, 26], seconds=41.3, seed=7,
    url="http://127.0.0.1:8420", workspace="",
)  # fmt: skip


def test_the_document_has_every_promised_figure():
    document = json.loads(RESULT.document())
    promised = {
        "events",
        "persons",
        "merges",
        "failed",
        "duplicates",
        "journeys_entered",
        "actions",
        "funnel",
        "seconds",
    }
    assert promised <= set(document)
    assert document["actions"]["delivered"] == 160
    assert document["funnel"] == [1_647, 898, 788, 250, 220, 73, 26]


def test_people_read_chinese_first_and_every_step_of_the_funnel_with_its_rate():
    page = io.StringIO()
    show(RESULT, Console(file=page, width=100))
    text = page.getvalue()
    assert "53,210" in text
    assert "社群点击" in text
    assert "55%" in text
    assert "已送达" in text
    assert "粽子的5种吃法" in text
    assert "repurchase" in text


def test_a_funnel_that_nobody_entered_can_be_shown():
    page = io.StringIO()
    show(DemoResult(**{**vars(RESULT), "funnel": [0] * 7, "actions": {}}), Console(file=page, width=100))
    assert "复购" in page.getvalue()


def test_a_taken_port_is_refused_in_one_sentence_that_says_what_to_do():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UsageError, match=r"--port 0 for a free one") as refused:
            choose_port(taken.getsockname()[1])
    assert "\n" not in str(refused.value)


def test_port_zero_takes_a_free_one():
    assert choose_port(0) > 1023
