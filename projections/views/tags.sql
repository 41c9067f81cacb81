-- A row is one stretch of time in which a person carried a tag.
-- 一行是一个人带有某个标签的一段时间。
-- key: person_id, tag, valid_from
-- unit: person_id
-- from: touchpoints[tag.*] on person_id
-- column person_id: The person. | 人
-- column tag: The tag. | 标签
-- column by: Who gave it: rule, staff, journey or wecom. | 由谁打上：rule 规则、staff 员工、journey 旅程、wecom 企微
-- column valid_from: Since when. | 开始时间
-- column valid_to: Until when; NULL while it lasts. | 结束时间；仍有效时为空
WITH told AS (
    SELECT
        person_id,
        data ->> '$.tag' AS tag,
        data ->> '$.by' AS told_by,
        type,
        occurred_at,
        position,
        LAG(type) OVER (PARTITION BY person_id, data ->> '$.tag' ORDER BY occurred_at, position) AS before
    FROM touchpoints
    WHERE type IN ('tag.added', 'tag.removed') AND person_id IS NOT NULL
),

turns AS (
    SELECT
        person_id, tag, told_by, type, occurred_at, position,
        LEAD(occurred_at) OVER (PARTITION BY person_id, tag ORDER BY occurred_at, position) AS valid_to
    FROM told
    WHERE before IS NULL OR before <> type
),

stretches AS (
    SELECT
        person_id, tag, told_by, occurred_at AS valid_from, valid_to,
        ROW_NUMBER() OVER (PARTITION BY person_id, tag, occurred_at ORDER BY position DESC) AS latest
    FROM turns
    WHERE type = 'tag.added'
)

SELECT person_id, tag, told_by AS "by", valid_from, valid_to
FROM stretches
WHERE latest = 1
