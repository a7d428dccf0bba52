dist_configdata_DATA = %D%/alert.schema.json %D%/openapi.yaml
configdatadir = $(datadir)/trialwatch

# The commented defaults, for whoever starts: kept when there are settings already.
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
	%D%/guides/slack.md

install_hooks += install-settings
install-settings:
	$(MKDIR_P) "$(DESTDIR)$(confdir)"
	test -e "$(DESTDIR)$(confdir)/trialwatch.yaml" || \
		$(INSTALL_DATA) $(srcdir)/%D%/trialwatch.yaml "$(DESTDIR)$(confdir)/trialwatch.yaml"

uninstall_hooks += uninstall-settings
uninstall-settings:
	if cmp -s $(srcdir)/%D%/trialwatch.yaml "$(DESTDIR)$(confdir)/trialwatch.yaml"; then \
		rm -f "$(DESTDIR)$(confdir)/trialwatch.yaml"; fi
