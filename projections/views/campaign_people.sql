-- A row is one person whom a campaign reached: what they did names it, they reserved or entered one of its lives, or a journey acted on them because of it; staff are left out.
-- 一行是一个战役触及的一个人：其行为带有该战役、预约或进入了它的直播，或旅程因它而触达，员工不计。
-- key: campaign_id, person_id
-- unit: person_id
-- from: touchpoints[*] on person_id
-- from: live_viewers on person_id
-- from: staff on person_id
-- lookup: lives on live_id via live_viewers
-- column campaign_id: The campaign. | 战役
-- column person_id: The person. | 人
-- column events: What they did that names the campaign. | 带有该战役的行为数
-- column reserved: Reserved a live of it. | 是否预约其直播
-- column entered_live: Was in a live of it. | 是否进入其直播间
-- column became_friend: Became a WeCom friend through it: the friendship names it, or began in one of its lives until 24 h after. | 是否因它加了企微：加好友带有该战役，或在其直播期间到结束后 24 小时内加上
-- column visited_mall: Looked into the mall through it: the visit names it, or names none and was made by a viewer of one of its lives until 24 h after. | 是否因它逛过商城：访问带有该战役；或未带战役，但在进入其直播后到结束后 24 小时内
-- column actions: What journeys asked to be sent to them. | 旅程触达次数
WITH told AS (
    SELECT
        campaign_id,
        person_id,
        CASE WHEN type LIKE 'journey.%' OR type LIKE 'action.%' THEN 0 ELSE 1 END AS events,
        CASE WHEN type = 'live.reserved' THEN 1 ELSE 0 END AS reserved,
        CASE WHEN type IN ('live.entered', 'live.watched', 'live.left') THEN 1 ELSE 0 END AS entered_live,
        CASE WHEN type = 'friend.added' AND COALESCE(data ->> '$.half', 'false') <> 'true' THEN 1 ELSE 0 END AS became_friend,
        CASE WHEN type IN ('mall.visited', 'product.viewed') THEN 1 ELSE 0 END AS visited_mall,
        CASE WHEN type = 'action.requested' THEN 1 ELSE 0 END AS actions
    FROM touchpoints
    WHERE campaign_id IS NOT NULL AND person_id IS NOT NULL
    UNION ALL
    SELECT
        lives.campaign_id,
        live_viewers.person_id,
        0 AS events,
        CASE WHEN live_viewers.reserved THEN 1 ELSE 0 END AS reserved,
        CASE WHEN live_viewers.entered_at IS NOT NULL THEN 1 ELSE 0 END AS entered_live,
        CASE WHEN NOT live_viewers.was_friend AND live_viewers.became_friend_at IS NOT NULL THEN 1 ELSE 0 END AS became_friend,
        0 AS visited_mall,
        0 AS actions
    FROM live_viewers
    INNER JOIN lives ON lives.live_id = live_viewers.live_id
    WHERE lives.campaign_id IS NOT NULL
    UNION ALL
    SELECT
        lives.campaign_id,
        live_viewers.person_id,
        0 AS events, 0 AS reserved, 0 AS entered_live, 0 AS became_friend, 1 AS visited_mall, 0 AS actions
    FROM live_viewers
    INNER JOIN lives ON lives.live_id = live_viewers.live_id
    INNER JOIN touchpoints ON touchpoints.person_id = live_viewers.person_id
    WHERE lives.campaign_id IS NOT NULL
        AND touchpoints.type IN ('mall.visited', 'product.viewed')
        AND touchpoints.campaign_id IS NULL
        AND touchpoints.occurred_at BETWEEN live_viewers.entered_at AND live_viewers.counted_until
)

SELECT
    told.campaign_id,
    told.person_id,
    CAST(SUM(told.events) AS INTEGER) AS events,
    MAX(told.reserved) = 1 AS reserved,
    MAX(told.entered_live) = 1 AS entered_live,
    MAX(told.became_friend) = 1 AS became_friend,
    MAX(told.visited_mall) = 1 AS visited_mall,
    CAST(SUM(told.actions) AS INTEGER) AS actions
FROM told
LEFT JOIN staff ON staff.person_id = told.person_id
WHERE staff.person_id IS NULL
GROUP BY told.campaign_id, told.person_id
