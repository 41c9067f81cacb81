"""Queries for the rows of some units in a large table."""

from __future__ import annotations

from projections.catalog import TOUCHPOINTS, Columns


def search(select: str, relation: str, join: str, on: Columns, where: str = "TRUE") -> str:
    """The rows of `relation`, called `every`, that `join` finds by the columns `on`.

    By numbers and days, the database reads the other columns only where it finds something. By texts it would read them all:
    there the rows are found first, and then read; unless a text has many rows that lie side by side, as a group's in its views.
    """
    asked = f"FROM {relation} AS every {join} WHERE {where}"
    of_events = relation == f"main.{TOUCHPOINTS}"
    side_by_side = on == ("group_id",) and not of_events
    if side_by_side or all(column == "person_id" or column.endswith("day") for column in on):
        return f"SELECT {select} {asked}"
    # The numbers of rows that this transaction added lie so far from the others that nothing can be left out by them.
    row = "position" if of_events else "rowid"
    return f"SELECT {select} FROM {relation} AS every WHERE every.{row} IN (SELECT every.{row} {asked})"
