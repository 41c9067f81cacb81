"""Files of events: foreign columns by a mapping file, failures beside the file, and a second run that goes on."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cdp.app.file_import import Result, import_file, importing
from cdp.app.settings import load
from cdp.app.system import build
from cdp.errors import DefinitionError, UsageError
from cdp.events.event import Event
from cdp.testing import moment

MAP = """\
source: youzan-export
id: {format: "{订单号}-paid"}
type: order.paid
occurred_at: {column: 支付时间, format: "%Y-%m-%d %H:%M:%S", zone: Asia/Shanghai}
who:
  - {type: phone, value: {column: 手机号}}
data:
  amount_fen: {column: 实付金额, as: yuan}
  pickup: {column: 自提}
context:
  order: {column: 订单号}
  store: 菜场
"""
HEADER = "订单号,支付时间,手机号,实付金额,自提"
ROWS = [
    "3705115058471208928,2026-06-13 20:15:00,19900000001,128.50,是",
    "3705115058471208929,2026-06-13 20:16:00,19900000002,9.9,否",
]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "cdp.toml").write_text("", encoding="utf-8")
    (tmp_path / "map.yaml").write_text(MAP, encoding="utf-8")
    return tmp_path


def written(workspace: Path, *rows: str, encoding: str = "utf-8", name: str = "orders.csv") -> Path:
    file = workspace / name
    file.write_bytes("\r\n".join([HEADER, *rows, ""]).encode(encoding))
    return file


def taken(workspace: Path, file: Path, mapping: str | None = "map.yaml", **options: Any) -> Result:
    path = workspace / mapping if mapping else None
    return import_file(workspace, file, **{"source": "file", "historical": False, "mapping": path, **options})


def events(workspace: Path) -> list[Event]:
    system = build(load(workspace))
    try:
        return [e for e in system.log.read(0) if e.type != "workspace.configured"]
    finally:
        system.close()


def kept(workspace: Path) -> list[dict[str, Any]]:
    """What stands in the inbox."""
    system = build(load(workspace))
    try:
        return system.inbox.failures()
    finally:
        system.close()


def test_a_csv_export_becomes_events_with_exact_amounts_and_true_times(workspace: Path) -> None:
    result = taken(workspace, written(workspace, *ROWS))
    assert (result.accepted, result.duplicate, result.failed, result.failed_file) == (2, 0, 0, "")
    first, second = events(workspace)
    assert (first.id, first.source, first.type) == ("3705115058471208928-paid", "youzan-export", "order.paid")
    assert first.occurred_at == moment("2026-06-13T20:15:00+08:00")
    assert (first.data, first.context) == (
        {"amount_fen": 12850, "pickup": True}, {"order": "3705115058471208928", "store": "菜场"}
    )  # fmt: skip
    assert second.data == {"amount_fen": 990}
    assert not first.historical


def test_the_same_file_again_changes_nothing(workspace: Path) -> None:
    file = written(workspace, *ROWS)
    taken(workspace, file)
    again = taken(workspace, file)
    assert (again.accepted, again.duplicate, again.resumed_after) == (0, 2, 0)


def test_history_builds_profiles_only(workspace: Path) -> None:
    taken(workspace, written(workspace, *ROWS), historical=True)
    assert all(e.historical for e in events(workspace))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_exports_come_in_the_encodings_of_office_programs(workspace: Path, encoding: str) -> None:
    (workspace / "map.yaml").write_text(MAP + f"csv: {{encoding: {encoding}}}\n", encoding="utf-8")
    assert taken(workspace, written(workspace, *ROWS, encoding=encoding)).accepted == 2


def test_an_encoding_that_does_not_fit_is_said_and_not_guessed(workspace: Path) -> None:
    with pytest.raises(UsageError, match="encoding"):
        taken(workspace, written(workspace, *ROWS, encoding="gb18030"))


def test_what_fails_stands_beside_the_file_and_in_the_inbox_and_the_rest_is_taken(workspace: Path) -> None:
    bad = [
        "a,2026-06-13 20:15:00,1,12.345,是",
        "b,gestern,1,1,是",
        ",2026-06-13 20:15:00,1,1,是",
        "c,2026-06-13 20:15:00,1",
    ]
    late = "d,2999-01-01 00:00:00,19900000003,1,是"
    result = taken(workspace, written(workspace, *bad, ROWS[0], late))
    assert (result.accepted, result.failed) == (1, 5)
    lines = [json.loads(line) for line in Path(result.failed_file).read_text(encoding="utf-8").splitlines()]
    assert Path(result.failed_file) == workspace / "orders.csv.failed.jsonl"
    assert [(f["line"], f["reason"], f["path"]) for f in lines] == [
        (2, "mapping", "$.data.amount_fen"), (3, "mapping", "$.occurred_at"), (4, "mapping", "$.id"),
        (5, "mapping", "$"), (7, "clock", "$.occurred_at"),
    ]  # fmt: skip
    assert "'12.345' yuan is not a whole number of fen" in lines[0]["message"]
    assert "3 cells" in lines[3]["message"]
    assert [f["reason"] for f in kept(workspace)].count("mapping") == 4
    assert len(result.failures) == 5


def test_a_later_run_without_failures_leaves_no_file_of_failures(workspace: Path) -> None:
    file = written(workspace, "a,gestern,1,1,是")
    assert Path(taken(workspace, file).failed_file).exists()
    assert taken(workspace, written(workspace, *ROWS)).failed_file == ""
    assert not (workspace / "orders.csv.failed.jsonl").exists()


def parquet(workspace: Path, rows: int, per_group: int = 7) -> Path:
    start = moment("2026-06-13T12:00:00+00:00")
    table = pa.table(
        {
            "order": pa.array(range(1, rows + 1), pa.int64()),
            "at": pa.array([start + n for n in range(rows)], pa.timestamp("us", "UTC")),
            "local": pa.array([start // 1000 + n for n in range(rows)], pa.timestamp("ms")),
            "phone": [f"199{n:08}" for n in range(rows)],
            "yuan": [n / 10 for n in range(rows)],
        }
    )
    pq.write_table(table, workspace / "orders.parquet", row_group_size=per_group)
    return workspace / "orders.parquet"


PARQUET_MAP = """\
id: {column: order}
type: order.paid
occurred_at: {column: at}
who: [{type: phone, value: {column: phone}}]
data: {amount_fen: {column: yuan, as: yuan}}
"""


def test_parquet_brings_its_own_types(workspace: Path) -> None:
    (workspace / "map.yaml").write_text(PARQUET_MAP, encoding="utf-8")
    assert taken(workspace, parquet(workspace, 20)).accepted == 20
    made = events(workspace)
    assert [e.data["amount_fen"] for e in made] == [n * 10 for n in range(20)]
    assert [e.id for e in made] == [str(n + 1) for n in range(20)]
    assert made[3].occurred_at == moment("2026-06-13T12:00:00+00:00") + 3


def test_a_timestamp_without_a_zone_is_a_local_one(workspace: Path) -> None:
    (workspace / "map.yaml").write_text(PARQUET_MAP.replace("column: at", "column: local"), encoding="utf-8")
    taken(workspace, parquet(workspace, 1))
    assert events(workspace)[0].occurred_at == moment("2026-06-13T12:00:00+08:00")


@pytest.mark.parametrize(
    ("written_as", "how"),
    [
        ("1781352900", "format: seconds"), ("1781352900000", "format: milliseconds"),
        ("2026-06-13T20:15:00+08:00", "zone: UTC"), ("2026-06-13 20:15:00", ""), ("2026/06/13 12:15", 'format: "%Y/%m/%d %H:%M", zone: UTC'),
    ],
)  # fmt: skip
def test_times_come_in_many_shapes(workspace: Path, written_as: str, how: str) -> None:
    (workspace / "rows.jsonl").write_text(json.dumps({"n": 1, "at": written_as}), encoding="utf-8")
    text = f"id: {{column: n}}\ntype: mall.visited\noccurred_at: {{column: at, {how}}}\n"
    (workspace / "map.yaml").write_text(text, encoding="utf-8")
    assert taken(workspace, workspace / "rows.jsonl").failed == 0
    assert events(workspace)[0].occurred_at == moment("2026-06-13T20:15:00+08:00")


def test_json_rows_are_read_by_dotted_paths_and_the_type_can_stand_in_a_column(workspace: Path) -> None:
    rows = [
        {"n": 1, "kind": "下单", "buyer": {"phone": "19900000001"}, "pay": {"yuan": 0.1}, "lines": [{"product": "p"}]},
        {"n": 2, "kind": "支付", "buyer": {"phone": "19900000001"}, "pay": {"yuan": 19.99}},
        {"n": 3, "kind": "评价"},
        ["no object"],
    ]
    file = workspace / "rows.jsonl.gz"
    file.write_bytes(gzip.compress("\n\n".join(json.dumps(r) for r in rows).encode()))
    (workspace / "map.yaml").write_text(
        """\
