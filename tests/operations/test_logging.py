"""What the process writes about itself: one JSON object a line, of nobody and without secrets."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cdp.app.logging import configure, configure_for, silence
from cdp.app.settings import load
from cdp.errors import LogError, NotFound, UsageError
from tests.operations.shop import CONTROL, SECRET, live_through, open_shop
from tests.processes.running import command


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    yield
    silence()


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_a_whole_loop_at_its_most_talkative_names_nobody_and_tells_no_secret(tmp_path: Path) -> None:
    file = tmp_path / "cdp.log"
    configure("debug", file)
    with open_shop(tmp_path / "shop") as shop:
        shop.ask("journey.deploy")
        live_through(shop, CONTROL)
        key = shop.ask("key.create", scope="read")["secret"]
        person = shop.ask("person.find", identifier=f"phone:{CONTROL.phone}")["person_id"]
        shop.http.get(f"/people/{person}")
        shop.http.get("/v1/persons", params={"identifier": f"phone:1{CONTROL.phone}"})
        shop.ask("person.export", person=person)
        shop.ask("backup", file=str(tmp_path / "b.zip"))
        shop.ask("person.erase", person=person)
        shop.ask("verify")
    written = file.read_text(encoding="utf-8")
    secrets = {"token": SECRET, "key": key, "wecom": "wecom-secret-of-the-shop", "youzan": "CLIENT_SECRET_TEST"}
    assert {name for name, needle in {**CONTROL.needles(), **secrets}.items() if needle in written} == set()
    events = [line["event"] for line in lines(file)]
    assert {"operation", "person erased", "backed up"} <= set(events)


def test_a_line_has_time_level_logger_event_and_the_fields_it_was_given(tmp_path: Path) -> None:
    configure("info", tmp_path / "log")
    logging.getLogger("cdp.test").info("stage %s", "project", extra={"fields": {"lag": 3}})
    logging.getLogger("cdp.test").debug("not this one")
    (line,) = lines(tmp_path / "log")
    assert line.pop("time").endswith("Z")
    assert line == {"level": "info", "logger": "cdp.test", "event": "stage project", "lag": 3}


def raised(error: Exception) -> Exception:
    try:
        raise error
    except Exception as caught:
        return caught


def test_of_an_exception_the_class_and_the_places_are_told_and_not_what_it_was_about(tmp_path: Path) -> None:
    configure("info", tmp_path / "log")
    logger = logging.getLogger("cdp.worker")
    logger.error("stage failed", exc_info=raised(NotFound("person", CONTROL.phone)))
    try:
        raise ValueError(CONTROL.phone) from raised(KeyError(CONTROL.unionid))
    except ValueError:
        logger.exception("stage failed")
    first, second = lines(tmp_path / "log")
    assert first["error"] == "NotFound"
    assert first["at"][-1].startswith("tests/operations/test_logging.py:")
    assert (second["error"], second["cause"]["error"]) == ("ValueError", "KeyError")
    assert CONTROL.mark not in (tmp_path / "log").read_text()


def test_errors_that_speak_of_files_and_positions_alone_may_speak(tmp_path: Path) -> None:
    configure("info", tmp_path / "log")
    logging.getLogger("cdp.worker").error("stage failed", exc_info=raised(LogError("free disk space")))
    assert lines(tmp_path / "log")[0]["message"] == "free disk space"


def test_of_a_foreign_library_only_warnings_are_heard_and_only_the_words_of_its_source(tmp_path: Path) -> None:
    configure("debug", tmp_path / "log")
    with httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200))) as client:
        client.get("https://qyapi.weixin.qq.com/cgi-bin/gettoken?corpsecret=hush")
    logging.getLogger("apscheduler").warning('Job "%s" was missed', CONTROL.phone)
    logging.getLogger("asyncio").error(f"Task exception was never retrieved\nfuture: {CONTROL.phone}")
    assert [line["event"] for line in lines(tmp_path / "log")] == [
        'Job "%s" was missed',
        "Task exception was never retrieved",
    ]


def test_the_file_is_a_setting_and_the_option_beats_the_level(tmp_path: Path) -> None:
    with open_shop(tmp_path, '[logging]\nlevel = "error"\nfile = "cdp.log"\n'):
        pass
    configure_for(load(tmp_path), "info")
    logging.getLogger("cdp.test").info("heard")
    configure_for(load(tmp_path))
    logging.getLogger("cdp.test").info("not heard")
    assert [line["event"] for line in lines(tmp_path / "cdp.log")] == ["heard"]


def test_an_unknown_level_and_a_file_that_cannot_be_written_are_refused(tmp_path: Path) -> None:
    with open_shop(tmp_path, '[logging]\nfile = "nowhere/cdp.log"\n'):
        pass
    with pytest.raises(UsageError, match="known are debug, info, warning, error"):
        configure_for(load(tmp_path), "loud")
    with pytest.raises(UsageError, match="cannot be written"):
        configure_for(load(tmp_path))
    assert "unknown log level" in command("serve", "--log-level", "loud", workspace=tmp_path, check=False).stderr
