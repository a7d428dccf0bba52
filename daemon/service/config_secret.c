#include "service/config_build.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *behind(const char *text, const char *prefix)
{
    size_t len = strlen(prefix);

    return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

bool config_is_secret_reference(const char *text)
{
    return behind(text, "credential:") || behind(text, "file:");
}

/* Secrets are ended by the line end that an editor leaves behind. */
static int read_secret_file(const char *path, char **ret, struct error *e)
{
    _cleanup_free_ char *text = malloc(CONFIG_MAX_SECRET_BYTES + 2);
    size_t len = 0;

    if (!text)
        return error_set(e, -ENOMEM, "out of memory");
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return error_set(e, -errno, "the secret in %s cannot be read: %s", path, strerror(errno));
    while (len < CONFIG_MAX_SECRET_BYTES + 1) {
        ssize_t n = read(fd, text + len, CONFIG_MAX_SECRET_BYTES + 1 - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            int r = error_set(e, -errno, "the secret in %s cannot be read: %s", path, strerror(errno));
            close(fd);
            return r;
        }
        if (n == 0)
            break;
        len += (size_t)n;
    }
    close(fd);
    if (len > CONFIG_MAX_SECRET_BYTES)
        return error_set(e, -EFBIG, "the secret in %s has more than %zu bytes", path, CONFIG_MAX_SECRET_BYTES);
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        len--;
    if (len == 0)
        return error_set(e, -EINVAL, "the secret in %s is empty", path);
    text[len] = '\0';
    if (strlen(text) != len || strpbrk(text, "\r\n"))
        return error_set(e, -EINVAL, "the secret in %s should be a single line of text", path);
    *ret = TAKE_PTR(text);
    return 0;
}

static int read_credential(const char *name, enum config_secrets mode, char **ret, struct error *e)
{
    const char *directory = getenv("CREDENTIALS_DIRECTORY");
    char path[4096];

    if (*name == '\0' || strchr(name, '/') || *name == '.')
        return error_set(e, -EINVAL,
                         "\"credential:%s\" names no credential; write for example credential:slack-cardiology", name);
    if (mode == SECRETS_FILES && !directory)
        return 0;
    if (!directory)
        return error_set(e, -ENOENT,
                         "the credential %s cannot be read: $CREDENTIALS_DIRECTORY is not set, which systemd does for "
                         "LoadCredential=%s:/path in the unit; without systemd write file:/path",
                         name, name);
    if (snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path))
        return error_set(e, -ENAMETOOLONG, "the credential's name %s is too long", name);
    if (access(path, F_OK) < 0 && errno == ENOENT)
        return error_set(e, -ENOENT, "the credential %s is missing; add LoadCredential=%s:/path to the unit", name,
                         name);
    return read_secret_file(path, ret, e);
}

int config_read_secret(const char *reference, enum config_secrets mode, char **ret, struct error *e)
{
    const char *credential = behind(reference, "credential:"), *path = behind(reference, "file:");

    *ret = NULL;
    if (!credential && !path)
        return error_set(e, -EINVAL,
                         "a secret does not belong in this file; write credential:NAME or file:/path (it may stand "
                         "here only for a server on this machine, for trying out)");
    if (mode == SECRETS_UNTOUCHED)
        return 0;
    if (credential)
        return read_credential(credential, mode, ret, e);
    if (*path != '/')
        return error_set(e, -EINVAL, "\"file:%s\" should be a whole path, such as file:/etc/trialwatch/slack-url",
                         path);
    return read_secret_file(path, ret, e);
}
