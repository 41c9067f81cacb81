-- Reserved persons who entered / reserved persons.
-- 预约并进入直播间的人 ÷ 预约人数。
-- area: live
-- label: Attendance | 到场率
-- unit: ratio
-- period: Lives that began on these days; a person who reserved several of them counts once. | 期内开播的直播；预约多场的人只算一次。
-- kept: live_sessions.attendance_rate by live
-- dimension live: live_viewers.live_id | Live | 直播
-- dimension building: people.building | Building of the viewer | 观众所在楼栋
-- dimension first_channel: people.channel | Channel of the first touch | 首次接触的渠道
SELECT
    days.period,
    NULL AS slice,
    COUNT(DISTINCT CASE WHEN live_viewers.entered_at IS NOT NULL THEN live_viewers.person_id END) AS numerator,
    COUNT(DISTINCT live_viewers.person_id) AS denominator
FROM live_viewers
INNER JOIN live_sessions ON live_sessions.live_id = live_viewers.live_id
INNER JOIN days ON days.day = live_sessions.day
LEFT JOIN people ON people.person_id = live_viewers.person_id
WHERE live_viewers.reserved
GROUP BY days.period, slice
