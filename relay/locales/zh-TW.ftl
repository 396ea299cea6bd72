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
