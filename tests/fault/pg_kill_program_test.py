#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Complaints come in through the forms of two nodes on one PostgreSQL, while a node, one of the database's backends, or
the whole database is killed (SIGKILL), in turn, at random times:  pg_kill_program_test.py SAWT

What a receipt acknowledged must be there. What was sent without an answer, or was answered with 503, is sent again, as
people do, to a node that is up, and must become one request. SAWT_KILLS: how often each is killed (2). SAWT_SEED: the
times of an earlier run. Prints TAP.
"""
import os
import pathlib
import random
import signal
import sys
import tempfile
import time

import pg_world  # first: it says where tools are
import program
from crowd import PEOPLE_EACH, Client, World, not_found_again, wait_for_moment
from pg_server import Server

CLIENTS = 8
NODES = 2
BACK_SECONDS = 60
VICTIMS = ("node", "backend", "database")


class PatientBrowser(program.Browser):
    """To whom a 503 that says when to come back is no answer yet."""

    def send(self, method, path, body=None, kind=None):
        answer = super().send(method, path, body, kind)
        if answer.status != 503:
            return answer
        if not answer.headers["Retry-After"]:
            raise program.Unexpected(f"503 that does not say when to come back: {answer}")
        raise program.NoAnswer(f"{method} {path}: 503")


class TwoNodes(World):
    """A client whose node is killed goes to the other one, as behind a balancer."""

    def __init__(self, binary, store, log):
        super().__init__()
        self.binary, self.store, self.log = binary, store, log
        self.nodes = [store.serve(binary, log, n) for n in range(NODES)]
        self.server = self.nodes[0]
        self.up.set()

    def browse(self, at, address):
        return PatientBrowser(self.nodes[at % NODES].port, address)

    def send_to(self, ports):
        for client in self.clients:
            for browser in client.browsers:
                browser.port = ports[client.at % NODES]

    def insist(self, act):
        """While nothing answers people try again, until it had to be back long ago."""
        lost, deadline = [], time.monotonic() + BACK_SECONDS
        while True:
            era = self.era
            try:
                return act(), lost
            except program.NoAnswer as error:
                lost.append(era)
                if time.monotonic() > deadline:
                    raise program.Unexpected(f"nothing was answered for {BACK_SECONDS} s: {error}") from error
                time.sleep(random.uniform(0.02, 0.1))

    def kill(self, what):
        getattr(self, f"kill_{what}")()
        self.era += 1

    def kill_node(self):
        n = random.randrange(NODES)
        other = self.nodes[1 - n].port
        self.nodes[n].kill()
        self.send_to([other] * NODES)
        self.nodes[n] = self.store.serve(self.binary, self.log, n)
        self.server = self.nodes[0]
        self.send_to([node.port for node in self.nodes])

    def kill_backend(self):
        """The server then ends all of them, and recovers."""
        server = self.store.servers[0]
        pids = pg_world.ask(server, "SELECT pid FROM pg_stat_activity WHERE application_name = 'sawt'"
                                    " ORDER BY state = 'active' DESC, random() LIMIT 1")
        os.kill(int(pids), signal.SIGKILL)

    def kill_database(self):
        server = self.store.servers[0]
        server.kill()
        server.start()

    def stop(self):
        return [node.stop() for node in self.nodes]

    def end(self):
        for node in self.nodes:
            node.kill()


def make_clients(world):
    people = program.people()
    picks = program.picks(program.Browser(world.server.port), "انقطاع مياه") + ["unknown"]
    world.clients = [Client(world, at, people[at * PEOPLE_EACH:(at + 1) * PEOPLE_EACH], picks) for at in range(CLIENTS)]
    for client in world.clients:
        client.register()
        client.start()


def run_kills(world, kills):
    begun, killed = time.monotonic(), dict.fromkeys(VICTIMS, 0)
    while min(killed.values()) < kills or not any(sent.lost for sent in world.sent) and sum(killed.values()) < 60:
        what = min(killed, key=killed.get)
        wait_for_moment(world)
        if world.errors:
            break
        world.kill(what)
        killed[what] += 1
    wait_for_moment(world)  # the last is survived, too
    world.stopping = True
    for client in world.clients:
        client.join()
    program.Tap.note(f"killed: {killed}, {len(world.sent)} complaints in {time.monotonic() - begun:.1f} s")


def judge(tap, world, store):
    sent = world.sent
    numbers = [one.number for one in sent]
    unanswered = [one for one in sent if one.lost]
    tap.say(not world.errors, "no client was answered wrongly", "\n".join(world.errors))
    tap.say(len(numbers) == len(set(numbers)), "no number was given twice")
    tap.say(unanswered, f"{len(unanswered)} of {len(sent)} complaints had no answer the first time,"
                        f" and were sent {sum(len(one.lost) for one in unanswered)} times more")
    lost = not_found_again(world)
    tap.say(not lost, "each is found with number and code, and says what was written", "\n".join(lost))
    ended = world.stop()
    tap.say(ended == [0] * NODES, "both nodes end cleanly", f"{ended}: {world.nodes[0].said()}")
    there = store.numbers()
    tap.say(sorted(there) == sorted(numbers), f"the store has exactly the {len(numbers)} that were acknowledged",
            f"lost: {set(numbers) - set(there)}, too many: {set(there) - set(numbers)}")
    wrong = store.contradictions()
    tap.say(not wrong, "events, keys, tokens, messages, attachments and counts agree", "\n".join(wrong))
    code, said = store.run(world.binary, "check", "--lang", "en")
    tap.say(code == 0, "sawt check finds it whole", said)


def main():
    kills, binary = int(os.environ.get("SAWT_KILLS", "2")), sys.argv[1]
    seed = os.environ.get("SAWT_SEED") or str(random.SystemRandom().randrange(10 ** 9))
    tap = program.Tap()
    random.seed(seed)
    tap.note(f"SAWT_SEED={seed}")
    with tempfile.TemporaryDirectory() as folder, Server() as server, \
            open(pathlib.Path(folder) / "log", "w", encoding="utf-8") as log:
        store = pg_world.Store(folder, server).make(binary)
        world = TwoNodes(binary, store, log)
        try:
            make_clients(world)
            run_kills(world, kills)
            judge(tap, world, store)
            bugs = [line for line in pathlib.Path(log.name).read_text(encoding="utf-8").splitlines() if '"level":"bug"' in line]
            tap.say(not bugs, "the program blames itself for nothing", "\n".join(bugs[:10]))
        finally:
            world.stopping = True
            world.end()
    return tap.end()


pg_world.skip_without_server()
sys.exit(main())
