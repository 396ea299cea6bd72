# Seamark relay, українська.

## Контейнери

crash-title = 💥 { $cause ->
    [oom] Контейнеру { $container } на { $host } забракло пам’яті
   *[other] Контейнер { $container } на { $host } аварійно завершився
} (код виходу { $code })
crash-body = Контейнер { $container } на { $host } несподівано завершив роботу: { $cause }.
crash-body-after = Контейнер { $container } на { $host } несподівано завершив роботу, пропрацювавши { $uptime }: { $cause }.
crash-over-title = ✅ Контейнер { $container } на { $host } відновлено за { $duration }
crash-over-body = Збій контейнера { $container } на { $host } (код виходу { $code }) усунуто; він тривав { $duration }.

restarted-title = 🔄 Контейнер { $container } на { $host } перезапущено (код виходу { $code })
restarted-body = Контейнер { $container } на { $host } завершив роботу й одразу запустився знову. Причина: { $cause }.
stopped-title = 🛑 Контейнер { $container } на { $host } зупинено (код виходу { $code })
stopped-body = Контейнер { $container } на { $host } отримав запит на зупинку й зупинився.
started-title = 🟢 Контейнер { $container } на { $host } запущено
started-body = Контейнер { $container } на { $host } працює.

unhealthy-title = 🤒 Контейнер { $container } на { $host } не проходить перевірку стану
unhealthy-body = Перевірка стану контейнера { $container } на { $host } завершується невдачею.
unhealthy-body-streak = { $count ->
    [one] Перевірка стану контейнера { $container } на { $host } не вдалася { $count } раз поспіль.
    [few] Перевірка стану контейнера { $container } на { $host } не вдалася { $count } рази поспіль.
    [many] Перевірка стану контейнера { $container } на { $host } не вдалася { $count } разів поспіль.
   *[other] Перевірка стану контейнера { $container } на { $host } не вдалася { $count } разу поспіль.
}
unhealthy-over-title = { $how ->
    [healthy] ✅ Контейнер { $container } на { $host } знову справний; несправність тривала { $duration }
    [restarted] 🔄 Контейнер { $container } на { $host } перезапущено; несправність тривала { $duration }
    [down] ⏹️ Контейнер { $container } на { $host } завершив роботу; несправність тривала { $duration }
    [removed] 🗑️ Контейнер { $container } на { $host } видалено; несправність тривала { $duration }
   *[other] ☑️ Про несправність контейнера { $container } на { $host } більше не повідомляється; вона тривала { $duration }
}
unhealthy-over-body = { $how ->
    [healthy] Перевірка стану контейнера { $container } на { $host } знову успішна; невдачі тривали { $duration }.
    [restarted] Контейнер { $container } на { $host } запущено наново; що скаже перевірка стану, ще не відомо.
    [down] Контейнер { $container } на { $host } більше не працює, тож його стан не перевіряється.
    [removed] Контейнера { $container } на { $host } більше немає.
   *[other] Останнім часом про стан контейнера { $container } на { $host } нічого не чути.
}
loop-title = 🔁 Контейнер { $container } на { $host } перезапускається знову й знову (код виходу { $code })
loop-body = { $count ->
    [one] За 15 хвилин Docker наново запустив контейнер { $container } на { $host } { $count } раз. Остання причина: { $cause }.
    [few] За 15 хвилин Docker наново запустив контейнер { $container } на { $host } { $count } рази. Остання причина: { $cause }.
    [many] За 15 хвилин Docker наново запустив контейнер { $container } на { $host } { $count } разів. Остання причина: { $cause }.
   *[other] За 15 хвилин Docker наново запустив контейнер { $container } на { $host } { $count } разу. Остання причина: { $cause }.
}
loop-over-title = { $how ->
    [calm] ✅ Контейнер { $container } на { $host } знову працює без перезапусків
    [down] ⏹️ Контейнер { $container } на { $host } більше не перезапускається: він не працює
    [removed] 🗑️ Контейнер { $container } на { $host } більше не перезапускається: його видалено
   *[other] ☑️ Про перезапуски контейнера { $container } на { $host } більше не повідомляється
}
loop-over-body = { $how ->
    [calm] Контейнер { $container } на { $host } пропрацював десять хвилин. Перезапуски тривали { $duration }.
   *[other] Перезапуски контейнера { $container } на { $host } припинилися; вони тривали { $duration }.
}
removed-title = 🗑️ Контейнер { $container } на { $host } несподівано видалено
removed-body = Контейнер { $container } на { $host } видалено примусово, він зник або його бракує, і за пів хвилини ніщо його не замінило.

