# Seamark relay，简体中文。

## 容器

crash-title = 💥 { $host } 上的容器 { $container } { $cause ->
    [oom] 因内存不足被终止
   *[other] 崩溃
}（退出码 { $code }）
crash-body = 主机 { $host } 上的容器 { $container } 异常退出：{ $cause }。
crash-body-after = 主机 { $host } 上的容器 { $container } 运行 { $uptime }后异常退出：{ $cause }。
crash-over-title = ✅ { $host } 上的容器 { $container } 已恢复，历时 { $duration }
crash-over-body = 主机 { $host } 上的容器 { $container } 此前崩溃（退出码 { $code }），现已恢复，历时 { $duration }。

restarted-title = 🔄 { $host } 上的容器 { $container } 已重启（退出码 { $code }）
restarted-body = 主机 { $host } 上的容器 { $container } 退出后随即重新启动，原因：{ $cause }。
stopped-title = 🛑 { $host } 上的容器 { $container } 已停止（退出码 { $code }）
stopped-body = 主机 { $host } 上的容器 { $container } 收到停止请求，已停止。
started-title = 🟢 { $host } 上的容器 { $container } 已启动
started-body = 主机 { $host } 上的容器 { $container } 正在运行。

unhealthy-title = 🤒 { $host } 上的容器 { $container } 健康检查失败
unhealthy-body = 主机 { $host } 上的容器 { $container } 健康检查未通过。
unhealthy-body-streak = 主机 { $host } 上的容器 { $container } 健康检查已连续失败 { $count } 次。
unhealthy-over-title = { $how ->
    [healthy] ✅ { $host } 上的容器 { $container } 已恢复健康，历时 { $duration }
    [restarted] 🔄 { $host } 上的容器 { $container } 不健康 { $duration }后已重启
    [down] ⏹️ { $host } 上的容器 { $container } 不健康 { $duration }后已停止运行
    [removed] 🗑️ { $host } 上的容器 { $container } 不健康 { $duration }后已被删除
   *[other] ☑️ { $host } 上的容器 { $container } 不再报告不健康，历时 { $duration }
}
unhealthy-over-body = { $how ->
    [healthy] 主机 { $host } 上的容器 { $container } 健康检查重新通过，此前失败了 { $duration }。
    [restarted] 主机 { $host } 上的容器 { $container } 已重新运行，新的健康检查结果尚不可知。
    [down] 主机 { $host } 上的容器 { $container } 已不在运行，不再进行健康检查。
    [removed] 主机 { $host } 上已没有容器 { $container }。
   *[other] 近期没有收到主机 { $host } 上的容器 { $container } 的健康状况。
}
loop-title = 🔁 { $host } 上的容器 { $container } 反复重启（退出码 { $code }）
loop-body = 主机 { $host } 上的容器 { $container } 在 15 分钟内被 Docker 重新启动 { $count } 次，最近一次的原因：{ $cause }。
loop-over-title = { $how ->
    [calm] ✅ { $host } 上的容器 { $container } 已稳定运行，不再重启
    [down] ⏹️ { $host } 上的容器 { $container } 不再重启：已停止运行
    [removed] 🗑️ { $host } 上的容器 { $container } 不再重启：已被删除
   *[other] ☑️ { $host } 上的容器 { $container } 不再报告反复重启
}
loop-over-body = { $how ->
    [calm] 主机 { $host } 上的容器 { $container } 已连续运行十分钟。反复重启历时 { $duration }。
   *[other] 主机 { $host } 上的容器 { $container } 不再反复重启，历时 { $duration }。
}
removed-title = 🗑️ { $host } 上的容器 { $container } 被意外删除
removed-body = 主机 { $host } 上的容器 { $container } 被强制删除、凭空消失或本应存在却已不在，半分钟内没有新的容器接替它。

