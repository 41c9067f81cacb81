"""The envelopes in which events come in: our own JSON, CloudEvents 1.0, the Segment call set.

Each becomes a touchpoint, one raw event one touchpoint; `read` knows which is which. What is said about them here holds for
the HTTP doors, for files and for a replay from the inbox alike.
"""
