# Seamark relay，正體中文（臺灣用語）。

## 容器

crash-title = 💥 { $host } 上的容器 { $container } { $cause ->
    [oom] 因記憶體不足遭終止
   *[other] 崩潰
}（退出碼 { $code }）
crash-body = 主機 { $host } 上的容器 { $container } 異常結束：{ $cause }。
crash-body-after = 主機 { $host } 上的容器 { $container } 執行 { $uptime }後異常結束：{ $cause }。
crash-over-title = ✅ { $host } 上的容器 { $container } 已恢復，歷時 { $duration }
crash-over-body = 主機 { $host } 上的容器 { $container } 先前崩潰（退出碼 { $code }），現已恢復，歷時 { $duration }。

restarted-title = 🔄 { $host } 上的容器 { $container } 已重啟（退出碼 { $code }）
restarted-body = 主機 { $host } 上的容器 { $container } 結束後隨即重新啟動，原因：{ $cause }。
stopped-title = 🛑 { $host } 上的容器 { $container } 已停止（退出碼 { $code }）
stopped-body = 主機 { $host } 上的容器 { $container } 收到停止要求，已停止。
started-title = 🟢 { $host } 上的容器 { $container } 已啟動
started-body = 主機 { $host } 上的容器 { $container } 執行中。

unhealthy-title = 🤒 { $host } 上的容器 { $container } 健康檢查失敗
unhealthy-body = 主機 { $host } 上的容器 { $container } 健康檢查未通過。
unhealthy-body-streak = 主機 { $host } 上的容器 { $container } 健康檢查已連續失敗 { $count } 次。
unhealthy-over-title = { $how ->
    [healthy] ✅ { $host } 上的容器 { $container } 已恢復健康，歷時 { $duration }
    [restarted] 🔄 { $host } 上的容器 { $container } 不健康 { $duration }後已重新啟動
    [down] ⏹️ { $host } 上的容器 { $container } 不健康 { $duration }後已結束執行
    [removed] 🗑️ { $host } 上的容器 { $container } 不健康 { $duration }後已遭移除
   *[other] ☑️ { $host } 上的容器 { $container } 不再回報不健康，歷時 { $duration }
}
unhealthy-over-body = { $how ->
    [healthy] 主機 { $host } 上的容器 { $container } 健康檢查重新通過，先前失敗了 { $duration }。
    [restarted] 主機 { $host } 上的容器 { $container } 已重新執行，新的健康檢查結果尚不得知。
    [down] 主機 { $host } 上的容器 { $container } 已不在執行，不再進行健康檢查。
    [removed] 主機 { $host } 上已沒有容器 { $container }。
   *[other] 近期沒有收到主機 { $host } 上的容器 { $container } 的健康狀況。
}
loop-title = 🔁 { $host } 上的容器 { $container } 反覆重啟（退出碼 { $code }）
loop-body = 主機 { $host } 上的容器 { $container } 在 15 分鐘內由 Docker 重新啟動 { $count } 次，最近一次的原因：{ $cause }。
loop-over-title = { $how ->
    [calm] ✅ { $host } 上的容器 { $container } 已穩定執行，不再重啟
    [down] ⏹️ { $host } 上的容器 { $container } 不再重啟：已結束執行
    [removed] 🗑️ { $host } 上的容器 { $container } 不再重啟：已遭移除
   *[other] ☑️ { $host } 上的容器 { $container } 不再回報反覆重啟
}
loop-over-body = { $how ->
    [calm] 主機 { $host } 上的容器 { $container } 已連續執行十分鐘。反覆重啟歷時 { $duration }。
   *[other] 主機 { $host } 上的容器 { $container } 不再反覆重啟，歷時 { $duration }。
}
removed-title = 🗑️ { $host } 上的容器 { $container } 遭意外移除
removed-body = 主機 { $host } 上的容器 { $container } 遭強制移除、憑空消失或本應存在卻已不在，半分鐘內沒有新的容器接替它。

