/* Where the client prints: a terminal with its width, colours and pager, or a pipe or file without any of them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

enum style { STYLE_NONE, STYLE_BOLD, STYLE_DIM, STYLE_RED, STYLE_GREEN, STYLE_YELLOW, STYLE_STRUCK, STYLE_COUNT };

struct terminal {
    FILE *out;        /* standard output, or the pager's input */
    bool is_terminal; /* where it ends, also behind the pager */
    bool colours;
    size_t columns; /* 0: not a terminal, nothing is cut */
    pid_t pager;    /* 0: none */
};

/* Colours only on a terminal, without NO_COLOR, and not on TERM=dumb. */
void terminal_open(struct terminal *terminal);

/* Does nothing where it does not end at a terminal, or when PAGER is empty or "cat". What cannot be started is no
 * failure: the output then goes to the terminal as it is. */
void terminal_start_pager(struct terminal *terminal);

/* Writes out what is buffered and waits for the pager. A negative errno when something could not be written; that the
 * reader of a pager saw enough is none. */
int terminal_close(struct terminal *terminal);

/* The sequence that begins a style and the one that ends any, "" without colours. */
const char *terminal_style(const struct terminal *terminal, enum style style);
const char *terminal_plain(const struct terminal *terminal);

/* A line on standard error that the next one replaces; nothing where that is no terminal. */
void terminal_show_progress(const char *what, long long done, long long total);
void terminal_clear_progress(void);
