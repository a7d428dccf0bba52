#include "client/locations.h"

#include <stdlib.h>

#ifndef TRIALWATCH_STATEDIR
#define TRIALWATCH_STATEDIR "/var/lib/trialwatch"
#endif
#ifndef TRIALWATCH_RUNDIR
#define TRIALWATCH_RUNDIR "/run/trialwatch"
#endif

static const char *locate(const struct options *options, const char *option, const char *variable,
                          const char *otherwise)
{
    const char *given = options_text(options, option);
    const char *set = getenv(variable);

    if (given)
        return given;
    return set && *set ? set : otherwise;
}

const char *locations_history(const struct options *options)
{
    return locate(options, "history", "TRIALWATCH_HISTORY", TRIALWATCH_STATEDIR "/history.db");
}

const char *locations_socket(const struct options *options)
{
    return locate(options, "socket", "TRIALWATCH_SOCKET", TRIALWATCH_RUNDIR "/control.sock");
}
