"""Everything that reads what others wrote, bodies and files alike, with good samples and the errors by which it may say no."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from cdp.app.file_import.checkpoint import Checkpoint
from cdp.app.file_import.chunks import Chunk, Csv, csv_rows, json_rows, parquet_rows, raw_lines
from cdp.app.file_import.mapping import read_mapping
from cdp.app.keys import Keys
from cdp.app.migrations.version import read_version
from cdp.app.operations.archive import MANIFEST, Manifest, contents, opened, unpack
from cdp.app.own_types import load_own_types
from cdp.app.settings import load
from cdp.app.workspace import Hold, read_definition_files, read_run_info
from cdp.codec import decode, encode
from cdp.conditions.durations import parse_duration
from cdp.envelopes import cloudevents, own, segment
from cdp.envelopes.body import Body
from cdp.errors import (
    DefinitionError,
    LogDamaged,
    NotFound,
    Rejected,
    SettingsError,
    UsageError,
    WorkspaceError,
)
from cdp.events.touchpoint import Touchpoint
from cdp.identity.rules import IdentityRules
from cdp.ingest import Door
from cdp.ports import Callback, Connector
from cdp.testing import DRAGON_BOAT, event, fixed_clock, memory_log, memory_vault, moment
from connectors.registry import KINDS, connector
from journeys.check import check
from tests.connectors.accounts import from_store, from_wecom, from_youzan, wechat_store, wecom, youzan
from tests.doors.test_files import HEADER, MAP, ROWS
from tests.journeys.town import FILES
from tests.operations.shop import SETTINGS


@dataclass(frozen=True)
class Reader:
    """A way to read: good samples, what reads them, and the errors by which it may say no."""

    samples: tuple[bytes, ...]
    read: Callable[[Path, bytes], object]
    refuses: tuple[type[Exception], ...]


def _body(split: Callable[[bytes], Body], parse: Callable[[bytes], Touchpoint]) -> Callable[[Path, bytes], None]:
    """A body at a door: taken apart, then event by event through the door itself."""
    door = Door(memory_log(), memory_vault(), fixed_clock(), IdentityRules)

    def reading(_: Path, content: bytes) -> None:
        for raw in split(content).raws:
            with contextlib.suppress(Rejected):
                assert door.take([parse(raw)])[0].outcome

    return reading


def _callback(answering: Connector, sealed: Callable[[bytes], Callback]) -> Callable[[Path, bytes], None]:
    """The message of a platform, rightly signed and encrypted: `map` never raises."""

    def reading(_: Path, content: bytes) -> None:
        callback = sealed(content)
        answering.verify(callback)
        assert answering.map(callback)
        assert isinstance(answering.plaintext(callback), str)

    return reading


def _samples(folder: str) -> tuple[bytes, ...]:
    files = sorted((Path(__file__).parents[1] / "connectors" / "samples" / folder).iterdir())
    return tuple(file.read_bytes() for file in files)


def _settings(directory: Path, content: bytes) -> None:
    (directory / "cdp.toml").write_bytes(content)
    found = load(directory, environment={})
    for kind, accounts in found.connectors.items():
        for name, options in accounts.items():
            with contextlib.suppress(*[NotFound] if kind not in KINDS else []):
                connector(kind, name, options, lambda given: given[:16])


def _mapping(directory: Path, content: bytes) -> None:
    rows = read_mapping("map.yaml", content.decode(errors="replace"), "Asia/Shanghai")
    chunk = Chunk(
        [2], {"订单号": ["7"], "支付时间": ["2026-06-13 20:15:00"], "手机号": ["199"], "实付金额": ["1"]}, 1, 1
    )
    for made in rows.touchpoints(chunk, "file", historical=False):
        assert isinstance(made, Rejected) or made.type


def _definitions(directory: Path, content: bytes) -> None:
    """`check` never raises: it answers with problems."""
    (directory / "journeys").mkdir(exist_ok=True)
    for name in ("traits.yaml", "tags.yaml", "journeys/a.yaml"):
        (directory / name).write_bytes(content)
    files, unreadable = read_definition_files(directory)
    problems = [*unreadable, *check(files, {"timezone": "Asia/Shanghai"})]
    assert all(problem.message for problem in problems)


def _rows(read: Callable[[Path], Iterator[Chunk]], name: str) -> Callable[[Path, bytes], None]:
    mapping = read_mapping("map.yaml", MAP, "Asia/Shanghai")

    def reading(directory: Path, content: bytes) -> None:
        (directory / name).write_bytes(content)
        for chunk in read(directory / name):
            assert len(mapping.touchpoints(chunk, "file", historical=False)) == len(chunk.lines)

    return reading


def _lines(directory: Path, content: bytes) -> None:
    (directory / "rows.jsonl").write_bytes(content)
    for lines in raw_lines(directory / "rows.jsonl", 0, 5):
        assert len(lines.lines) == len(lines.raws)


def _own_types(directory: Path, content: bytes) -> None:
    (directory / "schemas").mkdir(exist_ok=True)
    (directory / "schemas" / "x.tasting.json").write_bytes(content)
    declared = load_own_types(directory)
    with contextlib.suppress(Rejected):
        declared.check("x.tasting", {"cake": "红豆", "guest": 5, "items": [{"a": None}]})


def _archive(directory: Path, content: bytes) -> None:
    (directory / "b.zip").write_bytes(content)
    target = directory / "into"
    target.mkdir(exist_ok=True)
    for old in target.iterdir():
        old.unlink()
    with opened(directory / "b.zip") as (archive, manifest):
        unpack(archive, manifest, target)


def _notes(directory: Path, content: bytes) -> None:
    """What we left ourselves: how far an import came, who serves the workspace."""
    file = directory / "rows.csv"
    if not file.exists():
        file.write_text("a\n")
    checkpoint = Checkpoint(directory, file, "source")
    checkpoint._path.parent.mkdir(exist_ok=True)
    checkpoint._path.write_bytes(content)
    assert checkpoint.load().rows >= 0
    (directory / "held").mkdir(exist_ok=True)
    hold = Hold(directory / "held")
    (directory / "held" / "run.json").write_bytes(content)
    read_run_info(directory / "held")
    hold.release()


def _keys(directory: Path, content: bytes) -> None:
    (directory / "keys.json").write_bytes(content)
    Keys(directory / "keys.json").find("cdp_write_x")


def _version(directory: Path, content: bytes) -> None:
    (directory / "version").write_bytes(content)
    read_version(directory)


def _event(_: Path, content: bytes) -> None:
    assert decode(content, position=7, stream="s/1", type="order.paid").position == 7


def _duration(_: Path, content: bytes) -> None:
    found = parse_duration(content.decode(errors="replace"))
    now = moment(DRAGON_BOAT)
    assert found.before(now, "Asia/Shanghai") <= now <= found.after(now, "Asia/Shanghai")


def _table() -> pa.Table:
    return pa.table(
        {"订单号": ["1", "2"] * 30, "支付时间": ["2026-06-13 20:15:00", "x"] * 30, "手机号": ["199", None] * 30}
    )


def _parquet(**options: Any) -> bytes:
    stream = io.BytesIO()
    pq.write_table(_table(), stream, row_group_size=20, **options)
    return stream.getvalue()


def _zip() -> bytes:
    stream = io.BytesIO()
    files = {name: b"content of " + name.encode() for name in ("log.sqlite", "vault.sqlite", "inbox.sqlite")}
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        directory = Path(__file__).parent / "none"
        manifest = Manifest(
            workspace="老王", schema=1, made_at="", position=0, recorded_at="", files=contents(directory)
        )
        told = {name: {"bytes": len(body), "sha256": _digest(body)} for name, body in files.items()}
        archive.writestr(MANIFEST, msgspec.json.encode({**msgspec.to_builtins(manifest), "files": told}))
        for name, body in files.items():
            archive.writestr(name, body)
    return stream.getvalue()


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


NOW = moment(DRAGON_BOAT)
CSV = "\r\n".join([HEADER, *ROWS, ""]).encode()
JSONL = b"\n".join(
    [b'{"\xe8\xae\xa2\xe5\x8d\x95\xe5\x8f\xb7": "1", "a": {"b": 1.5}}', b'{"id": "e", "data": [1, {}]}', b""]
)
SCHEMA = b"""{"type": "object", "properties": {"cake": {"type": "string"}, "guest": {"type": "string", "x-identifying": true},
 "items": {"type": "array", "items": {"$ref": "#/$defs/one"}}}, "$defs": {"one": {"anyOf": [{"const": 1}]}}, "required": ["cake"]}"""
MORE = b'[connectors.wechat-store.main]\nappid = "wx1"\ntoken = "t"\naes_key = "k"\n[limits]\nburst = 5\n[identity.limits]\nunionid = 1\n'
OWN = b"""{"id": "e1", "source": "mall", "type": "order.paid", "occurred_at": "2026-06-13T20:15:00+08:00", "who": [{"type": "phone",
 "value": "19900000001"}], "data": {"amount_fen": 990, "items": [{"product": "p", "quantity": 2}]}, "context": {"order": "o"}}"""
LINE = OWN.replace(b"\n", b"")
CLOUDEVENT = b"""{"specversion": "1.0", "id": "e2", "source": "/mall", "type": "order.paid", "time": "2026-06-13T20:15:00Z",
 "subject": "phone:19900000001", "data": {"data": {"amount_fen": 990}, "context": {"order": "o"}}}"""
SEGMENT = b"""{"sentAt": "2026-06-13T12:15:00.000Z", "context": {"campaign": {"name": "duanwu"}}, "batch": [{"type": "track", "userId": "u",
 "messageId": "m1", "event": "Order Completed", "timestamp": "2026-06-13T12:14:00Z", "properties": {"total": 69.97, "products": [
 {"product_id": "p", "price": 9.9, "quantity": 2}]}}, {"type": "identify", "anonymousId": "a", "traits": {"phone": "+86 199 0000 0001"}}]}"""
READERS = {
    "our own JSON": Reader(
        (OWN, b"[" + OWN + b"," + OWN + b"]", b'{"events": [' + OWN + b'], "sent_at": "2026-06-13T20:15:00Z"}'),
        _body(own.split, lambda raw: own.parse(raw, default_source="s")), (Rejected,),
    ),
    "NDJSON": Reader(
        (LINE + b"\n" + LINE,),
        _body(lambda body: own.split(body, ndjson=True), lambda raw: own.parse(raw, default_source="s")), (),
    ),
    "CloudEvents": Reader(
        (CLOUDEVENT,), _body(lambda body: cloudevents.split(body, batch=False), cloudevents.parse), (Rejected,)
    ),
    "CloudEvents in a batch": Reader(
        (b"[" + CLOUDEVENT + b"]",), _body(lambda body: cloudevents.split(body, batch=True), cloudevents.parse), (Rejected,)
    ),
    "Segment": Reader(
        (SEGMENT,), _body(lambda body: segment.split(body, "batch", NOW), lambda raw: segment.parse(raw, source="s", received_at=NOW)),
        (Rejected,),
    ),
    "WeCom": Reader(_samples("wecom_events"), _callback(wecom(), from_wecom), ()),
    "Youzan": Reader(_samples("youzan"), _callback(youzan(), from_youzan), ()),
    "WeChat Store": Reader(_samples("wechat_store"), _callback(wechat_store(), from_store), ()),
    "cdp.toml": Reader((SETTINGS.encode(), SETTINGS.encode() + MORE), _settings, (SettingsError,)),
    "mapping file": Reader((MAP.encode(),), _mapping, (DefinitionError,)),
    "journeys, traits, tags": Reader(tuple(text.encode() for text in FILES.values()), _definitions, ()),
    "CSV": Reader((CSV, CSV.decode().encode("gb18030")), _rows(lambda f: csv_rows(f, Csv(), 0, 3), "r.csv"), (UsageError,)),
    "CSV in gzip": Reader((gzip.compress(CSV),), _rows(lambda f: csv_rows(f, Csv(), 0, 3), "r.csv.gz"), (UsageError,)),
    "JSON lines": Reader((JSONL,), _lines, ()),
    "JSON lines by a mapping": Reader((JSONL,), _rows(lambda f: json_rows(f, 0, 2), "r.jsonl"), (UsageError,)),
    "Parquet": Reader(
        (_parquet(), _parquet(compression="zstd"), _parquet(use_dictionary=False, compression="none")),
        _rows(lambda f: parquet_rows(f, 0, 7), "r.parquet"), (UsageError,),
    ),
    "types of one's own": Reader((SCHEMA,), _own_types, (DefinitionError,)),
    "backup": Reader((_zip(),), _archive, (WorkspaceError,)),
    "notes to ourselves": Reader((b'{"file": "/r.csv", "rows": 5}', b'{"url": "http://x", "token": "t", "pid": 1}'), _notes, ()),
    "access keys": Reader((b'[{"id":"a","scope":"read","source":"","prefix":"p","digest":"d","created_at":1}]',), _keys, (WorkspaceError,)),
    "version": Reader((b"linli-cdp 1\n",), _version, (WorkspaceError,)),
    "an event of the log": Reader((encode(event(data={"amount_fen": 1}, context={"order": "o"})),), _event, (LogDamaged,)),
    "duration": Reader((b"1mo", b"3d12h", b"2w", b" 45S "), _duration, (ValueError,)),
}  # fmt: skip
