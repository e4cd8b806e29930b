#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""A primary is killed (SIGKILL) while people complain, and its synchronous standby is promoted:  pg_failover_test.py SAWT

What was acknowledged is on the new primary; two nodes go on without a restart and without being told; what had no answer
becomes one request. Before that the standby serves what may be read there. SAWT_FAILOVERS: how often (1); the next time the
old primary is the new standby, made anew. SAWT_SEED: the times of an earlier run. Prints TAP.
"""
import os
import pathlib
import random
import sys
import tempfile

import pg_world  # first: it says where tools are
import program
from crowd import not_found_again, wait_for_moment
from pg_server import Server
from pg_two_nodes import NODES, TwoNodes

CLIENTS, PEOPLE_EACH = 6, 4
MORE = 20  # complaints that come in after a failover before the next


def make_standby(primary, standby):
    """Commits wait for it from now on."""
    pg_world.copy_primary(standby, primary, "twin")
    standby.start()
    for setting in ("synchronous_standby_names = 'twin'", "synchronous_commit = on"):
        primary.sql("postgres", f"ALTER SYSTEM SET {setting}")
    primary.sql("postgres", "SELECT pg_reload_conf()")
    pg_world.until("the standby is synchronous", lambda: pg_world.ask(
        primary, "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == "1")


def fail_over(tap, world, primary, standby):
    """Kill, promote. Nothing waits for a standby then: there is none yet."""
    wait_for_moment(world)
    primary.kill()
    world.era += 1
    with world.lock:
        acknowledged = {sent.number for sent in world.sent}
    pg_world.promote(standby)
    there = set(world.store.numbers(standby))
    tap.say(acknowledged <= there, f"all {len(acknowledged)} that were acknowledged are on the new primary",
            acknowledged - there)
    before = len(world.sent)
    pg_world.until("people go on", lambda: world.errors or len(world.sent) > before + MORE)


def judge(tap, world, server):
    numbers = [one.number for one in world.sent]
    unanswered = [one for one in world.sent if one.lost]
    tap.say(not world.errors, "no client was answered wrongly", "\n".join(world.errors))
    tap.say(len(numbers) == len(set(numbers)), "no number was given twice")
    program.Tap.note(f"{len(unanswered)} of {len(numbers)} complaints had no answer the first time")
    lost = not_found_again(world)
    tap.say(not lost, "each is found with number and code, and says what was written", "\n".join(lost))
    ended = world.stop()
    tap.say(ended == [0] * NODES, "both nodes end cleanly, started once", ended)
    there = world.store.numbers(server)
    tap.say(sorted(there) == sorted(numbers), f"the store has exactly these requests ({len(there)})",
            f"lost: {set(numbers) - set(there)}, too many: {set(there) - set(numbers)}")
    wrong = world.store.contradictions(server)
    tap.say(not wrong, "events, keys, tokens, messages, attachments and counts agree", "\n".join(wrong))
    bugs = world.bugs()
    tap.say(not bugs, "the program blames itself for nothing", "\n".join(bugs))


def main():
    failovers, binary = int(os.environ.get("SAWT_FAILOVERS", "1")), sys.argv[1]
    seed = os.environ.get("SAWT_SEED") or str(random.SystemRandom().randrange(10 ** 9))
    tap = program.Tap()
    random.seed(seed)
    tap.note(f"SAWT_SEED={seed}")
    with tempfile.TemporaryDirectory() as folder, Server() as first, \
            open(pathlib.Path(folder) / "log", "w", encoding="utf-8") as log, \
            pg_world.removed(Server()) as second:
        make_standby(first, second)
        world = TwoNodes(binary, pg_world.Store(folder, first, second).make(binary), log)
        try:
            world.people_come(CLIENTS, PEOPLE_EACH)
            primary, standby = first, second
            for i in range(failovers):
                if i > 0:
                    make_standby(primary, standby)
                fail_over(tap, world, primary, standby)
                primary, standby = standby, primary
            world.people_go()
            judge(tap, world, primary)
        finally:
            world.end()
    return tap.end()


pg_world.skip_without_server()
sys.exit(main())
