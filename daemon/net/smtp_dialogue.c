#include "net/smtp_dialogue.h"

#include "base/macro.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
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
    if (starts_with(line, len, "MAIL FROM:"))
        dialogue->began_mail = true;
}

void smtp_dialogue_data(struct smtp_dialogue *dialogue)
{
    dialogue->command_code = 0;
}

/* Adds the address to the list when there is room for all of it. */
static void list_refused(struct smtp_dialogue *dialogue, const char *address)
{
    size_t used = strlen(dialogue->refused), room = sizeof(dialogue->refused) - used;
    const char *comma = used > 0 ? ", " : "";

    if (strlen(comma) + strlen(address) < room)
        snprintf(dialogue->refused + used, room, "%s%s", comma, address);
}

static void note_recipient(struct smtp_dialogue *dialogue)
{
    const struct smtp_mail *mail = dialogue->mail;

    if (dialogue->recipient >= mail->recipient_count)
        return;
    const char *address = mail->recipients[dialogue->recipient++];
    if (dialogue->command_code / 100 == 2) {
        dialogue->accepted_count++;
        return;
    }
    if (dialogue->refused_count++ == 0) {
        dialogue->refused_code = dialogue->command_code;
        memcpy(dialogue->refused_reply, dialogue->reply, sizeof(dialogue->reply));
    }
    if (dialogue->command_code / 100 == 4)
        dialogue->refused_for_now = true;
    list_refused(dialogue, address);
}

void smtp_dialogue_reply(struct smtp_dialogue *dialogue, const char *line, size_t len)
{
    while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == '\n'))
        len--;
    for (size_t i = 0; i < 3; i++)
        if (i >= len || !isdigit((unsigned char)line[i]))
            return;
    if (dialogue->quitting || (len > 3 && line[3] != ' '))
        return; /* "250-": more of the same reply follows */
    dialogue->command_code = dialogue->last_code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    snprintf(dialogue->reply, sizeof(dialogue->reply), "%.*s", (int)size_min(len, sizeof(dialogue->reply)), line);
    text_drop_half_character(dialogue->reply);
    text_clean(dialogue->reply);
    if (dialogue->awaits_recipient)
        note_recipient(dialogue);
    dialogue->awaits_recipient = false;
}

static int judge_failure(const struct smtp_dialogue *dialogue, bool all_refused, bool login_denied, int code)
{
    if (code / 100 == 5 && (login_denied || is_login_code(code)))
        return -EACCES;
    if (all_refused)
        return dialogue->refused_for_now ? -EAGAIN : -EREJECTED;
    return code / 100 == 5 && dialogue->began_mail ? -EREJECTED : -EAGAIN;
}

void smtp_dialogue_judge(const struct smtp_dialogue *dialogue, bool sent, bool login_denied, const char *host,
                         const char *other_words, struct smtp_result *ret)
{
    bool all_refused = !sent && dialogue->refused_count > 0 && dialogue->accepted_count == 0 &&
                       dialogue->refused_count == dialogue->mail->recipient_count;
    int code = all_refused ? dialogue->refused_code : dialogue->command_code;
    const char *words = all_refused || sent ? dialogue->refused_reply : code >= 400 ? dialogue->reply : other_words;

    *ret = (struct smtp_result){.code = dialogue->last_code};
    if (words[0] != '\0')
        snprintf(ret->text, sizeof(ret->text), "%s: %s", host, words);
    text_drop_half_character(ret->text);
    text_clean(ret->text);
    if (!sent) {
        ret->error = judge_failure(dialogue, all_refused, login_denied, code);
        return;
    }
    ret->refused_count = dialogue->refused_count;
    ret->refused_code = dialogue->refused_code;
    memcpy(ret->refused, dialogue->refused, sizeof(ret->refused));
}
