"""[profile] of cdp.toml: a policy a field; mistakes are all named with their lines."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from cdp.app.configure import recorded_settings
from cdp.app.operations.recorded import as_toml
from cdp.app.profile_settings import as_settings
from cdp.app.settings import load
from cdp.conditions.profile import FieldPolicy, read_policies
from cdp.errors import SettingsError
from tests.app.test_settings import write

GOOD = """\
[profile]
building = {policy = "latest", sources = ["wecom", "youzan/main"]}
baby_birth_month = "max"
nickname = "first"

[profile.attributes]
interests = "union"
"会员 积分" = {policy = "sum"}
"""


def test_a_policy_is_a_word_or_a_table(tmp_path: Path) -> None:
    assert load(write(tmp_path, GOOD)).profile == {
        "building": FieldPolicy("latest", ("wecom", "youzan/main")),
        "baby_birth_month": FieldPolicy("max"),
        "nickname": FieldPolicy("first"),
        "attributes.interests": FieldPolicy("union"),
        "attributes.会员 积分": FieldPolicy("sum"),
    }
    assert load(write(tmp_path, "")).profile == {}


def test_recorded_policies_are_read_back_by_the_engine_and_by_a_restored_workspace(tmp_path: Path) -> None:
    policies = load(write(tmp_path, GOOD)).profile
    recorded = recorded_settings(load(tmp_path))
    assert read_policies(recorded) == policies
    again = as_toml({"profile": as_settings(recorded["profile"])})
    assert load(write(tmp_path, again)).profile == policies
    assert tomllib.loads(again)["profile"]["nickname"]["policy"] == "first"


def test_policies_of_a_newer_release_are_passed_over() -> None:
    said = {"building": {"policy": "loudest"}, "nickname": {"policy": "first"}, "avatar": 7}
    assert read_policies({"profile": said}) == {"nickname": FieldPolicy("first")}
    assert read_policies({}) == read_policies({"profile": None}) == {}


def test_all_mistakes_are_named_at_once_with_line_and_path(tmp_path: Path) -> None:
    text = """\
[profile]
bilding = "latest"
is_staff = "max"
building = "union"
gender = {policy = "first", source = ["wecom"]}
nickname = 3
remark = {sources = ["wecom", "wecom"]}
address = {sources = "wecom"}

[profile.attributes]
points = {policy = "sum", sources = ["youzan"]}
likes = "unoin"
"""
    with pytest.raises(SettingsError) as error:
        load(write(tmp_path, text))
    problems = error.value.problems
    assert [(p.line, p.path) for p in problems] == [
        (2, "profile.bilding"),
        (3, "profile.is_staff"),
        (4, "profile.building"),
        (5, "profile.gender"),
        (6, "profile.nickname"),
        (7, "profile.remark"),
        (8, "profile.address"),
        (11, "profile.attributes.points"),
        (12, "profile.attributes.likes"),
    ]
    assert "did you mean 'building'?" in problems[0].message
    assert "[profile.attributes]" in problems[1].message
    assert "none of latest, first" in problems[2].message
    assert "did you mean 'union'?" in problems[-1].message
