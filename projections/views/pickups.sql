-- A row is one paid order that the neighbour comes for, and how that went as of the last closed day; refunded and cancelled orders and those of staff are left out.
-- 一行是一个已付款的自提订单及截至最近一个已结束日的取货情况；已退款、已取消和员工的订单不计。
-- key: order_id
-- refresh: read
-- from: orders
-- from: staff
-- from: closed_days
-- column order_id: The order's number. | 订单号
-- column person_id: Who bought; NULL while nobody is known. | 买家；还不知道是谁时为空
-- column store_id: The store. | 门店
-- column ready_at: When it was ready. | 备好待提的时间
-- column due_at: Until when it was promised to be kept, where a time was told. | 约定的最晚自提时间（如有）
-- column due_day: The local day it was due: of due_at, else of ready_at; NULL while neither is known. | 应自提日：约定时间所在日，未约定则为备好当天；都未知时为空
-- column picked_up_at: When it was picked up. | 自提时间
-- column status: in_time (without a promised time any time is), late, missed (not picked up, and the promised day is over), or waiting. | 情况：in_time 按时（未约定时间的随时都算）、late 迟到、missed 未取（约定日已结束）、waiting 待取
SELECT
    orders.order_id,
    orders.person_id,
    orders.store_id,
    orders.ready_at,
    orders.due_at,
    orders.due_day,
    orders.picked_up_at,
    CASE
        WHEN orders.picked_up_at > orders.due_at THEN 'late'
        WHEN orders.picked_up_at IS NOT NULL THEN 'in_time'
        WHEN orders.due_at IS NOT NULL AND orders.due_day <= (SELECT MAX(day) FROM closed_days) THEN 'missed'
        ELSE 'waiting'
    END AS status
FROM orders
LEFT JOIN staff ON staff.person_id = orders.person_id
WHERE orders.pickup
    AND orders.paid_at IS NOT NULL
    AND orders.status NOT IN ('refunded', 'cancelled')
    AND staff.person_id IS NULL
