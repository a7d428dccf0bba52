/* Settings files: whatever stands in one, it is read or answered with mistakes. */
#include "service/config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every mistake is one line of text. */
static void check_line(const char *line, void *userdata)
{
    (void)userdata;
    if (strpbrk(line, "\r\n"))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config *config = NULL;
    char path[64];
    struct error e;
    int fd = memfd_create("settings", MFD_CLOEXEC);

    if (fd < 0)
        abort();
    if (write(fd, data, size) == (ssize_t)size) {
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        if (config_look(path, check_line, NULL, &config, &e) == 0)
            config_free(config);
    }
    close(fd);
    return 0;
}