cause-exit = 程序以退出码 { $code } 退出
cause-oom = 内存不足（OOM），被内核终止
cause-killed = 被强制终止（SIGKILL），可能是内存不足
cause-aborted = 程序主动中止（SIGABRT）
cause-segfault = 程序访问了非法内存（SIGSEGV，段错误）
cause-signal = 被信号 { $signal } 终止
cause-not-executable = 启动命令无法执行（退出码 126）
cause-not-found = 找不到启动命令（退出码 127）
cause-clean = 程序自行正常结束
cause-stopped = 收到了停止请求
cause-unknown = 原因不明

restart-policy = { $policy ->
    [no] 不自动重启
    [always] 总是重启
    [unless-stopped] 除非手动停止，否则总是重启
    [on-failure] 失败时重启
   *[other] { $words }
}
restart-policy-limited = 失败时重启，最多 { $count } 次

## 各类告警

firing-title = { $severity ->
    [critical] 🔴
    [info] ℹ️
   *[warning] ⚠️
} { $summary }
resolved-title = ✅ 已恢复，此前：{ $summary }
resolved-title-after = ✅ 已恢复，历时 { $duration }，此前：{ $summary }
resolved-body = 告警时的说明：{ $description }
severity = { $severity ->
    [critical] 严重
    [info] 提示
   *[warning] 警告
}

