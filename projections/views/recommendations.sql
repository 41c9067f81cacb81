-- A row is one product worth recommending to buyers of another: what the same persons bought in the 365 days up to the last closed day, more often than chance would have it; staff are left out. Bounded: of a person the 20 products bought last, the 1,000 products with the most buyers, 10 rows a product.
-- 一行是一条推荐：买了某商品的人还买什么。按截至最近一个已结束日的 365 天内同一人的购买、高于随机水平计算，员工不计。上限：每人最近买的 20 个商品、买的人最多的 1000 个商品、每个商品 10 条。
-- key: product_id, recommended_id
-- refresh: global
-- from: order_products
-- from: products
-- from: staff
-- from: closed_days
-- from: settings
-- column product_id: The product that somebody bought. | 买过的商品
-- column recommended_id: The product to recommend to them. | 推荐的商品
-- column place: Place among the recommendations of the product, from 1: by lift, then by buyers of both. | 名次，从 1 开始：先比提升度，再比同时购买人数
-- column title: Name of the product. | 商品名称
-- column recommended_title: Name of the recommended product. | 推荐商品的名称
-- column buyers: Persons who bought the product. | 买过该商品的人数
-- column recommended_buyers: Persons who bought the recommended product. | 买过推荐商品的人数
-- column both_buyers: Persons who bought both; at least `least_support` of the settings. | 两样都买过的人数，不少于设置的最低支持
-- column support: both_buyers / all buyers. | 支持度：两样都买过的人数 ÷ 全部买家
-- column confidence: both_buyers / buyers. | 置信度：两样都买过的人数 ÷ 买过该商品的人数
-- column lift: confidence / (recommended_buyers / all buyers); above 1 buyers of the one buy the other more often than anybody. | 提升度：置信度 ÷ 推荐商品在全部买家中的购买比例，大于 1 才推荐
WITH bought AS (
    SELECT order_products.person_id, order_products.product_id, MAX(order_products.ordered_at) AS bought_at
    FROM order_products
    INNER JOIN (SELECT MAX(closed_days.day) AS day FROM closed_days) AS closed
        ON order_products.paid_day <= closed.day AND DATE_DIFF('day', order_products.paid_day, closed.day) < 365
    LEFT JOIN staff ON staff.person_id = order_products.person_id
    WHERE order_products.bought AND order_products.person_id IS NOT NULL AND staff.person_id IS NULL
    GROUP BY order_products.person_id, order_products.product_id
),

kept AS (
    SELECT
        person_id, product_id,
        ROW_NUMBER() OVER (PARTITION BY person_id ORDER BY bought_at DESC, product_id) AS place
    FROM bought
),

everybody AS (
    SELECT COUNT(DISTINCT person_id) AS persons FROM kept
),

popular AS (
    SELECT product_id, buyers
    FROM (
        SELECT product_id, buyers, ROW_NUMBER() OVER (ORDER BY buyers DESC, product_id) AS place
        FROM (
            SELECT product_id, COUNT(*) AS buyers
            FROM kept
            WHERE place <= 20
            GROUP BY product_id
        ) AS counted
    ) AS placed
    WHERE place <= 1000
),

baskets AS (
    SELECT kept.person_id, kept.product_id
    FROM kept
    INNER JOIN popular ON popular.product_id = kept.product_id
    WHERE kept.place <= 20
),

together AS (
    SELECT one.product_id AS one_id, other.product_id AS other_id, COUNT(*) AS both_buyers
    FROM baskets AS one
    INNER JOIN baskets AS other ON other.person_id = one.person_id AND other.product_id > one.product_id
    GROUP BY one.product_id, other.product_id
),

pairs AS (
    SELECT one_id AS product_id, other_id AS recommended_id, both_buyers FROM together
    UNION ALL
    SELECT other_id AS product_id, one_id AS recommended_id, both_buyers FROM together
),

weighed AS (
    SELECT
        pairs.product_id,
        pairs.recommended_id,
        mine.buyers,
        theirs.buyers AS recommended_buyers,
        pairs.both_buyers,
        CAST(pairs.both_buyers AS DOUBLE) / everybody.persons AS support,
        CAST(pairs.both_buyers AS DOUBLE) / mine.buyers AS confidence,
        CAST(pairs.both_buyers * everybody.persons AS DOUBLE) / (mine.buyers * theirs.buyers) AS lift
    FROM pairs
    INNER JOIN popular AS mine ON mine.product_id = pairs.product_id
    INNER JOIN popular AS theirs ON theirs.product_id = pairs.recommended_id
    CROSS JOIN everybody
    CROSS JOIN settings
    WHERE pairs.both_buyers >= settings.least_support
        AND pairs.both_buyers * everybody.persons > mine.buyers * theirs.buyers
),

ranked AS (
    SELECT
        product_id, recommended_id, buyers, recommended_buyers, both_buyers, support, confidence, lift,
        ROW_NUMBER() OVER (PARTITION BY product_id ORDER BY lift DESC, both_buyers DESC, recommended_id) AS place
    FROM weighed
)

SELECT
    ranked.product_id,
    ranked.recommended_id,
    CAST(ranked.place AS INTEGER) AS place,
    products.title,
    recommended.title AS recommended_title,
    CAST(ranked.buyers AS INTEGER) AS buyers,
    CAST(ranked.recommended_buyers AS INTEGER) AS recommended_buyers,
    CAST(ranked.both_buyers AS INTEGER) AS both_buyers,
    ranked.support,
    ranked.confidence,
    ranked.lift
FROM ranked
LEFT JOIN products ON products.product_id = ranked.product_id
LEFT JOIN products AS recommended ON recommended.product_id = ranked.recommended_id
WHERE ranked.place <= 10
