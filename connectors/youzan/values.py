"""How Youzan writes money and time: yuan as text, and Chinese local time without a zone."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal

from cdp.clock import to_moment, zone
from cdp.errors import Rejected
from connectors.document import Document

_YUAN = re.compile(r"\d{1,12}(\.\d{1,2}0*)?", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
_ZONE = "Asia/Shanghai"


def fen(document: Document, key: str) -> int | None:
    """An amount in fen, exactly; None where it is missing. Raises Rejected for what is not yuan with two decimals."""
    value = document.fields.get(key)
    if value is None or value == "":
        return None
    text = format(value, "f") if isinstance(value, Decimal) else document.text(key)
    if not _YUAN.fullmatch(text):
        raise Rejected("mapping", f"{text[:40]!r} is not an amount in yuan", document.at(key))
    return int(Decimal(text) * 100)


def local_time(document: Document, *keys: str) -> int:
    """The moment of the first of these fields that is there. Raises Rejected if none is, or if it is no time."""
    key = next((key for key in keys if document.text_or(key)), None)
    if key is None:
        raise Rejected("mapping", f"is missing, and so are the other times: {', '.join(keys)}", document.at(keys[0]))
    text = document.text(key)
    try:
        if not _TIME.fullmatch(text):
            raise ValueError(text)
        return to_moment(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone(_ZONE)))
    except ValueError:
        raise Rejected("mapping", f"{text[:40]!r} is not a time like 2026-06-19 20:00:00", document.at(key)) from None