cause-exit = програма завершилася з кодом { $code }
cause-oom = забракло пам’яті, і ядро завершило процес
cause-killed = процес примусово завершено (SIGKILL), можливо, через брак пам’яті
cause-aborted = програма сама перервала роботу (SIGABRT)
cause-segfault = програма звернулася до чужої пам’яті (SIGSEGV)
cause-signal = процес завершено сигналом { $signal }
cause-not-executable = команду запуску не вдалося виконати (код виходу 126)
cause-not-found = команду запуску не знайдено (код виходу 127)
cause-clean = програма завершилася сама, без помилки
cause-stopped = надійшов запит на зупинку
cause-unknown = причина невідома

restart-policy = { $policy ->
    [no] немає
    [always] завжди
    [unless-stopped] доки не зупинено вручну
    [on-failure] у разі збою
   *[other] { $words }
}
restart-policy-limited = у разі збою, не більше ніж { $count ->
    [one] { $count } раз
    [few] { $count } рази
    [many] { $count } разів
   *[other] { $count } разу
}

## Сповіщення всіх видів

firing-title = { $severity ->
    [critical] 🔴
    [info] ℹ️
   *[warning] ⚠️
} { $summary }
resolved-title = ✅ Усунуто, було: { $summary }
resolved-title-after = ✅ Усунуто через { $duration }, було: { $summary }
resolved-body = Поки тривало: { $description }
severity = { $severity ->
    [critical] критично
    [info] інформація
   *[warning] попередження
}