id: {format: "{n}"}
type: {column: kind, values: {下单: order.placed, 支付: order.paid}}
occurred_at: {constant: "2026-06-13"}
""".replace('occurred_at: {constant: "2026-06-13"}', "occurred_at: {column: at}")
        + """\
who: [{type: phone, scope: cn, role: actor, value: {column: buyer.phone}}]
data:
  amount_fen: {column: pay.yuan, as: yuan}
  items: {column: lines, as: json}
""",
        encoding="utf-8",
    )
    failing = taken(workspace, file)
    assert (failing.failed, {path for _, _, path, _ in failing.failures}) == (4, {"$.occurred_at", "$.type", "$"})
    text = (workspace / "map.yaml").read_text(encoding="utf-8").replace("column: at", "column: n, format: seconds")
    (workspace / "map.yaml").write_text(text, encoding="utf-8")
    result = taken(workspace, file)
    assert (result.accepted, [line for line, *_ in result.failures]) == (2, [5, 7])
    placed, paid = events(workspace)
    assert (placed.type, placed.data) == ("order.placed", {"amount_fen": 10, "items": [{"product": "p"}]})
    assert (paid.type, paid.data) == ("order.paid", {"amount_fen": 1999})


class _Killed(Exception):
    """The process ends here."""


def interrupted(monkeypatch: pytest.MonkeyPatch, workspace: Path, file: Path, after: int, **options: Any) -> None:
    """An import that is killed when it asks for the batch number `after`."""
    real = importing._batches

    def dying(*arguments: Any) -> Iterator[Any]:
        for number, batch in enumerate(real(*arguments)):
            if number == after:
                raise _Killed
            yield batch

    monkeypatch.setattr(importing, "_batches", dying)
    with pytest.raises(_Killed):
        taken(workspace, file, **options)
    monkeypatch.setattr(importing, "_batches", real)


@pytest.mark.parametrize("after", [3, 4, 6])
@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_an_interrupted_import_goes_on_and_comes_to_the_same_end(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, kind: str, after: int
) -> None:
    monkeypatch.setattr(importing, "BATCH", 4)
    mapping: str | None = "map.yaml"
    if kind == "parquet":
        (workspace / "map.yaml").write_text(PARQUET_MAP, encoding="utf-8")
        file = parquet(workspace, 25)
    elif kind == "csv":
        rows = [f"o{n},2026-06-13 20:15:00,199{n:08},{'x' if n % 6 == 0 else n},是" for n in range(25)]
        file = written(workspace, *rows)
    else:
        mapping, file = None, workspace / "own.jsonl"
        lines = [{"id": f"v{n}", "type": "mall.visited", "occurred_at": "2026-06-13T20:15:00Z"} for n in range(25)]
        file.write_text("".join(("\n" if n % 5 == 0 else "") + json.dumps(e) + "\n" for n, e in enumerate(lines)))
    interrupted(monkeypatch, workspace, file, after, mapping=mapping)
    result = taken(workspace, file, mapping=mapping)
    assert result.resumed_after > 0
    # What was on its way when it was killed is in the log and is told as duplicate; nothing else is.
    assert result.accepted + result.duplicate + result.failed == 25
    assert result.duplicate <= 3 * importing.BATCH
    assert len(events(workspace)) == 25 - result.failed
    if result.failed:
        failed = [json.loads(x)["line"] for x in Path(result.failed_file).read_text(encoding="utf-8").splitlines()]
        assert failed == [n + 2 for n in range(25) if n % 6 == 0]
    assert list((workspace / "data" / "imports").iterdir()) == []


def test_progress_is_told_in_bytes_of_the_file_also_when_it_goes_on(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 4)
    file = written(workspace, *[f"o{n},2026-06-13 20:15:00,199{n:08},1,是" for n in range(25)])
    interrupted(monkeypatch, workspace, file, 4)
    for _ in range(2):
        heard: list[int] = []
        taken(workspace, file, progress=heard.append)
        assert sum(heard) == file.stat().st_size
        assert min(heard) >= 0


def test_a_file_that_changed_is_another_file(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH", 1)
    file = written(workspace, *ROWS, *ROWS)
    interrupted(monkeypatch, workspace, file, 3)
    written(workspace, "a,2026-06-13 20:15:00,19900000009,1,是", *ROWS)
    assert taken(workspace, file).resumed_after == 0


MISTAKEN = """\
source: youzan
id: {column: 订单号, format: "{订单号}"}
type: order.payed
occurred_at: {column: 支付时间, format: whenever, zone: Mars/Olympus}
who:
  - {type: phone, role: boss, value: {colum: 手机号}}
