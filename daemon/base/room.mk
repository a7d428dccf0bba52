libtrialwatch_a_SOURCES += \
	%D%/buf.c \
	%D%/buf.h \
	%D%/clock.c \
	%D%/clock.h \
	%D%/err.c \
	%D%/err.h \
	%D%/events.h \
	%D%/json_skip.c \
	%D%/json_skip.h \
	%D%/log.c \
	%D%/log.h \
	%D%/log_fields.c \
	%D%/log_fields.h \
	%D%/macro.h \
	%D%/suggest.c \
	%D%/suggest.h \
	%D%/text.c \
	%D%/text.h \
	%D%/timer.c \
	%D%/timer.h