alert-name = { $alert ->
    [HostMemoryHigh] Використання пам’яті
    [HostSwapHigh] Використання swap
    [HostDiskSpaceHigh] Використання диска
    [HostInodesHigh] Використання inode
    [HostNetworkReceiveHigh] Вхідний трафік
    [HostNetworkTransmitHigh] Вихідний трафік
    [HostConnectionsHigh] Кількість з’єднань
    [HostDown] Хост не відповідає
    [DockerUnavailable] Docker не відповідає
    [SeamarkRelayDown] Ретранслятор не відповідає
    [ContainerCrashed] Аварійне завершення контейнера
    [ContainerExitedUnexpectedly] Контейнер завершив роботу
    [ContainerRestarted] Контейнер перезапущено
    [ContainerRestartLoop] Контейнер перезапускається знову й знову
    [ContainerUnhealthyEvent] Контейнер несправний
    [ContainerRemovedUnexpectedly] Контейнер несподівано видалено
    [ContainerStopped] Контейнер зупинено
    [ContainerStarted] Контейнер запущено
    [HostDiskWillFillSoon] Диск скоро заповниться
    [HostFilesystemReadOnly] Файлова система стала доступною лише для читання
    [HostFilesystemError] Стан файлової системи невідомий
    [HostDiskIoSaturated] Диск завантажено без перерви
    [HostLoadHigh] Високе навантаження системи
    [HostOomKill] Процес завершено через брак пам’яті
    [HostMemoryPressure] Хост простоює через брак пам’яті
    [HostIoPressure] Хост простоює, чекаючи на диски
    [HostCpuSteal] Гіпервізор забирає час процесора
    [HostRebooted] Хост перезавантажено
    [HostClockSkew] Годинник збився
    [HostTooManyOpenFiles] Закінчуються файлові дескриптори
    [HostTemperatureHigh] Висока температура
    [HostSystemdUnitFailed] Збій служби systemd
    [HostRaidDegraded] У RAID бракує диска
    [HostConntrackNearLimit] Таблиця з’єднань майже заповнена
    [HostNetworkErrors] Помилки мережевого інтерфейсу
    [HostTcpListenDrops] Нові з’єднання відкидаються
    [HostTcpRetransmitsHigh] Багато повторних передач TCP
    [ContainerMissing] Контейнер відсутній
    [ContainerNotRunning] Контейнер не працює
    [ContainerPaused] Контейнер призупинено
    [ContainerOomKilled] Процес у контейнері завершено через брак пам’яті
    [ContainerRestarting] Контейнер не може перезапуститися
    [ContainerStartFailed] Не вдалося запустити контейнер
    [ContainerCpuHigh] Високе навантаження процесора контейнером
    [ContainerCpuThrottled] Контейнер стримується лімітом процесора
    [ContainerMemoryHigh] Контейнер близький до ліміту пам’яті
    [ContainerMemoryPressure] Контейнер простоює через брак пам’яті
    [ContainerNetworkHigh] Великий трафік контейнера
    [ContainerPidsNearLimit] Контейнер вичерпує потоки
    [ContainerLogLarge] Завеликий журнал контейнера
    [ContainerImageChanged] Образ контейнера змінено
    [ContainerImageOutdated] Контейнер працює на старому образі
    [ContainerLabelMalformed] Мітка контейнера незрозуміла
    [ContainerUnhealthy] Перевірка стану контейнера не проходить
    [ContainerHealthStartingTooLong] Контейнер довго не стає справним
    [ContainerHealthFailingStreak] Перевірки стану почали не проходити
    [ContainerHealthcheckMissing] Контейнер не має перевірки стану
    [ContainerHealthcheckSlow] Перевірка стану повільна
    [ProbeFailed] Перевірка доступності не проходить
    [ProbeSlow] Повільна відповідь на перевірку
    [ProbeHttpStatusBad] Поганий код HTTP
    [CertificateExpiresSoon] Сертифікат скоро закінчиться
    [CertificateExpiresVerySoon] Сертифікат ось-ось закінчиться
    [ServiceDown] Служба не відповідає
    [HttpErrorRateHigh] Багато помилок HTTP
    [HttpLatencyHigh] Повільні відповіді HTTP
    [HttpTrafficStopped] Запити HTTP припинилися
    [AppJobFailuresHigh] Завдання завершуються з помилками
    [AppExternalApiErrors] Зовнішній API відхиляє запити
    [PostgresDown] PostgreSQL не відповідає
    [PostgresConnectionsHigh] У PostgreSQL закінчуються з’єднання
    [PostgresLongTransaction] Транзакція не завершується
    [PostgresDeadlocks] Взаємне блокування в PostgreSQL
    [PostgresCacheHitLow] PostgreSQL багато читає з диска
    [PostgresRollbacksHigh] Багато відкотів у PostgreSQL
    [PostgresReplicationLag] Репліка PostgreSQL відстає
    [PostgresExporterError] postgres_exporter читає не все
    [RedisDown] Redis не відповідає
    [RedisMemoryHigh] Redis майже вичерпав пам’ять
    [RedisConnectionsHigh] У Redis закінчуються з’єднання
    [RedisRejectedConnections] Redis відхиляє з’єднання
    [RedisHitRatioLow] Низька частка влучань Redis
    [RedisEvictions] Redis витісняє ключі
    [RedisRdbSaveFailed] Redis не може зберегти дані
    [NginxDown] nginx не відповідає
    [NginxConnectionsDropped] nginx відкидає з’єднання
    [NginxRequestsDropToZero] Запити до nginx припинилися
    [CeleryWorkerDown] Обробник Celery зник
    [CeleryNoWorkers] Не лишилося жодного обробника Celery
    [CeleryQueueBacklog] Завдання накопичуються в черзі Celery
    [CeleryQueueBacklogCritical] Черга Celery переповнюється
    [CeleryTaskFailuresHigh] Завдання Celery завершуються з помилками
    [CeleryTaskSlow] Завдання Celery виконуються довго
    [MicroserviceDown] Мікросервіс не відповідає
    [MicroserviceFlapping] Мікросервіс то працює, то ні
    [MicroserviceDegraded] Частина реплік не відповідає
    [StorageSpaceLow] Сховище майже заповнене
    [StorageCountFailed] Не вдається порахувати сховище
    [DockerDiskUsageHigh] Docker заповнює диск
    [DockerReclaimableSpace] Docker варто прибрати
    [MongodbDown] MongoDB не відповідає
    [MysqlDown] MySQL не відповідає
    [SeamarkCollectorFailing] Збирач читає не все
    [SeamarkCollectorStuck] Збирач завис
    [SeamarkEventStreamDown] Події Docker не надходять
    [SeamarkAlertmanagerUnreachable] Експортер не досягає Alertmanager
    [SeamarkEventAlertsDropped] Сповіщення не дійшли до Alertmanager
    [SeamarkStateFileUnwritable] Файл стану не записується
    [SeamarkScrapeSlow] Збирання метрик повільне
    [SeamarkConfigReloadFailed] Нову конфігурацію відхилено
    [SeamarkWatchdogMissing] Alertmanager мовчить
    [SeamarkNotificationsFailing] До каналу нічого не доходить
    [SeamarkChannelRefused] Канал зник або токен недійсний
    [SeamarkOutboxStuck] Повідомлення чекають
    [SeamarkDeadLetters] Повідомлення остаточно відхилено
    [SeamarkRateLimited] Чат сповільнює ретранслятор
    [SeamarkWebhookRefused] Запит не був сповіщенням
    [SeamarkWebhookTooLarge] Завелике сповіщення
    [SeamarkWebhookUnauthorized] Запити без правильного токена
    [SeamarkStoreFailing] Ретранслятор не може записати отримане
    [SeamarkRequestsLimited] Ретранслятор викликають надто часто
    [SeamarkUnknownChannel] Невідомий канал
    [SeamarkTemplateErrors] Помилка шаблону
    [SeamarkPanelStale] Панель стану застаріла
    [SeamarkReportDue] Час надіслати звіт
    [SeamarkReportMissed] Звіт пропущено
    [SeamarkReportFailing] Не вдається скласти звіт
    [Watchdog] Сповіщення працюють
    [PrometheusRuleFailures] Prometheus не може обчислити правила
    [PrometheusConfigReloadFailed] Prometheus відхилив конфігурацію
    [PrometheusTargetFileUnreadable] Файл цілей не читається
    [PrometheusNotConnectedToAlertmanager] Prometheus не знає Alertmanager
    [PrometheusNotificationsDropped] Prometheus не зміг передати сповіщення
    [PrometheusStorageNearRetention] Prometheus видаляє історію через брак місця
    [AlertmanagerConfigReloadFailed] Alertmanager відхилив конфігурацію
    [AlertmanagerNotificationsFailing] Alertmanager не може доставити сповіщення
    [AlertmanagerClusterDegraded] Вузли Alertmanager втратили зв’язок
    [MonitoringTargetDown] Частина моніторингу не відповідає
   *[HostCpuHigh] Навантаження процесора
}
unnamed-alert = Сповіщення без назви
list-separator = {", "}
measure-of = { $measure } ({ $object })
measure-is = { $measure } — { $value }
reading = { $value } (поріг { $threshold })