cause-exit = 程式以退出碼 { $code } 結束
cause-oom = 記憶體不足（OOM），遭核心終止
cause-killed = 遭強制終止（SIGKILL），可能是記憶體不足
cause-aborted = 程式自行中止（SIGABRT）
cause-segfault = 程式存取了不合法的記憶體（SIGSEGV，區段錯誤）
cause-signal = 遭訊號 { $signal } 終止
cause-not-executable = 啟動命令無法執行（退出碼 126）
cause-not-found = 找不到啟動命令（退出碼 127）
cause-clean = 程式自行正常結束
cause-stopped = 收到停止要求
cause-unknown = 原因不明

restart-policy = { $policy ->
    [no] 不自動重啟
    [always] 一律重啟
    [unless-stopped] 除非手動停止，否則一律重啟
    [on-failure] 失敗時重啟
   *[other] { $words }
}
restart-policy-limited = 失敗時重啟，最多 { $count } 次

## 各類告警

firing-title = { $severity ->
    [critical] 🔴
    [info] ℹ️
   *[warning] ⚠️
} { $summary }
resolved-title = ✅ 已恢復，先前：{ $summary }
resolved-title-after = ✅ 已恢復，歷時 { $duration }，先前：{ $summary }
resolved-body = 告警時的說明：{ $description }
severity = { $severity ->
    [critical] 嚴重
    [info] 資訊
   *[warning] 警告
}

