-- A row is one community group.
-- 一行是一个社群。
-- key: group_id
-- unit: group_id
-- from: touchpoints[group.created, group.dismissed] on group_id
-- column group_id: The group. | 社群
-- column name: Its name, as last told. | 群名，以最近一次为准
-- column building: The building it is for. | 楼栋
-- column interest: The interest it is for. | 兴趣
-- column created_at: When it began. | 建群时间
-- column dismissed_at: When it ended; NULL while it lasts. | 解散时间；仍在时为空
SELECT
    group_id,
    MAX(CASE WHEN name_rank = 1 THEN name END) AS name,
    MAX(CASE WHEN building_rank = 1 THEN building END) AS building,
    MAX(CASE WHEN interest_rank = 1 THEN interest END) AS interest,
    MIN(CASE WHEN type = 'group.created' THEN occurred_at END) AS created_at,
    MAX(CASE WHEN type = 'group.dismissed' THEN occurred_at END) AS dismissed_at
FROM (
    SELECT
        group_id, type, occurred_at, name, building, interest,
        ROW_NUMBER() OVER (PARTITION BY group_id, name IS NULL ORDER BY occurred_at DESC, position DESC) AS name_rank,
        ROW_NUMBER() OVER (PARTITION BY group_id, building IS NULL ORDER BY occurred_at DESC, position DESC) AS building_rank,
        ROW_NUMBER() OVER (PARTITION BY group_id, interest IS NULL ORDER BY occurred_at DESC, position DESC) AS interest_rank
    FROM (
        SELECT
            group_id, type, occurred_at, position,
            NULLIF(data ->> '$.name', '') AS name, data ->> '$.building' AS building, data ->> '$.interest' AS interest
        FROM touchpoints
        WHERE type IN ('group.created', 'group.dismissed') AND group_id IS NOT NULL
    ) AS said
) AS told
GROUP BY group_id
