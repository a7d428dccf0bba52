/* The files of a history: who may write it, and how it comes to be. For this room only. */
#pragma once

#include "base/err.h"

#include <stdbool.h>

/* Takes PATH.lock, which holds the writer's pid while there is one and nothing after it closed properly: a pid that is
 * still there when the lock can be had is that of a writer that did not. The caller owns the descriptor. -EBUSY names
 * the process that has it. */
int file_lock(const char *path, int *ret_fd, bool *ret_unclean, struct error *e);

/* clean: the history was closed properly. fd -1 does nothing. */
void file_unlock(int fd, bool clean);

/* Whether there is something at path, an empty file counting as nothing. */
bool file_has_content(const char *path);

/* Makes an empty history, under another name first: what is at path is always whole. The caller holds the lock. Does
 * nothing when there is one. */
int file_create(const char *path, struct error *e);

/* Makes the entry of a file in its directory durable. */
int file_sync_directory(const char *path, struct error *e);

/* A file of ours that was closed: its content is durable afterwards. */
int file_sync(const char *path, struct error *e);

/* Mode of the history and its copies: its owner writes, its group reads. */
#define FILE_MODE 0640
