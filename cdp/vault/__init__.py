"""The vault: who somebody is, kept apart from what they did.

`open_vault` gives a `SqliteVault` over `vault.sqlite` and `vault.key`. `key` makes and reads the master key, `sealing`
derives keys and encrypts (no I/O), `file` opens the database and knows ours from others.
"""

from cdp.vault.check import REFERENCE
from cdp.vault.vault import SqliteVault, open_vault

__all__ = ["REFERENCE", "SqliteVault", "open_vault"]
