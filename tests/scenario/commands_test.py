#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every subcommand on a store, while no server has it and through the one that does; on PostgreSQL also by a process of
its own, from another folder, beside the server:  commands_test.py SAWT

Nothing is done twice by being asked twice, and the store stays whole. Prints TAP.
"""
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from client import HERE, Server, Tap, check, engine, sign_in  # noqa: E402

PURPOSES = ("person", "petition", "attachment", "brief", "link", "content", "cookie", "draft", "account")
tap = Tap()


class Beside:
    """The same store by another process: a folder of its own, the store's root key."""

    def __init__(self, server):
        self.server, self.folder = server, server.folder / "beside"

    def command(self, *words):
        server = self.server
        options = [word if word != str(server.store) else str(self.folder) for word in server.options]
        done = subprocess.run([server.sawt, *words, *options, "--set", f"root_key_file={server.store}/trial.key"], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300, cwd=HERE)
        check(done.returncode == 0, words, done.stdout)
        return done.stdout


def count(server, table):
    return engine.rows(server.store, f"SELECT count(*) FROM {table}")[0][0]


def try_all(server, by, how, nth):
    """`by` runs what is typed."""
    with tap.case(f"{how}: import finds nothing new"):
        check(" 0 added, 0 changed" in by.command("import", "data", "--registry"), "something was added")
    with tap.case(f"{how}: accounts makes one that can be set up, and no trial account twice"):
        accounts = count(server, "account")
        check("/staff/setup/" in by.command("accounts", "add", f"spare{nth}", "auditor", "حساب"), "no link")
        by.command("accounts")
        check(count(server, "account") == accounts + 1, "accounts", count(server, "account"))
    with tap.case(f"{how}: a history is played, once"):
        petitions, folder = count(server, "petition"), server.folder / "history.csv"
        lines = (HERE / "data/demo/requests.csv").read_text(encoding="utf-8").splitlines(keepends=True)
        folder.write_text("".join([lines[0], *lines[1 + 8 * nth:9 + 8 * nth]]), encoding="utf-8")
        for _ in range(2):
            by.command("replay", str(folder), "demo", "--lang", "en")
        check(petitions < count(server, "petition") <= petitions + 8, petitions, count(server, "petition"))
    with tap.case(f"{how}: each key is rotated"):
        for purpose in PURPOSES:
            check(re.match(r"epoch \d+; \d+ data keys", by.command("rotate", purpose)), purpose)
    with tap.case(f"{how}: the registry says how it is, and the statements are told"):
        check("registry: up" in by.command("registry"), "the registry")
        check("petition" in by.command("sql", "--dialects"), "no statement")
    with tap.case(f"{how}: the store is whole"):
        by.command("check", "--lang", "en")


def main(sawt):
    server = Server(sawt)
    server.sawt = str(pathlib.Path(sawt).resolve())
    try:
        try_all(server, server, "without a server", 0)
        server.start()
        try_all(server, server, "through the server", 1)
        with tap.case("through the server: the trial registry goes down and up"):
            check("registry: down" in server.command("registry", "down"), "not down")
            check("registry: up" in server.command("registry", "up"), "not up")
        if engine.IS_PG:
            try_beside(server, Beside(server))
        with tap.case("people of the first accounts still sign in"):
            sign_in(server, server.accounts["officer"]).get("/office").expect(200)
        tap.say(server.stop() == 0 and not server.troubles(), "the server ends in order", server.troubles())
        with tap.case("and in the end the store is whole"):
            server.command("check", "--lang", "en")
    finally:
        server.close()
    return tap.end()


def try_beside(server, beside):
    """What is typed on another machine than the server's. Keys are not rotated there: docs/operations.md."""
    with tap.case("beside the server: generate adds requests, and once"):
        petitions = count(server, "petition")
        for _ in range(2):
            beside.command("generate", "--requests", "50", "--seed", "3", "--lines")
        check(count(server, "petition") == petitions + 50, petitions, count(server, "petition"))
    with tap.case("beside the server: a history is played, and once"):
        petitions = count(server, "petition")
        for _ in range(2):
            beside.command("replay", "data/demo/requests.csv", "demo")
        check(petitions < count(server, "petition") <= petitions + 60, petitions, count(server, "petition"))
    with tap.case("beside the server: a check finds the store whole, through the server and by itself"):
        beside.command("check", "--lang", "en")
        server.command("check", "--lang", "en")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
