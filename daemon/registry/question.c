#include "registry/question.h"

#include "net/http.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define KM_PER_MILE 1.609344
#define SEPARATORS ", |\t\n"

/* Asked a little wider, since the registry rounds in its own way: watch_wants() decides. */
#define GEO_MARGIN_MILES 1

static void append_parameter(struct buf *out, const char *name, const char *value)
{
    if (!value || value[0] == '\0')
        return;
    buf_printf(out, "%s%s=", out->len > 0 ? "&" : "", name);
    http_append_escaped(out, value);
}

/* "recruiting, completed" as "RECRUITING|COMPLETED", with the separator that is asked for. */
static void append_words(struct buf *out, const char *words, const char *separator)
{
    bool first = true;

    for (words += strspn(words, SEPARATORS); *words; words += strspn(words, SEPARATORS)) {
        size_t len = strcspn(words, SEPARATORS);
        buf_append_string(out, first ? "" : separator);
        for (size_t i = 0; i < len; i++)
            buf_append(out, &(char){(char)toupper((unsigned char)words[i])}, 1);
        words += len;
        first = false;
    }
}

static void append_status(struct buf *out, const char *status)
{
    _cleanup_buf_ struct buf value = {0};

    append_words(&value, status ? status : "", "|");
    append_parameter(out, "filter.overallStatus", buf_string(&value));
}

/* The phases have no parameter of their own: they join the expression of the settings. */
static void append_advanced(struct buf *out, const char *advanced, const char *phase)
{
    _cleanup_buf_ struct buf value = {0}, phases = {0};

    append_words(&phases, phase ? phase : "", " OR ");
    if (advanced && phases.len > 0)
        buf_printf(&value, "(%s) AND AREA[Phase](%s)", advanced, buf_string(&phases));
    else if (phases.len > 0)
        buf_printf(&value, "AREA[Phase](%s)", buf_string(&phases));
    else if (advanced)
        buf_append_string(&value, advanced);
    append_parameter(out, "filter.advanced", buf_string(&value));
}

static void append_near(struct buf *out, const struct watch_near *near)
{
    char value[96];

    if (!near->set)
        return;
    snprintf(value, sizeof(value), "distance(%.5f,%.5f,%.0fmi)", near->lat, near->lon,
             near->within_km / KM_PER_MILE + GEO_MARGIN_MILES);
    append_parameter(out, "filter.geo", value);
}

int question_append(struct buf *out, const struct watch *watch)
{
    const struct {
        const char *parameter, *value;
    } texts[] = {
        {"query.cond", watch->query.condition},  {"query.intr", watch->query.intervention},
        {"query.term", watch->query.term},       {"query.titles", watch->query.title},
        {"query.spons", watch->query.sponsor},   {"query.locn", watch->query.location},
        {"query.patient", watch->query.patient}, {"query.id", watch->query.id},
    };
    _cleanup_buf_ struct buf question = {0};

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        append_parameter(&question, texts[i].parameter, texts[i].value);
    append_status(&question, watch->query.status);
    append_advanced(&question, watch->query.advanced, watch->query.phase);
    append_near(&question, &watch->near);
    if (buf_status(&question) < 0)
        return buf_status(&question);
    return buf_append_string(out, buf_string(&question));
}
