"""Activities in groups and how many of the members took part, by hand."""

from __future__ import annotations

from tests.projections.tables import did, local, tables_of

G = {"group": "g3"}
STAFF = 99


def test_participation_is_participants_of_the_members_when_it_began() -> None:
    history = [
        did("person.profile_changed", "07:00", STAFF, data={"is_staff": True}),
        did("group.joined", "07:00", STAFF, **G),
        *(did("group.joined", "09:00", who, **G) for who in (1, 2, 3, 4, 5)),
        did("group.left", "09:30", 5, **G),
        # who leaves at that very moment is no member any more, and who comes then is one
        did("group.joined", "09:00", 8, **G),
        did("group.left", "10:00", 8, **G),
        # staff begin, which is no beginning; 1 and 2 take part, 1 twice; 6 joins for it
        did("group.activity_joined", "09:50", STAFF, data={"activity": "包粽子"}, **G),
        did("group.activity_joined", "10:00", 1, data={"activity": "包粽子"}, **G),
        did("group.activity_joined", "10:05", 1, data={"activity": "包粽子"}, **G),
        did("group.joined", "10:10", 6, **G),
        did("group.activity_joined", "10:20", 6, data={"activity": "包粽子"}, **G),
        # another activity, and the same one elsewhere, by somebody whom nobody saw join
        did("group.activity_joined", "11:00", 2, data={"activity": "猜灯谜"}, **G),
        did("group.activity_joined", "11:00", 7, data={"activity": "包粽子"}, group="g4"),
    ]
    with tables_of(history, "group_activities") as reader:
        rows = reader.rows("SELECT * FROM group_activities ORDER BY group_id, activity")
    assert [(*list(row.values())[:2], local(row["began_at"]), *list(row.values())[3:]) for row in rows] == [
        ("g3", "包粽子", "06-19 10:00:00", 2, 4, 2 / 4),
        ("g3", "猜灯谜", "06-19 11:00:00", 1, 5, 1 / 5),
        ("g4", "包粽子", "06-19 11:00:00", 1, 1, 1.0),
    ]