alert-name = { $alert ->
    [HostMemoryHigh] 内存使用率
    [HostSwapHigh] Swap 使用率
    [HostDiskSpaceHigh] 磁盘使用率
    [HostInodesHigh] inode 使用率
    [HostNetworkReceiveHigh] 入站流量
    [HostNetworkTransmitHigh] 出站流量
    [HostConnectionsHigh] 网络连接数
    [HostDown] 主机无响应
    [DockerUnavailable] Docker 无响应
    [SeamarkRelayDown] 中继无响应
    [ContainerCrashed] 容器崩溃
    [ContainerExitedUnexpectedly] 容器异常退出
    [ContainerRestarted] 容器重启
    [ContainerRestartLoop] 容器反复重启
    [ContainerUnhealthyEvent] 容器不健康
    [ContainerRemovedUnexpectedly] 容器被意外删除
    [ContainerStopped] 容器停止
    [ContainerStarted] 容器启动
    [HostDiskWillFillSoon] 磁盘即将写满
    [HostFilesystemReadOnly] 文件系统变为只读
    [HostFilesystemError] 无法读取文件系统状态
    [HostDiskIoSaturated] 磁盘 I/O 饱和
    [HostLoadHigh] 系统负载过高
    [HostOomKill] 内存不足，进程被终止
    [HostMemoryPressure] 主机因内存不足而停滞
    [HostIoPressure] 主机因等待磁盘而停滞
    [HostCpuSteal] CPU 时间被虚拟化平台占用
    [HostRebooted] 主机已重启
    [HostClockSkew] 时钟不同步
    [HostTooManyOpenFiles] 文件句柄即将耗尽
    [HostTemperatureHigh] 温度过高
    [HostSystemdUnitFailed] systemd 单元失败
    [HostRaidDegraded] RAID 缺少磁盘
    [HostConntrackNearLimit] 连接跟踪表即将写满
    [HostNetworkErrors] 网卡出现错误
    [HostTcpListenDrops] 新连接被丢弃
    [HostTcpRetransmitsHigh] TCP 重传过多
    [ContainerMissing] 容器缺失
    [ContainerNotRunning] 容器未运行
    [ContainerPaused] 容器已暂停
    [ContainerOomKilled] 容器内进程因内存不足被终止
    [ContainerRestarting] 容器一直未能重启成功
    [ContainerStartFailed] 容器启动失败
    [ContainerCpuHigh] 容器 CPU 使用率过高
    [ContainerCpuThrottled] 容器受 CPU 限额限制
    [ContainerMemoryHigh] 容器内存接近上限
    [ContainerMemoryPressure] 容器因内存不足而停滞
    [ContainerNetworkHigh] 容器流量过高
    [ContainerPidsNearLimit] 容器线程数接近上限
    [ContainerLogLarge] 容器日志过大
    [ContainerImageChanged] 容器镜像已更换
    [ContainerImageOutdated] 容器仍在运行旧镜像
    [ContainerLabelMalformed] 容器标签无法识别
    [ContainerUnhealthy] 容器健康检查失败
    [ContainerHealthStartingTooLong] 容器迟迟未变为健康
    [ContainerHealthFailingStreak] 健康检查开始失败
    [ContainerHealthcheckMissing] 容器没有健康检查
    [ContainerHealthcheckSlow] 健康检查过慢
    [ProbeFailed] 探测失败
    [ProbeSlow] 探测响应缓慢
    [ProbeHttpStatusBad] HTTP 状态码异常
    [CertificateExpiresSoon] 证书即将到期
    [CertificateExpiresVerySoon] 证书马上到期
    [ServiceDown] 服务无响应
    [HttpErrorRateHigh] HTTP 错误率过高
    [HttpLatencyHigh] HTTP 响应缓慢
    [HttpTrafficStopped] HTTP 请求中断
    [AppJobFailuresHigh] 作业大量失败
    [AppExternalApiErrors] 外部 API 请求失败
    [PostgresDown] PostgreSQL 无响应
    [PostgresConnectionsHigh] PostgreSQL 连接数过高
    [PostgresLongTransaction] 事务长时间未结束
    [PostgresDeadlocks] PostgreSQL 死锁
    [PostgresCacheHitLow] PostgreSQL 缓存命中率低
    [PostgresRollbacksHigh] PostgreSQL 回滚过多
    [PostgresReplicationLag] PostgreSQL 副本延迟
    [PostgresExporterError] postgres_exporter 采集出错
    [RedisDown] Redis 无响应
    [RedisMemoryHigh] Redis 内存接近上限
    [RedisConnectionsHigh] Redis 连接数过高
    [RedisRejectedConnections] Redis 拒绝连接
    [RedisHitRatioLow] Redis 命中率低
    [RedisEvictions] Redis 正在淘汰键
    [RedisRdbSaveFailed] Redis 无法保存数据
    [NginxDown] nginx 无响应
    [NginxConnectionsDropped] nginx 丢弃连接
    [NginxRequestsDropToZero] nginx 请求中断
    [CeleryWorkerDown] Celery 工作进程离线
    [CeleryNoWorkers] 没有可用的 Celery 工作进程
    [CeleryQueueBacklog] Celery 任务积压
    [CeleryQueueBacklogCritical] Celery 任务严重积压
    [CeleryTaskFailuresHigh] Celery 任务大量失败
    [CeleryTaskSlow] Celery 任务过慢
    [MicroserviceDown] 微服务无响应
    [MicroserviceFlapping] 微服务时好时坏
    [MicroserviceDegraded] 部分副本无响应
    [StorageSpaceLow] 存储空间不足
    [StorageCountFailed] 无法统计存储用量
    [DockerDiskUsageHigh] Docker 占用磁盘过多
    [DockerReclaimableSpace] Docker 有可清理的空间
    [MongodbDown] MongoDB 无响应
    [MysqlDown] MySQL 无响应
    [SeamarkCollectorFailing] 采集器读取出错
    [SeamarkCollectorStuck] 采集器卡住
    [SeamarkEventStreamDown] Docker 事件流中断
    [SeamarkAlertmanagerUnreachable] 采集端无法连接 Alertmanager
    [SeamarkEventAlertsDropped] 告警未能送达 Alertmanager
    [SeamarkStateFileUnwritable] 状态文件无法写入
    [SeamarkScrapeSlow] 采集过慢
    [SeamarkConfigReloadFailed] 新配置未被接受
    [SeamarkWatchdogMissing] Alertmanager 没有心跳
    [SeamarkNotificationsFailing] 频道无法送达
    [SeamarkChannelRefused] 频道不存在或令牌无效
    [SeamarkOutboxStuck] 消息积压
    [SeamarkDeadLetters] 消息被永久拒绝
    [SeamarkRateLimited] 聊天平台限流
    [SeamarkWebhookRefused] 收到无法识别的请求
    [SeamarkWebhookTooLarge] 通知过大
    [SeamarkWebhookUnauthorized] 请求令牌无效
    [SeamarkStoreFailing] 中继无法写入存储
    [SeamarkRequestsLimited] 中继请求过于频繁
    [SeamarkUnknownChannel] 未知频道
    [SeamarkTemplateErrors] 模板出错
    [SeamarkPanelStale] 状态面板未更新
    [SeamarkReportDue] 报告待发送
    [SeamarkReportMissed] 报告已错过
    [SeamarkReportFailing] 报告生成失败
    [Watchdog] 告警系统正常
    [PrometheusRuleFailures] Prometheus 规则执行失败
    [PrometheusConfigReloadFailed] Prometheus 配置未被接受
    [PrometheusTargetFileUnreadable] 目标文件无法读取
    [PrometheusNotConnectedToAlertmanager] Prometheus 未连接 Alertmanager
    [PrometheusNotificationsDropped] Prometheus 告警未能送出
    [PrometheusStorageNearRetention] Prometheus 存储接近上限
    [AlertmanagerConfigReloadFailed] Alertmanager 配置未被接受
    [AlertmanagerNotificationsFailing] Alertmanager 通知发送失败
    [AlertmanagerClusterDegraded] Alertmanager 集群异常
    [MonitoringTargetDown] 监控组件无响应
   *[HostCpuHigh] CPU 使用率
}
unnamed-alert = 未命名的告警
list-separator = 、
measure-of = { $measure }({ $object })
measure-is = { $measure } { $value }
reading = { $value }（阈值 { $threshold }）

