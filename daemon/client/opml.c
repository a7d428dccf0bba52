#include "client/opml.h"

#include "base/macro.h"

#include <errno.h>
#include <limits.h>

#ifdef HAVE_EXPAT

#include <expat.h>
#include <stdbool.h>
#include <strings.h>

struct parsing {
    XML_Parser parser;
    opml_visitor *visit;
    void *userdata;
    int result;
    bool has_doctype;
};

static const char *attribute(const XML_Char **attributes, const char *name)
{
    for (size_t i = 0; attributes[i]; i += 2)
        if (strcasecmp(attributes[i], name) == 0)
            return attributes[i + 1];
    return NULL;
}

static void on_element(void *userdata, const XML_Char *name, const XML_Char **attributes)
{
    struct parsing *parsing = userdata;
    const char *url = strcasecmp(name, "outline") == 0 ? attribute(attributes, "xmlUrl") : NULL;
    const char *title = attribute(attributes, "title");

    if (!url || parsing->result != 0)
        return;
    if (!title)
        title = attribute(attributes, "text");
    parsing->result = parsing->visit(title ? title : "", url, parsing->userdata);
    if (parsing->result != 0)
        XML_StopParser(parsing->parser, XML_FALSE);
}

/* A list of feeds needs none, and entities that expand without end begin with one. */
static void on_doctype(void *userdata, const XML_Char *name, const XML_Char *system_id, const XML_Char *public_id,
                       int has_internal_subset)
{
    struct parsing *parsing = userdata;

    (void)name;
    (void)system_id;
    (void)public_id;
    (void)has_internal_subset;
    parsing->has_doctype = true;
    XML_StopParser(parsing->parser, XML_FALSE);
}

static int parse(struct parsing *parsing, const char *text, size_t len, struct error *e)
{
    if (XML_Parse(parsing->parser, text, (int)len, XML_TRUE) == XML_STATUS_OK || parsing->result != 0)
        return parsing->result;
    if (parsing->has_doctype)
        return error_set(e, -EINVAL, "an OPML file with a document type is not read");
    return error_set(e, -EINVAL, "line %lu is not XML: %s", XML_GetCurrentLineNumber(parsing->parser),
                     XML_ErrorString(XML_GetErrorCode(parsing->parser)));
}

int opml_each(const char *text, size_t len, opml_visitor *visit, void *userdata, struct error *e)
{
    struct parsing parsing = {.parser = XML_ParserCreate(NULL), .visit = visit, .userdata = userdata};

    if (!parsing.parser || len > INT_MAX) {
        XML_ParserFree(parsing.parser);
        return error_set(e, -ENOMEM, "no memory for an OPML file");
    }
    XML_SetUserData(parsing.parser, &parsing);
    XML_SetStartElementHandler(parsing.parser, on_element);
    XML_SetStartDoctypeDeclHandler(parsing.parser, on_doctype);
    int r = parse(&parsing, text, len, e);
    XML_ParserFree(parsing.parser);
    return r;
}

#else

int opml_each(const char *text, size_t len, opml_visitor *visit, void *userdata, struct error *e)
{
    (void)text;
    (void)len;
    (void)visit;
    (void)userdata;
    return error_set(e, -EOPNOTSUPP, "this trialwatch was built without expat and reads no OPML");
}

#endif
