/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/stream.h"

#include <poll.h>

bool
stream_is_read(FILE *out)
{
    struct pollfd end = { .fd = fileno(out) };

    return !ferror(out) &&
           (end.fd < 0 || poll(&end, 1, 0) <= 0 || (end.revents & (POLLERR | POLLHUP)) == 0);
}
