-- A row is one person who is staff or a test account, and so is left out of every metric.
-- 一行是一名员工或测试账号，所有指标都不计入。
-- key: person_id
-- unit: person_id
-- from: touchpoints[person.profile_changed] on person_id
-- column person_id: The person. | 人
-- column since: When that became known. | 得知的时间
SELECT person_id, occurred_at AS since
FROM (
    SELECT
        person_id,
        occurred_at,
        data ->> '$.is_staff' AS is_staff,
        ROW_NUMBER() OVER (PARTITION BY person_id ORDER BY occurred_at DESC, position DESC) AS latest
    FROM touchpoints
    WHERE type = 'person.profile_changed' AND person_id IS NOT NULL AND data ->> '$.is_staff' IS NOT NULL
) AS said
WHERE latest = 1 AND is_staff = 'true'
