"""The tests of journeys."""
