"""Talks to the world: one package a platform, each understanding its callbacks and carrying out actions on it."""
