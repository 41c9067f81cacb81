-- A row is how many items of one source had come to one outcome when a day ended, as the inbox counted them since the beginning: bodies of callbacks, and of the other doors what they could not take.
-- 一行是某天结束时收件箱里某个来源按结果和原因的累计条数：回调的全部内容，以及其他入口未能接收的内容。
-- key: day, source, outcome, reason
-- unit: told_by
-- from: touchpoints[day.closed] on type
-- column day: The local day. | 本地日期
-- column told_by: The type of event that says so. | 由哪类事件得知
-- column source: The source that their events carry. | 来源
-- column outcome: accepted, duplicate, failed, ignored or pending; refused counts whole requests. | 结果：accepted 已接收、duplicate 重复、failed 失败、ignored 忽略、pending 待处理；refused 按请求计
-- column reason: Why, where there is a reason. | 原因（如有）
-- column items: How many. | 条数
WITH told AS (
    SELECT
        CAST(data ->> '$.day' AS DATE) AS day,
        type AS told_by,
        JSON_EXTRACT(data, '$.inbox') AS inbox,
        JSON_ARRAY_LENGTH(data, '$.inbox') AS counts,
        ROW_NUMBER() OVER (PARTITION BY data ->> '$.day' ORDER BY position DESC) AS latest
    FROM touchpoints
    WHERE type = 'day.closed' AND JSON_ARRAY_LENGTH(data, '$.inbox') > 0
),

numbered AS (
    SELECT day, told_by, inbox, CAST(UNNEST(RANGE(0, CAST(counts AS BIGINT))) AS INTEGER) AS place
    FROM told
    WHERE latest = 1
)

SELECT
    day,
    told_by,
    JSON_EXTRACT_STRING(inbox, '$[' || place || '].source') AS source,
    JSON_EXTRACT_STRING(inbox, '$[' || place || '].outcome') AS outcome,
    COALESCE(JSON_EXTRACT_STRING(inbox, '$[' || place || '].reason'), '') AS reason,
    CAST(JSON_EXTRACT_STRING(inbox, '$[' || place || '].items') AS BIGINT) AS items
FROM numbered
