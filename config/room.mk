dist_configdata_DATA = %D%/alert.schema.json %D%/openapi.yaml
configdatadir = $(datadir)/trialwatch

examplesdir = $(docdir)/examples
dist_examples_DATA = \
	%D%/examples/console.yaml \
	%D%/examples/hospital.yaml \
	%D%/examples/mail.yaml \
	%D%/examples/slack.yaml \
	%D%/examples/webhook.yaml
EXTRA_DIST += %D%/trialwatch.yaml

guidesdir = $(docdir)/guides
dist_guides_DATA = \
	%D%/guides/backup.md \
	%D%/guides/mail.md \
	%D%/guides/moving.md \
	%D%/guides/nginx.md \
	%D%/guides/slack.md \
	%D%/guides/watches.md

# The commented defaults, with this build's paths. Settings that are there already are kept.
default_settings = %D%/default.yaml
noinst_DATA = $(default_settings)
CLEANFILES += $(default_settings)

$(default_settings): $(srcdir)/%D%/trialwatch.yaml Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(SED) -e 's,/var/lib/trialwatch,$(statedir),' -e 's,/run/trialwatch,$(rundir),' \
		$(srcdir)/%D%/trialwatch.yaml >$@

install_hooks += install-settings
install-settings: $(default_settings)
	$(MKDIR_P) "$(DESTDIR)$(confdir)"
	test -e "$(DESTDIR)$(confdir)/trialwatch.yaml" || \
		$(INSTALL_DATA) $(default_settings) "$(DESTDIR)$(confdir)/trialwatch.yaml"

uninstall_hooks += uninstall-settings
uninstall-settings: $(default_settings)
	if cmp -s $(default_settings) "$(DESTDIR)$(confdir)/trialwatch.yaml"; then \
		rm -f "$(DESTDIR)$(confdir)/trialwatch.yaml"; fi
