"""Yuan become integer fen, exactly or not at all; a binary float never takes part. And other decimals become plain numbers."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any

_LARGEST = 15
"""Digits before the point that an amount in yuan may have; more is no amount."""
_NOISE = Decimal("0.0001")
"""What a double of the sender may have left behind: 0.30000000000000004 is 0.30. In fen."""


def fen(yuan: Decimal | int | str) -> int:
    """Fen of an amount in yuan: `19.9`, `"¥1,280.00"`. Raises ValueError for what is no amount or has a part of a fen."""
    if isinstance(yuan, bool):
        raise ValueError("a truth value is no amount")
    amount = yuan if isinstance(yuan, Decimal) else _decimal(yuan)
    if not amount.is_finite() or amount.adjusted() >= _LARGEST:
        raise ValueError(f"{_shown(yuan)} is no amount in yuan")
    exact = amount * 100
    whole = exact.to_integral_value()
    if abs(exact - whole) > _NOISE:
        raise ValueError(f"{_shown(yuan)} yuan is not a whole number of fen")
    return int(whole)


def plain(value: Any) -> Any:
    """JSON values with decimals as floats, for data that has no struct. Raises ValueError for what no float can hold."""
    match value:
        case Decimal():
            number = float(value)
            if not isfinite(number):
                raise ValueError(f"{_shown(value)} is out of range")
            return number
        case dict():
            return {k: plain(v) for k, v in value.items()}
        case list():
            return [plain(v) for v in value]
        case _:
            return value


def _decimal(text: str | int) -> Decimal:
    try:
        return Decimal(
            str(text).strip().removeprefix("¥").removeprefix("￥").removesuffix("元").replace(",", "").strip()
        )
    except InvalidOperation:
        raise ValueError(f"{_shown(text)} is no amount in yuan") from None


def _shown(value: object) -> str:
    return repr(str(value)[:40])
