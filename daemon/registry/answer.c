#include "registry/answer.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

/* As much of an error's text as helps in a sentence. */
#define QUOTE_BYTES 200

struct meaning {
    int code; /* HTTP status, or negative errno */
    int err;
    const char *sentence;
};

static const struct meaning statuses[] = {
    {400, -EINVAL, "the registry does not understand the question"},
    {401, -EACCES, "the registry refuses us for now"},
    {403, -EACCES, "the registry refuses us for now"},
    {404, -ENOENT, "the registry has nothing at the address that was asked"},
    {408, -ETIMEDOUT, "the registry says that we took too long to ask"},
    {429, -EBUSY, "the registry asks us to slow down"},
    {502, -EREMOTEIO, "the registry's gateway does not reach it"},
    {503, -EBUSY, "the registry is not available for now"},
    {504, -EREMOTEIO, "the registry's gateway waited for it in vain"},
};

static const struct meaning failures[] = {
    {-ETIMEDOUT, -ETIMEDOUT, "the registry did not answer in time"},
    {-ECONNREFUSED, -ECONNREFUSED, "the registry does not accept connections"},
    {-EFBIG, -EFBIG, "the registry's answer is larger than any real one"},
    {-EPROTO, -EPROTO, "the registry's answer broke off or was damaged"},
};

static const char *find_sentence(const struct meaning *meanings, size_t count, int code, int *ret_err)
{
    for (size_t i = 0; i < count; i++) {
        if (meanings[i].code == code) {
            *ret_err = meanings[i].err;
            return meanings[i].sentence;
        }
    }
    return NULL;
}

static int no_answer(const struct http_response *response, struct error *e)
{
    int err = response->error;
    const char *sentence = find_sentence(failures, ARRAY_SIZE(failures), err, &err);

    return error_set(e, err, "%s: %s", sentence ? sentence : "the registry could not be reached", response->error_text);
}

/* The first line of an error's text, unless it is a web page. */
static int quotable(const char *text)
{
    size_t line = strcspn(text, "\r\n");

    return text[strspn(text, " \t")] == '<' ? 0 : (int)size_min(line, text_cut_at_word(text, QUOTE_BYTES));
}

static int not_ok(const struct http_response *response, struct error *e)
{
    int err = -EREMOTEIO;
    const char *sentence = find_sentence(statuses, ARRAY_SIZE(statuses), response->status, &err);
    const char *text = response->body ? buf_string(response->body) : "";
    int quoted = quotable(text);

    if (!sentence)
        sentence = response->status >= 500 ? "the registry has a fault of its own" : "the registry did not give data";
    return error_set(e, err, "%s (HTTP %d)%s%.*s", sentence, response->status, quoted > 0 ? ": " : "", quoted, text);
}

int answer_check(const struct http_response *response, struct error *e)
{
    if (response->error < 0)
        return no_answer(response, e);
    if (response->status != 200)
        return not_ok(response, e);

    const char *text = response->body ? buf_string(response->body) : "";
    text += strspn(text, " \t\r\n");
    if (*text == '<')
        return error_set(e, -EBADMSG, "the registry answered with a web page instead of data");
    if (*text != '{')
        return error_set(e, -EBADMSG, "the registry answered with something else than JSON");
    return 0;
}
