/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The frame of every page: head, skip link, bar, trial strip, navigation, footer. Called by compiled
 * templates that begin with {{page …}}. */
#pragma once

#include "view/html.h"

/* `title` is shown in the head; with `mistaken`, "Error: " stands before it. */
void layout_begin(Html *page, const char *title, bool mistaken);
void layout_end(Html *page);
