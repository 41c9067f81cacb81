"""Playbooks (打法): ready workspaces for a greengrocer, a bakery and a mother-and-baby shop, to begin with and to change."""

from cdp.app.playbooks.init import PLAYBOOKS, init_workspace

__all__ = ["PLAYBOOKS", "init_workspace"]
