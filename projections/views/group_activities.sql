-- A row is one activity in a group; staff are left out.
-- 一行是一个群里的一次活动，员工不计。
-- key: group_id, activity
-- unit: group_id
-- from: activity_joins on group_id
-- from: group_members on group_id
-- lookup: staff on person_id via group_members
-- column group_id: The group. | 社群
-- column activity: The activity. | 活动
-- column began_at: When the first took part. | 开始时间：第一个人参加的时间
-- column participants: Distinct persons who took part. | 参与人数
-- column members: Members when it began. | 活动开始时的成员数
-- column participation: participants / members when it began; above 1 where many joined for it. | 活动参与率：参与人数 ÷ 活动开始时的成员数；为活动入群的人多时可大于 1
WITH taken AS (
    SELECT group_id, activity, MIN(joined_at) AS began_at, COUNT(*) AS participants
    FROM activity_joins
    GROUP BY group_id, activity
),

there AS (
    SELECT taken.group_id, taken.activity, COUNT(DISTINCT group_members.person_id) AS members
    FROM taken
    INNER JOIN group_members ON group_members.group_id = taken.group_id
    LEFT JOIN staff ON staff.person_id = group_members.person_id
    WHERE staff.person_id IS NULL
        AND (group_members.joined_at IS NULL OR group_members.joined_at <= taken.began_at)
        AND (group_members.left_at IS NULL OR group_members.left_at > taken.began_at)
    GROUP BY taken.group_id, taken.activity
)

SELECT
    taken.group_id,
    taken.activity,
    taken.began_at,
    CAST(taken.participants AS INTEGER) AS participants,
    CAST(COALESCE(there.members, 0) AS INTEGER) AS members,
    CAST(taken.participants AS DOUBLE) / NULLIF(there.members, 0) AS participation
FROM taken
LEFT JOIN there ON there.group_id = taken.group_id AND there.activity = taken.activity
