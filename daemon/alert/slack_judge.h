/* What Slack's answers mean: the judge() of its row. */
#pragma once

#include "alert/channel.h"

void slack_judge(const struct http_response *response, struct verdict *ret);
