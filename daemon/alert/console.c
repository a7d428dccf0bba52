/* Lines on the daemon's own terminal. */
#include "alert/channel_list.h"
#include "alert/line_forms.h"

/* A screen or two; the history has the rest. */
#define MAX_BYTES ((size_t)16 * 1024)

static int render(const struct channel *channel, const json_t *message, const struct render_context *context,
                  struct rendering *ret, struct error *e)
{
    _cleanup_outline_ struct outline outline = {0};
    const struct outline_budget budget = {.max_units = MAX_BYTES, .cost = line_cost_plain};

    (void)channel;
    (void)context;
    int r = outline_build(message, &outline);
    if (r >= 0)
        r = outline_fit(&outline, &budget);
    if (r < 0)
        return error_set(e, r, "Out of memory");
    buf_append_string(&ret->body, "\n");
    for (size_t i = 0; i < outline.count; i++)
        line_append_plain(&ret->body, &outline.lines[i]);
    buf_append_string(&ret->body, "\n");
    return buf_status(&ret->body);
}

const struct channel_type channel_console = {
    .name = "console",
    .transport = TRANSPORT_LOCAL,
    .help = "Prints alerts where the daemon runs: for a first look, and for a terminal that somebody watches.",
    .options = {{.name = NULL}},
    .render = render,
};
