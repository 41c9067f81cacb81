"""When the server publishes: by the clock, and when a day is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec

from cdp.app.schedule import schedule
from cdp.app.settings import PublishSettings
from cdp.clock import DAY, DrivenClock, SystemClock
from projections.manifest import read_manifest
from tests.operations.shop import Shop, open_shop


def jobs(shop: Shop, settings: PublishSettings) -> dict[str, tuple[Callable[[], None], timedelta | None]]:
    """What the scheduler would run, and how often."""
    shop.system.settings = msgspec.structs.replace(shop.system.settings, publish=settings)
    shop.system.clock = SystemClock()
    scheduler = schedule(shop.runtime)
    assert scheduler is not None
    return {job.id: (job.func, getattr(job.trigger, "interval", None)) for job in scheduler.get_jobs()}


def test_files_are_published_as_often_as_the_settings_say_and_when_a_day_is_over(tmp_path: Path) -> None:
    current = tmp_path / "data" / "published" / "current"
    with open_shop(tmp_path) as shop:
        began = shop.system.clock.now()
        known = jobs(shop, PublishSettings(every_minutes=5))
        publish, every = known["publish"]
        assert every == timedelta(minutes=5)
        publish()
        first = read_manifest(current)
        assert first.position == shop.system.log.head()

        shop.system.clock = DrivenClock(began + DAY)
        known["end-day"][0]()
        second = read_manifest(current)
        assert second.position == shop.system.log.head() > first.position
        assert second.today > first.today
        assert "publish" not in jobs(shop, PublishSettings(every_minutes=0))
        assert "end-day" in jobs(shop, PublishSettings(every_minutes=0))
