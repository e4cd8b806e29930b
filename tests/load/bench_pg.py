#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sawt on PostgreSQL beside pgbench, which inserts the same rows into a copy of the same database, in turns.

    bench_pg.py --rows N --dir DIR [--quick]        (script/bench --engine postgresql builds, then calls it)

A server of its own, on a real disk, with fsync on, of Debian's postgresql-15. Its store is made once by sawt generate
and kept in DIR; each run works on copies. What pgbench sends is taken from the server's log of real submissions and
pages (pg_log.py): their statements without what the program reads before, without the vault, with fresh ids.
pgbench is measured as it is and with each transaction in one pipeline; both are printed.
"""
import argparse
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(HERE / "tools"))
sys.path.insert(0, str(HERE / "tests" / "load"))
import pg_log  # noqa: E402
import pg_server  # noqa: E402

SAWT = LOAD = SEED = None  # in DIR/bin, where script/bench puts them
CLIENTS = 64
READERS = 16  # of pgbench, for pages: 64 connections on few cores only wait for each other
SCRIPTS = 4  # submissions, pages that pgbench repeats: with more it would mostly prepare statements
READ_SECONDS = 3
WARM = 1000
CAPTURED = 40
BASE_ID = 1 << 60  # above all ids of the program until 2055
ROLES = ("case", "vault")


def say(text):
    print(time.strftime("%H:%M:%S "), text, file=sys.stderr, flush=True)


def settings():
    """A quarter of the memory for the server, 2 GB at most; autovacuum as in production."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    return f"""
