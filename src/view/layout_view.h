/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What layout.html shows. */
#pragma once

#include "view/html.h"

typedef struct {
    const char *title;
    bool        mistaken;
    Page        page;
    const char *other_dir; /* of the language that the switch leads to */
    const char *main_class;
    bool        rtl;
    bool        citizen_nav; /* not of the staff: the navigation stands among the tools */
} LayoutView;
