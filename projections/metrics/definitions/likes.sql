-- Likes of viewers while the live ran.
-- 直播进行中观众的点赞次数。
-- area: live
-- label: Likes | 点赞
-- unit: count
-- period: Lives that began on these days. | 期内开播的直播。
-- empty: 0
-- kept: live_sessions.likes by live
-- dimension live: live_viewers.live_id | Live | 直播
-- dimension building: people.building | Building of the viewer | 观众所在楼栋
-- dimension first_channel: people.channel | Channel of the first touch | 首次接触的渠道
SELECT
    days.period,
    NULL AS slice,
    SUM(live_viewers.liked) AS value
FROM live_viewers
INNER JOIN live_sessions ON live_sessions.live_id = live_viewers.live_id
INNER JOIN days ON days.day = live_sessions.day
LEFT JOIN people ON people.person_id = live_viewers.person_id
GROUP BY days.period, slice
