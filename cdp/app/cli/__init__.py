"""The command line: `cdp`. Heavy imports stand inside the commands, so that help comes at once."""

from cdp.app.cli.main import main

__all__ = ["main"]
