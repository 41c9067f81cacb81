"""The event log: every fact and every decision, written once, in one total order, for good.

`open_log` gives a `Log`, an application of the `eventsourcing` library. `grouping` puts concurrent appends into one
commit, `plan` says what becomes of each event of a group (pure), `sqlite_recorder` writes it, `sqlite_file` opens the
file and knows ours from others; their namesakes do so in PostgreSQL. `snapshot` is what one log takes over from another.
"""

from cdp.log.application import Log, open_log

__all__ = ["Log", "open_log"]
