/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside http only: which of the forms of a file is wanted, and whether it is there already. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef enum {
    STATIC_FILE_PLAIN,
    STATIC_FILE_GZIP,
    STATIC_FILE_BROTLI,
    STATIC_FILE_FORMS, /* how many */
} StaticFileForm;

/* The smallest of the forms that exist (`gzip`, `brotli`) which Accept-Encoding takes; the header
 * may be NULL. */
StaticFileForm static_file_choose(const char *accept_encoding, bool gzip, bool brotli);
/* If-None-Match names the tag (quoted). */
bool static_file_matches(const char *if_none_match, const char *tag);
/* `etag` as it stands in the header, with a suffix for the form. */
char *static_file_tag(const char *etag, StaticFileForm form);
