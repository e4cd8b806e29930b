# SPDX-License-Identifier: AGPL-3.0-or-later
"""Servers of PostgreSQL that a test may kill, freeze, copy and promote, and stores of the program on them."""
import contextlib
import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE / "tools"))

import audit  # noqa: E402
import pg_server  # noqa: E402
import program  # noqa: E402

FILES = {"database": "case_file", "vault": "vault_file"}


def skip_without_server():
    """Ends the test where PostgreSQL is not installed."""
    if pg_server.binaries() is None:
        print("ok 1 - PostgreSQL # SKIP it is not installed\n1..1")
        sys.exit(0)


@contextlib.contextmanager
def frozen(server):
    """Everything of it stands still, as on a machine that hangs: connections stay open, and nobody answers."""
    server.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        server.signal(signal.SIGCONT)


def until(what, condition, seconds=60):
    """Ask again and again; the deadline is for the broken case only."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise program.Unexpected(f"{what}: not within {seconds} s")
        time.sleep(0.02)


@contextlib.contextmanager
def removed(*servers):
    """Stopped at the end, with their files."""
    try:
        yield servers[0] if len(servers) == 1 else servers
    finally:
        for server in servers:
            server.remove()


def copy_primary(server, primary, name):
    """The stopped server's files made anew, as a standby of the primary, which knows it by the name. What it had may be
    what nobody else has."""
    shutil.rmtree(server.data, ignore_errors=True)
    where = f"host={primary.socket} port={primary.port} user=sawt application_name={name}"
    server.run(str(server.bin / "pg_basebackup"), "-d", where, "-D", str(server.data), "-R", "-X", "stream", "-c", "fast",
               "--no-sync")
    with open(server.data / "postgresql.conf", "a", encoding="utf-8") as file:
        file.write(f"unix_socket_directories = '{server.socket}'\n" + server.settings)


def promote(server):
    server.run(str(server.bin / "pg_ctl"), "promote", "-w", "-D", str(server.data))


class Base:
    """Reads a schema of a server, with the two verbs of sqlite3's connection that the audit uses."""

    def __init__(self, server, schema, database="sawt"):
        self.server, self.schema, self.database = server, schema, database

    def execute(self, sql):
        if "temp.word" in sql:  # what audit.open_store makes of SQLite's index of words
            sql = re.sub(r"\bdoc\b", "id", sql.replace("temp.word", "petition_search"))
        return [tuple(row.values()) for row in json.loads(ask(
            self.server, f"SELECT coalesce(json_agg(row_to_json(ROW(t.*))), '[]') FROM ({sql}) t", self.schema, self.database))]


def ask(server, sql, schema="public", database="sawt"):
    """The rows as psql prints them."""
    address = f"{server.address.replace('/sawt?', f'/{database}?')}&options=-csearch_path%3D{schema}"
    done = subprocess.run([str(server.bin / "psql"), "-X", "-q", "-A", "-t", address, "-c", sql], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{sql}: {done.stderr}")
    return done.stdout.strip()


class Store:
    """On one server, or on several of which one takes writes. Each node has a folder of its own, with the same key."""

    def __init__(self, folder, *servers, settings=()):
        self.folder, self.servers, self.settings = pathlib.Path(folder), servers, settings
        self.accounts = {}

    def address(self, schema, *servers):
        servers = servers or self.servers
        hosts, ports = (",".join(str(getattr(server, name)) for server in servers) for name in ("socket", "port"))
        return f"postgresql:///sawt?host={hosts}&port={ports}&user=sawt&options=-csearch_path%3D{schema}"

    def options(self):
        settings = [f"{key}={self.address(schema)}" for key, schema in FILES.items()]
        return [word for setting in [*settings, *self.settings] for word in ("--set", setting)]

    def node(self, n=0):
        path = self.folder / f"node{n}"
        if not path.exists():
            path.mkdir(mode=0o700)
            if n > 0:
                first = self.folder / "node0"
                (path / "trial.key").write_bytes((first / "trial.key").read_bytes())
                (path / "trial.key").chmod(0o600)
        return path

    def run(self, binary, *words):
        return program.run(binary, self.node(), *words, *self.options())

    def make(self, binary):
        for schema in FILES.values():
            self.servers[0].sql("sawt", f"CREATE SCHEMA {schema}")
        code, said = self.run(binary, "import", "data", "--registry")
        if code != 0:
            raise SystemExit(said)
        code, said = self.run(binary, "accounts")
        self.accounts = {login: (password, secret) for login, password, secret in
                         re.findall(r"^ {2}(\w+) +password (\S+) +second factor (\S+)", said, re.M)}
        return self

    def start(self, binary, log, n=0, *more):
        """A node; comes back at once."""
        return program.Server(binary, self.node(n), log, *self.options(), *more)

    def serve(self, binary, log, n=0, *more):
        return program.serve(binary, self.node(n), log, *self.options(), *more)

    def numbers(self, server=None):
        rows = Base(server or self.servers[0], FILES["database"]).execute("SELECT number FROM petition")
        return [audit.print_number(row[0]) for row in rows]

    def contradictions(self, server=None):
        """Sentences, as audit.contradictions gives them."""
        base, found = Base(server or self.servers[0], FILES["database"]), []
        for sentence, sql in audit.CONTRADICTIONS.items():
            rows = base.execute(sql)
            if rows:
                found.append(f"{sentence}: {len(rows)} times, the first {rows[0]}")
        said, there = audit.counted(base), audit.kept(base)
        found += [f"{key} is counted {there[key]} times, events say {said[key]}"
                  for key in said.keys() | there.keys() if said[key] != there[key]]
        return found + [f"the attachment {name} has no content" for name, in base.execute(audit.WITHOUT_PARTS)]
