#include "service/sd.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_SYSTEMD

#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#define STATUS_BYTES 256

void sd_tell_ready(void)
{
    sd_notify(0, "READY=1");
}

void sd_tell_status(const char *format, ...)
{
    char text[STATUS_BYTES];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof(text), format, ap);
    va_end(ap);
    text[strcspn(text, "\n")] = '\0'; /* a line end would begin another variable */
    sd_notifyf(0, "STATUS=%s", text);
}

void sd_tell_stopping(void)
{
    sd_notify(0, "STOPPING=1");
}

void sd_tell_reloading(void)
{
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_stopwatch_usec());
}

void sd_extend_timeout(int64_t usec)
{
    sd_notifyf(0, "EXTEND_TIMEOUT_USEC=%" PRId64, usec);
}

int64_t sd_watchdog_usec(void)
{
    uint64_t usec;

    return sd_watchdog_enabled(0, &usec) > 0 ? (int64_t)usec : 0;
}

void sd_tell_alive(void)
{
    sd_notify(0, "WATCHDOG=1");
}

int sd_control_socket(void)
{
    char **names = NULL;
    int found = -1;
    int count = sd_listen_fds_with_names(1, &names);

    for (int i = 0; i < count; i++) {
        int fd = SD_LISTEN_FDS_START + i;
        if (found < 0 && strcmp(names[i], "control") == 0 && sd_is_socket(fd, AF_UNIX, SOCK_STREAM, 1) > 0)
            found = fd;
        else
            close(fd);
        free(names[i]);
    }
    free(names);
    return found;
}

#else

void sd_tell_ready(void)
{
}

void sd_tell_status(const char *format, ...)
{
    (void)format;
}

void sd_tell_stopping(void)
{
}

void sd_tell_reloading(void)
{
}

void sd_extend_timeout(int64_t usec)
{
    (void)usec;
}

int64_t sd_watchdog_usec(void)
{
    return 0;
}

void sd_tell_alive(void)
{
}

int sd_control_socket(void)
{
    return -1;
}

#endif
