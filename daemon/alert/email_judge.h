/* What a mail server's answers mean, for the mail and for each of its recipients. */
#pragma once

#include "alert/channel.h"
#include "net/smtp.h"

/* recipients has room for SMTP_MAX_RECIPIENTS; ret borrows them, and they their texts from the result. */
void email_judge(const struct smtp_result *result, struct recipient_answer *recipients, struct verdict *ret);
