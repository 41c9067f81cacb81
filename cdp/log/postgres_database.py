"""Opening a log in a PostgreSQL database."""

from __future__ import annotations

from typing import Any

import psycopg
from eventsourcing.postgres import PostgresFactory
from eventsourcing.utils import Environment
from psycopg.conninfo import conninfo_to_dict

from cdp.errors import LogDamaged, LogError
from cdp.log.postgres_recorder import PostgresRecorder

_CONNECT_SECONDS = 5
_READER_SECONDS = 3.0
_RECONNECT_SECONDS = 1.0


class LogDatabase(PostgresFactory):
    """Makes our recorder over a database, and knows ours from others."""

    def __init__(self, address: str):
        self._address = address
        parts = _parts(address)
        super().__init__(
            Environment(
                env={
                    "POSTGRES_DBNAME": str(parts.get("dbname", parts.get("user", ""))),
                    "POSTGRES_HOST": str(parts.get("host", "")),
                    "POSTGRES_PORT": str(parts.get("port", "5432")),
                    "POSTGRES_USER": str(parts.get("user", "")),
                    "POSTGRES_PASSWORD": str(parts.get("password", "")),
                    "POSTGRES_POOL_SIZE": "1",
                    "POSTGRES_MAX_OVERFLOW": "30",
                    # A connection that died with the server is replaced before it is handed to a reader.
                    "POSTGRES_PRE_PING": "yes",
                    "POSTGRES_CONNECT_TIMEOUT": str(_CONNECT_SECONDS),
                    "ORIGINATOR_ID_TYPE": "text",
                }
            )
        )
        # What else the URL says, as sslmode, holds for who reads as well.
        named = self.datastore.pool.kwargs
        assert isinstance(named, dict)
        named.update(_rest(parts))
        # While the server is away whoever reads hears of it soon, and when it is back nobody waits for a long pause to end.
        self.datastore.pool.timeout = _READER_SECONDS
        self.datastore.pool.reconnect_timeout = _RECONNECT_SECONDS
        self._recorder: PostgresRecorder | None = None

    def process_recorder(self) -> PostgresRecorder:
        _require_ours(self._address)
        self._recorder = PostgresRecorder(self.datastore, self._address)
        self._recorder.create_table()
        return self._recorder

    def close(self) -> None:
        if self._recorder is not None:
            self._recorder.disconnect()
        super().close()


_NAMED = frozenset({"dbname", "host", "port", "user", "password"})


def _rest(parts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parts.items() if name not in _NAMED}


def _parts(address: str) -> dict[str, Any]:
    try:
        return dict(conninfo_to_dict(address))
    except psycopg.ProgrammingError as error:
        raise LogError(f"the address of the log is not a PostgreSQL URL: {error}") from None


def _require_ours(address: str) -> None:
    """Raises LogError if nobody answers, LogDamaged if the database holds another program's events."""
    try:
        with psycopg.connect(address, connect_timeout=_CONNECT_SECONDS) as connection:
            found = {
                name
                for (name,) in connection.execute(
                    "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' "
                    "AND tablename IN ('stored_events', 'event_keys')"
                )
            }
    except psycopg.OperationalError as error:
        cause = str(error).strip().splitlines()[-1]
        raise LogError(f"no PostgreSQL answers for the log ({cause}): start it, or correct the URL") from None
    if found == {"stored_events"}:
        raise LogDamaged("the database holds another program's events: give the log a database of its own")
