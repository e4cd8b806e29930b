/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tables of the program, for people and for tests: routes with who may use them, jobs. */
#pragma once

#include <stdio.h>

int print_routes(FILE *out);
int print_jobs(FILE *out);