group-firing-title = { $severity ->
    [critical] 🔴
    [info] ℹ️
   *[warning] ⚠️
} { $firing } 条告警触发：{ $subject }
group-mixed-title = { $severity ->
    [critical] 🔴
    [info] ℹ️
   *[warning] ⚠️
} { $firing } 条触发，{ $resolved } 条已恢复：{ $subject }
group-resolved-title = ✅ { $resolved } 条告警已恢复：{ $subject }

field-container = 📦 容器
field-host = 🖥️ 主机
field-exit-code = 🔢 退出码
field-restart-policy = 🔄 重启策略
field-uptime = ⏱️ 运行时长
field-time = ⏰ 时间
field-severity = 🚦 级别
field-value = 📊 当前值
field-value-then = 📊 告警时的值
field-threshold = 📏 阈值
field-since = ⏰ 开始时间
field-began = ⏰ 开始时间
field-ended = 🏁 恢复时间
field-duration = ⏱️ 持续时间
field-check-output = 📋 检查输出
field-log = 📋 最后几行日志
field-labels = 🏷️ 标签
more-labels = 另有 { $count } 个标签

link-runbook = 📖 处理手册
link-dashboard = 📈 仪表盘
link-source = 🔎 告警来源
link-silence = 🔕 静默

## 大量告警

over-before-told = 有 { $count } 条告警在触发消息发出之前就已恢复。
digest-storm-title = 🌊 { $groups } 组共 { $alerts } 条告警同时到达：{ $totals }
digest-catch-up-title = 🕰️ 补发：此前未能送达的 { $groups } 组共 { $alerts } 条告警：{ $totals }
digest-firing = { $severity ->
    [critical] 🔴 严重 { $count } 条
    [info] ℹ️ 提示 { $count } 条
   *[warning] ⚠️ 警告 { $count } 条
}
digest-resolved = ✅ 已恢复 { $count } 条
digest-between = {"，"}
digest-since = 始于 { $began }
digest-lasted = 始于 { $began }，持续 { $duration }

## 消息的其他部分

more-items = 另有 { $number } 条未显示。
maybe-repeated = ↻ 可能重复：上一次发送或许已送达。
cut-by-alertmanager = Alertmanager 另外省略了 { $count } 条告警。
unknown-channel = 以下通道不存在或未启用，因此改发到这里：{ $names }
unknown-host = 未知主机
unknown-container = 未知
unknown-code = 未知
unreadable-title = ❓ 有一条已存的通知无法读取：{ $problem }

## 中继自身

