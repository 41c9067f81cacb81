-- A row is one campaign and what came of it; staff are left out.
-- 一行是一个战役及其结果，员工不计。
-- key: campaign_id
-- unit: campaign_id
-- from: campaign_plans on campaign_id
-- from: campaign_people on campaign_id
-- from: campaign_orders on campaign_id
-- from: lives on campaign_id
-- column campaign_id: The campaign. | 战役
-- column name: Its name. | 名称
-- column t_date: Its T date. | T 日
-- column planned_at: When it was planned. | 计划时间
-- column posts: What the shop posted for it. | 发布条数
-- column lives: Lives that belong to it. | 直播场数
-- column persons: Persons whom it reached. | 触及人数
-- column reservations: Those of them who reserved a live of it. | 预约人数
-- column live_viewers: Those of them who were in a live of it. | 进入直播的人数
-- column new_friends: Those of them who became friends through it. | 加微人数
-- column visitors: Those of them who looked into the mall through it. | 商城访客数
-- column actions: What journeys asked to be sent because of it. | 旅程触达次数
-- column orders: Paid orders that count for it. | 带来的已付款订单数
-- column buyers: Distinct persons who paid them. | 买家数
-- column gmv_fen: Paid minus refunded of those orders, in fen. | 这些订单的实付减退款（分）
-- column cost_fen: What it cost, in fen; NULL if nobody recorded a cost. | 花费（分）；没有记录为空
-- column return_on_cost: gmv_fen / cost_fen. | 投入产出比：成交额 ÷ 花费
WITH reached AS (
    SELECT
        campaign_id,
        COUNT(*) AS persons,
        SUM(CASE WHEN reserved THEN 1 ELSE 0 END) AS reservations,
        SUM(CASE WHEN entered_live THEN 1 ELSE 0 END) AS live_viewers,
        SUM(CASE WHEN became_friend THEN 1 ELSE 0 END) AS new_friends,
        SUM(CASE WHEN visited_mall THEN 1 ELSE 0 END) AS visitors,
        SUM(actions) AS actions
    FROM campaign_people
    GROUP BY campaign_id
),

bought AS (
    SELECT campaign_id, COUNT(*) AS orders, COUNT(DISTINCT person_id) AS buyers, SUM(net_fen) AS gmv_fen
    FROM campaign_orders
    GROUP BY campaign_id
),

held AS (
    SELECT campaign_id, COUNT(*) AS lives
    FROM lives
    WHERE campaign_id IS NOT NULL
    GROUP BY campaign_id
),

known AS (
    SELECT campaign_id FROM campaign_plans
    UNION
    SELECT campaign_id FROM reached
    UNION
    SELECT campaign_id FROM bought
    UNION
    SELECT campaign_id FROM held
)

SELECT
    known.campaign_id,
    plans.name,
    plans.t_date,
    plans.planned_at,
    CAST(COALESCE(plans.posts, 0) AS INTEGER) AS posts,
    CAST(COALESCE(held.lives, 0) AS INTEGER) AS lives,
    CAST(COALESCE(reached.persons, 0) AS INTEGER) AS persons,
    CAST(COALESCE(reached.reservations, 0) AS INTEGER) AS reservations,
    CAST(COALESCE(reached.live_viewers, 0) AS INTEGER) AS live_viewers,
    CAST(COALESCE(reached.new_friends, 0) AS INTEGER) AS new_friends,
    CAST(COALESCE(reached.visitors, 0) AS INTEGER) AS visitors,
    CAST(COALESCE(reached.actions, 0) AS INTEGER) AS actions,
    CAST(COALESCE(bought.orders, 0) AS INTEGER) AS orders,
    CAST(COALESCE(bought.buyers, 0) AS INTEGER) AS buyers,
    CAST(COALESCE(bought.gmv_fen, 0) AS BIGINT) AS gmv_fen,
    plans.cost_fen,
    CAST(COALESCE(bought.gmv_fen, 0) AS DOUBLE) / NULLIF(plans.cost_fen, 0) AS return_on_cost
FROM known
LEFT JOIN campaign_plans AS plans ON plans.campaign_id = known.campaign_id
LEFT JOIN reached ON reached.campaign_id = known.campaign_id
LEFT JOIN bought ON bought.campaign_id = known.campaign_id
LEFT JOIN held ON held.campaign_id = known.campaign_id
