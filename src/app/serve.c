/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Start: store, router, gate, control socket, jobs, HTTP. Stop backwards, so that what was accepted is
 * finished and nothing is accepted that could not be. */
#include "app/serve.h"

#include "app/control.h"
#include "app/features.h"
#include "app/gate.h"
#include "app/trial.h"
#include "assets.h"
#include "base/log.h"
#include "core/outbox.h"
#include "http/server.h"
#include "view/html.h"

#include <signal.h>
#include <stdatomic.h>
#include <string.h>

typedef struct {
    Instance  *instance;
    Arena     *mem;
    AppGate   *gate;
    Router    *router;
    Control   *control;
    JobRunner *jobs;
    Server    *server;
} Serving;

/* The built files as the HTTP layer takes them. */
static const StaticFile *
static_files(Arena *mem)
{
    StaticFile *files = ARENA_ARRAY(mem, StaticFile, n_assets);

    for (size_t i = 0; i < n_assets; i++)
        files[i] = (StaticFile){ .path = assets[i].path,
                                 .type = assets[i].type,
                                 .etag = assets[i].etag,
                                 .data = assets[i].data,
                                 .size = assets[i].size,
                                 .gzip = assets[i].gzip,
                                 .gzip_size = assets[i].gzip_size,
                                 .brotli = assets[i].brotli,
                                 .brotli_size = assets[i].brotli_size,
                                 .immutable = assets[i].immutable };
    return files;
}

static bool
start_server(Serving *serving, const Config *config, GError **error)
{
    ServerOptions options = { .address = config->listen,
                              .port = (int)config->port,
                              .io_threads = (int)config->io_threads,
                              .workers = (int)config->workers,
                              .https = config->https,
                              .trusted_proxies = config->trusted_proxies,
                              .files = static_files(serving->mem),
                              .n_files = n_assets,
                              .router = serving->router,
                              .gate = gate_functions(serving->gate),
                              .clock = instance_system(serving->instance)->clock,
                              .head_seconds = (int)config->head_seconds,
                              .queue = (int)config->queue,
                              .head_reader = config->head_reader,
                              .quick = !config_is_pg(config) };

    serving->server = server_start(&options, error);
    return serving->server != NULL;
}

/* Calls count from here on. Jobs would make some too, at times that no test knows: they stand still. */
static void
arm(System *sys, const InstanceFaults *faults)
{
    bool in_case = g_str_equal(faults->fail_in, features_schema.name);

    db_fail_at(sys->db, in_case ? faults->fail_at : 0);
    db_fail_at(vault_db(sys->vault), in_case ? 0 : faults->fail_at);
}

static void
log_calls(System *sys)
{
    log_event("faults.calls", LOG_INT("case", db_stats(sys->db).engine_calls),
              LOG_INT("vault", db_stats(vault_db(sys->vault)).engine_calls));
}

/* On SQLite no other process can have taken a lease. */
static bool
start_jobs(Serving *serving, const Config *config, GError **error)
{
    System *sys = instance_system(serving->instance);

    if (strcmp(config->database, "sqlite") == 0 &&
        !(job_recover(sys, serving->mem, error) && outbox_recover(sys, serving->mem, error)))
        return false;
    serving->jobs = job_start(sys, features_jobs(serving->mem));
    atomic_store(&sys->jobs, serving->jobs);
    return true;
}

static bool
start(Serving *serving, const Config *config, const InstanceFaults *faults, GError **error)
{
    System *sys;

    serving->mem = arena_new();
    serving->instance = instance_open(config, faults, error);
    if (serving->instance == NULL)
        return false;
    sys = instance_system(serving->instance);
    sys->serving = true;
    html_set_zone(sys->zone);
    serving->gate = gate_new(sys);
    serving->router =
        router_new(features_routes(serving->mem), gate_functions(serving->gate), error);
    if (serving->router == NULL)
        return false;
    serving->control = control_start(sys, error);
    if (serving->control == NULL)
        return false;
    if (faults->fail_in != NULL)
        arm(sys, faults);
    else if (!start_jobs(serving, config, error))
        return false;
    return start_server(serving, config, error);
}

static void
stop(Serving *serving)
{
    if (serving->server != NULL)
        server_stop(serving->server);
    control_stop(serving->control); /* it runs commands, which wake the jobs */
    job_stop(serving->jobs);
    router_free(serving->router);
    gate_free(serving->gate);
    instance_close(serving->instance);
    arena_free(serving->mem);
}

static void
wait_for_signal(const sigset_t *signals)
{
    int received;

    while (sigwait(signals, &received) != 0)
        continue;
    log_event("server.stopping", LOG_INT("signal", received));
}

int
serve_run(const Config *config, const InstanceFaults *faults)
{
    Serving serving = { .instance = NULL };
    g_autoptr(GError) error = NULL;
    sigset_t signals;
    bool     started;

    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals,
                    NULL); /* before any thread, so that only sigwait sees them */

    started = start(&serving, config, faults, &error);
    if (started) {
        trial_print_address(stdout, config, server_port(serving.server));
        wait_for_signal(&signals);
        if (faults->fail_in != NULL)
            log_calls(instance_system(serving.instance));
    } else {
        fprintf(stderr, "sawt: %s\n", error->message);
    }
    stop(&serving);
    if (started)
        return 0;
    return instance_exit_status(error);
}
