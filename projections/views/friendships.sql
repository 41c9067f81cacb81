-- A row is one stretch of time in which a person and a staff member were WeCom friends.
-- 一行是一个人与一名员工互为企微好友的一段时间。
-- key: person_id, staff_id, added_at
-- unit: person_id
-- from: touchpoints[friend.*] on person_id
-- column person_id: The person. | 人
-- column staff_id: The staff member. | 员工
-- column added_at: When they became friends; a request not yet confirmed does not count. | 成为好友的时间；对方尚未确认的不算
-- column removed_at: When it ended; NULL while it lasts. | 结束时间；仍是好友时为空
-- column removed_by: Who ended it: customer, staff or transfer. | 由谁结束：customer 客户、staff 员工、transfer 转接
-- column channel: The channel through which it came about. | 加好友的渠道
WITH told AS (
    SELECT
        person_id,
        COALESCE(staff_id, '') AS staff_id,
        occurred_at,
        position,
        type,
        channel,
        data ->> '$.by' AS told_by,
        LAG(type) OVER (PARTITION BY person_id, COALESCE(staff_id, '') ORDER BY occurred_at, position) AS before
    FROM touchpoints
    WHERE type IN ('friend.added', 'friend.removed')
        AND person_id IS NOT NULL
        AND COALESCE(data ->> '$.half', 'false') <> 'true'
),

turns AS (
    SELECT
        person_id, staff_id, type, occurred_at, position, channel,
        LEAD(occurred_at) OVER (PARTITION BY person_id, staff_id ORDER BY occurred_at, position) AS removed_at,
        LEAD(told_by) OVER (PARTITION BY person_id, staff_id ORDER BY occurred_at, position) AS removed_by
    FROM told
    WHERE before IS NULL OR before <> type
),

stretches AS (
    SELECT
        person_id, staff_id, occurred_at AS added_at, removed_at, removed_by, channel,
        ROW_NUMBER() OVER (PARTITION BY person_id, staff_id, occurred_at ORDER BY position DESC) AS latest
    FROM turns
    WHERE type = 'friend.added'
)

SELECT person_id, staff_id, added_at, removed_at, CASE WHEN removed_at IS NOT NULL THEN removed_by END AS removed_by, channel
FROM stretches
WHERE latest = 1
