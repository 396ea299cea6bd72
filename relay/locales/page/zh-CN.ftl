# The relay's page, simplified Chinese.

page-skip = 跳到正文
page-menu = 菜单
page-overview = 概览
page-messages = 消息
page-incidents = 事件
page-preview = 预览
page-metrics = 指标
page-logout = 退出登录
page-all = 全部

page-verdict-well = 🟢 一切正常
page-verdict-firing = 🟡 有 { $count } 条告警正在触发
page-verdict-critical = 🔴 有 { $count } 条严重告警正在触发
page-verdict-channels = 🔴 有 { $count } 个通道需要处理
page-no-fallback = 未设置备用通道：若某个通道拒收消息，将无人知晓。请在 relay.yml 中设置 fallback_channel。

page-channels = 通道
page-channel = 通道
page-kind = 类型
page-state = 状态
page-waiting = 等待中
page-dead = 已放弃
page-channel-state = { $state ->
    [off] 已关闭：没有地址
    [gone] 拒绝连接
    [dead] 已开启，有被放弃的消息
   *[on] 已开启
}
page-role-default = 默认
page-role-fallback = 备用

page-dead-letters = 被放弃的消息
page-retry = 重试
page-retry-all = 全部重试
page-drop = 丢弃

page-firing = 正在触发
page-nothing-fires = 没有正在触发的告警。
page-more = 还有 { $count } 条

page-no-messages = 还没有消息。
page-message-state = { $state ->
    [delivered] 已送达
    [dead] 已放弃
    [sending] 正在发送
   *[pending] 等待中
}
page-merged = 同时说明另外 { $count } 条

page-incidents-hint = 最近七天内触发过的告警，以中继收到的为准。
page-incidents-cut = 仅显示最新的部分。
page-nothing-fired = 最近七天没有告警触发。
page-alert = 告警
page-about = 位置
page-began = 开始
page-lasted = 持续

page-reports = 报告
page-no-reports = 没有配置报告：请参阅 relay.yml 中的 `reports`。
page-report-next = 下一次：
page-report-last = 上一次：
page-report-run = 立即发送
page-report-again = 报告 { $name } 在一分钟内已有人请求，不会重复发送。
page-report-result = { $state ->
    [sent] 已发送
    [self] 由中继自行发送，未经 Alertmanager
    [suppressed] 已在 Alertmanager 中静默
    [missed] 已错过
    [failed] 失败
   *[open] 发送中
}
page-report-not-made = 无法生成报告：{ $reason }
page-report-not-stored = 无法将报告放入发件队列：{ $reason }
page-report-none = 没有名为 { $name } 的报告。
page-report-no-channel = 报告 { $name } 的某个渠道不存在或已关闭。

page-preview-hint = Alertmanager 发出的通知（JSON）。这里不会发送任何内容。
page-preview-problem = 这不是通知：{ $problem }
page-detail-label = 详细程度
page-detail = { $detail ->
    [compact] 不含细节
    [plain] 不含格式
    [title] 标题和链接
   *[full] 完整
}
page-show = 显示
page-limits = 限制

page-login = 登录
page-login-token = 中继的令牌
page-login-where = 令牌位于 relay.yml 中 token_file 所指的文件里，Alertmanager 也使用它。
page-login-name = 用户名
page-login-password = 密码
page-login-enter = 登录
page-login-wrong = 不正确。
page-login-slow = 尝试次数过多，请稍候。