alert-name = { $alert ->
    [HostMemoryHigh] 記憶體使用率
    [HostSwapHigh] Swap 使用率
    [HostDiskSpaceHigh] 磁碟使用率
    [HostInodesHigh] inode 使用率
    [HostNetworkReceiveHigh] 傳入流量
    [HostNetworkTransmitHigh] 傳出流量
    [HostConnectionsHigh] 網路連線數
    [HostDown] 主機無回應
    [DockerUnavailable] Docker 無回應
    [SeamarkRelayDown] 中繼無回應
    [ContainerCrashed] 容器崩潰
    [ContainerExitedUnexpectedly] 容器異常結束
    [ContainerRestarted] 容器重啟
    [ContainerRestartLoop] 容器反覆重啟
    [ContainerUnhealthyEvent] 容器不健康
    [ContainerRemovedUnexpectedly] 容器遭意外移除
    [ContainerStopped] 容器停止
    [ContainerStarted] 容器啟動
    [HostDiskWillFillSoon] 磁碟即將寫滿
    [HostFilesystemReadOnly] 檔案系統變成唯讀
    [HostFilesystemError] 無法讀取檔案系統狀態
    [HostDiskIoSaturated] 磁碟 I/O 飽和
    [HostLoadHigh] 系統負載過高
    [HostOomKill] 記憶體不足，程序被終止
    [HostMemoryPressure] 主機因記憶體不足而停滯
    [HostIoPressure] 主機因等待磁碟而停滯
    [HostCpuSteal] CPU 時間被虛擬化平台占用
    [HostRebooted] 主機已重新開機
    [HostClockSkew] 時鐘不同步
    [HostTooManyOpenFiles] 檔案控制代碼即將耗盡
    [HostTemperatureHigh] 溫度過高
    [HostSystemdUnitFailed] systemd 單元失敗
    [HostRaidDegraded] RAID 缺少磁碟
    [HostConntrackNearLimit] 連線追蹤表即將寫滿
    [HostNetworkErrors] 網路卡出現錯誤
    [HostTcpListenDrops] 新連線被丟棄
    [HostTcpRetransmitsHigh] TCP 重傳過多
    [ContainerMissing] 容器遺失
    [ContainerNotRunning] 容器未執行
    [ContainerPaused] 容器已暫停
    [ContainerOomKilled] 容器內程序因記憶體不足被終止
    [ContainerRestarting] 容器一直未能重新啟動
    [ContainerStartFailed] 容器啟動失敗
    [ContainerCpuHigh] 容器 CPU 使用率過高
    [ContainerCpuThrottled] 容器受 CPU 限額限制
    [ContainerMemoryHigh] 容器記憶體接近上限
    [ContainerMemoryPressure] 容器因記憶體不足而停滯
    [ContainerNetworkHigh] 容器流量過高
    [ContainerPidsNearLimit] 容器執行緒數接近上限
    [ContainerLogLarge] 容器日誌過大
    [ContainerImageChanged] 容器映像已更換
    [ContainerImageOutdated] 容器仍在執行舊映像
    [ContainerLabelMalformed] 容器標籤無法辨識
    [ContainerUnhealthy] 容器健康檢查失敗
    [ContainerHealthStartingTooLong] 容器遲遲未變為健康
    [ContainerHealthFailingStreak] 健康檢查開始失敗
    [ContainerHealthcheckMissing] 容器沒有健康檢查
    [ContainerHealthcheckSlow] 健康檢查過慢
    [ProbeFailed] 探測失敗
    [ProbeSlow] 探測回應緩慢
    [ProbeHttpStatusBad] HTTP 狀態碼異常
    [CertificateExpiresSoon] 憑證即將到期
    [CertificateExpiresVerySoon] 憑證馬上到期
    [ServiceDown] 服務無回應
    [HttpErrorRateHigh] HTTP 錯誤率過高
    [HttpLatencyHigh] HTTP 回應緩慢
    [HttpTrafficStopped] HTTP 請求中斷
    [AppJobFailuresHigh] 工作大量失敗
    [AppExternalApiErrors] 外部 API 請求失敗
    [PostgresDown] PostgreSQL 無回應
    [PostgresConnectionsHigh] PostgreSQL 連線數過高
    [PostgresLongTransaction] 交易長時間未結束
    [PostgresDeadlocks] PostgreSQL 死結
    [PostgresCacheHitLow] PostgreSQL 快取命中率低
    [PostgresRollbacksHigh] PostgreSQL 回復過多
    [PostgresReplicationLag] PostgreSQL 副本延遲
    [PostgresExporterError] postgres_exporter 擷取出錯
    [RedisDown] Redis 無回應
    [RedisMemoryHigh] Redis 記憶體接近上限
    [RedisConnectionsHigh] Redis 連線數過高
    [RedisRejectedConnections] Redis 拒絕連線
    [RedisHitRatioLow] Redis 命中率低
    [RedisEvictions] Redis 正在淘汰鍵
    [RedisRdbSaveFailed] Redis 無法儲存資料
    [NginxDown] nginx 無回應
    [NginxConnectionsDropped] nginx 丟棄連線
    [NginxRequestsDropToZero] nginx 請求中斷
    [CeleryWorkerDown] Celery 工作程序離線
    [CeleryNoWorkers] 沒有可用的 Celery 工作程序
    [CeleryQueueBacklog] Celery 任務積壓
    [CeleryQueueBacklogCritical] Celery 任務嚴重積壓
    [CeleryTaskFailuresHigh] Celery 任務大量失敗
    [CeleryTaskSlow] Celery 任務過慢
    [MicroserviceDown] 微服務無回應
    [MicroserviceFlapping] 微服務時好時壞
    [MicroserviceDegraded] 部分副本無回應
    [StorageSpaceLow] 儲存空間不足
    [StorageCountFailed] 無法統計儲存用量
    [DockerDiskUsageHigh] Docker 占用磁碟過多
    [DockerReclaimableSpace] Docker 有可清理的空間
    [MongodbDown] MongoDB 無回應
    [MysqlDown] MySQL 無回應
    [SeamarkCollectorFailing] 收集器讀取出錯
    [SeamarkCollectorStuck] 收集器卡住
    [SeamarkEventStreamDown] Docker 事件串流中斷
    [SeamarkAlertmanagerUnreachable] 收集端無法連線 Alertmanager
    [SeamarkEventAlertsDropped] 告警未能送達 Alertmanager
    [SeamarkStateFileUnwritable] 狀態檔無法寫入
    [SeamarkScrapeSlow] 擷取過慢
    [SeamarkConfigReloadFailed] 新設定未被接受
    [SeamarkWatchdogMissing] Alertmanager 沒有心跳
    [SeamarkNotificationsFailing] 頻道無法送達
    [SeamarkChannelRefused] 頻道不存在或權杖無效
    [SeamarkOutboxStuck] 訊息積壓
    [SeamarkDeadLetters] 訊息遭永久拒絕
    [SeamarkRateLimited] 聊天平台限流
    [SeamarkWebhookRefused] 收到無法辨識的請求
    [SeamarkWebhookTooLarge] 通知過大
    [SeamarkWebhookUnauthorized] 請求權杖無效
    [SeamarkStoreFailing] 中繼無法寫入儲存
    [SeamarkRequestsLimited] 中繼請求過於頻繁
    [SeamarkUnknownChannel] 未知頻道
    [SeamarkTemplateErrors] 範本出錯
    [SeamarkPanelStale] 狀態面板未更新
    [SeamarkReportDue] 報告待傳送
    [SeamarkReportMissed] 報告已錯過
    [SeamarkReportFailing] 報告產生失敗
    [Watchdog] 告警系統正常
    [PrometheusRuleFailures] Prometheus 規則執行失敗
    [PrometheusConfigReloadFailed] Prometheus 設定未被接受
    [PrometheusTargetFileUnreadable] 目標檔案無法讀取
    [PrometheusNotConnectedToAlertmanager] Prometheus 未連線 Alertmanager
    [PrometheusNotificationsDropped] Prometheus 告警未能送出
    [PrometheusStorageNearRetention] Prometheus 儲存接近上限
    [AlertmanagerConfigReloadFailed] Alertmanager 設定未被接受
    [AlertmanagerNotificationsFailing] Alertmanager 通知傳送失敗
    [AlertmanagerClusterDegraded] Alertmanager 叢集異常
    [MonitoringTargetDown] 監控元件無回應
   *[HostCpuHigh] CPU 使用率
}
unnamed-alert = 未命名的告警
list-separator = 、
measure-of = { $measure }({ $object })
measure-is = { $measure } { $value }
reading = { $value }（閾值 { $threshold }）

