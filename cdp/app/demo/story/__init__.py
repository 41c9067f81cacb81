"""The story that the demo plays: a greengrocer, his neighbours, thirty days and one evening.

`telling` tells it whole; `acts` is what it is made of, `shop` and `cast` who is in it, and each other module one part of
their life. Everything here is a function of the seed and the first day: no clock, no disk, no network.
"""
