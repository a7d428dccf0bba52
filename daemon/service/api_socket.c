#include "service/api_socket.h"

#include "service/sd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 16
#define MODE 0660

/* 0 when the path is free now. */
static int clear_path(const struct sockaddr_un *address, struct error *e)
{
    struct stat st;

    if (lstat(address->sun_path, &st) < 0)
        return errno == ENOENT ? 0 : error_set(e, -errno, "%s: %s", address->sun_path, strerror(errno));
    if (!S_ISSOCK(st.st_mode))
        return error_set(e, -ENOTSOCK, "%s is there and no socket; set control.socket to another path",
                         address->sun_path);

    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return error_set(e, -errno, "no socket: %s", strerror(errno));
    int r = connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? -errno : 0;
    close(fd);
    if (r != -ECONNREFUSED)
        return error_set(e, -EADDRINUSE, "another process listens on %s; set control.socket to another path",
                         address->sun_path);
    if (unlink(address->sun_path) < 0)
        return error_set(e, -errno, "the socket %s that an ended daemon left cannot be removed: %s", address->sun_path,
                         strerror(errno));
    return 0;
}

static int bind_and_listen(int fd, const struct sockaddr_un *address, struct error *e)
{
    /* The mode is the one at creation: nobody else gets in between bind and chmod. */
    mode_t before = umask(0777 & ~MODE);
    int r = bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? -errno : 0;

    umask(before);
    if (r == 0 && listen(fd, BACKLOG) < 0)
        r = -errno;
    if (r < 0)
        return error_set(e, r, "the control socket %s cannot be made: %s", address->sun_path, strerror(-r));
    return 0;
}

int api_socket_open(const char *path, bool *ret_own, struct error *e)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = sd_control_socket();

    if (fd >= 0) {
        if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0)
            return error_set(e, -errno, "the socket that systemd passed: %s", strerror(errno));
        return fd;
    }
    if (snprintf(address.sun_path, sizeof(address.sun_path), "%s", path) >= (int)sizeof(address.sun_path))
        return error_set(e, -ENAMETOOLONG, "the control socket's path %s is too long", path);
    int r = clear_path(&address, e);
    if (r < 0)
        return r;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return error_set(e, -errno, "no socket: %s", strerror(errno));
    r = bind_and_listen(fd, &address, e);
    if (r < 0) {
        close(fd);
        return r;
    }
    *ret_own = true;
    return fd;
}
