"""What funnels, retention and metrics ask: the tables, as every reader of them offers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import pyarrow as pa


class Tables(Protocol):
    """Answers a query over the tables; `$name` in its text stands for a parameter."""

    def arrow(self, sql: str, params: Mapping[str, object], /) -> pa.Table: ...
