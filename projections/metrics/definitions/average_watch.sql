-- Seconds watched live (one person's overlapping visits counted once, replay left out) / viewers.
-- 直播观看秒数合计（同一人重叠的只算一次，不含回放）÷ 观看人数。
-- area: live
-- label: Average watch time | 平均观看时长
-- unit: seconds
-- period: Lives that began on these days; the average over all viewers of each of them, so it does not grow with the number of lives. | 期内开播的直播；每人每场算一次观看再取平均，不会随场次变多而变长。
-- kept: live_sessions.average_watch_seconds by live
-- dimension live: live_viewers.live_id | Live | 直播
-- dimension building: people.building | Building of the viewer | 观众所在楼栋
-- dimension first_channel: people.channel | Channel of the first touch | 首次接触的渠道
SELECT
    days.period,
    NULL AS slice,
    SUM(live_viewers.watch_seconds) AS numerator,
    COUNT(*) AS denominator
FROM live_viewers
INNER JOIN live_sessions ON live_sessions.live_id = live_viewers.live_id
INNER JOIN days ON days.day = live_sessions.day
LEFT JOIN people ON people.person_id = live_viewers.person_id
WHERE live_viewers.entered_at IS NOT NULL
GROUP BY days.period, slice
