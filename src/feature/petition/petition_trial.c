/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "feature/petition/petition_trial.h"

void
petition_trial_up(PetitionTrial *trial, const void *data)
{
    trial->fixture = petition_fixture_new(data);
}

static void
end_look(PetitionTrial *trial)
{
    db_end(trial->tx);
    trial->tx = NULL;
}

void
petition_trial_down(PetitionTrial *trial, const void *data)
{
    (void)data;
    end_look(trial);
    petition_fixture_free(trial->fixture);
}

DbTx *
petition_trial_look(PetitionTrial *trial)
{
    g_autoptr(GError) error = NULL;

    end_look(trial);
    trial->tx = db_begin(trial->fixture->sys->db, trial->fixture->mem, &error);
    g_assert_no_error(error);
    return trial->tx;
}

static CommandContext
context_of(PetitionTrial *trial, const Who *who)
{
    CommandContext context = petition_fixture_by(trial->fixture, who);

    end_look(trial);
    if (trial->command_id.data != NULL)
        context.command_id = trial->command_id;
    return context;
}

#define TRYING(verb, T)                                                                            \
    int petition_trial_##verb(PetitionTrial *trial, const Who *who, T cmd)                         \
    {                                                                                              \
        CommandContext context = context_of(trial, who);                                           \
        g_autoptr(GError) error = NULL;                                                            \
        if (petition_##verb(&context, &cmd, &trial->acted, &trial->outcome, &error))               \
            return DONE;                                                                           \
        g_test_message("%s", error->message);                                                      \
        return (int)error_code(error);                                                             \
    }

TRYING(route, PetitionRoute)
TRYING(accept, PetitionAccept)
TRYING(consult, PetitionConsult)
TRYING(consult_answer, PetitionConsultAnswer)
TRYING(set_period, PetitionSetPeriod)
TRYING(return, PetitionReturn)
TRYING(update, PetitionUpdate)
TRYING(note, PetitionNote)
TRYING(close, PetitionClose)
TRYING(rate, PetitionRate)
TRYING(withdraw, PetitionWithdraw)
TRYING(add_information, PetitionAddInformation)

int
petition_trial_submit(PetitionTrial *trial, const Who *who, const PetitionSubmit *cmd)
{
    CommandContext context = context_of(trial, who);
    g_autoptr(GError) error = NULL;

    if (petition_submit(&context, cmd, &trial->receipt, &trial->outcome, &error))
        return DONE;
    g_test_message("%s", error->message);
    return (int)error_code(error);
}

PetitionTarget
petition_trial_on(const PetitionTrial *trial)
{
    return petition_fixture_on(&trial->receipt);
}

PetitionTarget
petition_trial_own(const PetitionTrial *trial)
{
    return petition_fixture_own(&trial->receipt);
}

Petition
petition_trial_read(PetitionTrial *trial)
{
    end_look(trial);
    return petition_fixture_read(trial->fixture, trial->receipt.number);
}

void
petition_trial_complain(PetitionTrial *trial)
{
    PetitionSubmit cmd = petition_fixture_complaint(trial->fixture);

    g_assert_cmpint(petition_trial_submit(trial, &trial->fixture->requester, &cmd), ==, DONE);
}

void
petition_trial_complain_about(PetitionTrial *trial, const char *about)
{
    PetitionSubmit cmd = petition_fixture_complaint(trial->fixture);

    cmd.about = about;
    g_assert_cmpint(petition_trial_submit(trial, &trial->fixture->requester, &cmd), ==, DONE);
}

void
petition_trial_stands(PetitionTrial *trial, const char *state, const char *holder, int64_t version)
{
    Petition petition = petition_trial_read(trial);

    g_assert_cmpstr(petition.state, ==, state);
    g_assert_cmpstr(petition.holder, ==, holder);
    g_assert_cmpint(petition.version, ==, version);
}

void
petition_trial_refused(const PetitionTrial *trial, int code, int message)
{
    g_assert_cmpint(code, ==, APP_ERROR_INVALID);
    g_assert_cmpint(trial->outcome.refusal.message, ==, message);
}

AppTime
petition_trial_time(const PetitionTrial *trial, const char *text)
{
    return petition_fixture_time(trial->fixture, text);
}

int64_t
petition_trial_question(PetitionTrial *trial)
{
    return petition_fixture_count(trial->fixture, "SELECT max(id) FROM consultation");
}
