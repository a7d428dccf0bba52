libtrialwatch_a_SOURCES += \
	%D%/acks.c \
	%D%/acks.h \
	%D%/body.c \
	%D%/body.h \
	%D%/body_base.c \
	%D%/body_base.h \
	%D%/body_path.c \
	%D%/body_path.h \
	%D%/changes.c \
	%D%/changes.h \
	%D%/checkpoint.c \
	%D%/checkpoint.h \
	%D%/connection.c \
	%D%/connection.h \
	%D%/country.c \
	%D%/country.h \
	%D%/digest.c \
	%D%/digest.h \
	%D%/file.c \
	%D%/file.h \
	%D%/ledger.c \
	%D%/ledger.h \
	%D%/ledger_chain.h \
	%D%/ledger_entry.c \
	%D%/ledger_entry.h \
	%D%/ledger_rows.c \
	%D%/ledger_rows.h \
	%D%/ledger_verification.h \
	%D%/ledger_verify.c \
	%D%/ledger_verify_entry.c \
	%D%/maintenance.c \
	%D%/maintenance.h \
	%D%/members.c \
	%D%/members.h \
	%D%/migrate.c \
	%D%/migrate.h \
	%D%/mutes.c \
	%D%/mutes.h \
	%D%/outbox.c \
	%D%/outbox.h \
	%D%/outbox_bulletins.c \
	%D%/outbox_messages.c \
	%D%/outbox_read.c \
	%D%/outbox_recipients.c \
	%D%/outbox_rows.h \
	%D%/polls.c \
	%D%/polls.h \
	%D%/progress.c \
	%D%/progress.h \
	%D%/rows.h \
	%D%/site_ranges.c \
	%D%/site_ranges.h \
	%D%/sites.c \
	%D%/sites.h \
	%D%/sites_read.c \
	%D%/sql.c \
	%D%/sql.h \
	%D%/statements.c \
	%D%/store.c \
	%D%/store.h \
	%D%/studies.c \
	%D%/surges.c \
	%D%/surges.h \
	%D%/troubles.c \
	%D%/troubles.h \
	%D%/versions.c \
	%D%/versions.h \
	%D%/versions_append.c \
	%D%/versions_archive.c \
	%D%/versions_archive.h \
	%D%/watches.c \
	%D%/watches.h

# The schema is written as SQL and compiled in.
BUILT_SOURCES += %D%/schema_sql.h
CLEANFILES += %D%/schema_sql.h
EXTRA_DIST += %D%/schema.sql %D%/embed-sql.sh

%D%/schema_sql.h: $(srcdir)/%D%/schema.sql $(srcdir)/%D%/embed-sql.sh
	$(AM_V_GEN)$(MKDIR_P) $(@D) && sh $(srcdir)/%D%/embed-sql.sh $(srcdir)/%D%/schema.sql schema_sql >$@.tmp && mv $@.tmp $@
%D%/file.$(OBJEXT): %D%/schema_sql.h