notice-started-title = 🟢 Seamark 中继已启动
notice-started-body = 版本 { $version }，已启用的通道：{ $channels }。
notice-started-off = 未配置地址、未启用的通道：{ $channels }。
notice-started-alone = 未设置 fallback_channel：除非 Alertmanager 的接收者“fallback”另有地址，否则中继停止运行时无人知晓。
notice-stopping-title = 🛑 Seamark 中继正在停止
notice-stopping-body = 在中继恢复之前，通知由 Alertmanager 保留。
notice-watchdog-missing-title = 🔴 收不到 Alertmanager 的 Watchdog
notice-watchdog-missing-body = Watchdog 告警会一直触发，但已有五分钟没有收到它，其他告警可能也无法送达。请检查 Prometheus 和 Alertmanager 是否正常运行。
notice-watchdog-back-title = ✅ 已恢复收到 Alertmanager 的 Watchdog
notice-watchdog-back-body = 来自 Prometheus 和 Alertmanager 的告警已恢复送达。
notice-test-title = 🧪 Seamark 中继测试消息
notice-test-body = 一切正常。有人执行了 send-test，用来确认消息能否送达这里。

## 通道故障（发到后备通道）

trouble-dead-title = 🪦 通道 { $channel } 彻底拒绝了一条消息
trouble-dead-body = “{ $title }”的各种形式均被拒绝：{ $reason }。可用 `seamark-relay dead-letters list` 查看这条消息，以及此后因同一原因被拒绝的其他消息。
trouble-gone-title = 🔌 通道 { $channel } 已无法使用
trouble-gone-body = 对方表示目标不存在或令牌有误：{ $reason }。消息均已保留。请在 relay.yml 中更正地址并重新加载。
trouble-back-title = ✅ 通道 { $channel } 已恢复接收
trouble-back-body = 等待中的消息正在发送。
trouble-moved-title = 📦 通道 { $channel } 已迁移
trouble-moved-body = 新的目标是 { $reason }，中继已自动切换；请同时修改 relay.yml。

## 时长

duration-days = { $days } 天
duration-hours = { $hours } 小时
duration-minutes = { $minutes } 分钟
duration-seconds = { $seconds } 秒
duration-instant = 不到 1 秒

## 报告

