"""The process that answers queries: `python -m projections.asking.process`, started and ended by `Asker`.

It has the lowest claim on the machine of all: the last to get the processor, the first to be ended when memory runs out.
"""

from __future__ import annotations

import os
import resource
import select
import sys
import threading
from typing import Any

import duckdb
import msgspec
import pyarrow as pa

from projections.asking.cells import columns_of, shaped
from projections.asking.desk import Desk, refusal
from projections.asking.formats import encoder
from projections.asking.question import Bounds, End, Failure, Head, Question, Setup
from projections.asking.statement import Refused
from projections.asking.wire import Silent, Wire

_ROWS_AT_ONCE = 8192
_IDLE_SECONDS = 600.0
_NICE = 10
_DEEP = 20_000
_BESIDE = 512 << 20
"""Address space beyond what the database may use: stacks, buffers of an answer."""


def main() -> None:
    """Answer questions until nobody asks any more."""
    wire = _pipes()
    setup = msgspec.convert(wire.hear(), Setup)
    os.chdir(setup.directory)
    desk = Desk(setup)
    _humble(setup.bounds)
    wire.say({"ready": True})
    while True:
        try:
            question = msgspec.convert(wire.hear(_IDLE_SECONDS), Question)
        except (EOFError, Silent):
            return
        _answer(wire, desk, question)


def _answer(wire: Wire, desk: Desk, question: Question) -> None:
    try:
        wire.say({"tables": sorted(desk.tables_in(question.sql, question.params))})
        told: dict[str, Any] = wire.hear()  # type: ignore[assignment]
        desk.lay_out(told["files"])
        _write(wire, desk, question, msgspec.convert(told["head"], Head))
    except Refused as refused:
        wire.say({"failure": _failure(refused, question.sql)})
    except (duckdb.OutOfMemoryException, MemoryError, pa.ArrowMemoryError):
        wire.say({"failure": Failure(kind="memory", message="")})
        # Whatever is left of it in this process is not worth finding out.
        os._exit(0)
    except (duckdb.InternalException, duckdb.FatalException) as error:
        _give_up(wire, error)
    except duckdb.Error as error:
        wire.say({"failure": _failure(refusal(error), question.sql)})
    except (pa.ArrowException, ValueError, OverflowError, RecursionError) as error:
        message = f"a value has no form in {question.format} ({error}): CAST the column to VARCHAR"
        wire.say({"failure": Failure(kind="refused", message=message)})
    except OSError:
        raise
    except Exception as error:
        _give_up(wire, error)


def _give_up(wire: Wire, error: Exception) -> None:
    """Of a failure that nobody foresaw only its class is told."""
    wire.say({"failure": Failure(kind="failed", message=type(error).__name__)})
    os._exit(1)


def _write(wire: Wire, desk: Desk, question: Question, head: Head) -> None:
    found = desk.ask(question.sql, question.params)
    columns = columns_of(found)
    reader = shaped(found, columns, question.format).to_arrow_reader(_ROWS_AT_ONCE)
    writer = encoder(question.format, columns, reader.schema, head)
    wire.say({"columns": columns})
    wire.give(writer.begin())
    count, truncated = 0, False
    for batch in reader:
        room = batch.num_rows if question.rows is None else question.rows - count
        truncated = batch.num_rows > room
        if rows := min(batch.num_rows, room):
            wire.give(writer.rows(batch.slice(0, rows)))
        count += rows
        if truncated:
            break
    end = End(rows=count, truncated=truncated)
    wire.give(writer.end(end))
    wire.say({"end": end})


def _failure(refused: Refused, sql: str) -> Failure:
    if refused.offset is None:
        return Failure(kind="refused", message=refused.message)
    before = sql.encode()[: refused.offset].decode(errors="ignore").split("\n")
    return Failure(kind="refused", message=refused.message, line=len(before), column=len(before[-1]) + 1)


def _pipes() -> Wire:
    """The two pipes; whatever a library prints goes nowhere. When the other end of the first closes, this process ends."""
    sink = os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)
    threading.Thread(target=_end_with, args=(0,), daemon=True).start()
    return Wire(0, sink)


def _end_with(source: int) -> None:
    hung_up = select.poll()
    hung_up.register(source, 0)
    hung_up.poll()
    os._exit(0)


def _humble(bounds: Bounds) -> None:
    sys.setrecursionlimit(_DEEP)
    os.nice(_NICE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write("1000")
        with open("/proc/self/statm", encoding="ascii") as file:
            size = int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return  # not Linux: the database's own bound is all there is
    most = size + (bounds.memory_mb << 20) + _BESIDE
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


if __name__ == "__main__":
    main()
