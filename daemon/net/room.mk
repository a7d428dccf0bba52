libtrialwatch_a_SOURCES += \
	%D%/gunzip.c \
	%D%/gunzip.h \
	%D%/gunzip_member.h \
	%D%/http.c \
	%D%/http.h \
	%D%/http_answer.c \
	%D%/http_answer.h \
	%D%/http_body.c \
	%D%/http_body.h \
	%D%/http_multi.c \
	%D%/http_multi.h \
	%D%/mime.c \
	%D%/mime.h \
	%D%/mime_encode.c \
	%D%/mime_encode.h \
	%D%/smtp.c \
	%D%/smtp.h \
	%D%/smtp_check.c \
	%D%/smtp_check.h \
	%D%/smtp_dialogue.c \
	%D%/smtp_dialogue.h \
	%D%/smtp_send.c \
	%D%/smtp_send.h

if HAVE_ISAL
libtrialwatch_a_SOURCES += %D%/gunzip_igzip.c
else
libtrialwatch_a_SOURCES += %D%/gunzip_zlib.c
endif
