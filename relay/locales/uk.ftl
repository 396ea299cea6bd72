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
