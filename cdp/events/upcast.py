"""How events of an older version of their type are read as the present one.

A change that only adds fields needs nothing: what is left out has its default. A breaking change is a new version, and an
upcaster here from the version before it; a chain of them brings any old event up to date whenever it is read. The log itself
never changes. An upcaster sees data as it stands in the log: identifying fields are references, which nobody opens here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cdp.errors import LogDamaged

Data = dict[str, Any]
Upcaster = Callable[[Data], Data]
"""Makes data of one version into data of the next. Pure, total, and with every field it does not know kept."""


class Upcasters:
    """The upcasters of all types: (type, version they start from) -> function."""

    def __init__(self, steps: Mapping[tuple[str, int], Upcaster]):
        """Raises ValueError if a type's versions have a gap: they are counted from 1."""
        self._steps = dict(steps)
        self.versions: dict[str, int] = {}
        """The present version of every type that had a breaking change."""
        for name, version in sorted(self._steps):
            if version != self.version(name):
                raise ValueError(f"{name} has an upcaster from version {version} but none from {self.version(name)}")
            self.versions[name] = version + 1

    def version(self, type_name: str) -> int:
        """The present version of a type; 1 until it had a breaking change."""
        return self.versions.get(type_name, 1)

    def upcast(self, type_name: str, version: int, data: Data) -> tuple[int, Data]:
        """The present version and the data as it would be written today.

        Raises LogDamaged for a version that this release does not know: a newer one wrote the log.
        """
        present = self.version(type_name)
        if version == present:
            return version, data
        if version > present:
            raise LogDamaged(
                f"{type_name} of version {version} was written by a newer release; this one knows {present}"
            )
        for step in range(version, present):
            data = self._steps[type_name, step](data)
        return present, data


UPCASTERS = Upcasters({})
"""The product's own. The version of every type in the catalogue follows from it."""
