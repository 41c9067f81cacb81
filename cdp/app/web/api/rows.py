"""An answer of the tables in the format that is wanted: JSON is the whole document, everything else its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from starlette.responses import Response

from cdp.app.web.api.asking import Answer
from cdp.app.web.api.formats import headers_of
from projections.asking.formats import encoder
from projections.asking.question import Column, End, Format, Head

Document = Mapping[str, Any]
Rows = Callable[[Document], pa.Table]

_SQL = {pa.int64(): "BIGINT", pa.int32(): "INTEGER", pa.float64(): "DOUBLE", pa.bool_(): "BOOLEAN", pa.date32(): "DATE"}


def answered(form: Format, document: Document, rows: Rows, name: str, timezone: str, link: str = "") -> Response:
    """The document in a format. Headers say up to which position and time the tables knew; `link` is the next page."""
    head = Head(**{field: document[field] for field in Head.__struct_fields__})
    told = {
        "Cdp-Position": str(head.position),
        "Cdp-Closed-Position": str(head.closed_position),
        "Cdp-Recorded-At": head.recorded_at,
        "Cdp-Today": head.today,
        "Link": link and f'<{link}>; rel="next"',
    }
    headers = {**headers_of(form, name), **{field: value for field, value in told.items() if value}}
    if form == "json":
        return Answer(document, headers=headers)
    return Response(b"".join(_pieces(form, rows(document), head, timezone)), headers=headers)


def _pieces(form: Format, table: pa.Table, head: Head, timezone: str) -> Iterable[bytes]:
    shaped = _in_text(table, timezone) if form in ("csv", "excel", "ndjson") else table
    columns = [Column(name=field.name, type=_SQL.get(field.type, "VARCHAR")) for field in shaped.schema]
    writing = encoder(form, columns, shaped.schema, head)
    yield writing.begin()
    for batch in shaped.to_batches():
        yield writing.rows(batch)
    yield writing.end(End(rows=shaped.num_rows, truncated=False))


def _in_text(table: pa.Table, timezone: str) -> pa.Table:
    """Times as the shop's clock shows them, lists in one line."""
    for at, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            local = pc.strftime(table[at].cast(pa.timestamp("s", tz=timezone), safe=False), "%Y-%m-%d %H:%M:%S")
            table = table.set_column(at, field.name, local)
    return table
