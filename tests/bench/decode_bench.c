/* Decodes records with jansson and nothing else: what tests/bench/poll holds the daemon's CPU time against.
 *
 * usage: decode_bench <RECORDS
 *
 * RECORDS has one record a line. Prints one JSON object of counts, bytes and CPU microseconds. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double cpu_usec(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

int main(void)
{
    char *line = NULL;
    size_t capacity = 0, records = 0, bytes = 0;
    double decode_usec = 0;
    ssize_t len;

    while ((len = getline(&line, &capacity, stdin)) > 0) {
        double began_usec = cpu_usec();
        json_t *record = json_loadb(line, (size_t)len, 0, NULL);
        if (!record) {
            fprintf(stderr, "decode_bench: line %zu is not JSON\n", records + 1);
            free(line);
            return 1;
        }
        json_decref(record);
        decode_usec += cpu_usec() - began_usec;
        records++;
        bytes += (size_t)len;
    }
    free(line);
    printf("{\"records\": %zu, \"bytes\": %zu, \"decode_usec\": %.0f}\n", records, bytes, decode_usec);
    return 0;
}
