"""From checked touchpoints to events of the log: surrogates for identifiers, references for identifying text, a stream each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain, islice
from typing import Any, NamedTuple

import msgspec

from cdp.events.event import Event, Who, subject_stream
from cdp.events.touchpoint import Identifier, Touchpoint
from cdp.identity.rules import IdentityRules, subject
from cdp.ports import Vault

_STREAM_KEYS = ("live", "group", "campaign")
_MAPPING_BYTES, _CONTENT_BYTES = 4, 12
_canonical = msgspec.json.Encoder(order="deterministic")

Fields = dict[str, Any]


class Checked(NamedTuple):
    """A touchpoint that may go into the log."""

    touchpoint: Touchpoint
    who: tuple[Identifier, ...]
    """Everybody it mentions, without identifiers that identify nobody, and with its order."""
    data: Fields
    """Plain JSON values, as its type has them."""
    identifying: tuple[str, ...] = ()
    """The fields of `data` that have a value to seal."""
    version: int = 1
    """Of the type's struct."""


class Filer:
    """Makes events of touchpoints. Thread-safe as the vault is."""

    def __init__(self, vault: Vault):
        self._vault = vault
        self._mappings: dict[str, bytes] = {}

    def file(self, checked: Sequence[Checked], rules: IdentityRules) -> list[Event]:
        """One event a touchpoint, in order; what it refers to in the vault is durable when this returns."""
        # One sync for new identifiers and sealed values together.
        with self._vault.batch():
            whos = self._whos(checked)
            owners = [subject(who, rules) for who in whos]
            datas = self._seal(checked, owners)
        return list(map(_event, checked, whos, owners, datas))

    def fingerprints(self, checked: Sequence[Checked]) -> list[bytes]:
        """Sixteen bytes for each content, of which the first four tell the version of the mapping that made it."""
        # JSON has no line break within a value, so all are encoded at once and are still one line each.
        digests = self._vault.fingerprints(_canonical.encode_lines(list(map(_content, checked))).split(b"\n")[:-1])
        versions = [c.touchpoint.mapping for c in checked]
        begins = {version: self._mapping(version) for version in set(versions)}
        return [begins[version] + digest[:_CONTENT_BYTES] for version, digest in zip(versions, digests, strict=True)]

    def _mapping(self, version: str) -> bytes:
        known = self._mappings.get(version)
        if known is None:
            known = self._mappings[version] = self._vault.fingerprints([version.encode()])[0][:_MAPPING_BYTES]
        return known

    def _whos(self, checked: Sequence[Checked]) -> list[tuple[Who, ...]]:
        identifiers = [c.who for c in checked]
        everybody = list(chain.from_iterable(identifiers))
        numbers = self._vault.surrogates(everybody) if everybody else ()
        named = iter([Who(i.type, i.scope, n, i.role) for i, n in zip(everybody, numbers, strict=True)])
        # Nearly all events name one.
        return [(next(named),) if len(who) == 1 else tuple(islice(named, len(who))) for who in identifiers]

    def _seal(self, checked: Sequence[Checked], owners: Sequence[Who | None]) -> list[Fields]:
        """The data of each event, with references for identifying values, which are sealed under the subject's key.

        Without a subject there is nobody to keep them for, and identifying text never enters the log in clear: they go.
        """
        datas = [c.data for c in checked]
        places = [(n, field) for n, c in enumerate(checked) if c.identifying for field in c.identifying]
        if not places:
            return datas
        wanted = [(owner.surrogate, datas[n][field]) for n, field in places if (owner := owners[n]) is not None]
        references = iter(self._vault.seal(wanted))
        for n, field in places:
            datas[n] = {**datas[n]}
            if owners[n] is None:
                del datas[n][field]
            else:
                datas[n][field] = next(references)
        return datas


def _event(checked: Checked, who: tuple[Who, ...], owner: Who | None, data: Fields) -> Event:
    t, identifiers, _, _, version = checked
    context = t.context
    if "order" not in context:
        for identifier in identifiers:
            if identifier.type == "order":
                context = {**context, "order": identifier.value}
                break
    stream = subject_stream(owner.surrogate) if owner is not None else _place(context)
    return Event(
        id=t.id, source=t.source, type=t.type, version=version, occurred_at=t.occurred_at,
        stream=stream, who=who, data=data, context=context, historical=t.historical,
    )  # fmt: skip


def _place(context: Mapping[str, str]) -> str:
    """The stream of an event of nobody."""
    return next((f"{key}/{context[key]}" for key in _STREAM_KEYS if key in context), "shop")


def _content(checked: Checked) -> tuple[Any, ...]:
    """What must be equal for a repeated id to be a repetition: type, time as the sender named it, who, data."""
    t, who, data, _, _ = checked
    named = t.occurred_at if t.claimed_at is None else t.claimed_at
    return t.type, named, who if len(who) < 2 else sorted(who), data
