-- A row is one time that a journey was deployed or paused.
-- 一行是一次旅程上线或暂停。
-- key: position
-- unit: told_by
-- from: touchpoints[journey.deployed, journey.paused] on type
-- column position: Place in the log. | 在日志中的位置
-- column told_by: journey.deployed or journey.paused. | journey.deployed 上线、journey.paused 暂停
-- column journey: The journey. | 旅程
-- column changed_at: When it was. | 时间
-- column version: The version that went live; NULL for a pause. | 上线的版本；暂停为空
-- column file: The file it was read from. | 来源文件
SELECT
    position,
    type AS told_by,
    data ->> '$.journey' AS journey,
    occurred_at AS changed_at,
    CAST(data ->> '$.version' AS INTEGER) AS version,
    data ->> '$.file' AS file
FROM touchpoints
WHERE type IN ('journey.deployed', 'journey.paused')
