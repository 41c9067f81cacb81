-- A row is one stretch of time in which a person was a member of a group. Who is active without having joined in our sight is a member from then on.
-- 一行是一个人在某个群里的一段时间。没看到入群却在群里活动的，从第一次活动起算成员。
-- key: group_id, person_id, joined_at
-- unit: person_id
-- order: group_id
-- from: touchpoints[group.joined, group.left, group.message_sent, group.link_clicked, group.checked_in, group.activity_joined] on person_id
-- column group_id: The group. | 社群
-- column person_id: The person. | 人
-- column joined_at: When it began; NULL if we only know that it ended. | 入群时间；只知道退群时为空
-- column left_at: When it ended; NULL while it lasts. | 退群时间；仍在群为空
-- column joined_day: The local day of joining. | 入群日
-- column left_day: The local day of leaving. | 退群日
-- column scene: How they left: left, removed or unknown. | 退群方式：left 主动、removed 被移出、unknown 未知
WITH told AS (
    SELECT
        group_id,
        person_id,
        type = 'group.left' AS leaving,
        CASE WHEN type = 'group.left' THEN COALESCE(data ->> '$.scene', 'unknown') END AS scene,
        occurred_at,
        day,
        position
    FROM touchpoints
    WHERE type IN (
        'group.joined', 'group.left', 'group.message_sent', 'group.link_clicked', 'group.checked_in', 'group.activity_joined'
    )
        AND group_id IS NOT NULL
        AND person_id IS NOT NULL
),

ordered AS (
    SELECT
        group_id, person_id, leaving, scene, occurred_at, day, position,
        LAG(leaving) OVER (PARTITION BY group_id, person_id ORDER BY occurred_at, position) AS before
    FROM told
),

turns AS (
    SELECT
        group_id, person_id, leaving, scene, occurred_at, day, position, before,
        LEAD(occurred_at) OVER (PARTITION BY group_id, person_id ORDER BY occurred_at, position) AS next_at,
        LEAD(day) OVER (PARTITION BY group_id, person_id ORDER BY occurred_at, position) AS next_day,
        LEAD(scene) OVER (PARTITION BY group_id, person_id ORDER BY occurred_at, position) AS next_scene
    FROM ordered
    WHERE before IS NULL OR before <> leaving
),

stretches AS (
    SELECT
        group_id, person_id, occurred_at AS joined_at, next_at AS left_at, day AS joined_day, next_day AS left_day,
        next_scene AS scene,
        ROW_NUMBER() OVER (PARTITION BY group_id, person_id, occurred_at ORDER BY position DESC) AS latest
    FROM turns
    WHERE NOT leaving
)

SELECT group_id, person_id, joined_at, left_at, joined_day, left_day, scene
FROM stretches
WHERE latest = 1
UNION ALL
SELECT group_id, person_id, NULL AS joined_at, occurred_at AS left_at, NULL AS joined_day, day AS left_day, scene
FROM turns
WHERE leaving AND before IS NULL