group-firing-title = { $severity ->
    [critical] 🔴
    [info] ℹ️
   *[warning] ⚠️
} { $firing ->
    [one] { $firing } активне сповіщення
    [few] { $firing } активні сповіщення
    [many] { $firing } активних сповіщень
   *[other] { $firing } активного сповіщення
}: { $subject }
group-mixed-title = { $severity ->
    [critical] 🔴
    [info] ℹ️
   *[warning] ⚠️
} Активних: { $firing }, усунуто: { $resolved } — { $subject }
group-resolved-title = ✅ Усунуто { $resolved ->
    [one] { $resolved } сповіщення
    [few] { $resolved } сповіщення
    [many] { $resolved } сповіщень
   *[other] { $resolved } сповіщення
}: { $subject }

field-container = 📦 Контейнер
field-host = 🖥️ Хост
field-exit-code = 🔢 Код виходу
field-restart-policy = 🔄 Перезапуск
field-uptime = ⏱️ Пропрацював
field-time = ⏰ Час
field-severity = 🚦 Важливість
field-value = 📊 Значення
field-value-then = 📊 Значення під час збою
field-threshold = 📏 Поріг
field-since = ⏰ Почалося
field-began = ⏰ Початок
field-ended = 🏁 Кінець
field-duration = ⏱️ Тривалість
field-check-output = 📋 Вивід перевірки
field-log = 📋 Останні рядки журналу
field-labels = 🏷️ Мітки
more-labels = і ще { $count ->
    [one] { $count } мітка
    [few] { $count } мітки
    [many] { $count } міток
   *[other] { $count } мітки
}

