/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How the bytes are cut changes nothing: not what comes out, not whether it is refused. */
#include "http/fuzz_replay.h"

#include "http/multipart.h"

const char *const fuzz_replay_seeds[] = {
    "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--XX--\r\n",
    "--XX\r\nContent-Disposition: form-data; name=\"f\"; filename=\"\\\"n\"\r\n"
    "Content-Type: image/jpeg\r\n\r\nJ\r\n--X\r\n\r\n--XX\r\n",
    "\r\n--XX\r\n",
    "\r\n--XX--",
    NULL,
};

static bool
begin(void *data, const MultipartPart *part, GError **error)
{
    (void)error;
    g_string_append_printf(data, "[%s|%s]", part->field, part->file == NULL ? "-" : part->file);
    return true;
}

static bool
bytes(void *data, const uint8_t *more, size_t size, GError **error)
{
    (void)error;
    g_string_append_len(data, (const char *)more, (gssize)size);
    return true;
}

static bool
end(void *data, GError **error)
{
    (void)error;
    g_string_append_c(data, ';');
    return true;
}

static const MultipartCalls calls = { begin, bytes, end };

static GString *
run(const uint8_t *data, size_t size, size_t cut)
{
    g_autoptr(Arena) mem = arena_new();
    GString   *out = g_string_new(NULL);
    Multipart *parser = multipart_new(mem, "multipart/form-data; boundary=XX", &calls, out, NULL);
    bool       good = true;

    for (size_t at = 0; good && at < size; at += cut)
        good = multipart_feed(parser, data + at, MIN(cut, size - at), NULL);
    g_string_append(out, good && multipart_is_complete(parser) ? "complete"
                         : good                                ? "open"
                                                               : "bad");
    return out;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GString) whole = run(data, size, MAX(size, 1));

    for (size_t cut = 1; cut < 12; cut += 3) {
        g_autoptr(GString) pieces = run(data, size, cut);

        g_assert_cmpmem(whole->str, whole->len, pieces->str, pieces->len);
    }
    return 0;
}
