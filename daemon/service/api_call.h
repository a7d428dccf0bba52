/* One request on its way through a route's handler. Private to the api files. */
#pragma once

#include "service/api.h"

#include <jansson.h>
#include <sys/types.h>

#define API_NAME_BYTES 128

/* Lives until it is answered. A handler that answers later keeps it; when the peer has left or the API closes,
 * answering it does nothing. */
struct api_call {
    struct api *api;
    struct manager *manager;
    struct evhttp_request *request; /* NULL when the peer has left */
    char name[API_NAME_BYTES];      /* what stood for {name} or {id} in the path, "" without */
    uid_t peer;                     /* who asks */
    struct api_call *next;          /* of the open ones */
};

/* The name of who asks, of an act that is kept: "root", "uid 1007" where there is none. Returns name. */
const char *api_peer_name(const struct api_call *call, char name[static MANAGER_NAME_BYTES]);

/* Each answers and frees the call. body is taken over; NULL answers 500. */
void api_answer_json(struct api_call *call, int status, json_t *body);
void api_answer_text(struct api_call *call, int status, const char *content_type, const char *text);
/* {"error": sentence} */
void api_answer_error(struct api_call *call, int status, const char *format, ...) _printf_(3, 4);

/* The request's body as a JSON object, or NULL after the call was answered with what is wrong. */
json_t *api_read_body(struct api_call *call);

/* The answer will take longer than one that is ready: the connection's deadline moves. */
void api_expect_slow(struct api_call *call);

/* A config_report that collects mistakes in a JSON array; and the answer that lists them: {"error", "mistakes"}. */
void api_append_mistake(const char *line, void *userdata);
void api_answer_mistakes(struct api_call *call, const char *outcome, json_t *mistakes, const struct error *e);

/* api_watches.c */
void api_handle_watches(struct api_call *call);
void api_handle_watch(struct api_call *call);
void api_handle_add_watch(struct api_call *call);
void api_handle_remove_watch(struct api_call *call);
void api_handle_pause_watch(struct api_call *call);
void api_handle_resume_watch(struct api_call *call);
