"""The suites that ship with the `eventsourcing` library, run over our recorder, on disk and in memory."""

from __future__ import annotations

import tempfile
from pathlib import Path
from uuid import uuid4

from eventsourcing.tests.persistence import (
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
    ProcessRecorderTestCase,
    TrackingRecorderTestCase,
)

from cdp.log.sqlite_file import LogFile
from cdp.log.sqlite_recorder import SqliteRecorder


class OnDisk:
    """A recorder over a new file."""

    def create_recorder(self) -> SqliteRecorder:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        return self.over(str(Path(directory.name) / "log.sqlite"))

    def over(self, name: str) -> SqliteRecorder:
        file = LogFile(name)
        self.addCleanup(file.close)
        recorder = SqliteRecorder(file)
        recorder.create_table()
        return recorder

    def new_originator_id(self) -> str:
        return f"s/{uuid4()}"


class InMemory(OnDisk):
    """A recorder over shared memory."""

    def create_recorder(self) -> SqliteRecorder:
        return self.over(f"file:{uuid4().hex}?mode=memory&cache=shared")


class TestApplicationRecorderOnDisk(OnDisk, ApplicationRecorderTestCase[SqliteRecorder]):
    pass


class TestProcessRecorderOnDisk(OnDisk, ProcessRecorderTestCase):
    pass


class TestTrackingRecorderOnDisk(OnDisk, TrackingRecorderTestCase):
    pass


class TestNonInterleavingOnDisk(OnDisk, NonInterleavingNotificationIDsBaseCase):
    pass


class TestApplicationRecorderInMemory(InMemory, ApplicationRecorderTestCase[SqliteRecorder]):
    pass


class TestProcessRecorderInMemory(InMemory, ProcessRecorderTestCase):
    pass
