"""The doors: HTTP envelopes, the Segment call set, limits, files."""
