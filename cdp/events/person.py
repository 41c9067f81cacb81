"""Persons and consent."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from cdp.events.fields import Data, Id, Sealed, Text


class ProfileChanged(Data, frozen=True, kw_only=True):
    """Something about a person became known. A field that is left out keeps what was known."""

    name: Sealed | None = None
    """The person's name."""
    nickname: Sealed | None = None
    """What the person goes by, as in WeChat."""
    remark: Sealed | None = None
    """What a staff member noted about the person (备注)."""
    address: Sealed | None = None
    """Where the person lives."""
    avatar: Sealed | None = None
    """Address of a picture."""
    building: Text | None = None
    """The building or block somebody lives in (楼栋)."""
    gender: Literal["female", "male", "unknown"] | None = None
    """As far as it is known."""
    baby_birth_month: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}$")] | None = None
    """`YYYY-MM`; enough to know what a baby needs."""
    is_staff: bool | None = None
    """Staff and test accounts are left out of every metric."""
    attributes: dict[str, str | int | bool | tuple[str | int | bool, ...] | None] = {}
    """Attributes of the workspace's own, lists among them; in clear, usable in conditions."""


class Linked(Data, frozen=True, kw_only=True):
    """The identifiers in `who` belong to one person, says `by`."""

    reason: Text = ""
    """Why, in the words of whoever says so."""
    by: Text = ""
    """Who says so."""
    beyond_limit: bool = False
    """Whoever says so knows that the person then has more values of a type than the workspace's limit allows. Settling
    writes it; the doors refuse it."""


class Unlinked(Data, frozen=True, kw_only=True):
    """A link between the identifiers in `who` is taken back."""

    reason: Text = ""
    """Why, in the words of whoever says so."""
    by: Text = ""
    """Who says so."""


class Erased(Data, frozen=True, kw_only=True):
    """Mappings, keys and raw bodies of these surrogates were deleted from the vault and the inbox."""

    surrogates: tuple[int, ...]
    """Every surrogate the person had."""
    bodies: tuple[int, ...] = ()
    """Numbers of the inbox's raw bodies that mention the person and were not written down under these surrogates."""
    by: Text = ""
    """Who asked for it."""


class ConsentGiven(Data, frozen=True, kw_only=True):
    """The person agreed to be contacted for a purpose."""

    purpose: Id = "promotion"
    """What for: `promotion`, or a purpose of the workspace's own."""
    channel: Text = ""
    """Through which channel it holds; empty for all."""


class ConsentWithdrawn(Data, frozen=True, kw_only=True):
    """The person no longer agrees."""

    purpose: Id = "promotion"
    """What for: `promotion`, or a purpose of the workspace's own."""
    channel: Text = ""
    """Through which channel; empty for all."""


TYPES: dict[str, type[Data]] = {
    "person.profile_changed": ProfileChanged,
    "person.linked": Linked,
    "person.unlinked": Unlinked,
    "person.erased": Erased,
    "consent.given": ConsentGiven,
    "consent.withdrawn": ConsentWithdrawn,
}