link-runbook = 📖 Інструкція
link-dashboard = 📈 Панель
link-source = 🔎 Джерело
link-silence = 🔕 Заглушити

## Багато сповіщень одразу

over-before-told = Усунуто раніше, ніж вдалося повідомити про початок: { $count ->
    [one] { $count } сповіщення
    [few] { $count } сповіщення
    [many] { $count } сповіщень
   *[other] { $count } сповіщення
}.
digest-storm-title = 🌊 Одразу { $alerts ->
    [one] { $alerts } сповіщення
    [few] { $alerts } сповіщення
    [many] { $alerts } сповіщень
   *[other] { $alerts } сповіщення
} з { $groups ->
    [one] { $groups } групи
   *[other] { $groups } груп
}: { $totals }
digest-catch-up-title = 🕰️ Надолужуємо: { $alerts ->
    [one] { $alerts } сповіщення
    [few] { $alerts } сповіщення
    [many] { $alerts } сповіщень
   *[other] { $alerts } сповіщення
} з { $groups ->
    [one] { $groups } групи
   *[other] { $groups } груп
}, що чекали на цей чат: { $totals }
digest-firing = { $severity ->
    [critical] 🔴 критичних: { $count }
    [info] ℹ️ інформаційних: { $count }
   *[warning] ⚠️ попереджень: { $count }
}
digest-resolved = ✅ усунуто: { $count }
digest-between = {", "}
digest-since = з { $began }
digest-lasted = з { $began }, тривалість { $duration }

## Навколо повідомлення

more-items = Тут не показано ще { $number }.
maybe-repeated = ↻ Можливий повтор: попередня спроба могла дійти.
cut-by-alertmanager = Alertmanager не передав ще { $count ->
    [one] { $count } сповіщення
    [few] { $count } сповіщення
    [many] { $count } сповіщень
   *[other] { $count } сповіщення
}.
unknown-channel = Надіслано сюди, бо такого каналу немає або його вимкнено: { $names }
unknown-host = невідомому хості
unknown-container = невідомий
unknown-code = невідомий
unreadable-title = ❓ Збережене сповіщення більше не читається: { $problem }

## Сам ретранслятор

notice-started-title = 🟢 Ретранслятор Seamark запущено
notice-started-body = Версія { $version }. Увімкнені канали: { $channels }.
notice-started-off = Вимкнені, бо не мають адреси: { $channels }.
notice-started-alone = fallback_channel не задано: якщо отримувач «fallback» в Alertmanager не має власної адреси, про мою зупинку ніхто не дізнається.
notice-stopping-title = 🛑 Ретранслятор Seamark зупиняється
notice-stopping-body = Доки ретранслятор не повернеться, сповіщення зберігає Alertmanager.
notice-watchdog-missing-title = 🔴 Немає сигналу Watchdog від Alertmanager
notice-watchdog-missing-body = Сповіщення Watchdog активне завжди, але вже п’ять хвилин від нього нічого не чути: інші сповіщення теж можуть не надходити. Перевірте, чи працюють Prometheus і Alertmanager.
notice-watchdog-back-title = ✅ Сигнал Watchdog від Alertmanager відновлено
notice-watchdog-back-body = Сповіщення від Prometheus і Alertmanager знову надходять.
notice-test-title = 🧪 Тестове повідомлення ретранслятора Seamark
notice-test-body = Нічого не сталося. Хтось виконав send-test, щоб перевірити, чи надходять сюди повідомлення.

## Негаразди з каналом (для запасного каналу)

trouble-dead-title = 🪦 Канал { $channel } остаточно відхилив повідомлення
trouble-dead-body = «{ $title }» відхилено в усіх виглядах: { $reason }. Його та інші, відхилені з тієї самої причини, показує `seamark-relay dead-letters list`.
trouble-gone-title = 🔌 Канал { $channel } більше не доступний
trouble-gone-body = Чат каже, що адресата немає або токен хибний: { $reason }. Повідомлення збережено. Виправте адресу в relay.yml і перечитайте налаштування.
trouble-back-title = ✅ Канал { $channel } знову приймає повідомлення
trouble-back-body = Усе, що на нього чекало, зараз надсилається.
trouble-moved-title = 📦 Канал { $channel } переїхав
trouble-moved-body = Нова адреса: { $reason }. Ретранслятор уже перейшов на неї; змініть також relay.yml.

