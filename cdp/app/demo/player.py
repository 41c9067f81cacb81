"""Plays acts in the order of their moments: moves both clocks, then lets the platforms and the apps speak."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any, assert_never

from cdp.app.demo.ends import SandboxEnd, ServerEnd
from cdp.app.demo.story.acts import Act, HttpEvents, Pause, StaffConfirm, WecomCallback, YouzanWebhook


class Player:
    """Plays a story's acts. What happened at one moment is settled before the clocks move on."""

    def __init__(self, server: ServerEnd, sandbox: SandboxEnd):
        self._server, self._sandbox = server, sandbox
        self.answered: Counter[str] = Counter()
        """What the HTTP door answered, an event each."""

    def play(self, acts: Sequence[Act], progress: Callable[[int], None]) -> None:
        """Play acts that are in order of time; `progress` hears how many more are done."""
        for at, together in groupby(acts, key=lambda act: act.at):
            moment = list(together)
            self._server.advance(at)
            self._sandbox.clock(at)
            self._platforms(moment)
            for act in moment:
                self._perform(act)
            progress(len(moment))

    def finish(self) -> None:
        """Let the last answers come home, and the tables with them."""
        self._server.advance(0, project=True)

    def _platforms(self, moment: Iterable[Act]) -> None:
        spoken = [message for act in moment for message in messages(act)]
        self._sandbox.emit(spoken)

    def _perform(self, act: Act) -> None:
        match act:
            case HttpEvents(events=events, times=times):
                for _ in range(times):
                    self.answered.update(self._server.post(events))
            case StaffConfirm():
                self._server.advance(act.at)
                self._sandbox.confirm()
            case WecomCallback() | YouzanWebhook() | Pause():
                pass
            case _:
                assert_never(act)


def messages(act: Act) -> list[dict[str, Any]]:
    """What the sandbox is to send for an act; `repeat` says how often the platform sends it."""
    match act:
        case WecomCallback(fields=fields, times=times):
            return [{"platform": "wecom", "fields": dict(fields), "repeat": times}]
        case YouzanWebhook():
            return [_push(act)]
        case HttpEvents() | StaffConfirm() | Pause():
            return []
        case _:
            assert_never(act)


def _push(act: YouzanWebhook) -> dict[str, Any]:
    return {
        "platform": "youzan",
        "type": act.type,
        "id": act.id,
        "status": act.status,
        "msg_id": act.msg_id,
        "version": act.version,
        "msg": dict(act.msg),
        "encoded": act.encoded,
        "repeat": act.times,
    }
