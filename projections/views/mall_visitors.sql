-- A row is one person who looked into the mall or used the cart on one day; staff are left out.
-- 一行是某天逛过商城或加购的一个人，员工不计。
-- key: day, person_id
-- unit: person_id
-- order: day
-- from: touchpoints[mall.visited, product.viewed, cart.added] on person_id
-- from: staff on person_id
-- column day: The local day. | 日期
-- column person_id: The person. | 人
-- column views: How many views of the mall or a product. | 浏览次数
-- column carts: How often something was put into the cart. | 加购次数
SELECT
    touchpoints.day,
    touchpoints.person_id,
    CAST(SUM(CASE WHEN touchpoints.type <> 'cart.added' THEN 1 ELSE 0 END) AS INTEGER) AS views,
    CAST(SUM(CASE WHEN touchpoints.type = 'cart.added' THEN 1 ELSE 0 END) AS INTEGER) AS carts
FROM touchpoints
LEFT JOIN staff ON staff.person_id = touchpoints.person_id
WHERE touchpoints.type IN ('mall.visited', 'product.viewed', 'cart.added')
    AND touchpoints.person_id IS NOT NULL
    AND staff.person_id IS NULL
GROUP BY touchpoints.day, touchpoints.person_id