group-firing-title = { $severity ->
    [critical] 🔴
    [info] ℹ️
   *[warning] ⚠️
} { $firing } 則告警觸發：{ $subject }
group-mixed-title = { $severity ->
    [critical] 🔴
    [info] ℹ️
   *[warning] ⚠️
} { $firing } 則觸發，{ $resolved } 則已恢復：{ $subject }
group-resolved-title = ✅ { $resolved } 則告警已恢復：{ $subject }

field-container = 📦 容器
field-host = 🖥️ 主機
field-exit-code = 🔢 退出碼
field-restart-policy = 🔄 重啟策略
field-uptime = ⏱️ 執行時間
field-time = ⏰ 時間
field-severity = 🚦 等級
field-value = 📊 目前數值
field-value-then = 📊 告警時的數值
field-threshold = 📏 閾值
field-since = ⏰ 開始時間
field-began = ⏰ 開始時間
field-ended = 🏁 恢復時間
field-duration = ⏱️ 持續時間
field-check-output = 📋 檢查輸出
field-log = 📋 最後幾行日誌
field-labels = 🏷️ 標籤
more-labels = 另有 { $count } 個標籤

link-runbook = 📖 處理手冊
link-dashboard = 📈 儀表板
link-source = 🔎 告警來源
link-silence = 🔕 靜音

## 大量告警

over-before-told = 有 { $count } 則告警在觸發訊息送出之前就已恢復。
digest-storm-title = 🌊 { $groups } 組共 { $alerts } 則告警同時到達：{ $totals }
digest-catch-up-title = 🕰️ 補送：先前未能送達的 { $groups } 組共 { $alerts } 則告警：{ $totals }
digest-firing = { $severity ->
    [critical] 🔴 嚴重 { $count } 則
    [info] ℹ️ 資訊 { $count } 則
   *[warning] ⚠️ 警告 { $count } 則
}
digest-resolved = ✅ 已恢復 { $count } 則
digest-between = {"，"}
digest-since = 始於 { $began }
digest-lasted = 始於 { $began }，持續 { $duration }

## 訊息的其他部分

more-items = 另有 { $number } 則未顯示。
maybe-repeated = ↻ 可能重複：上一次傳送或許已送達。
cut-by-alertmanager = Alertmanager 另外省略了 { $count } 則告警。
unknown-channel = 以下頻道不存在或未啟用，因此改送到這裡：{ $names }
unknown-host = 未知主機
unknown-container = 未知
unknown-code = 未知
unreadable-title = ❓ 有一則已儲存的通知無法讀取：{ $problem }

