/* What the containers of the story do. It keeps a ledger of its own, so that what happened is known whatever the engine
 * says: a line `S time` when it begins, a line `E time code` when it ends by itself or by SIGTERM.
 *
 *     part LEDGER SECONDS CODE [deaf]   ends after SECONDS (never at 0) with CODE, and at SIGTERM with 0 unless deaf
 *     part well FILE                    a health check: 1 where FILE is
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int ledger;

static void note(char what, int code) {
    struct timespec now;
    char line[80];
    clock_gettime(CLOCK_REALTIME, &now);
    int length = snprintf(line, sizeof line, "%c %lld.%09ld %d\n", what, (long long)now.tv_sec, now.tv_nsec, code);
    if (write(ledger, line, length) != length) _exit(99);
}

static void told(int signal) {
    (void)signal;
    note('E', 0);
    _exit(0);
}

int main(int count, char **words) {
    if (count == 3 && !strcmp(words[1], "well")) return access(words[2], F_OK) == 0;
    if (count < 4) return 98;
    ledger = open(words[1], O_WRONLY | O_APPEND | O_CREAT, 0644);
    if (ledger < 0) return 97;
    signal(SIGTERM, count > 4 ? SIG_IGN : told);
    note('S', 0);
    double seconds = atof(words[2]);
    if (seconds == 0) for (;;) pause();
    struct timespec left = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    while (nanosleep(&left, &left)) {}
    note('E', atoi(words[3]));
    return atoi(words[3]);
}
