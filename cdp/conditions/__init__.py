"""Conditions and traits: one vocabulary for marketers, the journey engine and tables.

A condition is a SQL boolean expression, a trait is a named aggregate over a person's events. Both are parsed once and
evaluated without `eval`; neither ever reads identifying text.
"""
