-- A row is one journey, all versions together: where it stands and what came of it; staff are left out.
-- 一行是一个旅程（所有版本合计）的现状与结果，员工不计。
-- key: journey
-- unit: journey
-- from: journey_changes on journey
-- from: journey_runs on journey
-- from: actions on journey
-- lookup: staff on person_id via journey_runs
-- lookup: staff on person_id via actions
-- column journey: The journey. | 旅程
-- column state: live or paused; NULL where nobody told of its deployment. | 状态：live 运行中、paused 已暂停；没有上线记录为空
-- column version: The version that went live last. | 最近上线的版本
-- column deployed_at: When that was. | 最近上线时间
-- column runs: Runs outside the control group. | 进入人次（不含对照组）
-- column inside: Those that go on. | 进行中
-- column goals: Those that reached the goal. | 达成目标
-- column goal_rate: goals / runs. | 目标达成率：达成目标 ÷ 进入人次
-- column holdout_runs: Runs in the control group, which gets nothing. | 对照组人次
-- column holdout_goals: Those that reached the goal all the same. | 对照组中达成目标的
-- column holdout_goal_rate: holdout_goals / holdout_runs. | 对照组达成率
-- column actions: What it asked to be done. | 发起的动作数
-- column delivered: Actions that reached the person, or that a staff member confirmed. | 其中已送达或员工已确认的
-- column suppressed: Actions that a gate held back. | 被闸门拦下的动作数
-- column failed: Actions that failed, ran out of time or ended unknown. | 失败、过期或结果未知的动作数
WITH changes AS (
    SELECT
        journey, told_by, changed_at, version,
        ROW_NUMBER() OVER (PARTITION BY journey ORDER BY position DESC) AS latest,
        ROW_NUMBER() OVER (PARTITION BY journey, told_by ORDER BY position DESC) AS latest_of_kind
    FROM journey_changes
),

stands AS (
    SELECT
        journey,
        MAX(CASE WHEN latest = 1 THEN CASE told_by WHEN 'journey.paused' THEN 'paused' ELSE 'live' END END) AS state,
        MAX(CASE WHEN told_by = 'journey.deployed' AND latest_of_kind = 1 THEN version END) AS version,
        MAX(CASE WHEN told_by = 'journey.deployed' AND latest_of_kind = 1 THEN changed_at END) AS deployed_at
    FROM changes
    GROUP BY journey
),

ran AS (
    SELECT
        journey_runs.journey,
        SUM(CASE WHEN NOT journey_runs.holdout THEN 1 ELSE 0 END) AS runs,
        SUM(CASE WHEN NOT journey_runs.holdout AND journey_runs.left_at IS NULL THEN 1 ELSE 0 END) AS inside,
        SUM(CASE WHEN NOT journey_runs.holdout AND journey_runs.goal THEN 1 ELSE 0 END) AS goals,
        SUM(CASE WHEN journey_runs.holdout THEN 1 ELSE 0 END) AS holdout_runs,
        SUM(CASE WHEN journey_runs.holdout AND journey_runs.goal THEN 1 ELSE 0 END) AS holdout_goals
    FROM journey_runs
    LEFT JOIN staff ON staff.person_id = journey_runs.person_id
    WHERE staff.person_id IS NULL
    GROUP BY journey_runs.journey
),

acted AS (
    SELECT
        actions.journey,
        SUM(CASE WHEN actions.outcome <> 'suppressed' THEN 1 ELSE 0 END) AS actions,
        SUM(CASE WHEN actions.outcome IN ('delivered', 'confirmed') THEN 1 ELSE 0 END) AS delivered,
        SUM(CASE WHEN actions.outcome = 'suppressed' THEN 1 ELSE 0 END) AS suppressed,
        SUM(CASE WHEN actions.outcome IN ('failed', 'expired', 'unknown') THEN 1 ELSE 0 END) AS failed
    FROM actions
    LEFT JOIN staff ON staff.person_id = actions.person_id
    WHERE staff.person_id IS NULL AND actions.journey IS NOT NULL
    GROUP BY actions.journey
),

known AS (
    SELECT journey FROM stands
    UNION
    SELECT journey FROM ran
    UNION
    SELECT journey FROM acted
)

SELECT
    known.journey,
    stands.state,
    stands.version,
    stands.deployed_at,
    CAST(COALESCE(ran.runs, 0) AS INTEGER) AS runs,
    CAST(COALESCE(ran.inside, 0) AS INTEGER) AS inside,
    CAST(COALESCE(ran.goals, 0) AS INTEGER) AS goals,
    CAST(ran.goals AS DOUBLE) / NULLIF(ran.runs, 0) AS goal_rate,
    CAST(COALESCE(ran.holdout_runs, 0) AS INTEGER) AS holdout_runs,
    CAST(COALESCE(ran.holdout_goals, 0) AS INTEGER) AS holdout_goals,
    CAST(ran.holdout_goals AS DOUBLE) / NULLIF(ran.holdout_runs, 0) AS holdout_goal_rate,
    CAST(COALESCE(acted.actions, 0) AS INTEGER) AS actions,
    CAST(COALESCE(acted.delivered, 0) AS INTEGER) AS delivered,
    CAST(COALESCE(acted.suppressed, 0) AS INTEGER) AS suppressed,
    CAST(COALESCE(acted.failed, 0) AS INTEGER) AS failed
FROM known
LEFT JOIN stands ON stands.journey = known.journey
LEFT JOIN ran ON ran.journey = known.journey
LEFT JOIN acted ON acted.journey = known.journey
