"""The tests of conditions, traits and durations."""
