#include "net/smtp_dialogue.h"

#include "base/macro.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Codes that speak of the login whatever command they answer (RFC 4954, 6). */
static const int login_codes[] = {530, 534, 535, 538};

static bool is_login_code(int code)
{
    for (size_t i = 0; i < ARRAY_SIZE(login_codes); i++)
        if (login_codes[i] == code)
            return true;
    return false;
}

static bool starts_with(const char *line, size_t len, const char *start)
{
    return len >= strlen(start) && strncasecmp(line, start, strlen(start)) == 0;
}

void smtp_dialogue_command(struct smtp_dialogue *dialogue, const char *line, size_t len)
{
    if (starts_with(line, len, "QUIT\r\n"))
        dialogue->quitting = true;
    if (dialogue->quitting)
        return;
    dialogue->command_code = 0;
    dialogue->awaits_recipient = starts_with(line, len, "RCPT TO:");
    dialogue->greets = starts_with(line, len, "EHLO");
    if (starts_with(line, len, "MAIL FROM:"))
        dialogue->began_mail = true;
}

void smtp_dialogue_data(struct smtp_dialogue *dialogue)
{
    dialogue->command_code = 0;
}

static void note_recipient(struct smtp_dialogue *dialogue)
{
    if (dialogue->recipient >= dialogue->mail->recipient_count)
        return;
    struct smtp_reply *reply = &dialogue->recipients[dialogue->recipient++];
    reply->code = dialogue->command_code;
    snprintf(reply->text, sizeof(reply->text), "%.*s", (int)sizeof(reply->text) - 1, dialogue->reply);
    text_drop_half_character(reply->text);
    if (reply->code / 100 == 2)
        dialogue->accepted_count++;
    else
        dialogue->refused_count++;
}

/* "250-SIZE 30000" of a reply to EHLO, whose last line may be it. Without a number, or with 0, there is no limit. */
static void note_size(struct smtp_dialogue *dialogue, const char *line, size_t len)
{
    char number[24];

    if (!dialogue->greets || len <= 9 || !starts_with(line + 4, len - 4, "SIZE "))
        return;
    snprintf(number, sizeof(number), "%.*s", (int)size_min(len - 9, sizeof(number) - 1), line + 9);
    dialogue->size_limit = (size_t)strtoull(number, NULL, 10);
}

void smtp_dialogue_reply(struct smtp_dialogue *dialogue, const char *line, size_t len)
{
    while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == '\n'))
        len--;
    for (size_t i = 0; i < 3; i++)
        if (i >= len || !isdigit((unsigned char)line[i]))
            return;
    note_size(dialogue, line, len);
    if (dialogue->quitting || (len > 3 && line[3] != ' '))
        return; /* "250-": more of the same reply follows */
    dialogue->command_code = dialogue->last_code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    snprintf(dialogue->reply, sizeof(dialogue->reply), "%.*s", (int)size_min(len, sizeof(dialogue->reply)), line);
    text_drop_half_character(dialogue->reply);
    text_clean(dialogue->reply);
    if (dialogue->awaits_recipient)
        note_recipient(dialogue);
    dialogue->awaits_recipient = dialogue->greets = false;
}

/* The first recipient that was refused. NULL: none was. */
static const struct smtp_reply *first_refusal(const struct smtp_dialogue *dialogue)
{
    for (size_t i = 0; i < dialogue->recipient; i++)
        if (dialogue->recipients[i].code / 100 != 2)
            return &dialogue->recipients[i];
    return NULL;
}

static bool some_refused_for_now(const struct smtp_dialogue *dialogue)
{
    for (size_t i = 0; i < dialogue->recipient; i++)
        if (dialogue->recipients[i].code / 100 == 4)
            return true;
    return false;
}

static int judge_failure(const struct smtp_dialogue *dialogue, bool all_refused, bool login_denied, int code)
{
    /* 334: libcurl hangs up when a refused token is answered with one more challenge (XOAUTH2) */
    if ((code / 100 == 5 && is_login_code(code)) || (login_denied && (code / 100 == 5 || code == 334)))
        return -EACCES;
    if (all_refused)
        return some_refused_for_now(dialogue) ? -EAGAIN : -EREJECTED;
    return code / 100 == 5 && dialogue->began_mail ? -EREJECTED : -EAGAIN;
}

void smtp_dialogue_judge(const struct smtp_dialogue *dialogue, bool sent, bool login_denied, const char *host,
                         const char *other_words, struct smtp_result *ret)
{
    const struct smtp_reply *refusal = first_refusal(dialogue);
    bool all_refused =
        !sent && refusal && dialogue->accepted_count == 0 && dialogue->refused_count == dialogue->mail->recipient_count;
    int code = all_refused ? refusal->code : dialogue->command_code;
    const char *words = other_words;

    if (all_refused || sent)
        words = refusal ? refusal->text : "";
    else if (code >= 400)
        words = dialogue->reply;
    *ret = (struct smtp_result){
        .mail = dialogue->mail,
        .code = dialogue->last_code,
        .size_limit = dialogue->size_limit,
        .refused_count = dialogue->refused_count,
        .error = sent ? 0 : judge_failure(dialogue, all_refused, login_denied, code),
    };
    memcpy(ret->recipients, dialogue->recipients, sizeof(ret->recipients));
    if (words[0] != '\0')
        snprintf(ret->text, sizeof(ret->text), "%s: %s", host, words);
    text_drop_half_character(ret->text);
    text_clean(ret->text);
}
