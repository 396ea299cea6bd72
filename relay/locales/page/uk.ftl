# The relay's page, Ukrainian.

page-skip = Перейти до вмісту
page-menu = Меню
page-overview = Огляд
page-messages = Повідомлення
page-incidents = Інциденти
page-preview = Попередній перегляд
page-metrics = Метрики
page-logout = Вийти
page-all = Усі

page-verdict-well = 🟢 Усе гаразд
page-verdict-firing = { $count ->
    [one] 🟡 { $count } активне сповіщення
    [few] 🟡 { $count } активні сповіщення
    [many] 🟡 { $count } активних сповіщень
   *[other] 🟡 { $count } активного сповіщення
}
page-verdict-critical = { $count ->
    [one] 🔴 { $count } критичне сповіщення
    [few] 🔴 { $count } критичні сповіщення
    [many] 🔴 { $count } критичних сповіщень
   *[other] 🔴 { $count } критичного сповіщення
}
page-verdict-channels = { $count ->
    [one] 🔴 { $count } канал потребує уваги
    [few] 🔴 { $count } канали потребують уваги
    [many] 🔴 { $count } каналів потребують уваги
   *[other] 🔴 { $count } каналу потребують уваги
}
page-no-fallback = Резервний канал не задано: ніхто не дізнається, що канал відхиляє повідомлення. Задайте fallback_channel у relay.yml.

page-channels = Канали
page-channel = Канал
page-kind = Тип
page-state = Стан
page-waiting = Чекають
page-dead = Полишено
page-channel-state = { $state ->
    [off] вимкнено: немає адреси
    [gone] відхиляє нас
    [dead] увімкнено, є полишені повідомлення
   *[on] увімкнено
}
page-role-default = типовий
page-role-fallback = резервний

page-dead-letters = Полишені повідомлення
page-retry = Спробувати знову
page-retry-all = Спробувати знову всі
page-drop = Забути

page-firing = Триває зараз
page-nothing-fires = Активних сповіщень немає.
page-more = { $count ->
    [one] і ще { $count }
    [few] і ще { $count }
    [many] і ще { $count }
   *[other] і ще { $count }
}

page-no-messages = Повідомлень ще немає.
page-message-state = { $state ->
    [delivered] доставлено
    [dead] полишено
    [sending] надсилається
   *[pending] чекає
}
page-merged = { $count ->
    [one] розповідає ще про { $count } подію
    [few] розповідає ще про { $count } події
    [many] розповідає ще про { $count } подій
   *[other] розповідає ще про { $count } події
}

page-incidents-hint = Що спрацьовувало за останні сім днів, наскільки відомо ретранслятору.
page-incidents-cut = Показано останні.
page-nothing-fired = За останні сім днів сповіщень не було.
page-alert = Сповіщення
page-about = Де
page-began = Початок
page-lasted = Тривалість

page-reports = Звіти
page-no-reports = Звітів не налаштовано: див. `reports` у relay.yml.
page-report-next = Наступний:
page-report-last = Останній:
page-report-run = Надіслати зараз
page-report-again = Звіт { $name } замовили менш ніж хвилину тому; двічі його не надсилають.
page-report-result = { $state ->
    [sent] надіслано
    [self] надіслано самим ретранслятором, без Alertmanager
    [suppressed] заглушено в Alertmanager
    [missed] пропущено
    [failed] не вдалося
   *[open] у дорозі
}
page-report-not-made = Звіт не вдалося скласти: { $reason }
page-report-not-stored = Звіт не вдалося покласти до черги: { $reason }
page-report-none = Звіту { $name } немає.
page-report-no-channel = Каналу, до якого має надійти звіт { $name }, немає або його вимкнено.

page-preview-hint = Сповіщення, як його надсилає Alertmanager (JSON). Нічого не буде надіслано.
page-preview-problem = Це не сповіщення: { $problem }
page-detail-label = Наскільки докладно
page-detail = { $detail ->
    [compact] без подробиць
    [plain] без розмітки
    [title] заголовок і посилання
   *[full] усе
}
page-show = Показати
page-limits = Обмеження

page-login = Вхід
page-login-token = Токен ретранслятора
page-login-where = Він лежить у файлі, який названо в token_file у relay.yml; його ж показує Alertmanager.
page-login-name = Ім’я
page-login-password = Пароль
page-login-enter = Увійти
page-login-wrong = Неправильно.
page-login-slow = Забагато спроб. Зачекайте трохи.
