-- Distinct persons who entered between start and end.
-- 开播到结束之间进入直播间的人，去重。
-- area: live
-- label: Viewers | 观看人数
-- unit: persons
-- period: Lives that began on these days; a person counts once, however many of them they were in. | 期内开播的直播；看过多场的人只算一次。
-- empty: 0
-- kept: live_sessions.viewers by live
-- dimension live: live_viewers.live_id | Live | 直播
-- dimension building: people.building | Building of the viewer | 观众所在楼栋
-- dimension first_channel: people.channel | Channel of the first touch | 首次接触的渠道
SELECT
    days.period,
    NULL AS slice,
    COUNT(DISTINCT live_viewers.person_id) AS value
FROM live_viewers
INNER JOIN live_sessions ON live_sessions.live_id = live_viewers.live_id
INNER JOIN days ON days.day = live_sessions.day
LEFT JOIN people ON people.person_id = live_viewers.person_id
WHERE live_viewers.entered_at IS NOT NULL
GROUP BY days.period, slice
