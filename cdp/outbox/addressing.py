"""Makes an open action ready to go: whom it addresses, what it says, which secrets it carries. Reads the vault, sends nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cdp.errors import CdpError
from cdp.outbox.state import Open
from cdp.ports import Delivery, EventReader, Refused, Sink, Vault

Render = Callable[[str, Mapping[str, Any], Mapping[str, str]], str]
"""(template, values in clear, opened values) -> text. Raises CdpError naming what is missing."""


class Unrenderable(CdpError):
    """The text cannot be made: something it needs is missing."""


class Addressing:
    """Turns open actions into deliveries."""

    def __init__(self, log: EventReader, vault: Vault, render: Render):
        self._log, self._vault, self._render = log, vault, render

    def delivery(self, item: Open, sink: Sink) -> Delivery | Refused:
        """The delivery, or why there can be none. Raises Unrenderable."""
        to = self.address(item, sink)
        if not to:
            return Refused(0, "no identifier that this channel can address")
        secrets = self._secrets(item, sink)
        if len(secrets) < len(sink.secrets):
            return Refused(0, f"{' and '.join(sink.secrets)} never came, or was erased")
        data = item.request.data
        return Delivery(
            item.action, item.channel, to, str(data.get("staff", "")), self._text(data), tuple(data.get("attach", ())),
            data.get("params", {}), secrets,
        )  # fmt: skip

    def address(self, item: Open, sink: Sink) -> dict[str, str]:
        """Identifier type -> value of the person, of the types that the sink can address: of several the one named first."""
        known = self._vault.identifiers([w.surrogate for w in item.request.actors()])
        found: dict[str, str] = {}
        for identifier in (known[w.surrogate] for w in item.request.actors() if w.surrogate in known):
            if identifier.type in sink.address:
                found.setdefault(identifier.type, identifier.value)
        return found

    def _text(self, data: Mapping[str, Any]) -> str:
        template = str(data.get("template", ""))
        if not template:
            return ""
        params = data.get("params", {})
        opened = self._opened(params.get("sealed", {}))
        try:
            return self._render(template, params.get("values", {}), opened)
        except CdpError as error:
            raise Unrenderable(str(error)) from None

    def _secrets(self, item: Open, sink: Sink) -> dict[str, str]:
        position = int(item.request.data.get("trigger_position", 0))
        trigger: Sequence[Any] = self._log.read(position - 1, 1) if sink.secrets and position else ()
        return self._opened({n: str(t.data[n]) for t in trigger for n in sink.secrets if n in t.data})

    def _opened(self, references: Mapping[str, str]) -> dict[str, str]:
        opened = self._vault.open(list(references.values())) if references else {}
        return {name: opened[reference] for name, reference in references.items() if reference in opened}
