# The manual. trialwatch.yaml(5) is printed by the daemon from its table of settings.
dist_man_MANS = \
	%D%/trialwatch.1 \
	%D%/trialwatchd.8 \
	%D%/history/trialwatch-history.5
nodist_man_MANS = %D%/trialwatch.yaml.5
CLEANFILES += $(nodist_man_MANS)

%D%/trialwatch.yaml.5: trialwatchd$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && ./trialwatchd$(EXEEXT) --print-manual >$@.tmp && mv $@.tmp $@
