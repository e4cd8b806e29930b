/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once

#include "view/form_view.h"

typedef struct PhoneView {
    FormView form, password; /* by code; by document and password */
    bool     light;          /* a proved mobile is enough */
    bool     password_open;  /* it was tried */
} PhoneView;

typedef struct CodeView {
    FormView    form;
    const char *phone;  /* masked */
    const char *digits; /* trial mode without a gateway: the code itself */
    const char *again;  /* path to send another */
} CodeView;

typedef struct IdentityView {
    FormView form;
    bool     trial;
} IdentityView;

typedef struct ProfileView {
    const char *name, *phone, *email;
    bool        has_password;
    FormView    form;
} ProfileView;

typedef struct StaffSignInView {
    FormView form;
} StaffSignInView;

typedef struct SetupView {
    FormView    form;
    const char *login, *uri, *secret;
} SetupView;
