/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Names, limits and labels of every input of this feature. */
#include "feature/account/account_forms.h"

#include "feature/account/account.h"
#include "messages.h"

#include <stddef.h>

static const FormField phone_fields[] = {
    { .name = "phone",
      .kind = FORM_PHONE,
      .offset = offsetof(PhoneForm, phone),
      .required = true,
      .label = MSG_FIELD_PHONE,
      .hint = MSG_FIELD_PHONE_HINT,
      .autocomplete = "tel" },
    { .name = "next", .kind = FORM_HIDDEN, .offset = offsetof(PhoneForm, next), .max = 500 },
    { .name = "light", .kind = FORM_HIDDEN, .offset = offsetof(PhoneForm, light), .max = 1 },
};

static const FormField code_fields[] = {
    { .name = "code",
      .kind = FORM_DIGITS,
      .offset = offsetof(CodeForm, code),
      .required = true,
      .min = 6,
      .max = 6,
      .label = MSG_FIELD_CODE,
      .hint = MSG_FIELD_CODE_HINT,
      .autocomplete = "one-time-code" },
    { .name = "next", .kind = FORM_HIDDEN, .offset = offsetof(CodeForm, next), .max = 500 },
    { .name = "light", .kind = FORM_HIDDEN, .offset = offsetof(CodeForm, light), .max = 1 },
};

static const FormField password_sign_in_fields[] = {
    { .name = "document_number",
      .kind = FORM_TEXT,
      .offset = offsetof(PasswordSignInForm, document_number),
      .required = true,
      .max = 40,
      .label = MSG_FIELD_DOCUMENT_NUMBER,
      .autocomplete = "username" },
    { .name = "password",
      .kind = FORM_SECRET,
      .offset = offsetof(PasswordSignInForm, password),
      .required = true,
      .max = 200,
      .label = MSG_FIELD_PASSWORD,
      .autocomplete = "current-password" },
    { .name = "next",
      .kind = FORM_HIDDEN,
      .offset = offsetof(PasswordSignInForm, next),
      .max = 500 },
};

static const FormField password_fields[] = {
    { .name = "password",
      .kind = FORM_SECRET,
      .offset = offsetof(PasswordForm, password),
      .required = true,
      .min = 10,
      .max = 200,
      .label = MSG_FIELD_NEW_PASSWORD,
      .hint = MSG_FIELD_NEW_PASSWORD_HINT,
      .autocomplete = "new-password" },
};

static const FormField staff_fields[] = {
    { .name = "login",
      .kind = FORM_TEXT,
      .offset = offsetof(StaffSignInForm, login),
      .required = true,
      .max = 60,
      .label = MSG_FIELD_LOGIN,
      .autocomplete = "username" },
    { .name = "password",
      .kind = FORM_SECRET,
      .offset = offsetof(StaffSignInForm, password),
      .required = true,
      .max = 200,
      .label = MSG_FIELD_PASSWORD,
      .autocomplete = "current-password" },
    { .name = "code",
      .kind = FORM_DIGITS,
      .offset = offsetof(StaffSignInForm, code),
      .required = true,
      .min = 6,
      .max = 6,
      .label = MSG_FIELD_SECOND_FACTOR,
      .hint = MSG_FIELD_SECOND_FACTOR_HINT,
      .autocomplete = "one-time-code" },
    { .name = "next", .kind = FORM_HIDDEN, .offset = offsetof(StaffSignInForm, next), .max = 500 },
};

static const FormField setup_fields[] = {
    { .name = "password",
      .kind = FORM_SECRET,
      .offset = offsetof(SetupForm, password),
      .required = true,
      .min = 15,
      .max = 200,
      .label = MSG_FIELD_NEW_PASSWORD,
      .hint = MSG_FIELD_STAFF_PASSWORD_HINT,
      .autocomplete = "new-password" },
    { .name = "code",
      .kind = FORM_DIGITS,
      .offset = offsetof(SetupForm, code),
      .required = true,
      .min = 6,
      .max = 6,
      .label = MSG_FIELD_SECOND_FACTOR,
      .hint = MSG_FIELD_SECOND_FACTOR_HINT,
      .autocomplete = "one-time-code" },
    { .name = "secret", .kind = FORM_HIDDEN, .offset = offsetof(SetupForm, secret), .max = 200 },
};

