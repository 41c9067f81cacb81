"""The sections of cdp.toml that say what customers are worth, how they are scored and what is recommended to them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Literal

import msgspec

from cdp.events.fields import MOST

Cut = Annotated[int, msgspec.Meta(ge=0, le=MOST)]
Cuts = tuple[Cut, Cut, Cut, Cut]


class Customers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[customers], what they are worth and what is recommended to them"""

    gross_margin: Annotated[float, msgspec.Meta(gt=0, le=1)] | None = None
    """Share of net revenue that is gross margin; LTV is then that share, and net revenue otherwise."""
    least_support: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 5
    """How many persons must have bought two products before one is recommended to buyers of the other."""


class Rfm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[rfm], how customers are scored by recency, frequency and money"""

    method: Literal["cuts", "quartiles"] = "cuts"
    """By the cut points below, or against each other."""
    window_days: Annotated[int, msgspec.Meta(ge=1, le=36_500)] = 365
    """Over how many days orders and money count."""
    recency_days: Cuts = (7, 14, 30, 60)
    frequency: Cuts = (2, 3, 6, 12)
    monetary_fen: Cuts = (10_000, 30_000, 60_000, 120_000)


def not_rising(rfm: Rfm) -> Iterator[tuple[str, str]]:
    """(setting, what is wrong) for cut points of which one is not above the one before."""
    for key in ("recency_days", "frequency", "monetary_fen"):
        cuts: Cuts = getattr(rfm, key)
        if any(later <= earlier for earlier, later in pairwise(cuts)):
            said = ", ".join(map(str, cuts))
            yield key, f"the four cut points must rise, each above the one before; they are {said}"
