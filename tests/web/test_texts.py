"""Both languages say everything, and say it about the same things."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from cdp.app.web.pages.language import load
from cdp.app.web.reads import funnel, lives, totals
from cdp.events.catalog import CATALOG

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


def test_every_step_of_the_funnel_has_a_definition_and_what_is_usually_done() -> None:
    wanted = [f"step.{s}" for s in funnel.STEPS] + [f"step.{s}.about" for s in funnel.STEPS]
    wanted += [f"advice.{s}" for s in funnel.STEPS[1:]]
    assert [key for key in wanted if not TEXTS["zh"].has(key)] == []


def test_every_figure_has_its_written_definition() -> None:
    metrics = [m for area in totals.AREAS.values() for m in area[0]] + list(lives.FIGURES)
    assert [m.name for m in metrics if not TEXTS["zh"].has(f"metric.{m.name}.about")] == []


def test_a_value_that_data_brings_and_nobody_named_shows_as_it_is() -> None:
    assert TEXTS["zh"].name("lifecycle", "repeat") == "老顾客"
    assert TEXTS["zh"].name("lifecycle", "something-new") == "something-new"
