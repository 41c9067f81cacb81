-- A row is one day on which members came to a group or went; staff are left out.
-- 一行是某个群有人入群或退群的一天，员工不计。
-- key: group_id, day
-- unit: group_id
-- order: group_id, day
-- from: group_members on group_id
-- lookup: staff on person_id via group_members
-- column group_id: The group. | 社群
-- column day: The local day. | 日期
-- column joined: Persons who joined. | 入群人数
-- column gone: Persons who left or were removed. | 退群人数（主动或被移出）
-- column net: By how many members the group grew; less than nothing where it shrank. | 净增成员数，减少为负
SELECT
    group_id,
    day,
    CAST(COUNT(DISTINCT CASE WHEN step = 1 THEN person_id END) AS INTEGER) AS joined,
    CAST(COUNT(DISTINCT CASE WHEN step = -1 THEN person_id END) AS INTEGER) AS gone,
    CAST(SUM(step) AS INTEGER) AS net
FROM (
    SELECT group_id, joined_day AS day, person_id, 1 AS step
    FROM group_members
    WHERE joined_day IS NOT NULL
    UNION ALL
    SELECT group_id, left_day AS day, person_id, -1 AS step
    FROM group_members
    WHERE left_day IS NOT NULL
) AS moves
WHERE NOT EXISTS (SELECT 1 FROM staff WHERE staff.person_id = moves.person_id)
GROUP BY group_id, day
