/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The navigation of a signed-in person: what the role has pages for. */
#pragma once

#include "core/system.h"
#include "view/html.h"

/* Sets nav, role and place of the page. */
void nav_fill(System *sys, const Request *req, const Who *who, Page *page);