## Тривалість

duration-days = { $days ->
    [one] { $days } день
    [few] { $days } дні
    [many] { $days } днів
   *[other] { $days } дня
}
duration-hours = { $hours } год
duration-minutes = { $minutes } хв
duration-seconds = { $seconds } с
duration-instant = менше 1 с

## Звіти

report-title = 📊 { $name }: { $verdict }
report-title-of = {" "}({ $of })
report-verdict-well = ✅ усе гаразд
report-verdict-problems = { $severity ->
    [critical] 🔴
   *[warning] ⚠️
} { $count ->
    [one] { $count } відкрита проблема
    [few] { $count } відкриті проблеми
    [many] { $count } відкритих проблем
   *[other] { $count } відкритої проблеми
}
report-verdict-gaps = ⚠️ проблем не видно, але перевірити вдалося не все
report-count-hosts = { $count ->
    [one] { $count } хост
    [few] { $count } хости
    [many] { $count } хостів
   *[other] { $count } хоста
}
report-count-containers = { $count ->
    [one] { $count } контейнер
    [few] { $count } контейнери
    [many] { $count } контейнерів
   *[other] { $count } контейнера
}
report-line = { $what }: { $value }
report-between = {", "}
report-more = і ще { $count ->
    [one] { $count }
   *[other] { $count }
}
report-problems = 🚨 Відкриті проблеми
report-for = триває { $duration }
report-silenced = 🔕 приглушено
report-alerts = 🔔 Сповіщення
report-quiet = Нічого не спрацювало.
report-fired = Спрацювало: { $fired } (раніше: { $before }), усунуто: { $resolved }
report-longest = Найдовше: { $what }, { $duration }{ $still ->
    [open] {" "}і досі триває
   *[over] {""}
}
report-noisiest = Найчастіше: { $rules }
report-alerts-cut = Сповіщень було більше, ніж тут пораховано.
report-cpu = CPU
report-memory = Пам’ять
report-swap = Swap
report-disk = Диск ({ $mountpoint })
report-received = Вхідний
report-sent = Вихідний
report-connections = З’єднання
report-uptime = Час роботи
report-at-most = макс. { $value }
report-in-all = усього { $bytes }
report-full-in = заповниться приблизно за { $duration }
report-reboots = 🔄 перезавантажено { $count ->
    [one] { $count } раз
    [few] { $count } рази
    [many] { $count } разів
   *[other] { $count } раза
}
report-down = не відповідає
report-no-data = ⚠️ Немає даних: { $from } – { $to }
report-hosts = 🖥️ Хости
report-columns = Хост, CPU, пам’ять, найповніший диск:
report-had-gaps = ⚠️ Певний час без даних: { $hosts }
report-containers = 🐳 Контейнери: { $count }, працюють: { $running }
report-unhealthy = нездорові: { $count }
report-state = { $state ->
    [exited] завершився
    [paused] призупинено
    [created] створено
    [restarting] перезапускається
    [removing] видаляється
    [dead] непридатний
   *[running] працює
}
report-health = { $health ->
    [unhealthy] нездоровий
    [starting] перевірка починається
   *[healthy] здоровий
}
report-state-health = { $state } ({ $health })
report-exit-code = код виходу { $code }
report-restarts = { $count ->
    [one] { $count } перезапуск
    [few] { $count } перезапуски
    [many] { $count } перезапусків
   *[other] { $count } перезапуску
}
report-exit = { $reason ->
    [crash] аварія
    [oom] брак пам’яті
    [signal] завершено сигналом
    [stopped] зупинено
    [clean] завершився сам
   *[unknown] причина невідома
}
report-ends = Перезапуски й завершення
report-top-cpu = Найбільше CPU
report-top-memory = Найбільше пам’яті
report-top-traffic = Найбільше трафіку
report-life = { $container }, за весь час роботи: CPU { $cpu }, пам’ять { $memory }
report-records = 🏆 Рекорди
report-record-traffic = Трафік усіх хостів: { $bytes } (відправлено: { $sent })
report-record-champion = Чемпіон за трафіком: { $host }, { $bytes }
report-record-busiest = Найзавантаженіший хост: { $host }, CPU у середньому { $share }
report-record-longest = Найдовше працює контейнер { $container }: { $duration }
report-record-full = Першим заповниться диск { $disk }: приблизно за { $duration }
report-gaps = 🕳️ Чого бракує
report-gap-no-prometheus = Немає показників: у relay.yml не задано Prometheus.
report-gap-prometheus = Prometheus відповів не на все, тому частини показників немає: { $why }
report-gap-alertmanager = Alertmanager не відповів; відкриті проблеми – ті, про які чув ретранслятор, разом із приглушеними: { $why }
report-gap-record = Власний журнал сповіщень ретранслятора не читається: { $why }
report-gap-hosts = Prometheus нічого не знає про: { $hosts }
report-window = ⏰ { $from } – { $to }
report-next = наступний: { $at }
report-way-late = 🕰️ Із запізненням: мав надійти { $due }.
report-way-by-relay = 🛟 Alertmanager не запитав цей звіт, тож ретранслятор надсилає його сам. Перевірте, чи працює Alertmanager.
report-way-on-demand = 👤 Надіслано на запит.
amount-bytes = { $number } { $unit ->
    [kib] КіБ
    [mib] МіБ
    [gib] ГіБ
    [tib] ТіБ
    [pib] ПіБ
   *[b] Б
}
amount-bits = { $number } { $unit ->
    [kbps] кбіт/с
    [mbps] Мбіт/с
    [gbps] Гбіт/с
    [tbps] Тбіт/с
   *[bps] біт/с
}
amount-cores = { $number } ядра
chart-cpu = Завантаження CPU
chart-memory = Використання пам’яті
chart-network = Мережевий трафік
chart-received = вхідний
chart-sent = вихідний
chart-threshold = поріг { $value }
chart-no-data = немає даних
chart-left-out = { $count ->
    [one] ще { $count } хост не показано
    [few] ще { $count } хости не показано
    [many] ще { $count } хостів не показано
   *[other] ще { $count } хоста не показано
}
chart-describes = Графіки з { $from } до { $to }: { $what }

