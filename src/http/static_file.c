/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Negotiation for files that are served from memory. */
#include "http/static_file.h"

#include <glib.h>
#include <string.h>

/* The list names `coding` and does not give it a weight of zero. */
static bool
takes(const char *list, const char *coding)
{
    size_t      n = strlen(coding);
    const char *end;

    for (const char *at = list;; at = end + 1) {
        at += strspn(at, " \t");
        end = strchrnul(at, ',');
        if (g_ascii_strncasecmp(at, coding, n) == 0 && strchr(" \t;,", at[n]) != NULL) {
            const char *q = memmem(at, (size_t)(end - at), "q=", 2);

            return q == NULL || strspn(q + 2, "0.") < strcspn(q + 2, ", \t;");
        }
        if (*end == '\0')
            return false;
    }
}

StaticFileForm
static_file_choose(const char *accept_encoding, bool gzip, bool brotli)
{
    if (accept_encoding == NULL)
        return STATIC_FILE_PLAIN;
    if (brotli && takes(accept_encoding, "br"))
        return STATIC_FILE_BROTLI;
    return gzip && takes(accept_encoding, "gzip") ? STATIC_FILE_GZIP : STATIC_FILE_PLAIN;
}

bool
static_file_matches(const char *if_none_match, const char *tag)
{
    size_t      n = strlen(tag);
    const char *at;

    if (if_none_match == NULL)
        return false;
    if (g_str_equal(if_none_match, "*"))
        return true;
    for (at = if_none_match; (at = strstr(at, tag)) != NULL; at += n)
        if ((at == if_none_match || strchr(" \t,/", at[-1]) != NULL) &&
            strchr(" \t,", at[n]) != NULL)
            return true;
    return false;
}

char *
static_file_tag(const char *etag, StaticFileForm form)
{
    static const char *const suffixes[] = {
        [STATIC_FILE_PLAIN] = "",
        [STATIC_FILE_GZIP] = "-gzip",
        [STATIC_FILE_BROTLI] = "-br",
    };
    size_t length = strlen(etag);
    bool   quoted = length >= 2 && etag[0] == '"' && etag[length - 1] == '"';

    return g_strdup_printf("\"%.*s%s\"", (int)(quoted ? length - 2 : length), etag + quoted,
                           suffixes[form]);
}
