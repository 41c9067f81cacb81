-- A row is one person whom a campaign reached: something they did names it, or a journey acted on them because of it; staff are left out.
-- 一行是一个战役触及的一个人：其行为带有该战役，或旅程因它而触达，员工不计。
-- key: campaign_id, person_id
-- unit: person_id
-- from: touchpoints[*] on person_id
-- from: staff on person_id
-- column campaign_id: The campaign. | 战役
-- column person_id: The person. | 人
-- column first_at: When that began. | 最早时间
-- column last_at: When it was last seen. | 最近时间
-- column events: What they did that names the campaign. | 带有该战役的行为数
-- column reserved: Reserved a live. | 是否预约直播
-- column entered_live: Was in a live. | 是否进入直播间
-- column became_friend: Became a WeCom friend. | 是否加了企微
-- column visited_mall: Looked into the mall. | 是否逛过商城
-- column actions: What journeys asked to be sent to them. | 旅程触达次数
SELECT
    touchpoints.campaign_id,
    touchpoints.person_id,
    MIN(touchpoints.occurred_at) AS first_at,
    MAX(touchpoints.occurred_at) AS last_at,
    CAST(SUM(CASE WHEN touchpoints.type LIKE 'journey.%' OR touchpoints.type LIKE 'action.%' THEN 0 ELSE 1 END) AS INTEGER) AS events,
    MAX(CASE WHEN touchpoints.type = 'live.reserved' THEN 1 ELSE 0 END) = 1 AS reserved,
    MAX(CASE WHEN touchpoints.type IN ('live.entered', 'live.watched', 'live.left') THEN 1 ELSE 0 END) = 1 AS entered_live,
    MAX(CASE WHEN touchpoints.type = 'friend.added' AND COALESCE(touchpoints.data ->> '$.half', 'false') <> 'true' THEN 1 ELSE 0 END) = 1
    AS became_friend,
    MAX(CASE WHEN touchpoints.type IN ('mall.visited', 'product.viewed') THEN 1 ELSE 0 END) = 1 AS visited_mall,
    CAST(SUM(CASE WHEN touchpoints.type = 'action.requested' THEN 1 ELSE 0 END) AS INTEGER) AS actions
FROM touchpoints
LEFT JOIN staff ON staff.person_id = touchpoints.person_id
WHERE touchpoints.campaign_id IS NOT NULL AND touchpoints.person_id IS NOT NULL AND staff.person_id IS NULL
GROUP BY touchpoints.campaign_id, touchpoints.person_id
