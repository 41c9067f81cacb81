"""Names of tags to WeCom's ids, looked up once and made where they are missing."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from cdp.errors import Rejected
from connectors.document import Document
from connectors.wecom.answers import Answered, Erred, Failure
from connectors.wecom.client import WecomClient


class TagBook:
    """The company's tags. A name that stands in several groups means the first of them."""

    def __init__(self, client: WecomClient, group: str):
        self._client = client
        self._group = group
        self._ids: dict[str, str] | None = None
        self._lock = threading.Lock()

    def ids(self, names: Sequence[str], *, make: bool) -> list[str] | Failure:
        """The ids of these names in order; a missing one is made, or left out where `make` is not asked for."""
        if not names:
            return []
        with self._lock:
            known = self._known()
            if not isinstance(known, dict):
                return known
            missing = [name for name in dict.fromkeys(names) if name not in known]
            if missing and make:
                failure = self._make(missing, known)
                if failure:
                    return failure
            return [known[name] for name in dict.fromkeys(names) if name in known]

    def forget(self) -> None:
        """Look everything up again next time: a tag may have been deleted meanwhile."""
        with self._lock:
            self._ids = None

    def _known(self) -> dict[str, str] | Failure:
        if self._ids is None:
            answer = self._client.post("externalcontact/get_corp_tag_list", {})
            if not isinstance(answer, Answered):
                return answer
            try:
                found = [pair for group in answer.document.children("tag_group") for pair in _tags(group)]
            except Rejected as rejected:
                return Erred(-1, f"get_corp_tag_list: {rejected}")
            self._ids = dict(reversed(found))
        return self._ids

    def _make(self, names: Sequence[str], known: dict[str, str]) -> Failure | None:
        body = {"group_name": self._group, "tag": [{"name": name} for name in names]}
        answer = self._client.post("externalcontact/add_corp_tag", body)
        if not isinstance(answer, Answered):
            return answer
        try:
            known |= dict(_tags(answer.document.child("tag_group")))
        except Rejected as rejected:
            return Erred(-1, f"add_corp_tag: {rejected}")
        absent = [name for name in names if name not in known]
        return Erred(-1, f"add_corp_tag: the answer lacks {absent[0]!r}") if absent else None


def _tags(group: Document) -> list[tuple[str, str]]:
    return [(tag.text("name"), tag.text("id")) for tag in group.children("tag")]
