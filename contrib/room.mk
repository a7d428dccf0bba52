EXTRA_DIST += \
	%D%/quickstart.sh \
	%D%/check.sh \
	%D%/packages.sh \
	%D%/packaging/build-deb.sh \
	%D%/packaging/debian/changelog \
	%D%/packaging/debian/control \
	%D%/packaging/debian/copyright \
	%D%/packaging/debian/rules \
	%D%/packaging/debian/source/format \
	%D%/packaging/debian/trialwatch.postrm \
	%D%/packaging/trialwatch.spec
dist_examples_DATA += %D%/verify-ledger.py

bashcompletiondir = $(datadir)/bash-completion/completions
zshcompletiondir = $(datadir)/zsh/site-functions
fishcompletiondir = $(datadir)/fish/vendor_completions.d
dist_zshcompletion_DATA = %D%/completions/_trialwatch
dist_fishcompletion_DATA = %D%/completions/trialwatch.fish
EXTRA_DIST += %D%/completions/trialwatch.bash

# bash looks for a file named after the command alone.
install_hooks += install-bash-completion
install-bash-completion:
	$(MKDIR_P) "$(DESTDIR)$(bashcompletiondir)"
	$(INSTALL_DATA) $(srcdir)/%D%/completions/trialwatch.bash "$(DESTDIR)$(bashcompletiondir)/trialwatch"

uninstall_hooks += uninstall-bash-completion
uninstall-bash-completion:
	rm -f "$(DESTDIR)$(bashcompletiondir)/trialwatch"

# For those who have AppArmor, Prometheus or Grafana: beside the other examples.
apparmordir = $(examplesdir)/apparmor
dist_apparmor_DATA = %D%/apparmor/usr.sbin.trialwatchd
monitoringdir = $(examplesdir)/monitoring
dist_monitoring_DATA = %D%/dashboards/trialwatch.json %D%/dashboards/alerts.yaml