## Панель

panel-title = { $light } На зв’язку { $up } з { $hosts ->
    [one] { $hosts } сервера
    [few] { $hosts } серверів
    [many] { $hosts } серверів
   *[other] { $hosts } сервера
}
panel-running = працює { $running } з { $containers ->
    [one] { $containers } контейнера
    [few] { $containers } контейнерів
    [many] { $containers } контейнерів
   *[other] { $containers } контейнера
}
panel-no-hosts = 🟡 Prometheus ще не знає жодного сервера
panel-waiting = 🟡 Чекаємо на перші дані
panel-unknown = 🟡 Нових даних немає: { $problem }
panel-stopped = ⏹️ Ретранслятор зупинено { $time }; панель більше не оновлюється
panel-cpu = CPU { $value }
panel-memory = пам’ять { $used } з { $total }
panel-disk = диск { $mount } { $value }
panel-up-for = працює { $duration }
panel-host-down = не відповідає
panel-host-silent = відповідає, але даних немає
panel-docker-down = Docker не відповідає: відомості про контейнери застарілі
panel-state = { $state ->
    [running] працює
    [healthy] здоровий
    [unhealthy] нездоровий
    [starting] перевірка стану починається
    [exited] завершився
    [restarting] перезапускається
    [paused] призупинено
    [created] ще не запускався
    [dead] непридатний
    [removing] видаляється
    [missing] відсутній
   *[other] стан невідомий
}
panel-ended = { $reason ->
    [clean] завершив роботу
    [stopped] зупинено
    [crash] аварійне завершення
    [oom] забракло пам’яті
    [signal] примусово завершено
   *[other] завершився
} ({ $code })
panel-ago = { $duration } тому
panel-last-exit = минулого разу: { $exit }
panel-restarts = { $count ->
    [one] { $count } перезапуск
    [few] { $count } перезапуски
    [many] { $count } перезапусків
   *[other] { $count } перезапуску
}
panel-more-containers = … і ще { $count ->
    [one] { $count } контейнер
    [few] { $count } контейнери
    [many] { $count } контейнерів
   *[other] { $count } контейнера
}: { $lights }
panel-more-hosts = … і ще { $count ->
    [one] { $count } сервер
    [few] { $count } сервери
    [many] { $count } серверів
   *[other] { $count } сервера
}
panel-missing = ⚠️ Бракує частини даних: { $problems }
panel-updated = 🕒 Станом на { $time }

