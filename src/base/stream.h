/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whether somebody still reads what is printed: how long work for a caller asks whether to go on. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/* False once writing failed, or the other end of the pipe, socket or terminal is closed: before
 * anything more is written. */
bool stream_is_read(FILE *out);