## 中繼本身

notice-started-title = 🟢 Seamark 中繼已啟動
notice-started-body = 版本 { $version }，已啟用的頻道：{ $channels }。
notice-started-off = 未設定位址、未啟用的頻道：{ $channels }。
notice-started-alone = 未設定 fallback_channel：除非 Alertmanager 的接收者「fallback」另有位址，否則中繼停止運作時無人知曉。
notice-stopping-title = 🛑 Seamark 中繼正在停止
notice-stopping-body = 在中繼恢復之前，通知由 Alertmanager 保留。
notice-watchdog-missing-title = 🔴 收不到 Alertmanager 的 Watchdog
notice-watchdog-missing-body = Watchdog 告警會一直觸發，但已有五分鐘沒有收到，其他告警可能也無法送達。請檢查 Prometheus 與 Alertmanager 是否正常運作。
notice-watchdog-back-title = ✅ 已恢復收到 Alertmanager 的 Watchdog
notice-watchdog-back-body = 來自 Prometheus 與 Alertmanager 的告警已恢復送達。
notice-test-title = 🧪 Seamark 中繼測試訊息
notice-test-body = 一切正常。有人執行了 send-test，用來確認訊息能否送達這裡。

## 頻道故障（送到後備頻道）

trouble-dead-title = 🪦 頻道 { $channel } 徹底拒絕了一則訊息
trouble-dead-body = 「{ $title }」的各種形式均遭拒絕：{ $reason }。可用 `seamark-relay dead-letters list` 查看這則訊息，以及之後因同一原因遭拒的其他訊息。
trouble-gone-title = 🔌 頻道 { $channel } 已無法使用
trouble-gone-body = 對方表示目標不存在或權杖有誤：{ $reason }。訊息均已保留。請在 relay.yml 中更正位址並重新載入。
trouble-back-title = ✅ 頻道 { $channel } 已恢復接收
trouble-back-body = 等待中的訊息正在傳送。
trouble-moved-title = 📦 頻道 { $channel } 已遷移
trouble-moved-body = 新的目標是 { $reason }，中繼已自動切換；請一併修改 relay.yml。

## 時間長度

duration-days = { $days } 天
duration-hours = { $hours } 小時
duration-minutes = { $minutes } 分鐘
duration-seconds = { $seconds } 秒
duration-instant = 不到 1 秒

## 報告

