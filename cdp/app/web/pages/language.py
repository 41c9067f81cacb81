"""The words of the pages: one JSON catalogue a language, the same keys in each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from projections.header import Said

LANGUAGES = ("zh", "en")
DEFAULT = "zh"


@dataclass(frozen=True)
class Texts:
    """The texts of one language. An unknown key raises KeyError: a page never shows a raw key."""

    language: str
    words: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        return self.words[key].format(**values) if values else self.words[key]

    def name(self, group: str, value: object) -> str:
        """The word for a value that data brings, or the value itself where the catalogue has none."""
        return self.words.get(f"{group}.{value}", str(value))

    def said(self, text: Said) -> str:
        """A text that stands in both languages beside what it is about."""
        return text.zh if self.language == "zh" else text.en

    def has(self, key: str) -> bool:
        return key in self.words


def load() -> dict[str, Texts]:
    """All catalogues by language."""
    folder = files("cdp.app.web") / "text"
    return {
        language: Texts(language, json.loads((folder / f"{language}.json").read_text(encoding="utf-8")))
        for language in LANGUAGES
    }
