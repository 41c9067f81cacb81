-- Viewers who liked, commented or shared / viewers.
-- 点赞、评论或分享过的观众 ÷ 观看人数。
-- area: live
-- label: Live interaction | 直播互动率
-- unit: ratio
-- period: Lives that began on these days; a person counts once, however many of them they were in. | 期内开播的直播；看过多场的人只算一次。
-- kept: live_sessions.interaction_rate by live
-- dimension live: live_viewers.live_id | Live | 直播
-- dimension building: people.building | Building of the viewer | 观众所在楼栋
-- dimension first_channel: people.channel | Channel of the first touch | 首次接触的渠道
SELECT
    days.period,
    NULL AS slice,
    COUNT(DISTINCT CASE WHEN live_viewers.interacted THEN live_viewers.person_id END) AS numerator,
    COUNT(DISTINCT live_viewers.person_id) AS denominator
FROM live_viewers
INNER JOIN live_sessions ON live_sessions.live_id = live_viewers.live_id
INNER JOIN days ON days.day = live_sessions.day
LEFT JOIN people ON people.person_id = live_viewers.person_id
WHERE live_viewers.entered_at IS NOT NULL
GROUP BY days.period, slice
