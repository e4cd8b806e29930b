/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/bytes.h"

#include <string.h>

Bytes
bytes_of_text(const char *text)
{
    if (text == NULL)
        return (Bytes){ NULL, 0 };
    return (Bytes){ (const uint8_t *)text, strlen(text) };
}

bool
bytes_equal(Bytes a, Bytes b)
{
    if ((a.data == NULL) != (b.data == NULL) || a.size != b.size)
        return false;
    return a.size == 0 || memcmp(a.data, b.data, a.size) == 0;
}
