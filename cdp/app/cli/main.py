"""The commands, put together."""

from __future__ import annotations

import sys

import typer

from cdp.app.cli import (
    backup,
    funnels,
    identities,
    inbox,
    journeys,
    keys,
    metrics,
    outbox,
    persons,
    process,
    sql,
    tables,
)
from cdp.app.cli.output import NO, WRONG
from cdp.errors import CdpError, UsageError

app = typer.Typer(
    name="cdp",
    help="Linli CDP 邻里: one log of everything neighbours did, and everything computed from it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
process.add_to(app)
tables.add_to(app)
funnels.add_to(app)
metrics.add_to(app)
sql.add_to(app)
backup.add_to(app)
app.add_typer(journeys.app, name="journey")
identities.add_to(persons.app)
app.add_typer(persons.app, name="person")
app.add_typer(inbox.app, name="inbox")
app.add_typer(outbox.app, name="outbox")
app.add_typer(keys.app, name="key")


def main() -> None:
    """Run the command line and end the process with its exit code: 0 done, 1 the answer is no, 2 wrong usage or input."""
    try:
        app()
    except UsageError as error:
        typer.echo(str(error), err=True)
        sys.exit(WRONG)
    except CdpError as error:
        typer.echo(str(error), err=True)
        sys.exit(NO)
