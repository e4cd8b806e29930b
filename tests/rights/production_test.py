#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""What only a trial may do, asked of a production server:  production_test.py SAWT

No outbox, no invented registry, no code on a page, no accounts by themselves; cookies for https only; the
first administrator by a link that works once.
"""
import base64
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "scenario"))
from client import HERE, STAFF_PASSWORD, Account, Browser, Server, Tap, appoint, check, sign_in  # noqa: E402

tap = Tap()


def try_visitor(server):
    visitor = Browser(server, None)
    with tap.case("the outbox is no page"):
        visitor.get("/outbox").expect(404)
    with tap.case("no page says that this is a trial"):
        for path in ("/", "/sign-in", "/new/type", "/staff/sign-in"):
            check("class=\"trial\"" not in visitor.get(path).text, path)
    with tap.case("a one-time code is not shown where it cannot be sent"):
        answer = visitor.fill("/sign-in", "/sign-in", phone="0791234567").expect(503)
        check(not re.search(r"\b\d{6}\b", answer.words), answer.words)
    with tap.case("cookies are for this host and https only"):
        lines = Browser(server, None).get("/new").headers.get_all("Set-Cookie")
        check(len(lines) > 1, lines)
        for line in lines:
            parts = {part.strip().lower() for part in line.split(";")[1:]}
            check(line.startswith("__Host-"), line)
            check({"secure", "httponly", "path=/"} <= parts and any(p.startswith("samesite=") for p in parts), line)
    with tap.case("answers ask for https"):
        check("max-age=" in visitor.get("/").headers.get("Strict-Transport-Security", ""), "no HSTS")


def try_administrator(server):
    with tap.case("the administrator's link works once"):
        browser = Browser(server)
        form = browser.get(server.link).expect(200).form(server.link)
        account = Account("admin", STAFF_PASSWORD, base64.b32encode(bytes.fromhex(form.typed("secret"))).decode())
        browser.submit(form, password=STAFF_PASSWORD, code=account.code()).expect(303)
        browser.get(server.link).expect(404)
        browser.fill("/staff/sign-in", "/staff/sign-in", login="admin", password=STAFF_PASSWORD,
                     code=account.code()).expect(303)
        check("__Host-sawt-staff" in browser.cookies, browser.cookies)
        browser.get("/office").expect(403)
    with tap.case("there is no second first administrator"):
        check(server.command("accounts") == "", "accounts were made again")
    with tap.case("an officer is appointed by the command line, and finds an empty office"):
        officer = sign_in(server, appoint(server, "liaison", "officer", "miyahuna"))
        officer.get("/office").expect(200)
        officer.get("/outbox").expect(404)


def refused(server, *words):
    done = subprocess.run([server.sawt, "accounts", "add", *words, *server.options], cwd=HERE, text=True, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    check(done.returncode == 1 and "sawt: " in done.stdout and "/staff/setup/" not in done.stdout, words, done.stdout)


def try_appointing(server):
    with tap.case("an account that cannot be is refused with a reason"):
        for words in ((), ("x", "unit"), ("x", "king", "name"), ("x", "requester", "name"), ("x", "system", "name"),
                      ("x", "liaison", "name"), ("x", "liaison", "name", "nowhere"), ("x", "unit", "name", "miyahuna"),
                      ("x", "directorate", "name", "miyahuna"), ("x", "directorate", "name", "moi", "miyahuna.distribution"),
                      ("two words", "unit", "name"), ("officer", "unit", "taken"), ("x", "unit", " "),
                      ("x", "liaison", "name", "miyahuna", "miyahuna.distribution", "more")):
            refused(server, *words)


def main(sawt):
    server = Server(sawt, trial=False)
    server.link = re.search(r"/staff/setup/\S+", server.first)[0]
    with server:
        try_visitor(server)
        try_administrator(server)
        try_appointing(server)
        tap.say(server.stop() == 0, "the server ends with 0")
        tap.say(server.troubles() == "", "nothing in the log is its own fault", server.troubles())
    return tap.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
