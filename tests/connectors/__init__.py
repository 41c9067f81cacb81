"""Connectors against the platforms' own samples."""