## Бот

bot-start-title = 👋 Що вас цікавить?
bot-start-body = Оберіть сервер або запитання.
bot-command-start = Сервери й запитання кнопками
bot-command-status = Усі сервери одним поглядом
bot-command-server = Докладно про один сервер
bot-command-top = Хто споживає найбільше процесора, пам’яті й трафіку
bot-command-containers = Контейнери всіх серверів або одного
bot-command-alerts = Активні сповіщення
bot-command-silence = Приглушити сповіщення на певний час
bot-command-report = Скласти звіт зараз
bot-command-help = Що я вмію
bot-help-title = ❓ Що я вмію
bot-button-status = 📊 Огляд
bot-button-top = 🏆 Лідери
bot-button-containers = 📦 Контейнери
bot-button-alerts = 🚨 Сповіщення
bot-button-silence = 🔕 Приглушити
bot-button-report = 📰 Звіт
bot-button-help = ❓ Довідка
bot-button-refresh = 🔄 Оновити
bot-button-back = ⬅️ Назад
bot-button-undo = ↩️ Скасувати
bot-button-hours = { $hours } год
bot-longest = ⏳ Найдовше працює: { $container } на { $host }, { $duration }
bot-traffic = 📤 Трафік усіх контейнерів: ↓ { $received } ↑ { $sent }
bot-champion = 🏅 Найбільше трафіку: { $host }, { $amount }
bot-field-memory = 🧠 Пам’ять
bot-field-disks = 💾 Диски
bot-field-network = 🌐 Мережа
bot-field-uptime = ⏱️ Час роботи
bot-field-containers = 📦 Контейнери
bot-average = у середньому { $cpu }, { $memory }
bot-top-title = 🏆 Хто споживає найбільше
bot-top-cpu = Процесор
bot-top-memory = Пам’ять
bot-top-traffic = Трафік
bot-containers-title = 📦 Контейнери
bot-containers-none = Контейнерів немає.
bot-alerts-title = 🚨 { $count ->
    [one] { $count } активне сповіщення
    [few] { $count } активні сповіщення
    [many] { $count } активних сповіщень
   *[other] { $count } активного сповіщення
}
bot-alerts-none = ✅ Активних сповіщень немає
bot-alert-since = з { $time }
bot-alert-silenced = 🔕 приглушено
bot-alert-kept-back = 🔇 стримується
bot-silence-which = 🔕 Яке сповіщення приглушити?
bot-silence-none = ✅ Немає сповіщень, які можна приглушити
bot-silence-what = 🔕 Що саме приглушити?
bot-silence-how-long = 🔕 На який час?
bot-scope-alert = Лише це сповіщення
bot-scope-host = Усе із сервера { $host }
bot-scope-container = Усе про контейнер { $container }
bot-silenced-title = 🔕 Приглушено до { $time }
bot-silenced-body = Усе, що має { $matchers }. Приглушив(-ла): { $who }.
bot-unsilenced-title = 🔔 Приглушення завершено
bot-unsilenced-body = Завершив(-ла): { $who }; сповіщення знову надходитимуть.
bot-silence-comment = Створено в Telegram, { $who }
bot-alert-gone = ☑️ Це сповіщення вже не активне
bot-report-which = 📰 Який звіт скласти?
bot-report-none = 📰 Жодного звіту не налаштовано
bot-report-started = 📰 Звіт { $name } готується для каналу { $channel }
bot-report-again = 📰 Звіт { $name } щойно вже замовили; він надійде один раз, у канал { $channel }
bot-unknown-server = ❓ Сервера { $name } немає
bot-unknown-report = ❓ Звіту { $name } немає
bot-unknown-command = ❓ Не знаю команди { $command }
bot-failed = ⚠️ Не вдалося: { $problem }
bot-no-prometheus = ⚠️ Prometheus не налаштовано, тож даних немає
bot-no-alertmanager = ⚠️ Alertmanager не налаштовано
bot-slow-down = ⏳ Забагато запитів. Зачекайте кілька секунд.
bot-more-lines = … і ще { $count }
