#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""What only a trial may do, asked of a production server:  production_test.py SAWT

No outbox, no invented registry, no code on a page, no accounts by themselves; cookies for https only; the
first administrator by a link that works once. Then again as it is installed: script/server with a configuration
file, which must serve the store that the file names, and no other.
"""
import base64
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "scenario"))
from client import HERE, STAFF_PASSWORD, Account, Browser, Server, Tap, appoint, check, free_port, sign_in  # noqa: E402
import engine  # noqa: E402

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


class Installed(Server):
    """As an administrator has it: only the configuration file says where the store is."""

    def __init__(self, sawt):  # pylint: disable=super-init-not-called
        self.sawt, self.folder = os.path.abspath(sawt), pathlib.Path(tempfile.mkdtemp(prefix="sawt-installed-"))
        self.store, self.port = self.folder / "store", free_port()
        self.host, self.address = "sawt.example", "https://sawt.example"
        self.log_path, self.process, self.given = self.folder / "log", None, []
        config, (_, key, *_) = self.folder / "sawt.conf", self.make_key()
        where = "".join(f"{key} = {value}\n" for key, value in engine.settings(self.store).items())
        config.write_text(f"[sawt]\ndirectory = {self.store}\nport = {self.port}\naddress = {self.address}\nhttps = yes\n"
                          f"{key.replace('=', ' = ')}\ntrusted_proxies = 127.0.0.1\n{where}", encoding="utf-8")
        self.options = ["--config", str(config)]

    def serving(self):
        return ([str(HERE / "script/server"), "--production", *self.options, *self.given],
                dict(os.environ, SAWT=self.sawt))


def try_installed(sawt):
    with Installed(sawt) as server:
        with tap.case("script/server serves the store of the configuration file"):
            check(engine.exists(server.store), f"no store in {server.store}")
            link = re.search(r"/staff/setup/\S+", server.log())
            check(link is not None, server.log())
            Browser(server).get(link[0]).expect(200)
        with tap.case("accounts made with the same file are of this server, and the entities are there"):
            sign_in(server, appoint(server, "liaison", "officer", "miyahuna")).get("/office").expect(200)
        tap.say(server.stop() == 0, "the installed server ends with 0")
        with tap.case("--port and --dir go before the file"):
            server.port, other = free_port(), server.folder / "other"
            server.given = ["--port", str(server.port), "--dir", str(other)]
            server.start()
            check(engine.exists(other), f"no store in {other}")


def main(sawt):
    server = Server(sawt, trial=False)
    server.link = re.search(r"/staff/setup/\S+", server.first)[0]
    with server:
        try_visitor(server)
        try_administrator(server)
        try_appointing(server)
        tap.say(server.stop() == 0, "the server ends with 0")
        tap.say(server.troubles() == "", "nothing in the log is its own fault", server.troubles())
    try_installed(sawt)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
