"""Both languages say everything, and say it about the same things."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from cdp.app.web.pages.language import load
from cdp.events.catalog import CATALOG
from projections.funnel import STAGES
from projections.metrics import metrics

TEXTS = load()
WEB = files("cdp.app.web")
SOURCES = {
    f"{folder}/{item.name}": item.read_text(encoding="utf-8")
    for folder in ("templates", "pages")
    for item in (WEB / folder).iterdir()
    if item.name.endswith((".html", ".py"))
}


def test_the_languages_have_the_same_keys() -> None:
    assert set(TEXTS["en"].words) == set(TEXTS["zh"].words)


def test_the_languages_fill_the_same_gaps() -> None:
    def gaps(text: str) -> list[str]:
        return sorted(re.findall(r"\{(\w+)\}", text))

    differing = {k for k, zh in TEXTS["zh"].words.items() if gaps(zh) != gaps(TEXTS["en"].words[k])}
    assert differing == set()


def test_no_text_is_empty_and_the_chinese_is_chinese() -> None:
    assert [k for t in TEXTS.values() for k, text in t.words.items() if not text.strip()] == []
    latin = {k for k, text in TEXTS["zh"].words.items() if not re.search(r"[\u4e00-\u9fff]", text)}
    assert latin == set()


@pytest.mark.parametrize("name", SOURCES)
def test_every_text_a_page_asks_for_exists(name: str) -> None:
    asked = set(re.findall(r"""(?<![\w.])t\(\s*['"]([a-z0-9_.]+)['"]\s*[,)]""", SOURCES[name]))
    asked |= set(re.findall(r"""empty\(t, ['"]([a-z_.]+)['"]""", SOURCES[name]))

    assert asked - set(TEXTS["zh"].words) == set()


def test_every_event_type_has_a_name() -> None:
    assert [name for name in CATALOG if not TEXTS["zh"].has(f"event.{name}")] == []


def test_figures_and_steps_have_no_second_name_definition_or_advice_among_the_texts() -> None:
    """They stand in the registry of metrics, and beside the steps of the shop's own funnel."""
    once = {text for m in metrics().values() for said in (m.definition, m.period) for text in said}
    once |= {text for stage in STAGES for said in (stage.about, stage.advice) for text in said}
    for texts in TEXTS.values():
        assert [key for key in texts.words if key.startswith(("metric.", "step.", "advice."))] == []
        assert [key for key, text in texts.words.items() if text in once] == []


def test_a_value_that_data_brings_and_nobody_named_shows_as_it_is() -> None:
    assert TEXTS["zh"].name("lifecycle", "repeat") == "老顾客"
    assert TEXTS["zh"].name("lifecycle", "something-new") == "something-new"
