"""From settings to connectors: every problem at once, and no secret in any text."""

from __future__ import annotations

import pytest

from cdp.channels import CHANNELS
from cdp.clock import SystemClock
from cdp.errors import NotFound, SettingsError
from connectors.registry import KINDS, connector, sinks
from tests.connectors.accounts import AES_KEY, fingerprint

GOOD = {
    "wecom": {"corp_id": "ww1", "token": "t", "aes_key": AES_KEY, "agent_id": 1000002},
    "youzan": {"client_id": "c", "client_secret": "s"},
    "wechat-store": {"token": "t", "aes_key": AES_KEY, "appid": "wx1"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_connector_that_knows_its_name(kind):
    made = connector(kind, "north", GOOD[kind], fingerprint)

    assert (made.kind, made.name) == (kind, "north")
    assert made.mapping


def test_a_kind_that_does_not_exist_is_named():
    with pytest.raises(NotFound, match="telegram"):
        connector("telegram", "main", {}, fingerprint)


def test_all_problems_are_reported_at_once_with_their_paths():
    with pytest.raises(SettingsError) as refused:
        connector("wecom", "main", {"corp_id": 7, "aes_keys": "x", "timeout": "long"}, fingerprint)

    assert [problem.path for problem in refused.value.problems] == [
        "connectors.wecom.main.aes_key",
        "connectors.wecom.main.aes_keys",
        "connectors.wecom.main.corp_id",
        "connectors.wecom.main.timeout",
        "connectors.wecom.main.token",
    ]


def test_values_that_fit_their_type_but_not_their_meaning_are_problems_too():
    with pytest.raises(SettingsError) as refused:
        connector(
            "wecom", "main", GOOD["wecom"] | {"token": "", "aes_key": "short", "api_base": "ftp://x"}, fingerprint
        )

    assert {problem.path.rpartition(".")[2] for problem in refused.value.problems} == {"token", "aes_key", "api_base"}


@pytest.mark.parametrize("kind", KINDS)
def test_no_secret_is_shown(kind):
    shown = ("SECRET" * 8)[:43]
    options = {key: value for key, value in GOOD[kind].items() if isinstance(value, str)}
    secret = options | {key: shown for key in ("token", "aes_key", "client_secret") if key in options}
    made = connector(kind, "main", secret, fingerprint)
    with pytest.raises(SettingsError) as refused:
        connector(kind, "main", secret | {"nonsense": shown}, fingerprint)

    assert shown not in str(refused.value)
    assert shown not in repr(made)
    assert shown not in repr(list(vars(made).values()))


def test_only_an_account_that_may_act_has_channels():
    clock = SystemClock()
    acting = sinks("wecom", "main", GOOD["wecom"] | {"secret": "s"}, clock)

    assert [sink.channel for sink in acting] == ["wecom.welcome", "wecom.message", "wecom.tag"]
    assert {sink.channel for sink in acting} == set(CHANNELS), "a channel is known to journeys and has a sink"
    for kind in KINDS:
        assert sinks(kind, "main", GOOD[kind], clock) == []
    with pytest.raises(NotFound, match="telegram"):
        sinks("telegram", "main", {}, clock)


def test_a_channel_that_needs_a_field_of_its_trigger_asks_for_it_to_be_opened():
    for sink in sinks("wecom", "main", GOOD["wecom"] | {"secret": "s"}, SystemClock()):
        assert sink.secrets == CHANNELS[sink.channel].needs


def test_numbers_and_mappings_are_held_to_their_meaning_too():
    with pytest.raises(SettingsError) as refused:
        connector("wecom", "main", GOOD["wecom"] | {"timeout": 0}, fingerprint)
    assert "timeout" in str(refused.value)
    with pytest.raises(SettingsError, match=r"categories\.粽"):
        connector("youzan", "main", GOOD["youzan"] | {"categories": {"粽": ""}}, fingerprint)
    with pytest.raises(SettingsError) as refused:
        connector("wechat-store", "main", {"token": "", "aes_key": "x", "appid": "a"}, fingerprint)
    assert len(refused.value.problems) == 2
