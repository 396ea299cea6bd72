# The relay's page, English. Every language has the same keys with the same variables.

page-skip = Skip to the content
page-menu = Menu
page-overview = Overview
page-messages = Messages
page-incidents = Incidents
page-preview = Preview
page-metrics = Metrics
page-logout = Log out
page-all = All

page-verdict-well = 🟢 All well
page-verdict-firing = { $count ->
    [one] 🟡 { $count } alert fires
   *[other] 🟡 { $count } alerts fire
}
page-verdict-critical = { $count ->
    [one] 🔴 { $count } critical alert fires
   *[other] 🔴 { $count } critical alerts fire
}
page-verdict-channels = { $count ->
    [one] 🔴 { $count } channel needs a look
   *[other] 🔴 { $count } channels need a look
}
page-no-fallback = No fallback channel is set: nobody would hear that a channel refuses messages. Set fallback_channel in relay.yml.

page-channels = Channels
page-channel = Channel
page-kind = Kind
page-state = State
page-waiting = Waiting
page-dead = Given up
page-channel-state = { $state ->
    [off] off: no address
    [gone] refuses us
    [dead] on, has given up messages
   *[on] on
}
page-role-default = default
page-role-fallback = fallback

page-dead-letters = Messages that were given up
page-retry = Try again
page-retry-all = Try all again
page-drop = Forget

page-firing = Firing now
page-nothing-fires = Nothing fires.
page-more = { $count ->
    [one] and { $count } more
   *[other] and { $count } more
}

page-no-messages = No message yet.
page-message-state = { $state ->
    [delivered] delivered
    [dead] given up
    [sending] is being sent
   *[pending] waits
}
page-merged = { $count ->
    [one] tells { $count } other as well
   *[other] tells { $count } others as well
}

page-incidents-hint = What fired in the last seven days, as the relay heard of it.
page-incidents-cut = The latest are shown.
page-nothing-fired = Nothing has fired in the last seven days.
page-alert = Alert
page-about = Where
page-began = Began
page-lasted = Lasted

page-reports = Reports
page-no-reports = No report is configured: see `reports` in relay.yml.
page-report-next = Next:
page-report-last = Last:
page-report-run = Send now
page-report-again = The report { $name } was asked for less than a minute ago; it is not sent twice.
page-report-result = { $state ->
    [sent] sent
    [self] sent by the relay itself, without Alertmanager
    [suppressed] silenced in Alertmanager
    [missed] missed
    [failed] failed
   *[open] on its way
}
page-report-not-made = The report could not be made: { $reason }
page-report-not-stored = The report could not be put into the outbox: { $reason }
page-report-none = There is no report { $name }.
page-report-no-channel = A channel of the report { $name } does not exist or is off.

page-preview-hint = A notification as Alertmanager posts it (JSON). Nothing is sent.
page-preview-problem = This is no notification: { $problem }
page-detail-label = How much of it
page-detail = { $detail ->
    [compact] without details
    [plain] without markup
    [title] title and link
   *[full] everything
}
page-show = Show
page-limits = Limits

page-login = Log in
page-login-token = The relay's token
page-login-where = It lies in the file that token_file in relay.yml names, and Alertmanager shows it, too.
page-login-name = Name
page-login-password = Password
page-login-enter = Log in
page-login-wrong = That is not it.
page-login-slow = Too many tries. Wait a moment.
