#include "service/config.h"

#include "service/config_settings.h"
#include "trial/kinds.h"

#include <errno.h>
#include <string.h>

static const char head[] = ".\\\" Made by trialwatchd --print-manual from the table of settings.\n"
                           ".Dd November 22, 2026\n"
                           ".Dt TRIALWATCH.YAML 5\n"
                           ".Os\n"
                           ".Sh NAME\n"
                           ".Nm trialwatch.yaml\n"
                           ".Nd settings of trialwatchd\n"
                           ".Sh DESCRIPTION\n"
                           ".Xr trialwatchd 8\n"
                           "reads\n"
                           ".Pa /etc/trialwatch/trialwatch.yaml\n"
                           "and then, in the order of their names, the files\n"
                           ".Pa conf.d/*.yaml\n"
                           "beside it, which may add watches and channels.\n"
                           "Every mistake is answered by its file, its line and what would be right:\n"
                           "with one the daemon does not start, and a reload keeps what ran before.\n"
                           ".Pp\n"
                           "Durations are written as 90s, 15m, 12h, 7d, 2w, 1y or sums such as 1h30m.\n"
                           ".Ss Secrets\n"
                           "A secret is written as\n"
                           ".Ql credential:NAME ,\n"
                           "which systemd gives to the service\n"
                           ".Pq Ic LoadCredential=NAME:/path ,\n"
                           "or as\n"
                           ".Ql file:/path .\n"
                           "A secret that stands in the settings itself is refused, unless all URLs of\n"
                           "its channel are on this machine, which is for trying out.\n"
                           "Secrets are never printed.\n"
                           ".Sh SETTINGS\n";

static const char tail[] = ".Sh FILES\n"
                           ".Bl -tag -width Ds\n"
                           ".It Pa /etc/trialwatch/trialwatch.yaml\n"
                           "The settings.\n"
                           ".It Pa /etc/trialwatch/conf.d/*.yaml\n"
                           "More watches and channels.\n"
                           ".El\n"
                           ".Sh EXAMPLES\n"
                           "A trial is watched for sites that open near Cincinnati, and told on the terminal:\n"
                           ".Bd -literal -offset indent\n"
                           "registry:\n"
                           "  contact: trials@example.org\n"
                           "watches:\n"
                           "  - name: freedom\n"
                           "    studies: [NCT04614467, NCT03508609]\n"
                           "    changes: [site-opened, site-closed, status, results]\n"
                           "    near: {lat: 39.14, lon: -84.52, within: 300km}\n"
                           "    notify: [here]\n"
                           "channels:\n"
                           "  - name: here\n"
                           "    console: {}\n"
                           ".Ed\n"
                           ".Sh SEE ALSO\n"
                           ".Xr trialwatch 1 ,\n"
                           ".Xr trialwatch-history 5 ,\n"
                           ".Xr trialwatchd 8\n";

/* Text of the table in mdoc: backslashes, and dots or quotes at the start of a line, would be read as requests. A new
 * sentence begins a new line, as mdoc wants it. */
static void print_text(FILE *out, const char *text)
{
    for (const char *c = text; *c; c++) {
        if (c == text && (*c == '.' || *c == '\''))
            fputs("\\&", out);
        if (*c == '.' && c[1] == ' ') {
            fputs(".\n", out);
            c++;
        } else if (*c == '\\') {
            fputs("\\e", out);
        } else if (*c == '"') {
            fputs("\\(dq", out);
        } else if (*c == '\'') {
            fputs("\\(aq", out);
        } else {
            fputc(*c, out);
        }
    }
}

static void print_settings(FILE *out, const struct setting *settings);

static void print_setting(FILE *out, const struct setting *setting)
{
    fprintf(out, ".It Ic %s\n", setting->key);
    print_text(out, setting->help);
    fputc('\n', out);
    if (setting->required)
        fputs("Required.\n", out);
    if (setting->otherwise) {
        fputs("Default:\n.Ql \"", out);
        print_text(out, setting->otherwise);
        fputs("\" .\n", out);
    } else if (!setting->settings) {
        fputs("Example:\n.Ql \"", out);
        print_text(out, setting->example);
        fputs("\" .\n", out);
    }
    if (setting->restart)
        fputs("A change takes effect with a restart.\n", out);
    if (setting->settings && setting->settings->key)
        print_settings(out, setting->settings);
}

static void print_settings(FILE *out, const struct setting *settings)
{
    fputs(".Bl -tag -width Ds\n", out);
    for (const struct setting *s = settings; s->key; s++)
        print_setting(out, s);
    fputs(".El\n", out);
}

static void print_kinds(FILE *out)
{
    fputs(".Sh KINDS OF CHANGES\n"
          "What\n.Ic changes\nof a watch may name, with the weight of each:\n"
          ".Bl -tag -width Ds\n",
          out);
    for (enum kind kind = 0; kind < KIND_COUNT; kind++) {
        const struct kind_info *info = kind_info(kind);
        fprintf(out, ".It Ic %s Pq %s\n", info->name, weight_name(info->weight));
        print_text(out, info->help);
        fputc('\n', out);
    }
    fputs(".El\n", out);
}

int config_print_manual(FILE *out)
{
    fputs(head, out);
    print_settings(out, config_settings());
    print_kinds(out);
    fputs(tail, out);
    return fflush(out) == 0 && !ferror(out) ? 0 : -EIO;
}
