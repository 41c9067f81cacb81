"""Decides: a pure fold over one person's events, and one module that reads the log and writes decisions."""
