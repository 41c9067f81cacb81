"""The settings of one WeChat Store, `[connectors.wechat-store.NAME]` in cdp.toml."""

from __future__ import annotations

import msgspec

from connectors.wechat_crypto import is_key


class WechatStoreOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Never shown: the repr names no value."""

    token: str
    aes_key: str
    appid: str

    def __repr__(self) -> str:
        return "WechatStoreOptions(…)"

    def problems(self) -> dict[str, str]:
        """Field -> what is wrong with it, all at once."""
        found = {key: "is missing" for key in ("token", "aes_key", "appid") if not getattr(self, key)}
        if self.aes_key and not is_key(self.aes_key):
            found["aes_key"] = "an EncodingAESKey is 43 letters and digits"
        return found