report-title = 📊 { $name }：{ $verdict }
report-title-of = （{ $of }）
report-verdict-well = ✅ 一切正常
report-verdict-problems = { $severity ->
    [critical] 🔴
   *[warning] ⚠️
} { $count } 個未解決的問題
report-verdict-gaps = ⚠️ 未發現問題，但部分資料無法取得
report-count-hosts = { $count } 台主機
report-count-containers = { $count } 個容器
report-line = { $what }：{ $value }
report-between = ，
report-more = 另有 { $count } 個
report-problems = 🚨 未解決的問題
report-for = 已持續 { $duration }
report-silenced = 🔕 已靜音
report-alerts = 🔔 告警
report-quiet = 期間沒有告警。
report-fired = 觸發 { $fired } 次（上一週期 { $before } 次），恢復 { $resolved } 次
report-longest = 持續最久：{ $what }，{ $duration }{ $still ->
    [open] ，仍未恢復
   *[over] {""}
}
report-noisiest = 最頻繁：{ $rules }
report-alerts-cut = 告警過多，此處未全部計入。
report-cpu = CPU
report-memory = 記憶體
report-swap = Swap
report-disk = 磁碟（{ $mountpoint }）
report-received = 流入
report-sent = 流出
report-connections = 連線數
report-uptime = 運作時間
report-at-most = 最高 { $value }
report-in-all = 共 { $bytes }
report-full-in = 預計 { $duration }後寫滿
report-reboots = 🔄 重新開機 { $count } 次
report-down = 無回應
report-no-data = ⚠️ 無資料：{ $from } – { $to }
report-hosts = 🖥️ 主機
report-columns = 主機、CPU、記憶體、最滿的磁碟：
report-had-gaps = ⚠️ 有一段時間無資料：{ $hosts }
report-containers = 🐳 Docker 容器：共 { $count } 個，運作中 { $running } 個
report-unhealthy = 不健康 { $count } 個
report-state = { $state ->
    [exited] 已結束
    [paused] 已暫停
    [created] 已建立
    [restarting] 正在重新啟動
    [removing] 正在移除
    [dead] 已失效
   *[running] 運作中
}
report-health = { $health ->
    [unhealthy] 不健康
    [starting] 健康檢查啟動中
   *[healthy] 健康
}
report-state-health = { $state }（{ $health }）
report-exit-code = 結束代碼 { $code }
report-restarts = 重新啟動 { $count } 次
report-exit = { $reason ->
    [crash] 崩潰
    [oom] 記憶體不足
    [signal] 被訊號終止
    [stopped] 被停止
    [clean] 正常結束
   *[unknown] 原因不明
}
report-ends = 重新啟動與結束
report-top-cpu = CPU 使用最多
report-top-memory = 記憶體使用最多
report-top-traffic = 流量最多
report-life = { $container } 整個生命週期平均：CPU { $cpu }，記憶體 { $memory }
report-records = 🏆 之最
report-record-traffic = 所有主機總流量：{ $bytes }（傳送 { $sent }）
report-record-champion = 流量冠軍：{ $host }，{ $bytes }
report-record-busiest = 最忙的主機：{ $host }，CPU 平均 { $share }
report-record-longest = 運作最久的容器：{ $container }，{ $duration }
report-record-full = 最先寫滿的磁碟：{ $disk }，預計 { $duration }後
report-gaps = 🕳️ 缺少的資料
report-gap-no-prometheus = 沒有指標資料：relay.yml 中未設定 Prometheus。
report-gap-prometheus = Prometheus 未能回答全部查詢，部分資料缺少：{ $why }
report-gap-alertmanager = Alertmanager 無回應；未解決的問題以 relay 收到的為準，含已靜音的：{ $why }
report-gap-record = 無法讀取 relay 自己的告警記錄：{ $why }
report-gap-hosts = Prometheus 中沒有這些主機：{ $hosts }
report-window = ⏰ { $from } – { $to }
report-next = 下次：{ $at }
report-way-late = 🕰️ 延遲傳送：原定於 { $due } 傳送。
report-way-by-relay = 🛟 Alertmanager 未觸發此報告，由 relay 自行傳送。請檢查 Alertmanager 是否在運作。
report-way-on-demand = 👤 應請求傳送。
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
chart-memory = 記憶體使用率
chart-network = 網路流量
chart-received = 流入
chart-sent = 流出
chart-threshold = 閾值 { $value }
chart-no-data = 無資料
chart-left-out = 另有 { $count } 台主機未繪出
chart-describes = { $from } 至 { $to } 的圖表：{ $what }

## 面板

panel-title = { $light } 伺服器上線 { $up }/{ $hosts }
panel-running = 容器執行中 { $running }/{ $containers }
panel-no-hosts = 🟡 Prometheus 還不知道任何伺服器
panel-waiting = 🟡 正在等待第一批資料
panel-unknown = 🟡 沒有新資料：{ $problem }
panel-stopped = ⏹️ 中繼已於 { $time } 停止，此面板不再更新
panel-cpu = CPU { $value }
panel-memory = 記憶體 { $used }/{ $total }
panel-disk = 磁碟 { $mount } { $value }
panel-up-for = 已執行 { $duration }
panel-host-down = 沒有回應
panel-host-silent = 有回應，但沒有資料
panel-docker-down = Docker 沒有回應：容器資訊已過時
panel-state = { $state ->
    [running] 執行中
    [healthy] 健康
    [unhealthy] 不健康
    [starting] 健康檢查啟動中
    [exited] 已退出
    [restarting] 重啟中
    [paused] 已暫停
    [created] 從未啟動
    [dead] 已失效
    [removing] 正在移除
    [missing] 缺少
   *[other] 狀態不明
}
panel-ended = { $reason ->
    [clean] 正常結束
    [stopped] 已停止
    [crash] 崩潰
    [oom] 記憶體耗盡
    [signal] 遭終止
   *[other] 已結束
}（{ $code }）
panel-ago = { $duration }前
panel-last-exit = 上次退出：{ $exit }
panel-restarts = 重啟 { $count } 次
panel-more-containers = … 另有 { $count } 個容器：{ $lights }
panel-more-hosts = … 另有 { $count } 台伺服器
panel-missing = ⚠️ 部分資料缺少：{ $problems }
panel-updated = 🕒 截至 { $time }

