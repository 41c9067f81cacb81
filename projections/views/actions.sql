-- A row is one action that a journey asked for or held back, and what became of it.
-- 一行是旅程发起或被拦下的一个动作，以及它的结果。
-- key: action_id
-- unit: action_id
-- from: touchpoints[action.*] on action_id
-- column action_id: The action. | 动作
-- column run_id: The run that asked for it. | 旅程实例
-- column journey: The journey. | 旅程
-- column step: The step. | 步骤
-- column channel: The channel it goes through. | 触达渠道
-- column person_id: The person it is for. | 触达对象
-- column requested_at: When it was decided. | 决定时间
-- column outcome: The last that is known: requested, suppressed, attempted, deferred, accepted, confirmed, delivered, failed, expired or unknown. | 最近所知的结果
-- column reason: Why it was held back, or how it failed. | 拦截或失败原因
-- column detail: More about that, in words. | 详细说明
-- column attempts: How often it was tried. | 尝试次数
-- column settled_at: When its outcome became final; NULL while it may still change. | 结果确定的时间；尚未确定为空
WITH told AS (
    SELECT
        action_id, run_id, person_id, type, occurred_at, position, data,
        ROW_NUMBER() OVER (PARTITION BY action_id ORDER BY position DESC) AS latest,
        ROW_NUMBER() OVER (PARTITION BY action_id ORDER BY position) AS first
    FROM touchpoints
    WHERE type LIKE 'action.%' AND action_id IS NOT NULL
),

counted AS (
    SELECT
        action_id,
        CAST(SUM(CASE WHEN type = 'action.attempted' THEN 1 ELSE 0 END) AS INTEGER) AS attempts,
        MIN(CASE WHEN type IN ('action.requested', 'action.suppressed') THEN occurred_at END) AS requested_at,
        MAX(CASE WHEN type IN ('action.requested', 'action.suppressed') THEN data ->> '$.step' END) AS step
    FROM told
    GROUP BY action_id
)

SELECT
    first.action_id,
    first.run_id,
    first.data ->> '$.journey' AS journey,
    counted.step,
    first.data ->> '$.channel' AS channel,
    first.person_id,
    counted.requested_at,
    SUBSTRING(last.type, 8) AS outcome,
    COALESCE(last.data ->> '$.reason', last.data ->> '$.kind', CASE WHEN last.type = 'action.failed' THEN 'permanent' END) AS reason,
    NULLIF(last.data ->> '$.detail', '') AS detail,
    counted.attempts,
    CASE
        WHEN last.type IN (
            'action.suppressed', 'action.confirmed', 'action.delivered', 'action.failed', 'action.expired', 'action.unknown'
        ) THEN last.occurred_at
    END AS settled_at
FROM told AS first
INNER JOIN told AS last ON last.action_id = first.action_id AND last.latest = 1
INNER JOIN counted ON counted.action_id = first.action_id
WHERE first.first = 1
