"""`cdp sql`: the same with a server and without one, on the screen, in a pipe and in files; and the guide, run."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import httpx
import polars as pl
import pytest
from click.testing import Result
from typer.testing import CliRunner

from cdp.app.cli.main import app
from cdp.app.workspace import read_run_info
from cdp.errors import CdpError, UsageError
from tests.app.test_http import paid
from tests.processes.running import serving

Ask = Callable[..., Result]
GUIDE = (Path(__file__).parents[2] / "docs" / "analysts.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A workspace with two orders, held by a server."""
    directory = tmp_path_factory.mktemp("served")
    (directory / "cdp.toml").write_text("[sql]\nrows = 10\nseconds = 5\n", encoding="utf-8")
    with serving(directory) as server:
        server.http.post("/v1/events", json=[paid("a"), paid("b", data={"amount_fen": 900})]).raise_for_status()
        server.settled()
        yield directory


@pytest.fixture
def ask(served: Path) -> Ask:
    return asking(served)


def asking(workspace: Path) -> Ask:
    def ask(*arguments: str, input: str | None = None) -> Result:
        return CliRunner().invoke(app, ["sql", *arguments, "--workspace", str(workspace)], input=input)

    return ask


def test_rows_are_shown_and_the_moment_of_the_numbers_is_told(ask: Ask) -> None:
    shown = ask("SELECT order_id, net_fen FROM orders ORDER BY 1")
    assert shown.exit_code == 0
    assert [line.split() for line in shown.stdout.splitlines()] == [["order_id", "net_fen"], ["a", "100"], ["b", "900"]]
    assert "position" in shown.stderr
    assert ask("SELECT order_id FROM orders WHERE FALSE").stdout == "no rows\n"


def test_json_is_one_document_and_csv_goes_into_a_pipe(ask: Ask) -> None:
    assert json.loads(ask("SELECT order_id FROM orders ORDER BY 1", "--json").stdout) == [
        {"order_id": "a"},
        {"order_id": "b"},
    ]
    assert ask("SELECT 1 AS a", "--csv").stdout == '"a"\n1\n'


def test_more_rows_than_are_shown_are_told_of(ask: Ask) -> None:
    cut = ask("SELECT * FROM range(1001)", "--json")
    assert len(json.loads(cut.stdout)) == 1000
    assert "only the first 1000 rows" in cut.stderr
    whole = ask("SELECT * FROM range(1001)", "--json", "--limit", "0")
    assert len(json.loads(whole.stdout)) == 1001
    assert "only" not in whole.stderr
    assert len(ask("SELECT * FROM range(1001)", "--csv").stdout.splitlines()) == 1002


def test_a_query_comes_from_a_file_or_from_the_standard_input_over_several_lines(ask: Ask, tmp_path: Path) -> None:
    query = tmp_path / "q.sql"
    query.write_text("-- how many\nSELECT COUNT(*) AS n\nFROM orders;\n", encoding="utf-8")
    assert json.loads(ask("-f", str(query), "--json").stdout) == [{"n": 2}]
    assert json.loads(ask("--json", input="SELECT\n COUNT(*) AS n\nFROM orders").stdout) == [{"n": 2}]
    assert isinstance(ask("SELECT 1", "-f", str(query)).exception, UsageError)
    assert isinstance(ask("-f", str(tmp_path / "none.sql")).exception, UsageError)


def test_parameters_are_json_or_text(ask: Ask) -> None:
    found = ask("SELECT $a + 1 AS a, $b AS b, $c AS c", "-p", "a=41", "-p", "$b=粽子", "-p", 'c="5"', "--json")
    assert json.loads(found.stdout) == [{"a": 42, "b": "粽子", "c": "5"}]
    assert isinstance(ask("SELECT 1", "-p", "nonsense").exception, UsageError)


def test_an_answer_is_written_to_a_file_in_the_format_of_its_name(ask: Ask, tmp_path: Path) -> None:
    sql = "SELECT order_id, net_fen FROM orders ORDER BY 1"
    for suffix, read in (
        ("parquet", pl.read_parquet),
        ("csv", pl.read_csv),
        ("jsonl", pl.read_ndjson),
        ("arrow", pl.read_ipc_stream),
    ):
        place = tmp_path / f"orders.{suffix}"
        assert ask(sql, "-o", str(place)).exit_code == 0
        assert read(place).rows() == [("a", 100), ("b", 900)]  # type: ignore[operator]
    assert (
        json.loads(Path(tmp_path / "x.json").read_text())
        if ask(sql, "-o", str(tmp_path / "x.json")).exit_code == 0
        else False
    )
    assert isinstance(ask(sql, "-o", str(tmp_path / "orders.xlsx")).exception, UsageError)
    assert isinstance(ask(sql, "-o", str(tmp_path / "nowhere" / "x.csv")).exception, UsageError)
    assert isinstance(ask("SELECT nope FROM orders", "-o", str(tmp_path / "wrong.csv")).exception, UsageError)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "orders.arrow",
        "orders.csv",
        "orders.jsonl",
        "orders.parquet",
        "x.json",
    ]


