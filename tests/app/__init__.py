"""The outer ring."""
