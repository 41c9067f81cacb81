-- A row is one unbroken stretch of time that a person was present in a live; stretches of one person never overlap.
-- 一行是一个人在一场直播里连续在场的一段时间；同一个人的各段互不重叠。
-- key: live_id, person_id, entered_at
-- unit: person_id
-- order: live_id
-- from: touchpoints[live.entered, live.left] on person_id
-- lookup: lives on live_id via touchpoints
-- column live_id: The live. | 直播
-- column person_id: The person. | 人
-- column entered_at: When it began, not before the live did. | 进入时间，不早于开播
-- column left_at: When it ended, not after the live did; NULL while the live runs and nobody saw it end. | 离开时间，不晚于结束；直播仍在进行且未见离开时为空
WITH told AS (
    SELECT
        live_id, person_id, type, occurred_at, position,
        COALESCE(data ->> '$.session', '') AS session,
        CASE WHEN type = 'live.left' THEN MAKE_TIMESTAMPTZ(CAST(data ->> '$.entered_at' AS BIGINT)) END AS came_at
    FROM touchpoints
    WHERE type IN ('live.entered', 'live.left') AND live_id IS NOT NULL AND person_id IS NOT NULL
),

-- A visit lasts from entering to the next leaving of the same session.
paired AS (
    SELECT
        live_id, person_id, type, occurred_at, came_at,
        MIN(CASE WHEN type = 'live.left' THEN occurred_at END) OVER (
            PARTITION BY live_id, person_id, session ORDER BY occurred_at, position
            ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        ) AS next_left
    FROM told
),

visits AS (
    SELECT live_id, person_id, occurred_at AS entered_at, next_left AS left_at
    FROM paired
    WHERE type = 'live.entered'
    UNION ALL
    SELECT live_id, person_id, came_at, occurred_at
    FROM paired
    WHERE type = 'live.left' AND came_at IS NOT NULL
),

-- Only presence between start and end counts; one that nobody saw end lasts until the live ends.
clipped AS (
    SELECT
        visits.live_id,
        visits.person_id,
        GREATEST(visits.entered_at, COALESCE(lives.started_at, visits.entered_at)) AS entered_at,
        COALESCE(LEAST(visits.left_at, lives.ended_at), visits.left_at, lives.ended_at, TIMESTAMPTZ '9999-01-01 00:00:00+00') AS left_at
    FROM visits
    LEFT JOIN lives ON lives.live_id = visits.live_id
    WHERE (lives.ended_at IS NULL OR visits.entered_at <= lives.ended_at)
        AND (lives.started_at IS NULL OR visits.left_at IS NULL OR visits.left_at >= lives.started_at)
),

reached AS (
    SELECT
        live_id, person_id, entered_at, left_at,
        MAX(left_at) OVER (
            PARTITION BY live_id, person_id ORDER BY entered_at, left_at
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS before
    FROM clipped
    WHERE left_at >= entered_at
),

islands AS (
    SELECT
        live_id, person_id, entered_at, left_at,
        SUM(CASE WHEN before IS NULL OR entered_at > before THEN 1 ELSE 0 END) OVER (
            PARTITION BY live_id, person_id ORDER BY entered_at, left_at
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS island
    FROM reached
)

SELECT
    live_id,
    person_id,
    MIN(entered_at) AS entered_at,
    NULLIF(MAX(left_at), TIMESTAMPTZ '9999-01-01 00:00:00+00') AS left_at
FROM islands
GROUP BY live_id, person_id, island
