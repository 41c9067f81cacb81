"""How a command reaches its workspace: through the server that holds it, or by opening the files itself."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cdp.errors import CdpError, NotFound, Problem, UsageError

if TYPE_CHECKING:
    import httpx

    from cdp.app.operations.runtime import Runtime
    from cdp.app.workspace import RunInfo

Workspace = Annotated[
    Path,
    typer.Option("--workspace", "-w", envvar="CDP_WORKSPACE", help="The workspace directory.", show_default="."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Day = Annotated[str, typer.Option(help="A local day, as 2026-06-19; it is in.")]
AsOf = Annotated[
    str,
    typer.Option(
        help="As it was at the end of this local day, at this time, as 2026-06-19T20:00, or at this position of the log.",
        metavar="TIME|POSITION",
    ),
]
Known = Annotated[
    str,
    typer.Option(
        help="With --as-of: what was known then, or what had happened by then as known now.", metavar="then|now"
    ),
]
HERE = Path()
_TIMEOUT = 600.0


def call(workspace: Path, operation: str, **parameters: Any) -> Any:
    """The answer of an operation. Raises our errors, whether a server or this process carried it out."""
    from cdp.app.workspace import server_of

    info = server_of(workspace / "data")
    if info is not None:
        return _remote(info.url, info.token, operation, parameters)
    from cdp.app.operations.table import perform

    with opened(workspace) as runtime:
        return perform(runtime, operation, parameters)


def call_long(workspace: Path, operation: str, **parameters: Any) -> Any:
    """Like `call`, for what may take minutes: it is waited for as long as it takes, and shown how far it is."""
    from cdp.app.cli.watching import watching
    from cdp.app.workspace import server_of

    info = server_of(workspace / "data")
    if info is not None:
        with watching(lambda: _remote(info.url, info.token, "status", {})["tables"]["rebuild"]):
            return _remote(info.url, info.token, operation, parameters, timeout=None)
    from cdp.app.operations.table import perform

    with opened(workspace) as runtime:
        projector, moments = runtime.system.projector, runtime.system.moments
        with watching(lambda: b._asdict() if (b := projector.rebuilding or moments.building) else None):
            return perform(runtime, operation, parameters)


@contextmanager
def opened(workspace: Path) -> Iterator[Runtime]:
    """The workspace, opened by this process, with everything up to date that a server would keep up to date."""
    from cdp.app.opening import prepare
    from cdp.app.operations.runtime import Runtime
    from cdp.app.settings import load
    from cdp.app.system import build
    from cdp.app.worker import Worker

    for_its_owner_alone()
    system = build(load(workspace))
    try:
        runtime = Runtime(system, Worker(system), serving=False)
        prepare(runtime)
        yield runtime
    finally:
        system.close()


@contextmanager
def streamed(info: RunInfo, path: str, body: dict[str, Any]) -> Iterator[httpx.Response]:
    """A server's answer as it comes. Raises our errors; an answer that ends before its end is one."""
    import httpx

    headers, timeout = {"Authorization": f"Bearer {info.token}"}, httpx.Timeout(_TIMEOUT, read=None)
    try:
        with httpx.stream(
            "POST", info.url + path, json=body, headers=headers, timeout=timeout, trust_env=False
        ) as response:
            if not response.is_success:
                response.read()
                raise _error(response)
            yield response
    except httpx.HTTPError as error:
        raise CdpError(f"the server at {info.url} does not answer to the end: {error}") from None


def for_its_owner_alone() -> None:
    """From now on nobody but its owner can read what this process writes."""
    os.umask(0o077)


def actor() -> str:
    """Who gives an order on the command line, for the record."""
    return os.environ.get("USER", "")


def _remote(url: str, token: str, operation: str, parameters: dict[str, Any], timeout: float | None = _TIMEOUT) -> Any:
    import httpx

    try:
        response = httpx.post(
            f"{url}/v1/operations/{operation}", json=parameters, headers={"Authorization": f"Bearer {token}"},
            timeout=timeout, trust_env=False,
        )  # fmt: skip
    except httpx.HTTPError as error:
        raise CdpError(f"the server at {url} does not answer: {error}") from None
    if response.is_success:
        return response.json()
    raise _error(response)


def _error(response: httpx.Response) -> CdpError:
    of_ours = "json" in response.headers.get("content-type", "")
    document: dict[str, Any] = response.json() if of_ours else {"detail": response.text}
    detail = str(document.get("detail", "the server failed; see its log"))
    if "problems" in document:
        return UsageError(detail.splitlines()[0], [Problem(**p) for p in document["problems"]])
    return NotFoundText(detail) if document.get("status") == 404 else CdpError(detail)


class NotFoundText(NotFound):
    """What a server could not find, in its words."""

    def __init__(self, text: str):
        CdpError.__init__(self, text)