## 機器人

bot-start-title = 👋 想了解什麼？
bot-start-body = 請選擇一台伺服器或一個問題。
bot-command-start = 以按鈕列出伺服器和問題
bot-command-status = 所有伺服器總覽
bot-command-server = 單台伺服器詳情
bot-command-top = CPU、記憶體和流量用量排行
bot-command-containers = 所有伺服器或某台伺服器的容器
bot-command-alerts = 目前觸發的告警
bot-command-silence = 靜音某則告警一段時間
bot-command-report = 立即產生報告
bot-command-help = 我能做什麼
bot-help-title = ❓ 我能做什麼
bot-button-status = 📊 總覽
bot-button-top = 🏆 排行
bot-button-containers = 📦 容器
bot-button-alerts = 🚨 告警
bot-button-silence = 🔕 靜音
bot-button-report = 📰 報告
bot-button-help = ❓ 說明
bot-button-refresh = 🔄 重新整理
bot-button-back = ⬅️ 返回
bot-button-undo = ↩️ 復原
bot-button-hours = { $hours } 小時
bot-longest = ⏳ 執行最久：{ $host } 上的 { $container }，{ $duration }
bot-traffic = 📤 所有容器的流量：↓ { $received } ↑ { $sent }
bot-champion = 🏅 流量最大：{ $host }，{ $amount }
bot-field-memory = 🧠 記憶體
bot-field-disks = 💾 磁碟
bot-field-network = 🌐 網路
bot-field-uptime = ⏱️ 已執行
bot-field-containers = 📦 容器
bot-average = 平均 { $cpu }，{ $memory }
bot-top-title = 🏆 用量排行
bot-top-cpu = CPU
bot-top-memory = 記憶體
bot-top-traffic = 流量
bot-containers-title = 📦 容器
bot-containers-none = 沒有容器。
bot-alerts-title = 🚨 { $count } 則告警觸發中
bot-alerts-none = ✅ 目前沒有告警
bot-alert-since = 始於 { $time }
bot-alert-silenced = 🔕 已靜音
bot-alert-kept-back = 🔇 已抑制
bot-silence-which = 🔕 要靜音哪則告警？
bot-silence-none = ✅ 目前沒有可靜音的告警
bot-silence-what = 🔕 要靜音什麼？
bot-silence-how-long = 🔕 靜音多久？
bot-scope-alert = 僅此告警
bot-scope-host = 伺服器 { $host } 的全部告警
bot-scope-container = 容器 { $container } 的全部告警
bot-silenced-title = 🔕 已靜音至 { $time }
bot-silenced-body = 適用於 { $matchers }，由 { $who } 設定。
bot-unsilenced-title = 🔔 靜音已結束
bot-unsilenced-body = 由 { $who } 結束；告警將再次通知。
bot-silence-comment = 由 { $who } 在 Telegram 中設定
bot-alert-gone = ☑️ 此告警已不再觸發
bot-report-which = 📰 要哪份報告？
bot-report-none = 📰 沒有設定報告
bot-report-started = 📰 報告 { $name } 產生中，將傳送到頻道 { $channel }
bot-report-again = 📰 報告 { $name } 剛剛有人請求過，只會向頻道 { $channel } 傳送一次
bot-unknown-server = ❓ 沒有伺服器 { $name }
bot-unknown-report = ❓ 沒有報告 { $name }
bot-unknown-command = ❓ 不認得 { $command }
bot-failed = ⚠️ 操作失敗：{ $problem }
bot-no-prometheus = ⚠️ 未設定 Prometheus，因此沒有資料
bot-no-alertmanager = ⚠️ 未設定 Alertmanager
bot-slow-down = ⏳ 操作太頻繁，請稍候幾秒。
bot-more-lines = … 另有 { $count } 項
