#include "registry/pace.h"

/* A wait is longer by up to this share of it, never shorter, so that many daemons do not come back at once. */
#define JITTER_DIVISOR 4

/* Retry-After is an exact wish: only a little is added. */
#define RETRY_AFTER_JITTER_USEC (5 * USEC_PER_SEC)

static int64_t min_usec(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t max_usec(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* 0 … limit, by splitmix64 (Steele, Lea, Flood 2014). */
static int64_t random_usec(struct pace *pace, int64_t limit_usec)
{
    uint64_t z = pace->random += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    z ^= z >> 31;
    return limit_usec > 0 ? (int64_t)(z % ((uint64_t)limit_usec + 1)) : 0;
}

void pace_init(struct pace *pace, uint64_t seed)
{
    *pace = (struct pace){.random = seed};
}

void pace_configure(struct pace *pace, int64_t spacing_usec, int64_t every_usec)
{
    pace->spacing_usec = spacing_usec;
    pace->first_backoff_usec = max_usec(USEC_PER_SEC, min_usec(PACE_FIRST_BACKOFF_USEC, every_usec));
}

void pace_note_request(struct pace *pace, int64_t now_usec)
{
    pace->clear_usec = now_usec + pace->spacing_usec;
}

int64_t pace_clear_usec(const struct pace *pace, int64_t now_usec)
{
    return max_usec(now_usec, max_usec(pace->clear_usec, pace->asked_until_usec));
}

static int64_t backoff_usec(const struct pace *pace)
{
    int64_t wait = pace->first_backoff_usec;

    for (long i = 1; i < pace->failures && wait < PACE_MAX_BACKOFF_USEC; i++)
        wait *= 2;
    return min_usec(wait, PACE_MAX_BACKOFF_USEC);
}

int64_t pace_note_failure(struct pace *pace, int64_t now_usec, int64_t retry_after_usec)
{
    pace->failures++;
    pace->asked_until_usec = 0;

    int64_t wait = backoff_usec(pace);
    wait += random_usec(pace, wait / JITTER_DIVISOR);
    if (retry_after_usec >= 0) {
        int64_t asked = min_usec(retry_after_usec, PACE_MAX_RETRY_AFTER_USEC);
        pace->asked_until_usec = now_usec + asked;
        asked += random_usec(pace, min_usec(RETRY_AFTER_JITTER_USEC, asked / JITTER_DIVISOR));
        wait = pace->failures <= PACE_TRUSTED_RETRIES ? asked : max_usec(asked, wait);
    }
    pace->retry_usec = now_usec + wait;
    return pace->retry_usec;
}

void pace_note_success(struct pace *pace)
{
    pace->failures = 0;
    pace->retry_usec = 0;
    pace->asked_until_usec = 0;
}

bool pace_must_wait(const struct pace *pace, int64_t now_usec)
{
    return pace->asked_until_usec > now_usec;
}