shared_buffers = {min(memory // 4, 2048)}MB
max_wal_size = 4GB
autovacuum = on
"""


class Cluster(pg_server.Server):
    """A server whose files stay in `top`; the socket's path must be short."""

    def __init__(self, top):
        self.bin = pg_server.binaries()
        if self.bin is None:
            raise SystemExit("bench: PostgreSQL is not installed")
        self.top, self.data, self.log = top, top / "data", top / "log"
        self.socket = pathlib.Path(tempfile.mkdtemp(prefix="sawt-pg-"))
        self.settings, self.port = "", pg_server.PORT
        self.process = None
        self.who = pg_server.user()
        top.mkdir(parents=True, exist_ok=True)
        self.log.unlink(missing_ok=True)
        if self.who:
            for path in (top, self.socket):
                os.chown(path, self.who.pw_uid, self.who.pw_gid)

    def __enter__(self):
        try:
            if not (self.data / "PG_VERSION").exists():
                self.initialise()
            settings_now = pg_server.SETTINGS.format(port=self.port, socket=self.socket) + settings()
            (self.data / "postgresql.auto.conf").write_text(settings_now, encoding="utf-8")
            self.start()
        except BaseException:
            self.remove()
            raise
        return self

    def remove(self):
        self.stop()
        shutil.rmtree(self.socket, ignore_errors=True)

    def psql(self, text, database="postgres"):
        done = subprocess.run([str(self.bin / "psql"), "-q", "-X", "-A", "-t", "-h", str(self.socket), "-p", str(pg_server.PORT),
                               "-U", "sawt", "-d", database, "-v", "ON_ERROR_STOP=1", "-c", text], check=True,
                              stdout=subprocess.PIPE, text=True, **self.options())
        return done.stdout.strip()

    def has(self, database):
        return self.psql(f"SELECT 1 FROM pg_database WHERE datname = '{database}'") == "1"

    def copy(self, source, name):
        if self.has(name):
            self.psql(f"DROP DATABASE {name}")
        self.psql(f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY file_copy")

    def url(self, database, logged=False):
        more = "&options=-clog_statement%3Dall%20-clog_error_verbosity%3Ddefault" if logged else ""
        return f"postgresql:///{database}?host={self.socket}&port={pg_server.PORT}&user=sawt{more}"


# ---- the program ----

def options(cluster, prefix, logged=False):
    return [f"{key}={cluster.url(f'{prefix}_{role}', logged)}" for key, role in zip(("database", "vault"), ROLES)]


def as_sets(pairs):
    return [word for pair in pairs for word in ("--set", pair)]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


class Node:
    """One process of the program; `key`: the root key of the store, where its own directory is another."""

    def __init__(self, store, pairs, log, key=None):
        self.port = free_port()
        more = ["--set", f"root_key_file={key}"] if key else []
        with open(log, "wb") as out:
            self.process = subprocess.Popen([SAWT, "serve", "--dir", str(store), "--trial", "--port", str(self.port),
                                             *as_sets(pairs), *more], stdout=out, stderr=out)
        self.log = log

    def __enter__(self):
        done = subprocess.run([LOAD, "wait", str(self.port), "/"], check=False, stdout=subprocess.PIPE, text=True)
        if done.returncode != 0 or self.process.poll() is not None:
            self.__exit__()
            raise SystemExit(f"bench: the server does not start, see {self.log}")
        self.first = float(done.stdout)
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)

    def anonymous(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"^RssAnon:\s*(\d+)", text, re.M).group(1))


def finish_load(process):
    out, _ = process.communicate()
    if process.returncode != 0:
        raise SystemExit(f"bench: load failed: {out}")
    return {key: float(value) for key, value in re.findall(r"(\w+)=([0-9.]+)", out)}


def begin_load(node, jobs, *words):
    return subprocess.Popen([LOAD, "run", str(node.port), str(jobs), *map(str, words)], stdout=subprocess.PIPE, text=True)


def load(node, jobs, *words):
    return finish_load(begin_load(node, jobs, *words))


# ---- pgbench ----

class Pgbench:
    def __init__(self, cluster, database, directory):
        self.cluster, self.database, self.directory = cluster, database, directory
        self.done = 0  # transactions of each client before: their ids are used
        self.written = 0.0  # bytes of the server's log for one, of the last run

    def keep(self, name, texts):
        for i, text in enumerate(texts):
            (self.directory / f"{name}-{i}.sql").write_text(text, encoding="utf-8")
        return [str(self.directory / f"{name}-{i}.sql") for i in range(len(texts))]

    def run(self, clients, files, *words):
        command = [str(self.cluster.bin / "pgbench"), "-n", "-M", "prepared", "-c", str(clients), "-j", "1", "-h",
                   str(self.cluster.socket), "-p", str(pg_server.PORT), "-U", "sawt", "-D", f"n={self.done}", *words]
        for file in files:
            command += ["-f", file]
        done = subprocess.run([*command, self.database], check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        tps = re.search(r"tps = ([0-9.]+)", done.stdout)
        failed = re.search(r"number of failed transactions: (\d+)", done.stdout)
        if done.returncode != 0 or not tps or "aborted" in done.stderr or (failed and failed.group(1) != "0"):
            raise SystemExit("bench: pgbench failed\n" + done.stdout[-1000:] + done.stderr[-2000:])
        return float(tps.group(1))

    def insert(self, files, transactions):
        """So many submissions by each client; the drafts that they delete are laid out before."""
        first = (self.done + 1) * CLIENTS
        self.cluster.psql(
            "INSERT INTO draft (id_hash, command_id, content, version, expires_at)"
            " SELECT sha256(int8send(k)), sha256(int8send(k + 1)), d.content, d.version, d.expires_at"
            f" FROM generate_series({first}::bigint, {first + transactions * CLIENTS - 1}::bigint) k,"
            " (SELECT content, version, expires_at FROM draft ORDER BY expires_at DESC LIMIT 1) d", self.database)
        before = self.cluster.psql("SELECT count(*) FROM petition", self.database)
        start = self.cluster.psql("SELECT pg_current_wal_insert_lsn()")
        rate = self.run(CLIENTS, files, "-t", str(transactions))
        written = self.cluster.psql(f"SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '{start}')::bigint")
        self.written = int(written) / transactions / CLIENTS
        self.done += transactions
        after = self.cluster.psql("SELECT count(*) FROM petition", self.database)
        left = self.cluster.psql(f"SELECT count(*) FROM draft WHERE id_hash = sha256(int8send({first}::bigint))", self.database)
        if int(after) - int(before) != transactions * CLIENTS or left != "0":
            raise SystemExit("bench: pgbench did not write what a submission writes")
        return rate


def tail(path, offset):
    with open(path, "rb") as file:
        file.seek(offset)
        return file.read().decode("utf-8", "replace")


def reads_of(text, table):
    """The statements of each page: those transactions that read the table."""
    return [statements for statements in pg_log.transactions(text)
            if any(f"FROM {table} " in sql for sql, _ in statements) and all(sql.startswith("SELECT") for sql, _ in statements)]


def capture(cluster, store, jobs):
    """What the program sends for submissions, following pages and inboxes."""
    with Node(store, options(cluster, "ours", logged=True), jobs / "capture.log") as node:
        parts = []
        for name, words in (("submit", ["--redirect", "--jobs", CAPTURED]), ("follow", ["--jobs", SCRIPTS]),
                            ("inbox", ["--jobs", SCRIPTS])):
            before = cluster.log.stat().st_size
            load(node, jobs / f"{name}.txt", "--connections", 1, *words)
            parts.append((name, before))
        ends = [before for _, before in parts[1:]] + [cluster.log.stat().st_size]
    texts = {name: tail(cluster.log, before)[:end - before] for (name, before), end in zip(parts, ends)}
    submissions = pg_log.submissions(texts["submit"])
    follow = [one for one in reads_of(texts["follow"], "petition") if len(one) > 2]
    inbox = [one for one in reads_of(texts["inbox"], "petition")]
    if len(submissions) < SCRIPTS or not follow or not inbox:
        raise SystemExit(f"bench: the log shows {len(submissions)} submissions, {len(follow)} following pages, {len(inbox)} inboxes")
    return submissions, follow[:SCRIPTS], inbox[:SCRIPTS]


def scripts(pgbench, submissions, follow, inbox):
    rare = pg_log.rare_tokens(submissions)
    made = {}
    for name, pipeline in (("submit", False), ("submit-pipeline", True)):
        made[name] = pgbench.keep(name, [pg_log.submission_script(one, rare, BASE_ID, pipeline) for one in submissions[-SCRIPTS:]])
    for name, pages in (("follow", follow), ("inbox", inbox)):
        made[name] = pgbench.keep(name, [pg_log.page_script(one) for one in pages])
    return made


# ---- the store ----

def make_store(cluster, store, rows):
    """Once: two databases that runs copy."""
    if cluster.has("kept_done"):
        return
    for role in ROLES:
        if not cluster.has(f"kept_{role}"):
            cluster.psql(f"CREATE DATABASE kept_{role} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
    say(f"making a store of {rows} requests (once)")
    common = ["--dir", str(store), "--trial", *as_sets(options(cluster, "kept"))]
    subprocess.run([SAWT, "import", str(HERE / "data"), *common], check=True, stdout=subprocess.DEVNULL)
    for left in (2, 1, 0):  # it may be starved on a busy machine, and continues
        done = subprocess.run([SAWT, "generate", "--requests", str(rows), "--texts", str(HERE / "data"), "--lang", "en", *common],
                              check=left == 0, stdout=sys.stderr)
        if done.returncode == 0:
            break
    for role in ROLES:
        cluster.psql("VACUUM ANALYZE", f"kept_{role}")
    cluster.psql("CREATE DATABASE kept_done TEMPLATE template0")


# ---- rounds ----

class Bench:
    def __init__(self, cluster, directory, quick):
        self.cluster, self.directory = cluster, directory
        self.store, self.jobs = directory / "store", directory / "jobs"
        self.rounds, self.seconds, self.sent = (3, 1, 1000) if quick else (5, 3, 3000)
        self.skip, self.values = 0, {}

    def prepare(self):
        say("copies of it, sessions and drafts")
        for role in ROLES:
            self.cluster.copy(f"kept_{role}", f"ours_{role}")
        shutil.rmtree(self.jobs, ignore_errors=True)
        self.jobs.mkdir()
        # A round: warm, ours, warm, one node, warm, two nodes; the captured ones before, two more at the fixed rate.
        drafts = CAPTURED + self.rounds * 3 * (WARM + self.sent) + 2 * self.sent
        subprocess.run([SEED, str(self.store), str(self.jobs), str(drafts), *options(self.cluster, "ours")], check=True)
        submissions, follow, inbox = capture(self.cluster, self.store, self.jobs)
        self.skip = CAPTURED
        self.cluster.copy("ours_case", "pgbench_case")
        self.pgbench = Pgbench(self.cluster, "pgbench_case", self.jobs)
        self.scripts = scripts(self.pgbench, submissions, follow, inbox)
        for database in ("ours_case", "ours_vault", "pgbench_case"):
            self.cluster.psql("VACUUM ANALYZE", database)
        self.cluster.psql("CHECKPOINT")

    def note(self, name, value):
        self.values.setdefault(name, []).append(value)

    def node(self, second=False):
        store = self.directory / "second" if second else self.store
        return Node(store, options(self.cluster, "ours"), self.jobs / "server.log", self.store / "trial.key" if second else None)

    def log_position(self):
        return int(self.cluster.psql("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"))

    def submit(self, node, n):
        result = load(node, self.jobs / "submit.txt", "--redirect", "--skip", self.skip, "--jobs", n, "--seconds", 60)
        self.skip += n
        return result["rate"]

    def ours(self):
        with self.node() as node:
            self.note("start", node.first)
            self.submit(node, WARM)
            before = self.log_position()
            self.note("submission", self.submit(node, self.sent))
            self.note("log", (self.log_position() - before) / self.sent)
            for name in ("inbox", "follow", "search-common", "search-rare"):
                self.note(name, load(node, self.jobs / f"{name}.txt", "--loop", "--seconds", self.seconds)["rate"])
            self.note("anonymous", node.anonymous())

    def spread(self, nodes):
        """All submissions by two loads of half the connections each, to one node or to two."""
        half = self.sent // 2
        for node in nodes:
            self.submit(node, WARM // len(nodes))
        running = []
        for i in range(2):
            running.append(begin_load(nodes[i % len(nodes)], self.jobs / "submit.txt", "--redirect", "--connections", CLIENTS // 2,
                                      "--skip", self.skip, "--jobs", half, "--seconds", 60))
            self.skip += half
        results = [finish_load(one) for one in running]
        return sum(one["jobs"] for one in results) / max(one["seconds"] for one in results)

    def nodes(self):
        with self.node() as first:
            self.note("one node", self.spread([first]))
        with self.node() as first, self.node(second=True) as second:
            self.note("two nodes", self.spread([first, second]))

    def limits(self):
        each = 4 * self.sent // CLIENTS  # long enough that preparing the statements does not count
        self.note("pgbench", self.pgbench.insert(self.scripts["submit"], each))
        self.note("pgbench log", self.pgbench.written)
        self.note("pgbench pipeline", self.pgbench.insert(self.scripts["submit-pipeline"], each))
        for name in ("inbox", "follow"):
            self.note(f"pgbench {name}", self.pgbench.run(READERS, self.scripts[name], "-T", str(READ_SECONDS)))

    def run(self):
        # One round of pgbench that does not count, as each of ours begins with submissions that do not.
        self.pgbench.insert(self.scripts["submit"], max(WARM // CLIENTS, 1))
        for i in range(self.rounds):
            say(f"round {i + 1} of {self.rounds}")
            self.ours()
            self.limits()
            self.nodes()

    def median(self, name):
        return statistics.median(self.values[name])

    def compare(self, name, ours, limit, words=("ours", "limit")):
        a, b = self.median(ours), self.median(limit)
        print(f"{name:<38} ratio {a / b:.2f} ({words[0]} {a:.1f} /s, {words[1]} {b:.1f} /s)", flush=True)

    def print_rates(self):
        index = self.cluster.psql("SELECT amname FROM pg_class c JOIN pg_am a ON a.oid = c.relam"
                                  " WHERE relname = 'petition_search_tokens'", "ours_case")
        print(f"index of words: {index}")
        self.compare("submission against pgbench", "submission", "pgbench")
        self.compare("submission against pgbench, pipelines", "submission", "pgbench pipeline")
        self.compare("inbox against pgbench", "inbox", "pgbench inbox")
        self.compare("following page against pgbench", "follow", "pgbench follow")
        self.compare("submission, two nodes against one", "two nodes", "one node", ("two", "one"))
        print(f"{'log of the server, a submission':<38} ours {self.median('log'):.0f} B, pgbench {self.median('pgbench log'):.0f} B")
        for name, key, unit in (("search, two frequent words", "search-common", "/s"), ("search, a frequent and a rare word", "search-rare", "/s"),
                                ("RssAnon after a round", "anonymous", "kB"), ("start to first page", "start", "ms")):
            print(f"{name:<38} {self.median(key):.1f} {unit}", flush=True)

    def print_times(self):
        with self.node() as node:
            for name, key in (("inbox", "inbox"), ("following page", "follow"), ("search, two frequent words", "search-common"),
                              ("search, frequent and rare", "search-rare")):
                got = load(node, self.jobs / f"{key}.txt", "--loop", "--rate", self.median(key) / 2, "--seconds", self.seconds)
                print(f"p99 ms at half rate: {got['p50']:.3f} p50, {got['p99']:.3f} p99 at {got['rate']:.1f}/s  ours, {name}")
            self.submit(node, self.sent)
            got = load(node, self.jobs / "submit.txt", "--redirect", "--skip", self.skip, "--jobs", self.sent, "--rate",
                       self.median("submission") / 2, "--seconds", 20)
            print(f"p99 ms at half rate: {got['p50']:.3f} p50, {got['p99']:.3f} p99 at {got['rate']:.1f}/s  ours, submission and its page")


def main():
    parser = argparse.ArgumentParser(description="Sawt on PostgreSQL beside pgbench")
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--dir", type=pathlib.Path, required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--make", action="store_true", help="only the store")
    given = parser.parse_args()
    global SAWT, LOAD, SEED
    SAWT, LOAD, SEED = (str(given.dir / "bin" / name) for name in ("sawt", "load", "seed"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the servers are stopped on the way out
    directory = given.dir / f"postgresql-{given.rows}"
    with Cluster(directory / "server") as cluster:
        bench = Bench(cluster, directory, given.quick)
        make_store(cluster, bench.store, given.rows)
        if given.make:
            return
        bench.prepare()
        bench.run()
        print(f"rows: {given.rows}")
        bench.print_rates()
        bench.print_times()


if __name__ == "__main__":
    main()
