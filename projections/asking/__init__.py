"""SQL of strangers, answered by a process apart that has nothing but the files of the tables and bounds on everything.

A statement may be anything that somebody can type. What memory a database counts is not all that a statement can make it
take, and an interrupt is not looked at between two rows; so whatever runs here may die at any time, and the server, its
doors and its tables notice nothing.
"""
