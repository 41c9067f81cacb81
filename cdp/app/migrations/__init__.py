"""The schema of a workspace's `data` directory: which one a directory has, and the steps that lead to ours.

`version` reads and writes `data/version`; `ladder` lists the steps and takes them.
"""
