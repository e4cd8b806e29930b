/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/error.h"

/* The quark is asked for each time: a cached one would be a mutable static, and errors are rare. */
GQuark
error_domain(void)
{
    return g_quark_from_static_string("sawt-error");
}

AppError
error_code(const GError *error)
{
    if (error == NULL || error->domain != APP_ERROR)
        return APP_ERROR_INTERNAL;
    return (AppError)error->code;
}

int
error_status(AppError code)
{
    switch (code) {
    case APP_ERROR_INVALID:
        return 422;
    case APP_ERROR_UNAUTHENTICATED:
        return 401;
    case APP_ERROR_FORBIDDEN:
        return 403;
    case APP_ERROR_NOT_FOUND:
        return 404;
    case APP_ERROR_CONFLICT:
        return 409;
    case APP_ERROR_LIMITED:
        return 429;
    case APP_ERROR_TOO_LARGE:
        return 413;
    case APP_ERROR_BUSY:
        return 503;
    case APP_ERROR_INTERNAL:
    case APP_ERROR_RACE:
        return 500;
    }
    return 500;
}