static const char *const document_types[] = { "national_number",    "passport",
                                              "personal_number",    "unhcr",
                                              "temporary_passport", "foreign_passport",
                                              "service_card",       NULL };

static const FormField   identity_fields[] = {
      { .name = "document_type",
        .kind = FORM_CHOICE,
        .offset = offsetof(AccountIdentity, document_type),
        .required = true,
        .choices = document_types,
        .label = MSG_FIELD_DOCUMENT_TYPE },
      { .name = "document_number",
        .kind = FORM_TEXT,
        .offset = offsetof(AccountIdentity, document_number),
        .required = true,
        .max = 40,
        .label = MSG_FIELD_DOCUMENT_NUMBER,
        .hint = MSG_FIELD_DOCUMENT_NUMBER_HINT },
      { .name = "name1",
        .kind = FORM_TEXT,
        .offset = offsetof(AccountIdentity, name1),
        .required = true,
        .max = 60,
        .label = MSG_FIELD_NAME1,
        .autocomplete = "given-name" },
      { .name = "name2",
        .kind = FORM_TEXT,
        .offset = offsetof(AccountIdentity, name2),
        .max = 60,
        .label = MSG_FIELD_NAME2 },
      { .name = "name3",
        .kind = FORM_TEXT,
        .offset = offsetof(AccountIdentity, name3),
        .max = 60,
        .label = MSG_FIELD_NAME3 },
      { .name = "name4",
        .kind = FORM_TEXT,
        .offset = offsetof(AccountIdentity, name4),
        .required = true,
        .max = 60,
        .label = MSG_FIELD_NAME4,
        .autocomplete = "family-name" },
      { .name = "birth_date",
        .kind = FORM_DATE,
        .offset = offsetof(AccountIdentity, birth_date),
        .required = true,
        .label = MSG_FIELD_BIRTH_DATE,
        .hint = MSG_FIELD_BIRTH_DATE_HINT,
        .autocomplete = "bday" },
      { .name = "phone",
        .kind = FORM_PHONE,
        .offset = offsetof(AccountIdentity, phone),
        .label = MSG_FIELD_PHONE,
        .hint = MSG_ACCOUNT_PHONE_CALLER_HINT, /* only the desk asks: else it was proved */
        .autocomplete = "tel" },
      { .name = "email",
        .kind = FORM_EMAIL,
        .offset = offsetof(AccountIdentity, email),
        .max = 254,
        .label = MSG_FIELD_EMAIL,
        .hint = MSG_FIELD_EMAIL_HINT,
        .autocomplete = "email" },
      { .name = "place",
        .kind = FORM_CHOICE,
        .offset = offsetof(AccountIdentity, place),
        .max = 20,
        .label = MSG_FIELD_GOVERNORATE },
      { .name = "next", .kind = FORM_HIDDEN, .offset = offsetof(AccountIdentity, next), .max = 500 },
};

static const FormField empty_fields[] = {
    { .name = "none", .kind = FORM_HIDDEN, .offset = offsetof(EmptyForm, none), .max = 1 },
};

const FormSpec account_phone_form = { .name = "phone", FORM_SPEC(PhoneForm, phone_fields) };
const FormSpec account_code_form = { .name = "code", FORM_SPEC(CodeForm, code_fields) };
const FormSpec account_password_sign_in_form = {
    .name = "password_sign_in", FORM_SPEC(PasswordSignInForm, password_sign_in_fields)
};
const FormSpec account_password_form = { .name = "password",
                                         FORM_SPEC(PasswordForm, password_fields) };
const FormSpec account_staff_sign_in_form = { .name = "staff_sign_in",
                                              FORM_SPEC(StaffSignInForm, staff_fields) };
const FormSpec account_setup_form = { .name = "setup", FORM_SPEC(SetupForm, setup_fields) };
const FormSpec account_identity_form = { .name = "identity",
                                         FORM_SPEC(AccountIdentity, identity_fields) };
const FormSpec account_empty_form = { .name = "empty", FORM_SPEC(EmptyForm, empty_fields) };
