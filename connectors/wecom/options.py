"""The settings of one WeCom account, `[connectors.wecom.NAME]` in cdp.toml."""

from __future__ import annotations

import msgspec

from connectors.wechat_crypto import is_key


class WecomOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Never shown: the repr names no value."""

    corp_id: str
    token: str
    aes_key: str
    secret: str = ""
    """Secret of the own application; without it the account only receives."""
    agent_id: str | int = ""
    suite_id: str = ""
    """Set where a provider's suite receives for the company: its id is a second valid receiver."""
    api_base: str = "https://qyapi.weixin.qq.com/cgi-bin"
    timeout: float = 5.0
    """Seconds to wait for an answer."""
    tag_group: str = "邻里"
    """The group under which tags are made that WeCom does not have yet."""
    files: str = "files"
    """Directory of the files that messages attach."""
    links: dict[str, str] = {}
    """Name of an attachment -> address: it is sent as a link instead of a file."""

    def __repr__(self) -> str:
        return "WecomOptions(…)"

    def problems(self) -> dict[str, str]:
        """Field -> what is wrong with it, all at once."""
        found = {key: "is missing" for key in ("corp_id", "token", "aes_key") if not getattr(self, key)}
        if self.aes_key and not is_key(self.aes_key):
            found["aes_key"] = "an EncodingAESKey is 43 letters and digits"
        if not self.api_base.startswith(("http://", "https://")):
            found["api_base"] = "is not an http address"
        if not 0 < self.timeout <= 60:
            found["timeout"] = "must be more than 0 and at most 60 seconds"
        return found
