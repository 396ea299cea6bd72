# The relay's page, traditional Chinese.

page-skip = 跳到內文
page-menu = 選單
page-overview = 總覽
page-messages = 訊息
page-incidents = 事件
page-preview = 預覽
page-metrics = 指標
page-logout = 登出
page-all = 全部

page-verdict-well = 🟢 一切正常
page-verdict-firing = 🟡 有 { $count } 則告警正在觸發
page-verdict-critical = 🔴 有 { $count } 則嚴重告警正在觸發
page-verdict-channels = 🔴 有 { $count } 個頻道需要處理
page-no-fallback = 未設定備援頻道：若某個頻道拒收訊息，將無人知曉。請在 relay.yml 中設定 fallback_channel。

page-channels = 頻道
page-channel = 頻道
page-kind = 類型
page-state = 狀態
page-waiting = 等待中
page-dead = 已放棄
page-channel-state = { $state ->
    [off] 已停用：沒有位址
    [gone] 拒絕連線
    [dead] 已啟用，有被放棄的訊息
   *[on] 已啟用
}
page-role-default = 預設
page-role-fallback = 備援

page-dead-letters = 被放棄的訊息
page-retry = 重試
page-retry-all = 全部重試
page-drop = 捨棄

page-firing = 正在觸發
page-nothing-fires = 沒有正在觸發的告警。
page-more = 還有 { $count } 則

page-no-messages = 還沒有訊息。
page-message-state = { $state ->
    [delivered] 已送達
    [dead] 已放棄
    [sending] 正在傳送
   *[pending] 等待中
}
page-merged = 同時說明另外 { $count } 則

page-incidents-hint = 最近七天內觸發過的告警，以中繼收到的為準。
page-incidents-cut = 僅顯示最新的部分。
page-nothing-fired = 最近七天沒有告警觸發。
page-alert = 告警
page-about = 位置
page-began = 開始
page-lasted = 持續

page-reports = 報告
page-no-reports = 沒有設定報告：請參閱 relay.yml 中的 `reports`。
page-report-next = 下一次：
page-report-last = 上一次：
page-report-run = 立即傳送
page-report-again = 報告 { $name } 在一分鐘內已有人請求，不會重複傳送。
page-report-result = { $state ->
    [sent] 已傳送
    [self] 由中繼自行傳送，未經 Alertmanager
    [suppressed] 已在 Alertmanager 中靜音
    [missed] 已錯過
    [failed] 失敗
   *[open] 傳送中
}
page-report-not-made = 無法產生報告：{ $reason }
page-report-not-stored = 無法將報告放入寄件佇列：{ $reason }
page-report-none = 沒有名為 { $name } 的報告。
page-report-no-channel = 報告 { $name } 的某個頻道不存在或已關閉。

page-preview-hint = Alertmanager 送出的通知（JSON）。這裡不會傳送任何內容。
page-preview-problem = 這不是通知：{ $problem }
page-detail-label = 詳細程度
page-detail = { $detail ->
    [compact] 不含細節
    [plain] 不含格式
    [title] 標題和連結
   *[full] 完整
}
page-show = 顯示
page-limits = 限制

page-login = 登入
page-login-token = 中繼的權杖
page-login-where = 權杖位於 relay.yml 中 token_file 所指的檔案裡，Alertmanager 也使用它。
page-login-name = 使用者名稱
page-login-password = 密碼
page-login-enter = 登入
page-login-wrong = 不正確。
page-login-slow = 嘗試次數過多，請稍候。
