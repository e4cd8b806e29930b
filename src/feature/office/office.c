/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The routes of the office. Who may enter stands here; who may do what to which file is the
 * command's to say. */
#include "feature/office/office.h"

#include "core/access.h"
#include "core/limits.h"
#include "feature/office/office_forms.h"
#include "feature/office/office_pages.h"

#define FILE_PATH "/office/requests/{number}"
#define ACT(name, perm, spec)                                                                      \
    {                                                                                              \
        HTTP_POST, FILE_PATH "/" name, office_deed_act, .needs = (perm), .limit = LIMIT_ACT,       \
                                                        .form = &(spec)                            \
    }

static const Route routes[] = {
    { HTTP_GET, "/office", office_list_inbox, .needs = PERM_OFFICER },
    { HTTP_GET, "/office/closed", office_list_closed, .needs = PERM_OFFICER },
    { HTTP_GET, "/office/search", office_list_search, .needs = PERM_OFFICE },
    { HTTP_GET, "/office/triage", office_triage_list, .needs = PERM_UNIT },
    { HTTP_GET, "/office/questions", office_question_list, .needs = PERM_DIRECTORATE },
    { HTTP_GET, "/office/questions/{id}", office_question_page, .needs = PERM_DIRECTORATE },
    { HTTP_POST, "/office/questions/{id}", office_question_reply, .needs = PERM_DIRECTORATE,
      .limit = LIMIT_ACT, .form = &office_forms_reply },
    { HTTP_GET, FILE_PATH, office_deed_file, .needs = PERM_OFFICE },
    { HTTP_POST, FILE_PATH "/close/preview", office_deed_preview, .needs = PERM_OFFICE,
      .limit = LIMIT_ACT, .form = &office_forms_close },
    ACT("accept", PERM_OFFICER, office_forms_accept),
    ACT("consult", PERM_OFFICER, office_forms_consult),
    ACT("period", PERM_OFFICER, office_forms_period),
    ACT("return", PERM_OFFICER, office_forms_return),
    ACT("update", PERM_OFFICER, office_forms_update),
    ACT("close", PERM_OFFICE, office_forms_close),
    ACT("note", PERM_OFFICE, office_forms_note),
    ACT("route", PERM_UNIT, office_forms_route),
    { 0 },
};

const Feature office_feature = { .name = "office", .routes = routes };
