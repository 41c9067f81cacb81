-- A row is one visit of a run to a step.
-- 一行是一次旅程实例对某个步骤的一次经过。
-- key: run_id, step, visit
-- unit: run_id
-- from: touchpoints[journey.stepped] on run_id
-- column run_id: The run. | 旅程实例
-- column step: The step. | 步骤
-- column visit: Which visit to it, from 0. | 第几次经过，从 0 开始
-- column journey: The journey. | 旅程
-- column person_id: The person. | 人
-- column kind: The kind of step. | 步骤类型
-- column at: When it was last decided. | 最近一次决定的时间
-- column next: Where the run went from it; empty at the end. | 之后走到哪一步，末尾为空
SELECT run_id, step, visit, journey, person_id, kind, occurred_at AS "at", next
FROM (
    SELECT
        run_id, person_id, occurred_at,
        data ->> '$.step' AS step,
        CAST(COALESCE(data ->> '$.visit', '0') AS INTEGER) AS visit,
        data ->> '$.journey' AS journey,
        data ->> '$.kind' AS kind,
        COALESCE(data ->> '$.next', '') AS next,
        ROW_NUMBER() OVER (
            PARTITION BY run_id, data ->> '$.step', COALESCE(data ->> '$.visit', '0') ORDER BY position DESC
        ) AS latest
    FROM touchpoints
    WHERE type = 'journey.stepped' AND run_id IS NOT NULL
) AS told
WHERE latest = 1
