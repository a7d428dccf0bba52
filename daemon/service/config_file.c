#include "service/config_file.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A mistake is one line, whatever it quotes. */
static void make_one_line(char *text)
{
    size_t len = strlen(text);

    while (len > 0 && (unsigned char)text[len - 1] <= ' ')
        text[--len] = '\0';
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7F)
            *c = ' ';
}

static void tell(struct config_mistakes *mistakes, const struct config_file *file, size_t line, const char *format,
                 va_list ap)
{
    char sentence[ERROR_TEXT_BYTES], text[ERROR_TEXT_BYTES + 512];

    mistakes->count++;
    if (mistakes->count > CONFIG_MAX_MISTAKES + 1 || !mistakes->report)
        return;
    if (mistakes->count == CONFIG_MAX_MISTAKES + 1)
        snprintf(sentence, sizeof(sentence), "there are more mistakes than the %zu told here", CONFIG_MAX_MISTAKES);
    else
        vsnprintf(sentence, sizeof(sentence), format, ap);
    text_drop_half_character(sentence);
    make_one_line(sentence);
    if (!file->path)
        snprintf(text, sizeof(text), "%s", sentence);
    else if (line > 0)
        snprintf(text, sizeof(text), "%s:%zu: %s", file->path, line, sentence);
    else
        snprintf(text, sizeof(text), "%s: %s", file->path, sentence);
    mistakes->report(text, mistakes->userdata);
}

void config_mistake_at(struct config_mistakes *mistakes, const struct config_file *file, size_t line,
                       const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    tell(mistakes, file, line, format, ap);
    va_end(ap);
}

void config_mistake(struct config_mistakes *mistakes, const struct config_file *file, const char *where,
                    const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    tell(mistakes, file, config_file_line(file, where), format, ap);
    va_end(ap);
}

char *config_file_place(const struct config_file *file, const char *where)
{
    char *place;

    if (asprintf(&place, "%s:%zu", file->path ? file->path : "", config_file_line(file, where)) < 0)
        return NULL;
    return place;
}

/* Reads what an open regular file holds, at most the limit. */
static int read_all(int fd, struct config_file *file, struct error *e)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return error_set(e, -errno, "%s: %s", file->path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return error_set(e, -EINVAL, "%s is not a regular file", file->path);
    if ((uint64_t)st.st_size > CONFIG_MAX_FILE_BYTES)
        return error_set(e, -EFBIG, "%s has more than %zu bytes; spread it over files in conf.d", file->path,
                         CONFIG_MAX_FILE_BYTES);

    size_t size = (size_t)st.st_size;
    file->text = malloc(size + 1);
    if (!file->text)
        return error_set(e, -ENOMEM, "out of memory");
    while (file->len < size) {
        ssize_t n = read(fd, file->text + file->len, size - file->len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set(e, -errno, "%s cannot be read: %s", file->path, strerror(errno));
        if (n == 0)
            break;
        file->len += (size_t)n;
    }
    file->text[file->len] = '\0';
    return 0;
}

int config_file_read(const char *path, struct config_file *ret, struct error *e)
{
    *ret = (struct config_file){.path = strdup(path)};
    if (!ret->path)
        return error_set(e, -ENOMEM, "out of memory");

    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int r = fd < 0 ? error_set(e, -errno, "%s cannot be read: %s", path, strerror(errno)) : read_all(fd, ret, e);
    if (fd >= 0)
        close(fd);
    if (r < 0)
        config_file_clear(ret);
    return r;
}

void config_file_clear(struct config_file *file)
{
    if (file->has_document)
        yaml_document_delete(&file->document);
    free(file->path);
    free(file->text);
    *file = (struct config_file){0};
}

static void tell_syntax(const yaml_parser_t *parser, const struct config_file *file, struct config_mistakes *mistakes)
{
    const char *context = parser->context ? parser->context : "";

    if (parser->error == YAML_READER_ERROR)
        config_mistake_at(mistakes, file, 0, "is not UTF-8 text at byte %zu: %s", parser->problem_offset,
                          parser->problem ? parser->problem : "");
    else
        config_mistake_at(mistakes, file, parser->problem_mark.line + 1, "this is not YAML: %s%s%s (column %zu)",
                          context, *context ? ", " : "", parser->problem ? parser->problem : "unreadable",
                          parser->problem_mark.column + 1);
}

/* Whether the parser, behind the first document, is at the end of the text. */
static bool ends_here(yaml_parser_t *parser)
{
    yaml_document_t second;

    if (!yaml_parser_load(parser, &second))
        return false;
    bool ends = yaml_document_get_root_node(&second) == NULL;
    yaml_document_delete(&second);
    return ends;
}

int config_file_parse(struct config_file *file, struct config_mistakes *mistakes)
{
    yaml_parser_t parser;
    int r = 0;

    if (!yaml_parser_initialize(&parser))
        return -ENOMEM;
    yaml_parser_set_input_string(&parser, (const unsigned char *)file->text, file->len);
    if (!yaml_parser_load(&parser, &file->document)) {
        r = parser.error == YAML_MEMORY_ERROR ? -ENOMEM : -EINVAL;
        if (r == -EINVAL)
            tell_syntax(&parser, file, mistakes);
    } else if (!yaml_document_get_root_node(&file->document)) {
        yaml_document_delete(&file->document);
    } else {
        file->has_document = true;
        if (!ends_here(&parser)) {
            config_mistake_at(mistakes, file, file->document.end_mark.line + 1,
                              "a settings file is one YAML document: nothing may follow \"---\" or \"...\" here");
            r = -EINVAL;
        }
    }
    yaml_parser_delete(&parser);
    return r;
}
