# Unit tests print TAP by cmocka; fuzz targets are linked with libFuzzer where it is asked for, and replay their corpus
# everywhere else. Scenarios and the simulated registry are run by contrib/check.sh.

AM_TESTS_ENVIRONMENT = top_srcdir='$(top_srcdir)'; export top_srcdir;
LOG_COMPILER = $(SHELL) $(top_srcdir)/%D%/tap.sh
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh

if HAVE_CMOCKA
unit_tests = \
	%D%/unit/test_alert_channels \
	%D%/unit/test_alert_dispatch \
	%D%/unit/test_alert_filter \
	%D%/unit/test_alert_mail \
	%D%/unit/test_alert_message \
	%D%/unit/test_alert_pace \
	%D%/unit/test_alert_sink \
	%D%/unit/test_base_buf \
	%D%/unit/test_base_clock \
	%D%/unit/test_base_err \
	%D%/unit/test_base_log \
	%D%/unit/test_base_suggest \
	%D%/unit/test_base_text \
	%D%/unit/test_base_timer \
	%D%/unit/test_client_commands \
	%D%/unit/test_client_diff_files \
	%D%/unit/test_client_findmatch \
	%D%/unit/test_client_options \
	%D%/unit/test_client_output \
	%D%/unit/test_client_safetext \
	%D%/unit/test_client_table \
	%D%/unit/test_client_watchweeks \
	%D%/unit/test_client_when \
	%D%/unit/test_history_changes \
	%D%/unit/test_history_crash \
	%D%/unit/test_history_ledger \
	%D%/unit/test_history_members \
	%D%/unit/test_history_migrate \
	%D%/unit/test_history_outbox \
	%D%/unit/test_history_polls \
	%D%/unit/test_history_progress \
	%D%/unit/test_history_sites \
	%D%/unit/test_history_store \
	%D%/unit/test_history_surges \
	%D%/unit/test_history_versions \
	%D%/unit/test_history_versions_archive \
	%D%/unit/test_history_watches \
	%D%/unit/test_net_gunzip \
	%D%/unit/test_net_http \
	%D%/unit/test_net_http_gzip \
	%D%/unit/test_net_http_resolver \
	%D%/unit/test_net_mime \
	%D%/unit/test_net_smtp \
	%D%/unit/test_registry_answer \
	%D%/unit/test_registry_archive \
	%D%/unit/test_registry_ctgov \
	%D%/unit/test_registry_finding \
	%D%/unit/test_registry_intake \
	%D%/unit/test_registry_listing \
	%D%/unit/test_registry_pace \
	%D%/unit/test_registry_page \
	%D%/unit/test_registry_plan \
	%D%/unit/test_registry_poller \
	%D%/unit/test_registry_question \
	%D%/unit/test_registry_search_url \
	%D%/unit/test_registry_slice \
	%D%/unit/test_service_api \
	%D%/unit/test_service_config \
	%D%/unit/test_service_watchdog \
	%D%/unit/test_trial_archived \
	%D%/unit/test_trial_canonical \
	%D%/unit/test_trial_diff \
	%D%/unit/test_trial_glance \
	%D%/unit/test_trial_kinds \
	%D%/unit/test_trial_richtext \
	%D%/unit/test_trial_shared_tree \
	%D%/unit/test_trial_sites \
	%D%/unit/test_trial_study \
	%D%/unit/test_trial_textdiff \
	%D%/unit/test_trial_watch \
	%D%/unit/test_trial_watch_index \
	%D%/unit/test_trial_watch_json
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
endif

fuzz_targets = \
	%D%/fuzz/fuzz_diff \
	%D%/fuzz/fuzz_gunzip \
	%D%/fuzz/fuzz_opml \
	%D%/fuzz/fuzz_page \
	%D%/fuzz/fuzz_record \
	%D%/fuzz/fuzz_search_url \
	%D%/fuzz/fuzz_settings \
	%D%/fuzz/fuzz_sinks
check_PROGRAMS += $(fuzz_targets)

# decode_bench is what tests/bench/poll runs, history_bench what tests/bench/history does.
check_PROGRAMS += %D%/bench/decode_bench %D%/bench/history_bench %D%/bench/match

%C%_bench_match_SOURCES = %D%/bench/match.c %D%/bench/match_world.c %D%/bench/match_world.h

if ENABLE_FUZZERS
fuzz_main =
else
fuzz_main = %D%/fuzz/replay.c
TESTS += $(fuzz_targets)
endif

%C%_fuzz_fuzz_diff_SOURCES = %D%/fuzz/fuzz_diff.c $(fuzz_main)
%C%_fuzz_fuzz_diff_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)

%C%_fuzz_fuzz_gunzip_SOURCES = %D%/fuzz/fuzz_gunzip.c $(fuzz_main)
%C%_fuzz_fuzz_gunzip_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)

%C%_fuzz_fuzz_opml_SOURCES = %D%/fuzz/fuzz_opml.c $(fuzz_main)
%C%_fuzz_fuzz_opml_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)

%C%_fuzz_fuzz_page_SOURCES = %D%/fuzz/fuzz_page.c $(fuzz_main)
%C%_fuzz_fuzz_page_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)

%C%_fuzz_fuzz_record_SOURCES = %D%/fuzz/fuzz_record.c $(fuzz_main)
%C%_fuzz_fuzz_record_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)

%C%_fuzz_fuzz_search_url_SOURCES = %D%/fuzz/fuzz_search_url.c $(fuzz_main)
%C%_fuzz_fuzz_search_url_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)

%C%_fuzz_fuzz_settings_SOURCES = %D%/fuzz/fuzz_settings.c $(fuzz_main)
%C%_fuzz_fuzz_settings_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)

%C%_fuzz_fuzz_sinks_SOURCES = %D%/fuzz/fuzz_sinks.c $(fuzz_main)
%C%_fuzz_fuzz_sinks_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)

EXTRA_DIST += \
	%D%/tap.sh %D%/layers.py %D%/static.sh %D%/quickstart.sh %D%/codespell.ignore \
	%D%/bench %D%/fuzz/corpus %D%/fuzz/record.dict %D%/registry %D%/scenario \
	$(wildcard $(srcdir)/tests/unit/*.h)

# What running the tests leaves in their folders.
dist-hook:
	find $(distdir)/tests -name __pycache__ -prune -exec rm -rf {} +
