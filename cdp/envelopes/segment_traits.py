"""Segment's traits: who somebody is (identifiers), what tells who they are (sealed), and everything else (attributes)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from cdp.events.touchpoint import Identifier

_SEALED = {"name": "name", "nickname": "nickname", "username": "nickname", "avatar": "avatar", "remark": "remark"}
"""Trait -> sealed field of `person.profile_changed`; the first that is given wins."""
_CONSUMED = frozenset(
    {*_SEALED, "firstName", "lastName", "address", "phone", "email", "unionid", "gender", "building", "birthday", "id"}
    | {"babyBirthMonth", "baby_birth_month", "first_name", "last_name"}
)
"""Traits that have a place of their own; none of them may reach the attributes, which stand in clear."""
_GENDERS = {"f": "female", "female": "female", "女": "female", "m": "male", "male": "male", "男": "male"}
_ADDRESS = ("country", "state", "province", "city", "district", "street", "postalCode", "postal_code")


def identifiers(traits: Mapping[str, Any]) -> tuple[Identifier, ...]:
    """Phone, email and unionid among the traits."""
    found = (
        ("phone", phone(text(traits.get("phone")))),
        ("email", text(traits.get("email")).lower()),
        ("unionid", text(traits.get("unionid"))),
    )
    return tuple(Identifier(type=kind, value=value) for kind, value in found if value)


def profile(traits: Mapping[str, Any]) -> dict[str, Any]:
    """The data of `person.profile_changed`."""
    data: dict[str, Any] = dict(_identifying(traits))
    if building := text(traits.get("building")):
        data["building"] = building
    if gender := text(traits.get("gender")):
        data["gender"] = _GENDERS.get(gender.lower(), "unknown")
    if month := text(traits.get("babyBirthMonth") or traits.get("baby_birth_month")):
        data["baby_birth_month"] = month[:7]
    if attributes := dict(_attributes(traits)):
        data["attributes"] = attributes
    return data


def phone(value: str) -> str:
    """A number as it is dialled in China: without spaces, dashes and the country's own prefix. Others keep theirs."""
    digits = re.sub(r"[\s()\-.]", "", value)
    return re.sub(r"^(\+|00)?86(?=1\d{10}$)", "", digits)


def text(value: object) -> str:
    """A text or a whole number as text; anything else is none."""
    if isinstance(value, bool):
        return ""
    return str(value).strip() if isinstance(value, str | int) else ""


def scalar(value: object) -> str | int | bool | None:
    """A trait as an attribute may hold it: a fraction and anything nested become text."""
    if value is None or isinstance(value, str | int):
        return value
    return str(value) if isinstance(value, Decimal) else msgspec.json.encode(value).decode()


def _identifying(traits: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for trait, field in reversed(_SEALED.items()):
        if value := text(traits.get(trait)):
            yield field, value
    if not text(traits.get("name")):
        given = text(traits.get("firstName") or traits.get("first_name"))
        family = text(traits.get("lastName") or traits.get("last_name"))
        if full := f"{given} {family}".strip():
            yield "name", full
    if address := _address(traits.get("address")):
        yield "address", address


def _address(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(part for key in _ADDRESS if (part := text(value.get(key))))
    return text(value)


def _attributes(traits: Mapping[str, Any]) -> Iterator[tuple[str, str | int | bool | None]]:
    for name, value in traits.items():
        if name not in _CONSUMED:
            yield name, scalar(value)
    if match := re.match(r"\d{4}-(\d{2}-\d{2})", text(traits.get("birthday"))):
        # Day and month serve a birthday greeting; the full date would tell who somebody is.
        yield "birthday", match[1]
