/* systemd: notification, watchdog, socket activation, journal. Without libsystemd every call does nothing. */
#pragma once

#include "base/log.h"

#include <stdbool.h>
#include <stdint.h>

void sd_tell_ready(void);
void sd_tell_status(const char *format, ...) _printf_(1, 2);
void sd_tell_stopping(void);
void sd_tell_reloading(void);
void sd_extend_timeout(int64_t usec);

/* The watchdog's period, 0 without one; half of it is a good time between two sd_tell_alive(). */
int64_t sd_watchdog_usec(void);
void sd_tell_alive(void);

/* The listening control socket that systemd passed (FileDescriptorName=control), or -1. */
int sd_control_socket(void);

/* Sends log lines to the journal when standard error is connected to it; true if so. */
bool sd_log_to_journal(void);
