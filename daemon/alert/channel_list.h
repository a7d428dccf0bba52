/* Every type of channel, for the table in channel.c. */
#pragma once

#include "alert/channel.h"

extern const struct channel_type channel_console;
extern const struct channel_type channel_slack;
extern const struct channel_type channel_webhook;
extern const struct channel_type channel_email;
extern const struct channel_type channel_teams;
extern const struct channel_type channel_discord;
extern const struct channel_type channel_mattermost;
extern const struct channel_type channel_ntfy;
extern const struct channel_type channel_command;