data:
  amount_fen: {column: 实付金额, as: dollars}
context:
  shop: 菜场
nonsense: 1
"""


def test_all_mistakes_of_a_mapping_are_told_at_once_with_their_lines(workspace: Path) -> None:
    (workspace / "map.yaml").write_text(MISTAKEN, encoding="utf-8")
    with pytest.raises(DefinitionError) as found:
        taken(workspace, written(workspace, *ROWS))
    told = {(p.line, p.path) for p in found.value.problems}
    assert told == {
        (2, "id"), (3, "type"), (4, "occurred_at.zone"), (4, "occurred_at.format"), (6, "who[0].role"),
        (6, "who[0].value.colum"), (6, "who[0].value"), (8, "data.amount_fen.as"), (10, "context.shop"), (11, "nonsense"),
    }  # fmt: skip
    assert not (workspace / "data" / "log.sqlite").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("column: 实付金额", "column: 实付"), "no column '实付'; did you mean '实付金额'"),
        (("amount_fen:", "amount:"), "no field 'amount'; did you mean 'amount_fen'"),
        (("type: order.paid", "type: day.closed"), "written by the system alone"),
        (("{订单号}-paid", "{订单号!r}"), "without anything else in the braces"),
        (("id:", "- id:"), "not readable as YAML"),
    ],
)
def test_a_mapping_that_does_not_fit_says_why(workspace: Path, change: tuple[str, str], message: str) -> None:
    (workspace / "map.yaml").write_text(MAP.replace(*change), encoding="utf-8")
    with pytest.raises(DefinitionError, match=message):
        taken(workspace, written(workspace, *ROWS))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("orders.xlsx", b"PK", "--format"),
        ("orders.parquet", b"no parquet", "Parquet"),
        ("missing.csv", None, "is no file"),
        ("orders.csv", b'a,b\n"open', "not readable as CSV"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(workspace: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (workspace / name).write_bytes(content)
    (workspace / "map.yaml").write_text("id: {column: a}\ntype: x.a\noccurred_at: {column: a}\n", encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        taken(workspace, workspace / name)


def test_a_table_without_a_mapping_is_asked_for_one(workspace: Path) -> None:
    with pytest.raises(UsageError, match="--map"):
        taken(workspace, written(workspace, *ROWS), mapping=None)


def test_a_line_of_any_length_is_one_failure(workspace: Path) -> None:
    file = workspace / "own.jsonl"
    good = json.dumps({"id": "v", "type": "mall.visited", "occurred_at": "2026-06-13T20:15:00Z"}).encode()
    file.write_bytes(b'{"id":"' + b"x" * 5_000_000 + b'"}\n' + good + b"\n")
    result = taken(workspace, file, mapping=None)
    assert (result.accepted, result.failures[0][:2]) == (1, (1, "too_large"))
