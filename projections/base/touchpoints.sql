-- A row is one event of the log, decisions and settings included.
-- 一行是日志里的一个事件，旅程的决定和配置也在内。
-- key: position
-- column position: Place in the log's total order. | 在日志中的位置（全序）
-- column id: The event's id, unique together with source. | 事件编号，与来源一起唯一
-- column source: Who told us: a connector, a file, an API caller. | 来源：连接器、文件或接口
-- column type: What happened, as in the catalogue of event types. | 事件类型
-- column occurred_at: When it happened. | 发生时间
-- column recorded_at: When the log took it. | 入库时间
-- column day: The local day on which it happened. | 发生当天（本地日期）
-- column person_id: The person it happened to, as identities are known now; NULL where nobody is known. | 归属的人（按当前身份合并结果），不知道是谁时为空
-- column subject: The surrogate it is filed under. | 归档所用的代号
-- column channel: The channel it names. | 渠道
-- column live_id: The live it belongs to. | 直播
-- column group_id: The group it belongs to. | 社群
-- column campaign_id: The campaign it belongs to. | 战役
-- column order_id: The order it belongs to. | 订单
-- column product_id: The product it is about. | 商品
-- column staff_id: The staff member it names. | 员工
-- column store_id: The store it names. | 门店
-- column run_id: The journey run it belongs to. | 旅程实例
-- column action_id: The action it is about. | 动作
-- column amount_fen: The money it carries, in fen. | 金额（分）
-- column seconds: The time it carries: watched in total, or the length of a visit. | 秒数：累计观看或一次停留的时长
-- column historical: It came in by an import of the past. | 是否来自历史导入
-- column data: The event's data as JSON; identifying fields are references that only the vault opens. | 事件数据（JSON），可识别身份的字段只是引用，只有保险库能打开
CREATE TABLE touchpoints (
    position BIGINT, id VARCHAR, source VARCHAR, type VARCHAR,
    occurred_at TIMESTAMPTZ, recorded_at TIMESTAMPTZ, day DATE, person_id BIGINT, subject BIGINT,
    channel VARCHAR, live_id VARCHAR, group_id VARCHAR, campaign_id VARCHAR, order_id VARCHAR, product_id VARCHAR,
    staff_id VARCHAR, store_id VARCHAR, run_id VARCHAR, action_id VARCHAR,
    amount_fen BIGINT, seconds BIGINT, historical BOOLEAN, data VARCHAR
)
