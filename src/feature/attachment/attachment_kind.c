/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One row a kind. Containers of the ISO family share a signature and differ in their brand. */
#include "feature/attachment/attachment_kind.h"

#include <magic.h>
#include <string.h>

#define MIB (1024LL * 1024)
#define SIG(text) (text), sizeof(text) - 1

static const AttachmentKind kinds[] = {
    { "image/jpeg",
      { "jpg", "jpeg" },
      ATTACHMENT_IMAGE,
      0,
      SIG("\xff\xd8\xff"),
      0,
      { NULL },
      { "image/jpeg" } },
    { "image/png",
      { "png" },
      ATTACHMENT_IMAGE,
      0,
      SIG("\x89PNG\r\n\x1a\n"),
      0,
      { NULL },
      { "image/png" } },
    { "image/webp", { "webp" }, ATTACHMENT_IMAGE, 0, SIG("RIFF"), 8, { "WEBP" }, { "image/webp" } },
    { "image/heic",
      { "heic", "heif" },
      ATTACHMENT_IMAGE,
      4,
      SIG("ftyp"),
      8,
      { "heic", "heix", "mif1", "msf1", "hevc" },
      { "image/heic", "image/heif" } },
    { "application/pdf",
      { "pdf" },
      ATTACHMENT_PDF,
      0,
      SIG("%PDF-"),
      0,
      { NULL },
      { "application/pdf" } },
    { "video/mp4",
      { "mp4", "m4v" },
      ATTACHMENT_MEDIA,
      4,
      SIG("ftyp"),
      8,
      { "isom", "iso2", "mp41", "mp42", "avc1", "M4V ", "iso5" },
      { "video/mp4", "video/x-m4v" } },
    { "audio/mp4",
      { "m4a" },
      ATTACHMENT_MEDIA,
      4,
      SIG("ftyp"),
      8,
      { "M4A ", "mp42", "isom" },
      { "audio/x-m4a", "video/mp4", "audio/mp4" } },
    { "video/3gpp",
      { "3gp", "3gpp" },
      ATTACHMENT_MEDIA,
      4,
      SIG("ftyp3g"),
      0,
      { NULL },
      { "video/3gpp", "audio/3gpp", "video/3gpp2" } },
    { "audio/aac",
      { "aac" },
      ATTACHMENT_MEDIA,
      0,
      SIG("\xff"),
      0,
      { NULL },
      { "audio/x-hx-aac-adts", "audio/aac", "audio/x-aac" } },
    { "audio/ogg",
      { "opus", "ogg" },
      ATTACHMENT_MEDIA,
      0,
      SIG("OggS"),
      28,
      { "OpusHead" },
      { "audio/ogg", "application/ogg" } },
    { "audio/amr",
      { "amr" },
      ATTACHMENT_MEDIA,
      0,
      SIG("#!AMR"),
      0,
      { NULL },
      { "audio/AMR", "audio/amr" } },
};

const AttachmentKind *
attachment_kind_of(const char *name)
{
    const char *dot = strrchr(name, '.');

    for (size_t i = 0; dot != NULL && i < G_N_ELEMENTS(kinds); i++)
        for (size_t e = 0; e < G_N_ELEMENTS(kinds[i].extensions) && kinds[i].extensions[e] != NULL;
             e++)
            if (g_ascii_strcasecmp(kinds[i].extensions[e], dot + 1) == 0)
                return &kinds[i];
    return NULL;
}

int64_t
attachment_kind_most(const AttachmentKind *kind)
{
    static const int64_t most[] = {
        [ATTACHMENT_IMAGE] = 10 * MIB, [ATTACHMENT_PDF] = 20 * MIB, [ATTACHMENT_MEDIA] = 50 * MIB
    };

    return most[kind->kind_class];
}

static bool
stands_at(const uint8_t *head, size_t size, size_t offset, const char *signature, size_t length)
{
    return size >= offset + length && memcmp(head + offset, signature, length) == 0;
}

static bool
has_signature(const AttachmentKind *kind, const uint8_t *head, size_t size)
{
    if (!stands_at(head, size, kind->offset, kind->signature, kind->length))
        return false;
    if (kind->second_offset == 0)
        return true;
    for (size_t i = 0; i < G_N_ELEMENTS(kind->seconds) && kind->seconds[i] != NULL; i++)
        if (stands_at(head, size, kind->second_offset, kind->seconds[i], strlen(kind->seconds[i])))
            return true;
    return false;
}

static bool
is_one_of(const char *name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n && names[i] != NULL; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* A handle for each file: libmagic's are not for two threads, and a file is rare beside a page. */
bool
attachment_kind_agrees(const AttachmentKind *kind, const uint8_t *head, size_t size, bool *agrees,
                       GError **error)
{
    magic_t     magic;
    const char *called;

    *agrees = has_signature(kind, head, size);
    if (!*agrees)
        return true;
    magic = magic_open(MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_TAR);
    if (magic == NULL || magic_load(magic, NULL) != 0) {
        if (magic != NULL)
            magic_close(magic);
        return fail(error, APP_ERROR_INTERNAL, "libmagic has no table");
    }
    called = magic_buffer(magic, head, size);
    *agrees = called != NULL && is_one_of(called, kind->magic, G_N_ELEMENTS(kind->magic));
    magic_close(magic);
    return true;
}
