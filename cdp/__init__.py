"""The core of Linli CDP: the vocabulary of events, the log, the vault, identity, the doors in and the outbox out.

It imports neither `projections`, `journeys`, `connectors` nor its own outer ring `cdp.app`.
"""
