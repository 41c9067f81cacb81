"""The JSON Schema for editors agrees with check, and the guides show every word there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from journeys.check import check
from journeys.schema import journey_schema
from journeys.steps import NOT_YET, STEPS
from tests.journeys.test_decision_law import PATIENT, REMINDER
from tests.journeys.town import FILES, SETTINGS

DOCS = Path(__file__).parents[2] / "docs"
JOURNEYS = [text for file, text in FILES.items() if file.startswith("journeys/")] + [PATIENT, REMINDER]


def errors(text: str) -> list[str]:
    validator = Draft202012Validator(journey_schema())
    return [error.message for error in validator.iter_errors(YAML(typ="safe").load(text))]


def test_the_schema_is_a_schema():
    Draft202012Validator.check_schema(journey_schema())


@pytest.mark.parametrize("text", JOURNEYS)
def test_what_check_accepts_the_schema_accepts(text):
    assert errors(text) == []


@pytest.mark.parametrize(
    "wrong",
    [
        "journey: Good Day",
        "entry: {event: order.payed}",
        "entry: {event: order.paid, tag: x}",
        "steps: [{wate: 3d}]",
        "steps: [{wait: soon}]",
        "steps: [{send: {via: wecom.message}}]",
        "steps: []",
        "holdout: 100%",
        "again: never",
    ],
)
def test_what_check_refuses_the_schema_refuses(wrong):
    good = {"journey": "journey: a", "entry": "entry: {event: order.paid}", "steps": "steps: [{leave: x}]"}
    text = "\n".join({**good, wrong.split(":")[0]: wrong}.values())
    assert errors(text)
    assert check({"journeys/a.yaml": text}, SETTINGS)


@pytest.mark.parametrize("verb", STEPS)
def test_every_step_is_in_the_guide(verb):
    assert f"\n### `{verb}`" in (DOCS / "journeys.md").read_text()


def test_steps_to_come_are_named_as_such():
    guide = (DOCS / "journeys.md").read_text()
    assert all(f"`{verb}`" in guide for verb in NOT_YET)


@pytest.mark.parametrize("page", ["journeys.md", "conditions.md"])
def test_every_example_of_the_guides_passes_check(page):
    blocks = re.findall(r"```yaml\n# (\S+)\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)
    files = dict(blocks)
    assert files
    assert [str(problem) for problem in check(files, SETTINGS)] == []
