"""A process that fills a vault and erases from it until it is killed, and says what was acknowledged."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from cdp.events.touchpoint import Identifier
from cdp.vault import open_vault


def main(directory: str, life: str) -> None:
    """Everybody gets a surrogate and a sealed name; every fifth is erased again."""
    vault = open_vault(Path(directory))
    for number in range(1_000_000):
        phones = [f"{life}-{number}-{part}" for part in range(5)]
        numbers = vault.surrogates([Identifier(type="phone", value=phone) for phone in phones])
        references = vault.seal([(n, f"name of {phone}") for n, phone in zip(numbers, phones, strict=True)])
        _say("kept", list(zip(phones, numbers, references, strict=True)))
        vault.erase(numbers[:1])
        _say("erased", numbers[:1])


def _say(what: str, value: object) -> None:
    os.write(1, f"{what} {json.dumps(value)}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
