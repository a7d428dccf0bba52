#include "client/pollrow.h"

#include "client/when.h"

json_t *pollrow_to_json(const struct poll *poll)
{
    return json_pack("{s:I, s:o, s:o, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:s}", "id", (json_int_t)poll->id,
                     "started", when_to_json(poll->started_usec), "finished", when_to_json(poll->finished_usec),
                     "outcome", poll_outcome_name(poll->outcome), "refresh", poll->refresh, "api_version",
                     poll->api_version, "requests", (json_int_t)poll->requests, "records", (json_int_t)poll->records,
                     "changed", (json_int_t)poll->changed, "missing", (json_int_t)poll->missing, "bytes",
                     (json_int_t)poll->bytes, "reason", poll->reason);
}
