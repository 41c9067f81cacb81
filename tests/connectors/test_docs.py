"""docs/connectors.md and docs/sandbox.md name every setting, every message kind, every code, call and route there is."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from cdp.app.sandbox import calls, control
from cdp.app.sandbox.settings import Limits
from connectors.wechat_store import events as store_events
from connectors.wechat_store.options import WechatStoreOptions
from connectors.wecom import contact_events
from connectors.wecom.errors import CLASSES
from connectors.wecom.options import WecomOptions
from connectors.youzan import events as youzan_events
from connectors.youzan.options import YouzanOptions
from tests.sandbox.running import sandbox

DOCS = Path(__file__).parents[2] / "docs"
CONNECTORS = (DOCS / "connectors.md").read_text()
SANDBOX = (DOCS / "sandbox.md").read_text()


@pytest.mark.parametrize("options", [WecomOptions, YouzanOptions, WechatStoreOptions])
def test_every_setting_is_documented(options):
    assert [field for field in options.__struct_fields__ if f"`{field}`" not in CONNECTORS] == []


@pytest.mark.parametrize(
    "kinds", [contact_events._CONTACT, youzan_events._TYPES, store_events._EVENTS], ids=["wecom", "youzan", "store"]
)
def test_every_message_that_is_mapped_is_documented(kinds):
    assert [kind for kind in kinds if f"`{kind}`" not in CONNECTORS] == []


def test_every_error_code_that_is_listed_is_documented():
    told = CONNECTORS.replace("−", "-").replace("10001–10003", "10001, 10002, 10003")

    assert [code for code in CLASSES if str(code) not in told and code != 429] == []


def test_every_call_route_and_limit_of_the_sandbox_is_documented(tmp_path):
    with sandbox(tmp_path / "r") as running:
        paths = running.http.get("/openapi.json").json()["paths"]
    routes = {path for path in paths if path.startswith(("/sandbox", "/healthz"))}

    assert routes
    assert [route for route in routes if f" {route}`" not in SANDBOX] == []
    assert [call for call in calls.HANDLERS if f"`{call}`" not in SANDBOX] == []
    assert [limit for limit in Limits.__struct_fields__ if limit not in SANDBOX] == []


def test_what_a_contact_may_say_is_shown():
    assert [field for field in control.Contact.__struct_fields__ if f'"{field}"' not in SANDBOX] == []


def test_the_example_of_emitting_is_valid():
    example = SANDBOX.split("### Emitting\n\n```json\n")[1].split("```")[0]

    items = msgspec.json.decode(example, type=list[control.Item])

    assert len(items) == 5
