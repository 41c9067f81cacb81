"""Reads what platforms send, field by field: XML or JSON, untrusted, with the path of whatever does not fit.

Platforms change a number into a string and back; both are taken. What would lose digits (an id as a float) is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import msgspec
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]

from cdp.clock import SECOND
from cdp.errors import Rejected

_JSON = msgspec.json.Decoder(float_hook=Decimal)
_LAST_SECOND = 253_402_300_799
"""The end of the year 9999: what is later is no time but a mistake."""
_LONGEST_NUMBER = 20


@dataclass(frozen=True, slots=True)
class Document:
    """One object of a document. Every reader raises Rejected (`mapping`) with the path of what is missing or unfit."""

    fields: Mapping[str, Any]
    path: str = "$"

    def text(self, key: str) -> str:
        """A text that must be there; a whole number is taken as its digits."""
        text = self.text_or(key)
        if not text:
            raise Rejected("mapping", "is missing", self.at(key))
        return text

    def text_or(self, key: str, default: str = "") -> str:
        """A text, or `default` where the field is missing, null or empty."""
        match self.fields.get(key):
            case None | "":
                return default
            case str(text):
                return text
            case int(number) if not isinstance(number, bool):
                return str(number)
            case _:
                raise Rejected("mapping", "is neither text nor a whole number", self.at(key))

    def whole(self, key: str) -> int:
        """A whole number that must be there; its digits as a text are taken too."""
        text = self.text(key)
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST_NUMBER):
            raise Rejected("mapping", f"{text[:40]!r} is not a whole number", self.at(key))
        return int(text)

    def whole_or(self, key: str, default: int) -> int:
        """A whole number, or `default` where the field is missing, null or empty."""
        return self.whole(key) if self.text_or(key) else default

    def moment(self, key: str) -> int:
        """A moment that must be there, given in seconds since the epoch."""
        seconds = self.whole(key)
        if not 0 <= seconds <= _LAST_SECOND:
            raise Rejected("mapping", f"{seconds} is not a time in seconds", self.at(key))
        return seconds * SECOND

    def child(self, key: str) -> Document:
        """An object inside; an empty one where it is missing."""
        value = self.fields.get(key)
        if value is None:
            value = {}
        if not isinstance(value, Mapping):
            raise Rejected("mapping", "is not an object", self.at(key))
        return Document(value, self.at(key))

    def children(self, key: str) -> list[Document]:
        """The objects of a list inside; none where it is missing."""
        value = self.fields.get(key)
        items = [] if value is None else value
        if not isinstance(items, list):
            raise Rejected("mapping", "is not a list", self.at(key))
        return [self._element(key, n, item) for n, item in enumerate(items)]

    def texts(self, key: str) -> list[str]:
        """The texts of a list inside; none where it is missing or empty."""
        value = self.fields.get(key) or []
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            raise Rejected("mapping", "is not a list of texts", self.at(key))
        return value

    def at(self, key: str) -> str:
        """The path of a field of this object."""
        return f"{self.path}.{key}"

    def _element(self, key: str, n: int, item: object) -> Document:
        path = f"{self.at(key)}[{n}]"
        if not isinstance(item, Mapping):
            raise Rejected("mapping", "is not an object", path)
        return Document(item, path)


def json_document(body: bytes | str, path: str = "$") -> Document:
    """The JSON object in `body`; fractions are kept exact. Raises Rejected for what is not one."""
    try:
        value = _JSON.decode(body)
    except (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError) as error:
        raise Rejected("mapping", f"is not JSON: {error}", path) from None
    if not isinstance(value, dict):
        raise Rejected("mapping", "is not a JSON object", path)
    return Document(value, path)


def xml_document(body: bytes) -> Document:
    """The fields under the root of an XML document; an element with elements inside becomes the list of their texts.

    Raises Rejected for what is not XML, and for a document type or entities, which no platform sends.
    """
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except (ParseError, ValueError, LookupError) as error:
        raise Rejected("mapping", f"is not XML: {error}") from None
    fields: dict[str, Any] = {}
    for element in root:
        fields.setdefault(element.tag, [_text(e) for e in element] if len(element) else _text(element))
    return Document(fields)


def _text(element: Element) -> str:
    return (element.text or "").strip()