report-title = 📊 { $name }：{ $verdict }
report-title-of = （{ $of }）
report-verdict-well = ✅ 一切正常
report-verdict-problems = { $severity ->
    [critical] 🔴
   *[warning] ⚠️
} { $count } 个未解决的问题
report-verdict-gaps = ⚠️ 未发现问题，但部分数据无法获取
report-count-hosts = { $count } 台主机
report-count-containers = { $count } 个容器
report-line = { $what }：{ $value }
report-between = ，
report-more = 另有 { $count } 个
report-problems = 🚨 未解决的问题
report-for = 已持续 { $duration }
report-silenced = 🔕 已静默
report-alerts = 🔔 告警
report-quiet = 期间没有告警。
report-fired = 触发 { $fired } 次（上一周期 { $before } 次），恢复 { $resolved } 次
report-longest = 持续最久：{ $what }，{ $duration }{ $still ->
    [open] ，仍未恢复
   *[over] {""}
}
report-noisiest = 最频繁：{ $rules }
report-alerts-cut = 告警过多，此处未全部计入。
report-cpu = CPU
report-memory = 内存
report-swap = Swap
report-disk = 磁盘（{ $mountpoint }）
report-received = 入站
report-sent = 出站
report-connections = 连接数
report-uptime = 运行时间
report-at-most = 最高 { $value }
report-in-all = 共 { $bytes }
report-full-in = 预计 { $duration }后写满
report-reboots = 🔄 重启 { $count } 次
report-down = 无响应
report-no-data = ⚠️ 无数据：{ $from } – { $to }
report-hosts = 🖥️ 主机
report-columns = 主机、CPU、内存、最满的磁盘：
report-had-gaps = ⚠️ 有一段时间无数据：{ $hosts }
report-containers = 🐳 Docker 容器：共 { $count } 个，运行中 { $running } 个
report-unhealthy = 不健康 { $count } 个
report-state = { $state ->
    [exited] 已退出
    [paused] 已暂停
    [created] 已创建
    [restarting] 正在重启
    [removing] 正在删除
    [dead] 已失效
   *[running] 运行中
}
report-health = { $health ->
    [unhealthy] 不健康
    [starting] 健康检查启动中
   *[healthy] 健康
}
report-state-health = { $state }（{ $health }）
report-exit-code = 退出码 { $code }
report-restarts = 重启 { $count } 次
report-exit = { $reason ->
    [crash] 崩溃
    [oom] 内存不足
    [signal] 被信号终止
    [stopped] 被停止
    [clean] 正常结束
   *[unknown] 原因不明
}
report-ends = 重启与退出
report-top-cpu = CPU 占用最多
report-top-memory = 内存占用最多
report-top-traffic = 流量最多
report-life = { $container } 全生命周期平均：CPU { $cpu }，内存 { $memory }
report-records = 🏆 之最
report-record-traffic = 所有主机总流量：{ $bytes }（发送 { $sent }）
report-record-champion = 流量冠军：{ $host }，{ $bytes }
report-record-busiest = 最忙的主机：{ $host }，CPU 平均 { $share }
report-record-longest = 运行最久的容器：{ $container }，{ $duration }
report-record-full = 最先写满的磁盘：{ $disk }，预计 { $duration }后
report-gaps = 🕳️ 缺失的数据
report-gap-no-prometheus = 没有指标数据：relay.yml 中未配置 Prometheus。
report-gap-prometheus = Prometheus 未能回答全部查询，部分数据缺失：{ $why }
report-gap-alertmanager = Alertmanager 无响应；未解决的问题以 relay 收到的为准，含已静默的：{ $why }
report-gap-record = 无法读取 relay 自己的告警记录：{ $why }
report-gap-hosts = Prometheus 中没有这些主机：{ $hosts }
report-window = ⏰ { $from } – { $to }
report-next = 下次：{ $at }
report-way-late = 🕰️ 延迟发送：本应于 { $due } 发送。
report-way-by-relay = 🛟 Alertmanager 未触发此报告，由 relay 自行发送。请检查 Alertmanager 是否在运行。
report-way-on-demand = 👤 应请求发送。
amount-bytes = { $number } { $unit ->
    [kib] KiB
    [mib] MiB
    [gib] GiB
    [tib] TiB
    [pib] PiB
   *[b] B
}
amount-bits = { $number } { $unit ->
    [kbps] kbps
    [mbps] Mbps
    [gbps] Gbps
    [tbps] Tbps
   *[bps] bps
}
amount-cores = { $number } 核
chart-cpu = CPU 使用率
chart-memory = 内存使用率
chart-network = 网络流量
chart-received = 入站
chart-sent = 出站
chart-threshold = 阈值 { $value }
chart-no-data = 无数据
chart-left-out = 另有 { $count } 台主机未绘出
chart-describes = { $from } 至 { $to } 的图表：{ $what }

## 面板

panel-title = { $light } 服务器在线 { $up }/{ $hosts }
panel-running = 容器运行中 { $running }/{ $containers }
panel-no-hosts = 🟡 Prometheus 还不知道任何服务器
panel-waiting = 🟡 正在等待第一批数据
panel-unknown = 🟡 没有新数据：{ $problem }
panel-stopped = ⏹️ 中继已于 { $time } 停止，此面板不再更新
panel-cpu = CPU { $value }
panel-memory = 内存 { $used }/{ $total }
panel-disk = 磁盘 { $mount } { $value }
panel-up-for = 已运行 { $duration }
panel-host-down = 无响应
panel-host-silent = 有响应，但没有数据
panel-docker-down = Docker 无响应：容器信息已过时
panel-state = { $state ->
    [running] 运行中
    [healthy] 健康
    [unhealthy] 不健康
    [starting] 健康检查启动中
    [exited] 已退出
    [restarting] 重启中
    [paused] 已暂停
    [created] 从未启动
    [dead] 已失效
    [removing] 正在删除
    [missing] 缺失
   *[other] 状态未知
}
panel-ended = { $reason ->
    [clean] 正常结束
    [stopped] 已停止
    [crash] 崩溃
    [oom] 内存耗尽
    [signal] 被终止
   *[other] 已结束
}（{ $code }）
panel-ago = { $duration }前
panel-last-exit = 上次退出：{ $exit }
panel-restarts = 重启 { $count } 次
panel-more-containers = … 另有 { $count } 个容器：{ $lights }
panel-more-hosts = … 另有 { $count } 台服务器
panel-missing = ⚠️ 部分数据缺失：{ $problems }
panel-updated = 🕒 截至 { $time }

