/* How strangers' texts enter each receiver's language: one escaping function a sink, each fuzzed.
 *
 * A study's title is written by somebody we do not know. Whatever it contains, it comes out as text: no markup, no
 * mention of everybody, no second line, nothing that a reader does not see. All of them leave out control characters,
 * zero-width characters and those that turn the direction of writing, and replace bytes that are no UTF-8. The mail
 * header (net/mime) and JSON (jansson) have theirs elsewhere; both take what sink_append_line() made. */
#pragma once

#include "base/buf.h"

/* A terminal, a mail's text part, a header, a field of JSON: one line of visible characters. */
void sink_append_line(struct buf *out, const char *text);

/* HTML text and attribute values. */
void sink_append_html(struct buf *out, const char *text);

/* Slack's mrkdwn: & < > as its documentation asks, and no mention. */
void sink_append_slack(struct buf *out, const char *text);

/* Markdown as Discord and Mattermost read it: every character that begins markup behind a backslash, and no mention. */
void sink_append_markdown(struct buf *out, const char *text);

/* A URL inside <…> or (…) of a markup: everything but the characters of a plain https URL is percent-encoded. */
void sink_append_url(struct buf *out, const char *url);

/* A line of the journal, which more people read than the settings: in a mail address an ellipsis stands for whose it
 * is. */
void sink_append_journal(struct buf *out, const char *text);
