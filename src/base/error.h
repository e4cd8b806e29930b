/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The one error enum. A fallible function returns bool (or a pointer) and sets a GError of the
 * domain APP_ERROR; its message is for engineers, the reader's text is looked up from the code. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum {
    APP_ERROR_INVALID,         /* 422: the sender can correct it                          */
    APP_ERROR_UNAUTHENTICATED, /* 401: sign in first                                      */
    APP_ERROR_FORBIDDEN,       /* 403: signed in, not allowed                             */
    APP_ERROR_NOT_FOUND,       /* 404: absent, or hidden from this user                   */
    APP_ERROR_CONFLICT,        /* 409: somebody changed it first                          */
    APP_ERROR_LIMITED,         /* 429: too often                                          */
    APP_ERROR_TOO_LARGE,       /* 413: more than this place takes                         */
    APP_ERROR_BUSY,            /* 503: try again                                          */
    APP_ERROR_INTERNAL,        /* 500: our fault, logged with the request's id            */
    APP_ERROR_RACE,            /* inside db and core only: prepare again, never shown     */
} AppError;

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(at, first) __attribute__((format(printf, at, first)))

#define APP_ERROR error_domain()

GQuark error_domain(void);

/* The code of `error`; INTERNAL when it is NULL or of another domain. */
AppError error_code(const GError *error);

/* The HTTP status of a code. RACE and INTERNAL are 500. */
int error_status(AppError code);

/* Set `error` and evaluate to false (or NULL), so that a failure is one line. */
#define fail(error, code, ...) (g_set_error((error), APP_ERROR, (int)(code), __VA_ARGS__), false)
#define fail_null(error, code, ...)                                                                \
    (g_set_error((error), APP_ERROR, (int)(code), __VA_ARGS__), (void *)0)
