/* --help: what the tables say of commands and options, for people. */
#pragma once

#include "client/command.h"
#include "client/terminal.h"

#include <stdio.h>

void help_print_version(FILE *out);
void help_print_all(const struct terminal *terminal);
void help_print_command(const struct terminal *terminal, const struct command *command);
