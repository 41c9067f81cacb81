"""Reads a page the way a person does: texts, links and attributes, without a browser."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any


class Page(HTMLParser):
    """A parsed page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.html = html
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember every element."""
        self.elements.append((tag, dict(attrs)))

    @property
    def text(self) -> str:
        """What stands on it, in one line."""
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.html)).split())

    def all(self, tag: str, **attributes: str) -> list[dict[str, Any]]:
        """Elements with these attributes."""
        wanted = {name.replace("_", "-"): value for name, value in attributes.items()}
        return [
            found for name, found in self.elements if name == tag and all(found.get(k) == v for k, v in wanted.items())
        ]

    @property
    def links(self) -> list[str]:
        """Where it leads."""
        return [str(a["href"]) for a in self.all("a") if a.get("href")]
