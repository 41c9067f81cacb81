-- A row is one stay of a product in a person's cart, and how it ended as of the last closed day; staff are left out. A stay ends when the product is ordered or taken out; left alone for 24 hours it is abandoned, and what is put in later is another stay.
-- 一行是一件商品在一个人购物车里的一次停留，以及截至最近一个已结束日的结果，员工不计。下单或移出即结束；24 小时无动作算弃购，之后再加购另算一次。
-- key: person_id, product_id, added_at
-- refresh: read
-- from: cart_stays
-- from: closed_days
-- column person_id: The person. | 人
-- column product_id: The product. | 商品
-- column added_at: When it was first put in. | 首次加购时间
-- column last_added_at: When it was last put in. | 最后一次加购时间
-- column quantity: Pieces put in. | 加购件数
-- column amount_fen: What they cost together, as the mall told, in fen. | 加购金额（分）
-- column status: ordered (that product within 24 hours of last putting it in), removed, abandoned (neither, and the 24 hours ended on a day that is over), or open. | 结果：ordered 24 小时内下单、removed 已移出、abandoned 弃购（24 小时内既未下单也未移出，且该日已结束）、open 未定
-- column removed_at: When the last piece was taken out. | 全部移出的时间
-- column ordered_at: When the person ordered it; after being abandoned it was won back. | 下单时间；弃购之后才下单的即为挽回
-- column abandoned_at: When it counted as abandoned; NULL unless it was. | 算作弃购的时间；未弃购为空
WITH ended AS (
    SELECT
        person_id, product_id, added_at, last_added_at, quantity, amount_fen, removed_at, ordered_at, expires_at,
        CASE
            WHEN removed_at IS NOT NULL THEN 'removed'
            WHEN ordered_at <= expires_at THEN 'ordered'
            WHEN expires_day <= (SELECT MAX(day) FROM closed_days) THEN 'abandoned'
            ELSE 'open'
        END AS status
    FROM cart_stays
)

SELECT
    person_id, product_id, added_at, last_added_at, quantity, amount_fen, status, removed_at, ordered_at,
    CASE WHEN status = 'abandoned' THEN expires_at END AS abandoned_at
FROM ended
