#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Several `sawt serve` on one PostgreSQL store:  pg_nodes_test.py SAWT

The schema belongs to one role and the nodes work as another. What people do at one node counts at the other: sessions,
drafts, files, tries of a password, new reference data, a new key. A job runs once, and a node that is killed by kill -9
leaves nothing undone. The end of a lease is not waited for: the test moves it, as the clock would. Prints TAP.
"""
import concurrent.futures
import contextlib
import hashlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parents[2]
for folder in ("tools", "tests/gateway", "tests/scenario"):
    sys.path.insert(0, str(HERE / folder))
import client  # noqa: E402
import parts  # noqa: E402
import pg_server  # noqa: E402
from client import check, until  # noqa: E402

OWNERS = "case_owner", "vault_owner"
SERVING = "case_serving", "vault_serving"
SIGN_IN_BURST, SIGN_IN_SECONDS = 10, 10
FIND_BURST = 60
HOURLY = "lodge.sweep", "attachment.sweep"
tap = client.Tap()


class Store:
    """A case and a vault in schemas of their own, each with an owner and a role that serves."""

    def __init__(self, server, folder, name):
        self.server, self.schemas = server, (f"{name}_case", f"{name}_vault")
        for schema, owner in zip(self.schemas, OWNERS):
            server.sql("sawt", f"CREATE SCHEMA {schema} AUTHORIZATION {owner}")
        self.key = folder / f"{name}.key"
        self.key.write_text(os.urandom(32).hex() + "\n", encoding="ascii")
        self.key.chmod(0o600)

    def url(self, which, roles):
        return (f"postgresql://{roles[which]}@/sawt?host={self.server.socket}&port={pg_server.PORT}"
                f"&options=-csearch_path%3D{self.schemas[which]}")

    def settings(self, **changed):
        settings = {"database": self.url(0, SERVING), "vault": self.url(1, SERVING), "root_key_file": str(self.key),
                    "readers": "4", "writers": "2", "workers": "16", **changed}
        return [f"{key}={value}" for key, value in settings.items()]

    def owners(self):
        return {"database_owner": self.url(0, OWNERS), "vault_owner": self.url(1, OWNERS)}

    def sql(self, text, which=0, role=None):
        """As the administrator, or as a role; rows of tab-separated columns."""
        env = dict(os.environ, PGOPTIONS=f"-csearch_path={self.schemas[which]}")
        done = subprocess.run(["psql", "-X", "-A", "-t", "-F", "\t", "-h", str(self.server.socket), "-p", str(pg_server.PORT),
                               "-U", role or "sawt", "-d", "sawt", "-v", "ON_ERROR_STOP=1", "-c", text],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip())
        return done.stdout.split("\n")[:-1]

    def number(self, text, which=0):
        return int(self.sql(text, which)[0])


class Node(client.Server):
    """One more process on a store. It is reached at the site's address, as behind a proxy."""

    def __init__(self, sawt, store, *more, trial=True):  # pylint: disable=super-init-not-called
        self.sawt, self.folder = sawt, pathlib.Path(tempfile.mkdtemp(prefix="sawt-node-"))
        self.store, self.port, self.process = self.folder / "store", client.free_port(), None
        self.log_path = self.folder / "log"
        self.host = "localhost:8080" if trial else "sawt.example"
        self.address = f"{'http' if trial else 'https'}://{self.host}"
        self.options = ["--dir", str(self.store), "--port", str(self.port), "--address", self.address,
                        "--set", "trusted_proxies=127.0.0.1", *(["--trial"] if trial else ["--set", "https=yes"])]
        for setting in (*store.settings(), *more):
            self.options += ["--set", setting]

    def begin(self):
        """Start, and do not wait."""
        words, env = self.serving()
        with open(self.log_path, "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=log, cwd=HERE, env=env, start_new_session=True)

    def refuses(self, *words):
        """What it says when it does not do it."""
        done = subprocess.run([self.sawt, *words, *self.options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=60, cwd=HERE, check=False)
        check(done.returncode == 1, f"{words} ended with {done.returncode}: {done.stdout}")
        return done.stdout


def go(browser, node):
    """The proxy leads the next requests of this person to another node."""
    browser.close()
    browser.server = node


def denied(store, text, which, role):
    try:
        store.sql(text, which, role)
    except RuntimeError as why:
        check("permission denied" in str(why) or "must be owner" in str(why), why)
        return
    raise AssertionError(f"{role} may do: {text}")


# ---- starting ----

def start_refusals(sawt, store, other):
    node = Node(sawt, store, trial=False)
    owner = Node(sawt, store, *(f"{key}={value}" for key, value in store.owners().items()), trial=False)
    try:
        with tap.case("an empty database: serve says what to do, and makes nothing"):
            check("run `sawt migrate`" in node.refuses("serve"))
            check(store.sql("SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace") == [])
        with tap.case("sawt migrate makes both, and once more changes nothing"):
            check(" 0 migrations" not in owner.command("migrate"))
            check(owner.command("migrate").count(" 0 migrations") == 2)
        with tap.case("who serves owns nothing and changes no event"):
            for which, event in enumerate(("event", "vault_event")):
                denied(store, f"UPDATE {event} SET kind = kind", which, SERVING[which])
                denied(store, f"DELETE FROM {event}", which, SERVING[which])
                denied(store, f"ALTER TABLE {event} DISABLE TRIGGER ALL", which, SERVING[which])
                denied(store, "CREATE TABLE more (id INTEGER)", which, SERVING[which])
                denied(store, "DELETE FROM schema_migration", which, SERVING[which])
                denied(store, f"SELECT 1 FROM {store.schemas[1 - which]}.{('vault_event', 'event')[which]}", which, SERVING[which])
        with tap.case("a program that is newer than the schema does not start"):
            kept = store.sql("DELETE FROM schema_migration WHERE version = (SELECT max(version) FROM schema_migration)"
                             " RETURNING version, quote_literal(name), quote_literal(checksum), at")[0].replace("\t", ", ")
            check("run `sawt migrate`" in node.refuses("serve"))
            store.sql(f"INSERT INTO schema_migration VALUES ({kept})")
        with tap.case("a program that is older than the schema does not start"):
            store.sql("INSERT INTO schema_migration VALUES (9999, 'later', 'x', 0)")
            check("start the newer program" in node.refuses("serve"))
            check("start the newer program" in owner.refuses("migrate"))
            store.sql("DELETE FROM schema_migration WHERE version = 9999")
        with tap.case("a case and a vault of different stores do not start"):
            node.command("accounts")  # opens it: now the case knows its vault
            more = Node(sawt, other, *(f"{key}={value}" for key, value in other.owners().items()), trial=False)
            more.command("migrate")
            mixed = Node(sawt, store, f"vault={other.url(1, SERVING)}", trial=False)
            check("different stores" in mixed.refuses("serve"))
            swapped = Node(sawt, store, f"vault={store.url(0, SERVING)}&application_name=x", trial=False)
            check("for another store" in swapped.refuses("serve"))
            for one in (more, mixed, swapped):
                one.close()
    finally:
        node.close()
        owner.close()


# ---- nodes that run together ----

def numbers(store, which=0):
    return [int(row) for row in store.sql("SELECT id FROM schema_node ORDER BY id", which)]


def start_together(nodes, store):
    for node in nodes:
        node.begin()
    for node in nodes:
        until("a node answers", node.answers, client.START_SECONDS)
    with tap.case("nodes that start at once have numbers of their own, and each job ran once"):
        for which in (0, 1):
            check(len(set(numbers(store, which))) == len(nodes), numbers(store, which))
        until("jobs", lambda: store.number("SELECT count(*) FROM job WHERE runs > 0 AND lease_until IS NULL"
                                           f" AND name IN {HOURLY}") == len(HOURLY))
        check(store.number(f"SELECT sum(runs) FROM job WHERE name IN {HOURLY}") == len(HOURLY))


def make_due(store):
    """An hour goes by."""
    store.sql(f"UPDATE job SET next_at = 0 WHERE name IN {HOURLY}")


def ran_twice(store):
    with tap.case("of all nodes one ran a job in its next period"):
        until("jobs", lambda: store.number(f"SELECT min(runs) FROM job WHERE name IN {HOURLY}") >= 2)
        check(store.number(f"SELECT max(runs) FROM job WHERE name IN {HOURLY}") == 2)


def pdf(size):
    return b"%PDF-1.4\n" + os.urandom(size - 9)


def complain(store, a, b, person):
    """One person, led from node to node. The session and the receipt."""
    browser = client.requester(a, person)
    with tap.case("signed in at one node, signed in at the other"):
        go(browser, b)
        browser.get("/mine").expect(200)

    content = pdf(1000 * 1000)
    with tap.case("a draft begun at one node, with a file, is shown and sent at the other"):
        go(browser, a)
        client.answer_questions(browser, "انقطاع", "المياه مقطوعة منذ أيام")
        client.attach(browser, browser.token("/new/files"), "تقرير.pdf", content, "application/pdf")
        go(browser, b)
        form = browser.get("/new/check").expect(200).form("/new/send")
        check("المياه مقطوعة" in browser.get("/new/check").text)
        check(store.number("SELECT count(*) FROM attachment_part") == 4, "pieces")
    with tap.case("the same form sent to both nodes at once is one request"):
        twin = browser.twin()
        twin.server = a
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            sent = [pool.submit(one.submit, form) for one in (browser, twin)]
            paths = {one.result().expect(303).to for one in sent}
        check(len(paths) == 1, paths)
        check(store.number("SELECT count(*) FROM petition") == 1)
    number = paths.pop().removeprefix("/receipt/")
    receipt = client.read_receipt(browser, number)
    return browser, receipt, content


def own_page(browser, receipt):
    """Of somebody who is signed in: the page of one of their requests."""
    links = browser.get("/mine").expect(200).page.links
    path = next((link for link in links if receipt.number in link), None)
    check(path, "not among one's own:", receipt.number, links)
    return browser.get(path).expect(200)


def read_file(browser, receipt, content, a, b):
    with tap.case("the file is read at both nodes, and lies in neither's directory"):
        found = set()
        for node in (a, b):
            go(browser, node)
            page = own_page(browser, receipt)
            link = next((link for link in page.page.links if link.startswith("/files/")), None)
            check(link, f"no file on the page: {page.status} {page.page.links}")
            found.add(hashlib.sha256(browser.get(link).expect(200).body).hexdigest())
            check(not (node.store / "files").exists())
        check(found == {hashlib.sha256(content).hexdigest()})


def send_file(browser, token, name, content):
    edge = "----file"
    head = (f'--{edge}\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{token}\r\n--{edge}\r\n'
            f'Content-Disposition: form-data; name="files"; filename="{name}"\r\nContent-Type: application/pdf\r\n\r\n')
    return browser.ask("POST", "/new/files", head.encode() + content + f"\r\n--{edge}--\r\n".encode(),
                       {"Content-Type": f"multipart/form-data; boundary={edge}", "Sec-Fetch-Site": "same-origin"})


def sweep_files(a, b, store, person):
    """A content without a row is only space: of a file that was refused at once, of a node that died after a day."""
    named = store.number("SELECT count(*) FROM attachment_part")
    with tap.case("a file that is refused when it has arrived leaves nothing"):
        browser = client.requester(a, person)
        client.answer_questions(browser, "انقطاع", "المياه مقطوعة")
        token = browser.token("/new/files")
        go(browser, b)
        answer = send_file(browser, token, "كلام.pdf", b"only words\n" * 60000)
        check(answer.status == 422, "words were taken for a PDF:", answer.status, answer.headers.get("Location"))
        check(store.number("SELECT count(*) FROM attachment_part") == named)
    with tap.case("contents that nobody named are swept after a day, and no other"):
        for name, hours in (("lost", 30), ("fresh", 1)):
            store.sql("INSERT INTO attachment_part SELECT '" + name + "', part, (extract(epoch FROM now())"
                      f" * 1000000)::bigint - {hours} * 3600000000, 'x' FROM generate_series(0, 2) part")
        store.sql("UPDATE job SET next_at = 0 WHERE name = 'attachment.orphans'")
        until("the sweep", lambda: store.number("SELECT count(*) FROM attachment_part WHERE file = 'lost'") == 0)
        check(store.number("SELECT count(*) FROM attachment_part") == named + 3)
        store.sql("DELETE FROM attachment_part WHERE file = 'fresh'")


def guess(nodes, account):
    """Wrong passwords, at the nodes in turn: those that were looked at, and those that were not."""
    browser = client.Browser(nodes[0])
    form = browser.get("/staff/sign-in").expect(200).form("/staff/sign-in")
    begun, statuses = time.monotonic(), []
    for i in range(3 * SIGN_IN_BURST):
        go(browser, nodes[i % len(nodes)])
        statuses.append(browser.submit(form, login=account, password="خطأ في كلمة السر", code="000000").status)
    return statuses, time.monotonic() - begun


def hold_back(nodes):
    with tap.case("who tries passwords at both nodes is held back as by one"):
        statuses, seconds = guess(nodes, "officer")
        tried, gained = len([one for one in statuses if one != 429]), 1 + int(seconds) // SIGN_IN_SECONDS
        check(SIGN_IN_BURST <= tried <= SIGN_IN_BURST + gained, tried, statuses)
    with tap.case("who spent a cheap limit at one node is soon held back at the other"):
        browser = client.Browser(nodes[0])
        for _ in range(2 * FIND_BURST):
            if browser.get("/find/suggest?q=x").status == 429:
                break
        go(browser, nodes[1])
        given = 0
        while browser.get("/find/suggest?q=x").expect(200, 429).status == 200:
            given += 1
            check(given < FIND_BURST // 2, "the other node gave as much again")
            time.sleep(0.1)  # ten a second, while two a second come back


def import_more(a, b, folder):
    data = folder / "data"
    shutil.copytree(HERE / "data", data)
    with open(data / "entities.csv", "a", encoding="utf-8") as file:
        file.write("kites,ministry,هيئة الطائرات الورقية,Kite Authority,ترعى الطائرات الورقية.,Looks after kites.,"
                   "طائرة ورقية,kite,,,المدير العام,Director General\n")
    with tap.case("an import at one node is served by the other a few seconds later"):
        a.command("import", str(data))
        # Each look is a visitor's of its own, so that no limit is met.
        until("the new entity", lambda: "هيئة الطائرات الورقية" in
              client.Browser(b).get("/find/suggest?q=طائرة ورقية").expect(200).text, 10)


def rotate(a, b, store, person):
    """While others are at work."""
    with tap.case("a new key of the ring at one node is known at the other before it seals anything"):
        browser = client.requester(b, person)
        rotating = subprocess.Popen([a.sawt, "rotate", "petition", *a.options], stdout=subprocess.PIPE, text=True, cwd=HERE)
        receipts = []
        while rotating.poll() is None or len(receipts) < 2:
            go(browser, a)
            receipts.append(client.lodge(browser, "إنارة", "عمود الإنارة معطل"))
            go(browser, b)
            check("عمود الإنارة معطل" in own_page(browser, receipts[-1]).text)
            if rotating.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    rotating.wait(1.5)  # a person sends ten forms in a row, and six a minute
        said = rotating.communicate()[0]
        check(rotating.returncode == 0 and "epoch 2" in said, said)
        check(store.number("SELECT max(epoch) FROM petition_key") == 2)
        check(store.number("SELECT min(epoch) FROM petition_key") == 2, "what was sealed meanwhile")


def fold(store):
    with tap.case("appended counts are folded, and say the same"):
        before = store.number("SELECT sum(n) FROM aggregate")
        check(before == store.number("SELECT count(*) FROM event JOIN petition ON petition.id = petition_id"))
        store.sql("UPDATE job SET next_at = 0 WHERE name = 'aggregate.fold'")
        until("folding", lambda: store.number("SELECT count(*) FROM aggregate WHERE NOT folded") == 0)
        check(before == store.number("SELECT sum(n) FROM aggregate"))


def check_store(a, store):
    with tap.case("sawt check finds nothing"):
        a.command("check", "--lines")
    with tap.case("sawt check misses a piece of a file, and says so"):
        kept = store.sql("DELETE FROM attachment_part WHERE part = 1 RETURNING file, part, created_at, data")[0].split("\t")
        said = a.refuses("check", "--lines", "--lang", "en")
        check("1 × an attachment whose file was cut" in said, said)
        put_back(store, kept)
        a.command("check", "--lines")


def put_back(store, row):
    """Too long for a command line."""
    copy = "\t".join(row[:3] + ["\\" + row[3]]) + "\n"
    env = dict(os.environ, PGOPTIONS=f"-csearch_path={store.schemas[0]}")
    subprocess.run(["psql", "-X", "-q", "-h", str(store.server.socket), "-p", str(pg_server.PORT), "-U", "sawt", "-d", "sawt",
                    "-v", "ON_ERROR_STOP=1", "-c", "COPY attachment_part (file, part, created_at, data) FROM STDIN"],
                   input=copy, text=True, env=env, check=True)


# ---- a node is killed ----

def sockets_of(pid):
    for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            found = re.fullmatch(r"socket:\[(\d+)\]", os.readlink(link))
            if found:
                yield found[1]


def talks_to(node, port):
    """Does it hold a connection to this port of this machine?"""
    own = set(sockets_of(node.process.pid))
    for line in pathlib.Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        columns = line.split()
        if columns[2] == f"0100007F:{port:04X}" and columns[3] == "01" and columns[9] in own:
            return True
    return False


def end_leases(store, number):
    """A minute goes by: whoever is alive has renewed what is its own, whoever is not has not."""
    store.sql("UPDATE job SET lease_until = 1 WHERE lease_until IS NOT NULL AND name LIKE 'notify.%'")
    store.sql("UPDATE outbox SET next_at = 1 WHERE lease_until IS NOT NULL")
    for which in (0, 1):
        store.sql(f"UPDATE schema_node SET lease_until = 1 WHERE id = {number[which]}", which)


def holder_numbers(store):
    return [dict(row.split("\t")[::-1] for row in store.sql("SELECT id, holder FROM schema_node", which)) for which in (0, 1)]


def kill_sender(sawt, store, folder):
    """Messages wait; two nodes may send; the one that does is killed in the middle of a call."""
    kannel = parts.Kannel(folder)
    relay = parts.Relay(kannel.ports["sendsms"])
    (folder / "sms.password").write_text(parts.SMS_PASSWORD, encoding="ascii")
    (folder / "sms.password").chmod(0o600)
    settings = [f"sms_url={relay.url()}", f"sms_user={parts.SMS_USER}", f"sms_password_file={folder / 'sms.password'}",
                "gateway_timeout=15000", "retry_first=100"]
    waiting = store.number("SELECT count(*) FROM outbox WHERE channel = 'sms' AND next_at IS NOT NULL")
    relay.set("hang")
    nodes, known = [], [set(), set()]
    try:
        for _ in range(2):
            node = Node(sawt, store, *settings)
            nodes.append(node)
            node.start()
            now = holder_numbers(store)
            node.numbers = [int(now[which][(set(now[which]) - known[which]).pop()]) for which in (0, 1)]
            known = [set(one) for one in now]
        sender = until("a message is on its way", lambda: next((one for one in nodes if talks_to(one, relay.port)), None))
        with tap.case(f"of {waiting} messages the killed node's are sent by another, and none is lost"):
            check(waiting >= 3, "messages wait:", waiting)
            sender.kill()
            relay.set("clear")
            end_leases(store, sender.numbers)
            until("all are sent", lambda: store.number("SELECT count(*) FROM outbox WHERE channel = 'sms'"
                                                       " AND fate <> 'sent'") == 0)
            until("all arrive", lambda: len(kannel.messages()) >= waiting)
        with tap.case("the number of a node that died is given to the next"):
            again = Node(sawt, store, *settings)
            nodes.append(again)
            again.start()
            for which in (0, 1):
                check(sender.numbers[which] in numbers(store, which), sender.numbers, numbers(store, which))
                check(len(numbers(store, which)) == 2)
        for node in nodes:
            check(node.stop() == 0, "a node did not end well:", node.log()[-2000:])
        check(numbers(store) == [], "numbers are given back")
    finally:
        for node in nodes:
            tap.say(node.troubles() == "", "nothing is wrong in a node's log", node.troubles())
            node.close()
        relay.stop()
        kannel.stop()


# ---- all of it ----

def run(sawt, server, folder):
    server.sql("postgres", "".join(f"CREATE ROLE {role} LOGIN;" for role in OWNERS + SERVING))
    store, other = Store(server, folder, "one"), Store(server, folder, "other")
    start_refusals(sawt, store, other)

    nodes = [Node(sawt, store), Node(sawt, store)]
    a, b = nodes
    try:
        a.command("import", "data", "--registry")
        a.command("accounts")
        start_together(nodes, store)
        people = client.people(3)
        browser, receipt, content = complain(store, a, b, people[0])
        read_file(browser, receipt, content, a, b)
        sweep_files(a, b, store, people[2])
        make_due(store)
        hold_back(nodes)
        ran_twice(store)
        import_more(a, b, folder)
        rotate(a, b, store, people[1])
        fold(store)
        check_store(a, store)
        with tap.case("nodes end well and give their numbers back"):
            check([node.stop() for node in nodes] == [0, 0])
            check(numbers(store) == [] and numbers(store, 1) == [])
    finally:
        for node in nodes:
            tap.say(node.troubles() == "", "nothing is wrong in a node's log", node.troubles())
            if tap.failed:
                lines = [line for line in node.log().splitlines() if '"level":"peer"' not in line]
                print("# " + "\n# ".join(lines[-20:]), flush=True)
            node.close()
    if shutil.which("bearerbox") and pathlib.Path(parts.FAKESMSC).exists():
        kill_sender(sawt, store, folder)
    else:
        tap.say(True, "a sender is killed # SKIP Kannel is not installed")


def main(sawt):
    if pg_server.binaries() is None:
        print("ok 1 - PostgreSQL # SKIP it is not installed\n1..1")
        return 0
    with tempfile.TemporaryDirectory() as name, pg_server.Server() as server:
        run(str(pathlib.Path(sawt).resolve()), server, pathlib.Path(name))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
