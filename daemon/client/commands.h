/* The rows that the command table in command.c names; each stands beside its code. */
#pragma once

#include "client/command.h"

extern const struct command ack_command;
extern const struct command alerts_command;
extern const struct command backfill_command;
extern const struct command backup_command;
extern const struct command changes_command;
extern const struct command complete_command;
extern const struct command diff_command;
extern const struct command drop_command;
extern const struct command export_command;
extern const struct command find_command;
extern const struct command help_command;
extern const struct command history_command;
extern const struct command mute_command;
extern const struct command plan_command;
extern const struct command poll_command;
extern const struct command polls_command;
extern const struct command preview_command;
extern const struct command reload_command;
extern const struct command retry_command;
extern const struct command show_command;
extern const struct command sites_command;
extern const struct command status_command;
extern const struct command test_command;
extern const struct command unmute_command;
extern const struct command verify_command;
extern const struct command watch_command;
