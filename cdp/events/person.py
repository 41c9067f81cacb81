"""Persons and consent."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from cdp.events.fields import Data, Id, Sealed, Text


class ProfileChanged(Data, frozen=True, kw_only=True):
    """Something about a person became known. A field that is left out keeps what was known."""

    name: Sealed | None = None
    nickname: Sealed | None = None
    remark: Sealed | None = None
    address: Sealed | None = None
    avatar: Sealed | None = None
    building: Text | None = None
    """The building or block somebody lives in (楼栋)."""
    gender: Literal["female", "male", "unknown"] | None = None
    baby_birth_month: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}$")] | None = None
    is_staff: bool | None = None
    """Staff and test accounts are left out of every metric."""
    attributes: dict[str, str | int | bool | None] = {}
    """Attributes of the workspace's own; in clear, usable in conditions."""


class Linked(Data, frozen=True, kw_only=True):
    """The identifiers in `who` belong to one person, says `by`."""

    reason: Text = ""
    by: Text = ""


class Unlinked(Data, frozen=True, kw_only=True):
    """A link between the identifiers in `who` is taken back."""

    reason: Text = ""
    by: Text = ""


class Erased(Data, frozen=True, kw_only=True):
    """Mappings, keys and raw bodies of these surrogates were deleted from the vault and the inbox."""

    surrogates: tuple[int, ...]
    bodies: tuple[int, ...] = ()
    """Numbers of the inbox's raw bodies that mention the person and were not written down under these surrogates."""
    by: Text = ""


class ConsentGiven(Data, frozen=True, kw_only=True):
    """The person agreed to be contacted for a purpose."""

    purpose: Id = "promotion"
    channel: Text = ""


class ConsentWithdrawn(Data, frozen=True, kw_only=True):
    """The person no longer agrees."""

    purpose: Id = "promotion"
    channel: Text = ""


TYPES: dict[str, type[Data]] = {
    "person.profile_changed": ProfileChanged,
    "person.linked": Linked,
    "person.unlinked": Unlinked,
    "person.erased": Erased,
    "consent.given": ConsentGiven,
    "consent.withdrawn": ConsentWithdrawn,
}
