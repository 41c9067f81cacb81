"""docs/ingest.md says what is so: its examples are taken, and it names every event that Segment's become."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cdp.app.file_import.mapping import read_mapping
from cdp.app.own_types import load_own_types
from cdp.envelopes import cloudevents, segment
from cdp.envelopes.segment_track import WELL_KNOWN, slug

GUIDE = (Path(__file__).parents[2] / "docs" / "ingest.md").read_text(encoding="utf-8")


def examples(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.+?)```", GUIDE, re.DOTALL)


def test_the_mapping_of_the_guide_is_one() -> None:
    (text,) = examples("yaml")
    mapping = read_mapping("map.yaml", text, "Asia/Shanghai")
    assert (mapping.source, mapping.csv.encoding) == ("youzan-export", "gb18030")
    assert list(mapping.missing_columns(["订单号", "支付时间", "手机号", "openid", "实付金额", "自提"])) == []


def test_the_cloudevent_and_the_schema_of_the_guide_are_ones(tmp_path: Path) -> None:
    event, schema = examples("json")
    assert cloudevents.parse(event.encode()).data == {"amount_fen": 12800}
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "x.tasting.json").write_text(schema, encoding="utf-8")
    assert load_own_types(tmp_path).identifying("x.tasting") == ("guest",)


def test_the_line_of_python_in_the_guide_is_taken() -> None:
    (code,) = examples("python")
    name, properties = re.findall(r'track\("u-17", "(.+?)", ({.+})\)', code)[0]
    message = {"type": "track", "messageId": "m", "userId": "u-17", "event": name, "properties": json.loads(properties)}
    assert segment.parse(json.dumps(message).encode(), source="s", received_at=1).data == {"amount_fen": 6997}


@pytest.mark.parametrize(("name", "kind"), WELL_KNOWN.items())
def test_the_guide_names_every_event_with_a_type_of_its_own(name: str, kind: str) -> None:
    rows = [line for line in GUIDE.splitlines() if line.startswith("| `") and f"`{kind}`" in line]
    assert any(name in [slug(word) for word in re.findall(r"`(.+?)`", row)] for row in rows)