def test_a_mistake_is_told_with_its_place_and_a_query_may_be_given_up(ask: Ask) -> None:
    wrong = ask("SELECT order_id,\n nope FROM orders")
    assert isinstance(wrong.exception, UsageError)
    assert "sql:2: column 2:" in str(wrong.exception)
    slow = ask("SELECT sleep_ms(60000)", "--seconds", "0.3")
    assert isinstance(slow.exception, CdpError)
    assert not isinstance(slow.exception, UsageError)
    assert "longer than 0.3 s" in str(slow.exception)


def test_without_a_server_the_files_are_opened_and_answer_the_same(tmp_path: Path) -> None:
    (tmp_path / "cdp.toml").write_text("", encoding="utf-8")
    events = tmp_path / "events.jsonl"
    events.write_text("\n".join(json.dumps(paid(n)) for n in ("a", "b")), encoding="utf-8")
    runner = CliRunner()
    assert runner.invoke(app, ["ingest", str(events), "--workspace", str(tmp_path)]).exit_code == 0
    ask = asking(tmp_path)
    assert ask("SELECT order_id FROM orders ORDER BY 1", "-o", str(tmp_path / "o.parquet")).exit_code == 0
    assert pl.read_parquet(tmp_path / "o.parquet")["order_id"].to_list() == ["a", "b"]


def blocks(language: str) -> list[str]:
    """The examples of the guide in one language."""
    return re.findall(rf"```{language}\n(.+?)```", GUIDE, re.DOTALL)


def test_every_command_of_the_guide_does_what_it_says(
    served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("cohorts.sql").write_text(
        "SELECT COUNT(*) AS n FROM orders WHERE paid_day >= CAST($since AS DATE)", encoding="utf-8"
    )
    lines = [line for block in blocks("console") for line in block.replace("\\\n", " ").splitlines()]
    commands = [line.removeprefix("$ ").partition("#")[0] for line in lines if "cdp " in line]
    assert len(commands) == 5
    for command in commands:
        said, _, asked = command.rpartition("| ")
        arguments = shlex.split(asked.replace("/mnt/share", str(tmp_path)))
        done = CliRunner().invoke(
            app, [*arguments[1:], "--workspace", str(served)], input=said.removeprefix("echo ").strip(' "')
        )
        assert done.exit_code == 0, (command, done.output)
    assert pl.read_parquet("cohorts.parquet")["n"].to_list() == [2]
    assert Path("shop/current/manifest.json").is_file()
    assert sorted(p.name for p in Path("out").iterdir()) == ["order_items.csv", "orders.csv"]


def test_the_request_of_the_guide_is_answered(served: Path) -> None:
    info = read_run_info(served / "data")
    assert info is not None
    (body,) = re.findall(r"-d '({.+?})'$", GUIDE, re.MULTILINE)
    headers = {"Authorization": f"Bearer {info.token}", "Accept": "text/csv"}
    answer = httpx.post(f"{info.url}/v1/sql", content=body, headers=headers, trust_env=False)
    assert answer.text.splitlines() == ['"order_id","net_fen"', '"a",100', '"b",900']


@pytest.mark.slow
@pytest.mark.parametrize("name", ["httpx", "polars", "pandas"])
def test_the_python_of_the_guide_runs(served: Path, name: str) -> None:
    pytest.importorskip(name)
    assert CliRunner().invoke(app, ["export", "--workspace", str(served)]).exit_code == 0
    info = read_run_info(served / "data")
    assert info is not None
    (code,) = [
        block
        for block in blocks("python")
        if re.search(rf"^import {name}", block, re.MULTILINE) and (name == "httpx") == ("httpx" in block)
    ]
    program = f"KEY = {info.token!r}\n" + code.replace("http://127.0.0.1:8420", info.url)
    done = subprocess.run([sys.executable, "-c", program], cwd=served, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_the_sql_of_the_guide_reads_what_is_published(served: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(served)
    assert CliRunner().invoke(app, ["export", "--workspace", str(served)]).exit_code == 0
    (block,) = blocks("sql")
    read, _, query = block.partition("\n")
    con = duckdb.connect()
    con.execute(Path(read.removeprefix(".read ")).read_text(encoding="utf-8"))
    assert con.execute(query).fetchall()
    con.close()
