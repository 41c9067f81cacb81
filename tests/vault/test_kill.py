"""Killed at any moment, a vault knows whom it said it knows, and nobody whom it said it had erased."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time

from cdp.vault import open_vault

KILLS = 5


def _live_and_die(directory, life: int, seconds: float) -> list[str]:
    command = [sys.executable, "-m", "tests.vault.filling", str(directory), f"life{life}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        first = process.stdout.readline()
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        said = [first, *process.stdout]
    assert process.returncode == -signal.SIGKILL
    return [line for line in said if line.endswith("\n")]


def test_what_was_acknowledged_before_sigkill_is_kept_and_what_was_erased_is_gone(tmp_path):
    dice = random.Random(20260619)
    said: list[list[str]] = []
    lives = 0
    # On a busy machine a life may be over before it acknowledged anything; then there are more of them.
    while lives < KILLS or (lives < 10 * KILLS and sum(what == "kept" for what, _ in said) < KILLS):
        said += [line.split(" ", 1) for line in _live_and_die(tmp_path, lives, dice.uniform(0, 0.1))]
        lives += 1
    kept = [tuple(one) for what, value in said if what == "kept" for one in json.loads(value)]
    erased = {number for what, value in said if what == "erased" for number in json.loads(value)}
    assert len(kept) >= 5 * KILLS

    vault = open_vault(tmp_path)
    numbers = [number for _, number, _ in kept]
    assert len(set(numbers)) == len(numbers)
    known = vault.identifiers(numbers)
    opened = vault.open([reference for _, _, reference in kept])
    assert not erased & set(known)
    # The last erasures of each life may have happened without having been acknowledged.
    unknown = set(numbers) - set(known) - erased
    assert len(unknown) <= lives
    for phone, number, reference in kept:
        if number in known:
            assert known[number].value == phone
            assert opened[reference] == f"name of {phone}"
        else:
            assert reference not in opened
    vault.close()
