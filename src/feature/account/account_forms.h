/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The forms of this feature's pages. */
#pragma once

#include "http/form.h"

typedef struct {
    const char *phone, *next, *light;
} PhoneForm;

typedef struct {
    const char *code, *next, *light;
} CodeForm;

typedef struct {
    const char *document_number, *password, *next;
} PasswordSignInForm;

typedef struct {
    const char *password;
} PasswordForm;

typedef struct {
    const char *login, *password, *code, *next;
} StaffSignInForm;

typedef struct {
    const char *password, *code, *secret;
} SetupForm;

typedef struct {
    const char *none;
} EmptyForm;

extern const FormSpec account_phone_form, account_code_form, account_password_sign_in_form,
    account_password_form, account_staff_sign_in_form, account_setup_form, account_empty_form;
