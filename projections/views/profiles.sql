-- A row is one person of whom something was told: what is known about them, each field as last told. No names, no numbers.
-- 一行是一个有资料的人：每一项以最近一次为准。不含姓名和号码。
-- key: person_id
-- unit: person_id
-- from: touchpoints[person.profile_changed] on person_id
-- column person_id: The person. | 人
-- column building: The building they live in. | 楼栋
-- column gender: female, male or unknown. | 性别
-- column baby_birth_month: The month in which their baby was born, as 2026-03. | 宝宝出生月份，如 2026-03
SELECT DISTINCT
    person_id,
    LAST_VALUE(data ->> '$.building' IGNORE NULLS) OVER story AS building,
    LAST_VALUE(data ->> '$.gender' IGNORE NULLS) OVER story AS gender,
    LAST_VALUE(data ->> '$.baby_birth_month' IGNORE NULLS) OVER story AS baby_birth_month
FROM touchpoints
WHERE type = 'person.profile_changed' AND person_id IS NOT NULL
WINDOW story AS (
    PARTITION BY person_id ORDER BY occurred_at, position ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
)
