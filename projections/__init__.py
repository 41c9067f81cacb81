"""Turns the log into tables: one view, one SQL file; a runner that recomputes only the keys a batch touches."""
