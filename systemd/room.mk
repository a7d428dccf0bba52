unit_templates = \
	%D%/trialwatchd.service.in \
	%D%/trialwatchd.socket.in \
	%D%/trialwatch-once.service.in \
	%D%/trialwatch-once.timer \
	%D%/trialwatch-backup.service.in \
	%D%/trialwatch-backup.timer
EXTRA_DIST += $(unit_templates) %D%/trialwatch.sysusers %D%/trialwatch.tmpfiles.in %D%/trialwatch.catalog

if INSTALL_UNITS
nodist_systemdsystemunit_DATA = \
	%D%/trialwatchd.service \
	%D%/trialwatchd.socket \
	%D%/trialwatch-once.service \
	%D%/trialwatch-backup.service
dist_systemdsystemunit_DATA = %D%/trialwatch-once.timer %D%/trialwatch-backup.timer

catalogdir = $(prefix)/lib/systemd/catalog
dist_catalog_DATA = %D%/trialwatch.catalog

# systemd names these files after the package, without the kind that ours have in the tree.
install_hooks += install-users-and-folders
install-users-and-folders: %D%/trialwatch.tmpfiles
	$(MKDIR_P) "$(DESTDIR)$(prefix)/lib/sysusers.d" "$(DESTDIR)$(prefix)/lib/tmpfiles.d"
	$(INSTALL_DATA) $(srcdir)/%D%/trialwatch.sysusers "$(DESTDIR)$(prefix)/lib/sysusers.d/trialwatch.conf"
	$(INSTALL_DATA) %D%/trialwatch.tmpfiles "$(DESTDIR)$(prefix)/lib/tmpfiles.d/trialwatch.conf"

uninstall_hooks += uninstall-users-and-folders
uninstall-users-and-folders:
	rm -f "$(DESTDIR)$(prefix)/lib/sysusers.d/trialwatch.conf" "$(DESTDIR)$(prefix)/lib/tmpfiles.d/trialwatch.conf"
endif

built_units = $(nodist_systemdsystemunit_DATA) %D%/trialwatch.tmpfiles
CLEANFILES += $(built_units)

%D%/%: $(srcdir)/%D%/%.in Makefile
	$(AM_V_GEN)$(substitute) $< >$@
