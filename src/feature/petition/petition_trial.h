/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* For tests of commands: one store, and every command as a function that says how it ended. */
#pragma once

#include "feature/petition/petition_fixture.h"

#define DONE (-1)

/* One store, and what the last command said. */
typedef struct {
    PetitionFixture *fixture;
    PetitionReceipt  receipt;
    PetitionActed    acted;
    CommandOutcome   outcome;
    Bytes            command_id; /* of the next command; {NULL, 0}: a fresh one */
    DbTx            *tx;         /* petition_trial_look's */
} PetitionTrial;

/* Of g_test_add; the data are listeners. */
void petition_trial_up(PetitionTrial *trial, const void *data);
void petition_trial_down(PetitionTrial *trial, const void *data);

/* DONE, or the error's code. */
int petition_trial_submit(PetitionTrial *trial, const Who *who, const PetitionSubmit *cmd);
int petition_trial_route(PetitionTrial *trial, const Who *who, PetitionRoute cmd);
int petition_trial_accept(PetitionTrial *trial, const Who *who, PetitionAccept cmd);
int petition_trial_consult(PetitionTrial *trial, const Who *who, PetitionConsult cmd);
int petition_trial_consult_answer(PetitionTrial *trial, const Who *who, PetitionConsultAnswer cmd);
int petition_trial_set_period(PetitionTrial *trial, const Who *who, PetitionSetPeriod cmd);
int petition_trial_return(PetitionTrial *trial, const Who *who, PetitionReturn cmd);
int petition_trial_update(PetitionTrial *trial, const Who *who, PetitionUpdate cmd);
int petition_trial_note(PetitionTrial *trial, const Who *who, PetitionNote cmd);
int petition_trial_close(PetitionTrial *trial, const Who *who, PetitionClose cmd);
int petition_trial_rate(PetitionTrial *trial, const Who *who, PetitionRate cmd);
int petition_trial_withdraw(PetitionTrial *trial, const Who *who, PetitionWithdraw cmd);
int
petition_trial_add_information(PetitionTrial *trial, const Who *who, PetitionAddInformation cmd);

/* A snapshot of now; the next command ends it. */
DbTx *petition_trial_look(PetitionTrial *trial);

/* The petition that was submitted last; `own` as the requester. */
PetitionTarget petition_trial_on(const PetitionTrial *trial);
PetitionTarget petition_trial_own(const PetitionTrial *trial);
Petition       petition_trial_read(PetitionTrial *trial);

/* Submitted by the requester, or the test fails. */
void petition_trial_complain(PetitionTrial *trial);
void petition_trial_complain_about(PetitionTrial *trial, const char *about);

void
petition_trial_stands(PetitionTrial *trial, const char *state, const char *holder, int64_t version);
/* The last command was refused by this rule. */
void    petition_trial_refused(const PetitionTrial *trial, int code, int message);

AppTime petition_trial_time(const PetitionTrial *trial, const char *text);
/* The id of the question that was asked last. */
int64_t petition_trial_question(PetitionTrial *trial);
