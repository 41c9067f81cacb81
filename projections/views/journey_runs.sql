-- A row is one run of a journey: one person on the way through its steps.
-- 一行是一次旅程：一个人走过各个步骤的过程。
-- key: run_id
-- unit: run_id
-- from: touchpoints[journey.entered, journey.stepped, journey.left] on run_id
-- column run_id: The run. | 旅程实例
-- column journey: The journey. | 旅程
-- column version: The version it entered with. | 进入时的版本
-- column person_id: The person. | 人
-- column entered_at: When it began. | 进入时间
-- column key: What tells runs of one person apart. | 区分同一人多次进入的键
-- column trigger_type: The event that started it. | 触发事件类型
-- column trigger_position: That event's position. | 触发事件的位置
-- column step: The step where it stands or came to its end. | 当前（或最后）所在步骤
-- column wake_at: When its timer is due, if it waits for one. | 定时器到点时间（若在等待）
-- column left_at: When it ended; NULL while it goes on. | 结束时间；进行中为空
-- column reason: Why it ended. | 结束原因
-- column holdout: Belongs to the control group, which gets nothing. | 是否属于对照组（不触达）
-- column goal: Reached its goal. | 是否达成目标
WITH told AS (
    SELECT
        run_id, type, occurred_at, position, person_id, data,
        ROW_NUMBER() OVER (PARTITION BY run_id, type ORDER BY position DESC) AS latest
    FROM touchpoints
    WHERE type IN ('journey.entered', 'journey.stepped', 'journey.left') AND run_id IS NOT NULL
),

entered AS (
    SELECT run_id, person_id, occurred_at, data FROM told WHERE type = 'journey.entered' AND latest = 1
),

stepped AS (
    SELECT run_id, position, data FROM told WHERE type = 'journey.stepped' AND latest = 1
),

gone AS (
    SELECT run_id, occurred_at, data FROM told WHERE type = 'journey.left' AND latest = 1
)

SELECT
    entered.run_id,
    entered.data ->> '$.journey' AS journey,
    CAST(entered.data ->> '$.version' AS INTEGER) AS version,
    entered.person_id,
    entered.occurred_at AS entered_at,
    COALESCE(entered.data ->> '$.key', '') AS key,
    entered.data ->> '$.trigger_type' AS trigger_type,
    CAST(entered.data ->> '$.trigger_position' AS BIGINT) AS trigger_position,
    COALESCE(NULLIF(stepped.data ->> '$.next', ''), stepped.data ->> '$.step') AS step,
    CASE WHEN gone.run_id IS NULL THEN MAKE_TIMESTAMPTZ(CAST(stepped.data ->> '$.wake_at' AS BIGINT)) END AS wake_at,
    gone.occurred_at AS left_at,
    gone.data ->> '$.reason' AS reason,
    COALESCE(entered.data ->> '$.holdout', 'false') = 'true' AS holdout,
    COALESCE(gone.data ->> '$.reason' = 'goal', FALSE) AS goal
FROM entered
LEFT JOIN stepped ON stepped.run_id = entered.run_id
LEFT JOIN gone ON gone.run_id = entered.run_id
