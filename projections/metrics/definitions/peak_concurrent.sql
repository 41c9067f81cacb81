-- The largest number of persons present at one moment of a live; not known where nobody told when they came and went.
-- 一场直播里同一时刻在场人数的最大值；没有进出记录的直播无从得知。
-- area: live
-- label: Peak concurrent | 最高在线
-- unit: persons
-- period: Lives that began on these days; of several, the highest. | 期内开播的直播；多场取最高的一场。
-- kept: live_sessions.peak_concurrent by live
-- dimension live: live_sessions.live_id | Live | 直播
SELECT
    days.period,
    NULL AS slice,
    MAX(live_sessions.peak_concurrent) AS value
FROM live_sessions
INNER JOIN days ON days.day = live_sessions.day
GROUP BY days.period, slice
