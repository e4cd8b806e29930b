#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads that may be stale go to a standby, and nobody notices:  pg_replica_test.py SAWT

A search is answered by the replica as long as that is near; who has just sent something reads the primary; a replica that
stands still (pg_wal_replay_pause) is left when it is ten seconds behind, one that is killed or hangs at once. Prints TAP.
"""
import pathlib
import re
import signal
import sys
import tempfile
import time

import pg_world  # first: it says where tools are
import program
from pg_server import Server

STALE_MOST = 10  # DB_STALE_MOST of src/db/db.h
NOTES = "log_statement = 'all'\n"
SEARCH = "/office/search?q="
WORD = "انقطاع"


def expect(good, *what):
    if not good:
        raise program.Unexpected(" ".join(map(str, what)))


class World:
    def __init__(self, folder, binary, log, primary, replica):
        self.primary, self.replica = primary, replica
        store = pg_world.Store(folder, primary, replica).make(binary)
        pg_world.copy_primary(replica, primary, "twin")
        replica.start()
        store.settings = (f"replicas={store.address('case_file', replica)}",)
        self.store = store
        self.nodes = [store.serve(binary, log, n) for n in range(2)]
        self.officer = program.Browser(self.nodes[0].port, "127.5.0.1")
        program.staff_sign_in(self.officer, "officer", store.accounts["officer"])
        self.officer.cookies.pop("sawt-wrote", None)  # as ten seconds later
        self.people = iter(program.people())
        self.pick = program.picks(program.Browser(self.nodes[0].port), "انقطاع مياه", "شركة مياه الأردن")[0]
        self.n = 0

    def lodge(self):
        self.n += 1
        browser = program.Browser(self.nodes[0].port, f"127.5.1.{self.n}")
        program.sign_in(browser, next(self.people))
        way = program.Complaint(browser, f"{WORD} {self.n}", "لم تصلنا المياه منذ أسبوع.", self.pick)
        way.answer_all()
        way.send()
        return browser, way.number

    def search(self, browser=None):
        """Numbers."""
        page = program.expect((browser or self.officer).get(SEARCH + "%D8%A7%D9%86%D9%82%D8%B7%D8%A7%D8%B9"), 200)
        return set(re.findall(r"\d\d-\d{4}-\d{4}-\d", page.text))

    def reads(self):
        """How many statements over what can be searched the replica has noted in its log."""
        return len(re.findall(r"execute s\d+: .*petition_search", self.replica.log.read_text(errors="replace")))

    def searched(self):
        """Search; was the replica asked?"""
        before = self.reads()
        self.search()
        return self.reads() > before

    def settle(self):
        """Until the replica has what the primary has."""
        pg_world.until("the replica has caught up", lambda: pg_world.ask(
            self.primary, "SELECT count(*) FROM pg_stat_replication WHERE replay_lsn = pg_current_wal_lsn()") == "1")

    def said(self, event):
        return sum(node.said().count(f'"{event}"') for node in self.nodes)


def timed(act, most):
    begun = time.monotonic()
    found = act()
    expect(time.monotonic() - begun < most, "it took", time.monotonic() - begun, "s")
    return found


def try_reads(tap, world):
    numbers = {world.lodge()[1] for _ in range(2)}
    pg_world.until("both nodes found the replica near", lambda: world.said("db.replica_near") >= 2)
    world.settle()
    with tap.case("a search is answered by the replica, and finds what is there"):
        expect(world.search() >= numbers, world.search(), numbers)
        expect(world.searched(), "the replica was not asked")
    with tap.case("the inbox is not"):
        before = len(world.replica.log.read_text(errors="replace"))
        program.expect(world.officer.get("/office"), 200)
        said = world.replica.log.read_text(errors="replace")[before:]
        expect(not re.search("FROM petition|FROM session", said), "the replica was asked", said)
    return numbers


def try_paused(tap, world, numbers):
    """It stands still: for a while searches are old, but not for whoever wrote."""
    pg_world.ask(world.replica, "SELECT pg_wal_replay_pause()")
    paused = time.monotonic()
    browser, number = world.lodge()
    with tap.case("who has just lodged sees it, on either node, while the replica stands still"):
        for node in world.nodes:
            browser.port = node.port
            expect(number in program.expect(browser.get("/mine"), 200).text, "it is not among their own")
    with tap.case("who just changed a request finds by searching what the replica does not have"):
        page = program.expect(world.officer.get(f"/office/requests/{number}"), 200)
        program.expect(world.officer.submit(page, f"/office/requests/{number}/accept", {}), 303)
        expect("sawt-wrote" in world.officer.cookies, "nothing says that this browser wrote")
        expect(number in world.search(), "not found")
        world.officer.port = world.nodes[1].port
        expect(number in world.search(), "not found on the other node")
        world.officer.port = world.nodes[0].port
    world.officer.cookies.pop("sawt-wrote")
    if time.monotonic() < paused + STALE_MOST / 2:  # a busy machine may have lost the moment
        with tap.case("others may be shown what is a few seconds old"):
            expect(numbers <= world.search(), "what was there before is gone")
    with tap.case("no reader is more than ten seconds behind"):
        pg_world.until("it is found", lambda: number in world.search(), STALE_MOST + 15)
        expect(not world.searched(), "the replica is still asked")
    pg_world.ask(world.replica, "SELECT pg_wal_replay_resume()")
    with tap.case("when it goes on it is asked again"):
        pg_world.until("the replica is asked", world.searched)
    return numbers | {number}


def try_gone(tap, world, numbers):
    world.replica.signal(signal.SIGSTOP)
    with tap.case("a replica that hangs costs nobody an answer, and a second at most"):
        for _ in range(10):
            expect(timed(world.search, 6) >= numbers, "not all is found")
    world.replica.signal(signal.SIGCONT)
    pg_world.until("the replica is asked", world.searched)
    world.replica.kill()
    with tap.case("a replica that is killed costs nobody an answer"):
        for _ in range(10):
            expect(timed(world.search, 6) >= numbers, "not all is found")
    world.replica.start()
    with tap.case("and when it is back it is asked again"):
        pg_world.until("the replica is asked", world.searched)


def main():
    tap, binary = program.Tap(), sys.argv[1]
    with tempfile.TemporaryDirectory() as folder, Server() as primary, pg_world.removed(Server(NOTES)) as replica, \
            open(pathlib.Path(folder) / "log", "w", encoding="utf-8") as log:
        world = World(folder, binary, log, primary, replica)
        try:
            numbers = try_reads(tap, world)
            numbers = try_paused(tap, world, numbers)
            try_gone(tap, world, numbers)
            ended = [node.stop() for node in world.nodes]
            tap.say(ended == [0, 0], "both nodes end cleanly", ended)
        finally:
            for node in world.nodes:
                node.kill()
        bugs = re.findall(r'.*"level":"bug".*', pathlib.Path(log.name).read_text(encoding="utf-8"))
        tap.say(not bugs, "the program blames itself for nothing", "\n".join(bugs))
    return tap.end()


pg_world.skip_without_server()
sys.exit(main())
