-- A row is one customer by recency, frequency and monetary value, as of the last closed day; staff are left out. A score of 3 and more is high; the eight segments follow from which of the three are high.
-- 一行是一位顾客截至最近一个已结束日的 RFM，员工不计。3 分及以上为高，八种分层由三项的高低决定。
-- key: person_id
-- refresh: global
-- from: orders
-- from: staff
-- from: closed_days
-- from: settings
-- column person_id: The person; somebody with a paid order that was not refunded in full. | 人：有已付款且未全额退款的订单
-- column day: The day as of which it was computed. | 截至日
-- column recency_days: Days since the last payment. | R：距最近一次付款的天数
-- column frequency: Paid orders in the window that were not refunded in full. | F：窗口内已付款且未全额退款的订单数
-- column monetary_fen: Paid minus refunded of those orders, in fen. | M：这些订单的实付减退款（分）
-- column recency_score: 1 to 5 by the cut points of the settings, or 1 to 4 by quartiles; more is better. | R 分：按设置的分界 1–5 分，或按四分位 1–4 分，越高越好
-- column frequency_score: Likewise. | F 分，同上
-- column monetary_score: Likewise. | M 分，同上
-- column segment: important_value (all three high), important_develop (frequency low), important_keep (recency low), important_win_back (recency and frequency low), and general_value, general_develop, general_keep, general_win_back with monetary low. | 分层代号：important_* 为 M 高，general_* 为 M 低；value 为 R、F 皆高，develop 为 F 低，keep 为 R 低，win_back 为 R、F 皆低
-- column segment_zh: Its name in Chinese. | 分层名称：重要价值、重要发展、重要保持、重要挽留、一般价值、一般发展、一般保持、一般挽留
WITH closed AS (
    SELECT MAX(closed_days.day) AS day FROM closed_days
),

bought AS (
    SELECT
        orders.person_id,
        closed.day,
        DATE_DIFF('day', MAX(orders.paid_day), closed.day) AS recency_days,
        SUM(CASE WHEN DATE_DIFF('day', orders.paid_day, closed.day) < settings.rfm_window_days THEN 1 ELSE 0 END) AS frequency,
        SUM(CASE WHEN DATE_DIFF('day', orders.paid_day, closed.day) < settings.rfm_window_days THEN orders.net_fen ELSE 0 END) AS monetary_fen
    FROM orders
    INNER JOIN closed ON closed.day >= orders.paid_day
    CROSS JOIN settings
    LEFT JOIN staff ON staff.person_id = orders.person_id
    WHERE orders.person_id IS NOT NULL AND orders.paid_at IS NOT NULL AND orders.status <> 'refunded' AND staff.person_id IS NULL
    GROUP BY orders.person_id, closed.day
),

ranked AS (
    SELECT
        person_id, day, recency_days, frequency, monetary_fen,
        COUNT(*) OVER () AS persons,
        RANK() OVER (ORDER BY recency_days DESC) AS recency_rank,
        RANK() OVER (ORDER BY frequency) AS frequency_rank,
        RANK() OVER (ORDER BY monetary_fen) AS monetary_rank
    FROM bought
),

scored AS (
    SELECT
        ranked.person_id, ranked.day, ranked.recency_days, ranked.frequency, ranked.monetary_fen,
        CASE WHEN settings.rfm_method = 'quartiles' THEN 1 + 4 * (ranked.recency_rank - 1) // ranked.persons ELSE 5
            - CASE WHEN ranked.recency_days > settings.rfm_recency_days[1] THEN 1 ELSE 0 END
            - CASE WHEN ranked.recency_days > settings.rfm_recency_days[2] THEN 1 ELSE 0 END
            - CASE WHEN ranked.recency_days > settings.rfm_recency_days[3] THEN 1 ELSE 0 END
            - CASE WHEN ranked.recency_days > settings.rfm_recency_days[4] THEN 1 ELSE 0 END
        END AS recency_score,
        CASE WHEN settings.rfm_method = 'quartiles' THEN 1 + 4 * (ranked.frequency_rank - 1) // ranked.persons ELSE 1
            + CASE WHEN ranked.frequency >= settings.rfm_frequency[1] THEN 1 ELSE 0 END
            + CASE WHEN ranked.frequency >= settings.rfm_frequency[2] THEN 1 ELSE 0 END
            + CASE WHEN ranked.frequency >= settings.rfm_frequency[3] THEN 1 ELSE 0 END
            + CASE WHEN ranked.frequency >= settings.rfm_frequency[4] THEN 1 ELSE 0 END
        END AS frequency_score,
        CASE WHEN settings.rfm_method = 'quartiles' THEN 1 + 4 * (ranked.monetary_rank - 1) // ranked.persons ELSE 1
            + CASE WHEN ranked.monetary_fen >= settings.rfm_monetary_fen[1] THEN 1 ELSE 0 END
            + CASE WHEN ranked.monetary_fen >= settings.rfm_monetary_fen[2] THEN 1 ELSE 0 END
            + CASE WHEN ranked.monetary_fen >= settings.rfm_monetary_fen[3] THEN 1 ELSE 0 END
            + CASE WHEN ranked.monetary_fen >= settings.rfm_monetary_fen[4] THEN 1 ELSE 0 END
        END AS monetary_score
    FROM ranked
    CROSS JOIN settings
),

halves AS (
    SELECT
        person_id, day, recency_days, frequency, monetary_fen, recency_score, frequency_score, monetary_score,
        CASE WHEN monetary_score >= 3 THEN 'important' ELSE 'general' END AS weight,
        CASE
            WHEN recency_score >= 3 AND frequency_score >= 3 THEN 'value'
            WHEN recency_score >= 3 THEN 'develop'
            WHEN frequency_score >= 3 THEN 'keep'
            ELSE 'win_back'
        END AS task
    FROM scored
)

SELECT
    person_id,
    day,
    CAST(recency_days AS INTEGER) AS recency_days,
    CAST(frequency AS INTEGER) AS frequency,
    CAST(monetary_fen AS BIGINT) AS monetary_fen,
    CAST(recency_score AS INTEGER) AS recency_score,
    CAST(frequency_score AS INTEGER) AS frequency_score,
    CAST(monetary_score AS INTEGER) AS monetary_score,
    weight || '_' || task AS segment,
    CASE weight WHEN 'important' THEN '重要' ELSE '一般' END
    || CASE task WHEN 'value' THEN '价值' WHEN 'develop' THEN '发展' WHEN 'keep' THEN '保持' ELSE '挽留' END AS segment_zh
FROM halves
