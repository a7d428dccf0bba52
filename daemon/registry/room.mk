libtrialwatch_a_SOURCES += \
	%D%/answer.c \
	%D%/answer.h \
	%D%/archive.c \
	%D%/archive.h \
	%D%/archive_answer.c \
	%D%/archive_answer.h \
	%D%/archive_fetch.c \
	%D%/archive_line.c \
	%D%/archive_parts.h \
	%D%/ctgov.c \
	%D%/ctgov.h \
	%D%/intake.c \
	%D%/intake.h \
	%D%/listing.c \
	%D%/listing.h \
	%D%/pace.c \
	%D%/pace.h \
	%D%/page.c \
	%D%/page.h \
	%D%/poller.c \
	%D%/poller.h \
	%D%/poller_ask.c \
	%D%/poller_end.c \
	%D%/poller_line.c \
	%D%/poller_look.c \
	%D%/poller_parts.h \
	%D%/poller_take.c
