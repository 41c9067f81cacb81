-- A row is one person who took part in an activity of a group; staff are left out.
-- 一行是参加过某个群的一次活动的一个人，员工不计。
-- key: group_id, activity, person_id
-- unit: person_id
-- from: touchpoints[group.activity_joined] on person_id
-- from: staff on person_id
-- column group_id: The group. | 社群
-- column activity: The activity. | 活动
-- column person_id: The person. | 人
-- column joined_at: When they first took part. | 首次参加时间
SELECT
    touchpoints.group_id,
    touchpoints.data ->> '$.activity' AS activity,
    touchpoints.person_id,
    MIN(touchpoints.occurred_at) AS joined_at
FROM touchpoints
LEFT JOIN staff ON staff.person_id = touchpoints.person_id
WHERE touchpoints.type = 'group.activity_joined'
    AND touchpoints.group_id IS NOT NULL
    AND touchpoints.person_id IS NOT NULL
    AND staff.person_id IS NULL
GROUP BY touchpoints.group_id, touchpoints.data ->> '$.activity', touchpoints.person_id
