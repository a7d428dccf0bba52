/* Work in proportion to the history, on a thread of its own with a read-only connection: copies and checks.
 *
 * One job at a time; its callback runs on the loop's thread. */
#pragma once

#include "base/err.h"

#include <event2/event.h>
#include <stdbool.h>

struct maintenance;

enum maintenance_work { MAINTENANCE_BACKUP, MAINTENANCE_QUICK_CHECK, MAINTENANCE_INTEGRITY_CHECK };

/* error is 0 or a negative errno with its sentence. */
typedef void maintenance_callback(int error, const char *text, void *userdata);

int maintenance_new(struct event_base *base, const char *history_path, struct maintenance **ret);

/* Waits half a second for a job under way, then abandons its thread: the process is about to end. Takes NULL. */
void maintenance_free(struct maintenance *maintenance);

/* copy_path: of a backup. -EBUSY while another job runs. */
int maintenance_start(struct maintenance *maintenance, enum maintenance_work work, const char *copy_path,
                      maintenance_callback *callback, void *userdata, struct error *e);
