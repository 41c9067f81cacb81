"""The vocabulary: what can happen, and how an occurrence is written down.

`touchpoint` is an event on its way in, `event` is an event in the log, `catalog` lists the types; each other module holds
the types of one area.
"""
