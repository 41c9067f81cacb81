"""The settings of one Youzan application, `[connectors.youzan.NAME]` in cdp.toml."""

from __future__ import annotations

import msgspec


class YouzanOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Never shown: the repr names no value."""

    client_id: str
    client_secret: str
    appid: str = ""
    """The mini-program or official account whose openids the buyers' `outer_user_id` are."""
    categories: dict[str, str] = {}
    """Item id, or a part of an item's title -> category, as in `{"肉粽" = "粽子"}`. Item ids win, then the longest part."""

    def __repr__(self) -> str:
        return "YouzanOptions(…)"

    def problems(self) -> dict[str, str]:
        """Field -> what is wrong with it, all at once."""
        found = {key: "is missing" for key in ("client_id", "client_secret") if not getattr(self, key)}
        found |= {
            f"categories.{key}": "is empty" for key, category in self.categories.items() if not (key and category)
        }
        return found
