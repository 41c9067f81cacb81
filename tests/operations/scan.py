"""Looks for texts in everything a workspace has on disk: as bytes, and through the engine that wrote each file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote_plus

import duckdb
import pyarrow.parquet as pq

from cdp.app.settings import load
from cdp.errors import SettingsError
from cdp.inbox.store import Inbox
from cdp.vault import open_vault
from connectors.registry import connector

Found = dict[str, set[str]]
"""Needle's name -> where it stands: `kind:file`."""


def search(workspace: Path, needles: Mapping[str, str]) -> Found:
    """Where each text stands in a closed workspace."""
    return _search(_everything(workspace), needles)


def search_each(workspace: Path, *several: Mapping[str, str]) -> list[Found]:
    """The same for several sets of texts, while the workspace is read once."""
    found = search(
        workspace, {f"{n} {name}": text for n, needles in enumerate(several) for name, text in needles.items()}
    )
    return [{name: found[f"{n} {name}"] for name in needles} for n, needles in enumerate(several)]


def search_bytes(workspace: Path, needles: Mapping[str, str]) -> Found:
    """Where each text stands as bytes in the files of a workspace, write-ahead logs included; it may be open."""
    return _search(_bytes(workspace), needles)


def _search(places: Iterable[tuple[str, bytes]], needles: Mapping[str, str]) -> Found:
    found: Found = {name: set() for name in needles}
    wanted = {name: _forms(needle) for name, needle in needles.items()}
    for place, text in places:
        for name, forms in wanted.items():
            if any(form in text for form in forms):
                found[name].add(place)
    return found


def _forms(needle: str) -> set[bytes]:
    """A text as it may stand in a file: plain, in JSON, in a URL, URL inside JSON, and both."""
    escaped = json.dumps(needle)[1:-1]
    return {f.encode() for f in (needle, escaped, quote(needle), quote(escaped))} | {needle.encode("utf-16-le")}


def _everything(workspace: Path) -> Iterator[tuple[str, bytes]]:
    # Bytes first: what opens a file through its engine may tidy it up.
    yield from _bytes(workspace)
    for file in _files(workspace):
        name = str(file.relative_to(workspace))
        match file.suffix:
            case ".sqlite":
                yield f"sqlite:{name}", _rows(_sqlite(file))
            case ".duckdb":
                yield f"duckdb:{name}", _rows(_duckdb(file))
            case ".parquet":
                yield f"parquet:{name}", _rows(pq.read_table(file).to_pylist())
    yield "vault", _rows(_vault(workspace / "data"))
    yield "inbox", _rows(_inbox(workspace))


def _bytes(workspace: Path) -> Iterator[tuple[str, bytes]]:
    for file in _files(workspace):
        yield f"bytes:{file.relative_to(workspace)}", file.read_bytes()


def _files(workspace: Path) -> list[Path]:
    return sorted(p for p in workspace.rglob("*") if p.is_file())


def _rows(rows: Iterable[Any]) -> bytes:
    return "\n".join(map(_text, rows)).encode(errors="replace")


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    if isinstance(value, dict):
        return " ".join(map(_text, value.values()))
    return " ".join(map(_text, value)) if isinstance(value, list | tuple) else str(value)


def _sqlite(file: Path) -> Iterator[tuple[Any, ...]]:
    with closing(sqlite3.connect(file)) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            yield from db.execute(f'SELECT * FROM "{table}"')


def _duckdb(file: Path) -> Iterator[dict[str, Any]]:
    with duckdb.connect(str(file), read_only=True) as db:
        for schema, table in db.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall():
            yield from db.sql(f'SELECT * FROM "{schema}"."{table}"').to_arrow_table().to_pylist()


def _vault(data: Path) -> Iterator[str]:
    with closing(open_vault(data)) as vault:
        yield from (i.value for i in vault.identifiers(range(1, 2000)).values())
        yield from vault.open([f"v:{n}" for n in range(1, 2000)]).values()


def _inbox(workspace: Path) -> Iterator[str]:
    """Every raw body as its platform's connector reads it."""
    with closing(Inbox(workspace / "data" / "inbox.sqlite")) as inbox:
        for raw in inbox.bodies("WHERE 1"):
            reader = _connector(workspace, raw.connector, raw.name)
            text = reader.plaintext(raw.callback) if reader else raw.callback.body.decode()
            yield text
            yield unquote_plus(text)


def _connector(workspace: Path, kind: str, name: str) -> Any:
    options = load(workspace).connectors.get(kind, {}).get(name)
    try:
        return connector(kind, name, options, lambda content: content[:16]) if options else None
    except SettingsError:
        return None
