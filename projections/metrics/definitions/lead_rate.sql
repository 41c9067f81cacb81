-- Viewers who were not friends when they entered and became friends from then until 24 h after the end / viewers who were not friends when they entered.
-- 进入时还不是好友、从进入到直播结束后 24 小时内加了好友的观众 ÷ 进入时还不是好友的观众。
-- area: live
-- label: Lead rate | 加微率
-- unit: ratio
-- period: Lives that began on these days; a person counts once, however many of them they were in. | 期内开播的直播；看过多场的人只算一次。
-- kept: live_sessions.lead_rate by live
-- dimension live: live_viewers.live_id | Live | 直播
-- dimension building: people.building | Building of the viewer | 观众所在楼栋
-- dimension first_channel: people.channel | Channel of the first touch | 首次接触的渠道
SELECT
    days.period,
    NULL AS slice,
    COUNT(DISTINCT CASE
        WHEN NOT live_viewers.was_friend AND live_viewers.became_friend_at IS NOT NULL THEN live_viewers.person_id
    END) AS numerator,
    COUNT(DISTINCT CASE WHEN NOT live_viewers.was_friend THEN live_viewers.person_id END) AS denominator
FROM live_viewers
INNER JOIN live_sessions ON live_sessions.live_id = live_viewers.live_id
INNER JOIN days ON days.day = live_sessions.day
LEFT JOIN people ON people.person_id = live_viewers.person_id
WHERE live_viewers.entered_at IS NOT NULL
GROUP BY days.period, slice