## 机器人

bot-start-title = 👋 想了解什么？
bot-start-body = 请选择一台服务器或一个问题。
bot-command-start = 以按钮列出服务器和问题
bot-command-status = 所有服务器概览
bot-command-server = 单台服务器详情
bot-command-top = CPU、内存和流量占用排行
bot-command-containers = 所有服务器或某台服务器的容器
bot-command-alerts = 当前触发的告警
bot-command-silence = 静默某条告警一段时间
bot-command-report = 立即生成报告
bot-command-help = 我能做什么
bot-help-title = ❓ 我能做什么
bot-button-status = 📊 概览
bot-button-top = 🏆 排行
bot-button-containers = 📦 容器
bot-button-alerts = 🚨 告警
bot-button-silence = 🔕 静默
bot-button-report = 📰 报告
bot-button-help = ❓ 帮助
bot-button-refresh = 🔄 刷新
bot-button-back = ⬅️ 返回
bot-button-undo = ↩️ 撤销
bot-button-hours = { $hours } 小时
bot-longest = ⏳ 运行最久：{ $host } 上的 { $container }，{ $duration }
bot-traffic = 📤 所有容器的流量：↓ { $received } ↑ { $sent }
bot-champion = 🏅 流量最大：{ $host }，{ $amount }
bot-field-memory = 🧠 内存
bot-field-disks = 💾 磁盘
bot-field-network = 🌐 网络
bot-field-uptime = ⏱️ 已运行
bot-field-containers = 📦 容器
bot-average = 平均 { $cpu }，{ $memory }
bot-top-title = 🏆 占用排行
bot-top-cpu = CPU
bot-top-memory = 内存
bot-top-traffic = 流量
bot-containers-title = 📦 容器
bot-containers-none = 没有容器。
bot-alerts-title = 🚨 { $count } 条告警正在触发
bot-alerts-none = ✅ 当前没有告警
bot-alert-since = 始于 { $time }
bot-alert-silenced = 🔕 已静默
bot-alert-kept-back = 🔇 已抑制
bot-silence-which = 🔕 要静默哪条告警？
bot-silence-none = ✅ 当前没有可静默的告警
bot-silence-what = 🔕 要静默什么？
bot-silence-how-long = 🔕 静默多久？
bot-scope-alert = 仅此告警
bot-scope-host = 服务器 { $host } 的全部告警
bot-scope-container = 容器 { $container } 的全部告警
bot-silenced-title = 🔕 已静默至 { $time }
bot-silenced-body = 适用于 { $matchers }，由 { $who } 设置。
bot-unsilenced-title = 🔔 静默已结束
bot-unsilenced-body = 由 { $who } 结束；告警将重新通知。
bot-silence-comment = 由 { $who } 在 Telegram 中设置
bot-alert-gone = ☑️ 此告警已不再触发
bot-report-which = 📰 要哪份报告？
bot-report-none = 📰 没有配置报告
bot-report-started = 📰 报告 { $name } 正在生成，将发送到通道 { $channel }
bot-report-again = 📰 报告 { $name } 刚刚有人请求过，只会向通道 { $channel } 发送一次
bot-unknown-server = ❓ 没有服务器 { $name }
bot-unknown-report = ❓ 没有报告 { $name }
bot-unknown-command = ❓ 不认识 { $command }
bot-failed = ⚠️ 操作失败：{ $problem }
bot-no-prometheus = ⚠️ 未配置 Prometheus，因此没有数据
bot-no-alertmanager = ⚠️ 未配置 Alertmanager
bot-slow-down = ⏳ 操作太频繁，请稍等几秒。
bot-more-lines = … 另有 { $count } 项
