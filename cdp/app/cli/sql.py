"""`cdp sql`: one query over the tables, shown, printed or written to a file; through the server or without one."""

from __future__ import annotations

import json as jsons
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from cdp.app.cli.call import HERE, AsJson, AsOf, Known, Workspace, opened, streamed
from cdp.app.cli.output import table
from cdp.errors import Problem, UsageError

SHOWN = 1000
_BY_SUFFIX = {
    ".json": "json", ".jsonl": "ndjson", ".ndjson": "ndjson", ".csv": "csv", ".parquet": "parquet", ".arrow": "arrow",
    ".arrows": "arrow",
}  # fmt: skip


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(sql)


def sql(
    query: Annotated[str, typer.Argument(help="One SELECT over the tables; from the standard input if left out.")] = "",
    file: Annotated[Path | None, typer.Option("--file", "-f", help="A file with the query.")] = None,
    param: Annotated[
        list[str] | None,
        typer.Option("--param", "-p", help="A value for $NAME, as NAME=VALUE; JSON if it is JSON, else text."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=0, help=f"At most so many rows; 0 for all. {SHOWN} when shown, else all.")
    ] = None,
    seconds: Annotated[float | None, typer.Option(help="Give up after so long.")] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write a file: .parquet, .csv, .jsonl, .json or .arrow.")
    ] = None,
    as_of: AsOf = "",
    known: Known = "",
    workspace: Workspace = HERE,
    json: AsJson = False,
) -> None:
    """Ask the tables in SQL. Up to which moment they know stands on the error output."""
    form = _format(output, csv=csv)
    most = limit if limit is not None else (0 if output or csv else SHOWN)
    asked = {
        "sql": _text(query, file), "params": _params(param or ()), "limit": most, "seconds": seconds, "format": form,
        "as_of": as_of, "known": known,
    }  # fmt: skip
    with _answer(workspace, asked) as (head, pieces):
        if output is not None:
            _write(output, pieces)
        elif csv:
            _copy(pieces, sys.stdout.buffer)
        else:
            _show(jsons.loads(b"".join(pieces)), as_json=json)
    if not head:
        return
    typer.echo(f"position {head['position']}, {head['recorded_at'] or 'no events yet'}", err=True)


@contextmanager
def _answer(workspace: Path, asked: dict[str, Any]) -> Iterator[tuple[dict[str, str], Iterator[bytes]]]:
    """Up to where the tables know, and the answer. Raises our errors, whether a server or this process answers."""
    from cdp.app.workspace import server_of

    info = server_of(workspace / "data")
    if info is not None:
        with streamed(info, "/v1/sql", asked) as response:
            head = {
                name: response.headers.get(f"cdp-{name.replace('_', '-')}", "") for name in ("position", "recorded_at")
            }
            yield head, response.iter_bytes()
        return
    from cdp.app.operations.asking import Asked, known_format, question
    from cdp.app.operations.past import moment

    with opened(workspace) as runtime:
        put = question(query := Asked(**asked), known_format(query.format), None)
        with runtime.as_of(moment(runtime, query.as_of, query.known)).asker().open(put) as inquiry:
            inquiry.begin()
            head = {"position": str(inquiry.head.position), "recorded_at": inquiry.head.recorded_at}
            yield head, inquiry.pieces()


def _show(document: dict[str, Any], *, as_json: bool) -> None:
    rows = document["rows"]
    if as_json:
        typer.echo(jsons.dumps(rows, ensure_ascii=False))
    else:
        table(rows, [column["name"] for column in document["columns"]], "no rows")
    if document["truncated"]:
        typer.echo(f"only the first {len(rows)} rows; there are more (--limit 0 for all)", err=True)


def _write(place: Path, pieces: Iterator[bytes]) -> None:
    """The file is there when it is whole."""
    beside = place.with_name(f".{place.name}.unfinished")
    try:
        with beside.open("wb") as file:
            _copy(pieces, file)
        beside.replace(place)
    except OSError as error:
        raise UsageError(f"{place} cannot be written: {error.strerror}") from None
    finally:
        beside.unlink(missing_ok=True)


def _copy(pieces: Iterator[bytes], sink: BinaryIO) -> None:
    for piece in pieces:
        sink.write(piece)
    sink.flush()


def _format(output: Path | None, *, csv: bool) -> str:
    if output is None:
        return "csv" if csv else "json"
    form = _BY_SUFFIX.get(output.suffix.lower())
    if form is None:
        raise UsageError(f"{output}: what is to be written there? Name it {', '.join(_BY_SUFFIX)}")
    return form


def _text(query: str, file: Path | None) -> str:
    if query and file is not None:
        raise UsageError("the query stands on the command line or in a file, not in both")
    if query:
        return query
    if file is None:
        return sys.stdin.read()
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from None


def _params(given: list[str] | tuple[str, ...]) -> dict[str, Any]:
    split = [text.partition("=") for text in given]
    if wrong := [text for text, (name, equals, _) in zip(given, split, strict=True) if not (name and equals)]:
        raise UsageError("a parameter is NAME=VALUE", [Problem("--param", 0, "", text) for text in wrong])
    return {name.removeprefix("$"): _value(value) for name, _, value in split}


def _value(text: str) -> Any:
    try:
        return jsons.loads(text)
    except ValueError:
        return text
