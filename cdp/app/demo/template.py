"""Writes the demo's workspace: the templates in `workspace/` with ports and secrets filled in, and the history file."""

from __future__ import annotations

import base64
import secrets
import string
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import msgspec

from cdp.app.demo.story import shop
from cdp.app.demo.story.acts import Story
from cdp.app.playbooks.copying import claim, templates, write_files
from cdp.clock import iso
from cdp.errors import WorkspaceError

HISTORY = "history.jsonl"


@dataclass(frozen=True)
class Addresses:
    """Where the two processes listen."""

    port: int
    sandbox_port: int


def write_workspace(directory: Path, story: Story, addresses: Addresses) -> list[Path]:
    """Make the workspace and answer its files. Raises WorkspaceError if the directory is in use or cannot be written."""
    claim(directory)
    texts = templates(files("cdp.app.demo") / "workspace")
    written = write_files(directory, {name: _filled(text, story, addresses) for name, text in texts.items()})
    try:
        (directory / "data").mkdir(mode=0o700)
        lines = b"".join(msgspec.json.encode(line) + b"\n" for line in story.history)
        (directory / HISTORY).write_bytes(lines)
    except OSError as error:
        raise WorkspaceError(f"{directory} cannot be written ({error.strerror}); choose another directory") from None
    return [*written, directory / HISTORY]


def _filled(text: str, story: Story, addresses: Addresses) -> str:
    """Journeys and plans have no blanks, and may well say `$`; so only what is known is filled in."""
    return string.Template(text).safe_substitute(
        clock_start=iso(story.opening),
        port=addresses.port,
        sandbox_port=addresses.sandbox_port,
        sandbox_url=f"http://127.0.0.1:{addresses.sandbox_port}",
        corp_id=shop.CORP_ID,
        agent_id=shop.AGENT_ID,
        app_id=shop.APP_ID,
        shop_phone=shop.SHOP_PHONE,
        wecom_token=secrets.token_hex(12),
        wecom_aes_key=_aes_key(),
        wecom_secret=secrets.token_urlsafe(24),
        youzan_client_id=f"demo{secrets.token_hex(8)}",
        youzan_client_secret=secrets.token_hex(16),
        categories="\n".join(f'"{product.id}" = "{product.category}"' for product in shop.PRODUCTS),
    )


def _aes_key() -> str:
    """43 letters and digits that stand for 32 bytes, as WeCom hands out."""
    while True:
        key = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        if key.isalnum():
            return key
