/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A strict multipart/form-data reader (RFC 7578) that is fed bytes as they come and keeps none of
 * them but the head of the present part (4 KiB). libmicrohttpd's post processor is not used: it has
 * had holes (CVE-2023-27371), drops what it does not understand and cannot say why. */
#pragma once

#include "base/arena.h"

typedef struct {
    const char *field; /* valid UTF-8 */
    const char *file;  /* NULL: no file; "": a file field that was left empty */
} MultipartPart;

/* Call-backs; false stops the reading for good. */
typedef struct {
    bool (*begin)(void *data, const MultipartPart *part, GError **error);
    bool (*bytes)(void *data, const uint8_t *bytes, size_t size, GError **error);
    bool (*end)(void *data, GError **error);
} MultipartCalls;

typedef struct Multipart Multipart;

/* INVALID: the content type names no boundary. In `mem`. */
Multipart *multipart_new(Arena *mem, const char *content_type, const MultipartCalls *calls,
                         void *data, GError **error) MUST_USE;
/* INVALID: these bytes are no form; or the call-back's error. */
bool multipart_feed(Multipart *parser, const uint8_t *bytes, size_t size, GError **error) MUST_USE;
/* The last boundary was read. */
bool multipart_is_complete(const Multipart *parser);
