#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""A PostgreSQL server for tests, of Debian's postgresql-15, without Debian's service.

    pg_server.py [--directory DIR] COMMAND [ARGUMENT…]

Runs the command with SAWT_TEST_PG set, then stops the server. DIR: below it its files lie (on tmpfs where
there is one; a measurement needs a real disk).

It has a directory of its own for everything, listens on a Unix socket in it and nowhere else, runs as an
ordinary user, and keeps fsync on. SAWT_TEST_PG is the address of the database "sawt"; a test makes a
schema of its own in it and drops it again. Tests of the whole program take a copy of the database "store" for each store
(tests/engine.py): a schema for the case and one for the vault, each owned by a role that may do nothing else.
"""
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent.parent
PORT = 5432  # the name of the socket only: nothing listens on the network
SETTINGS = """
listen_addresses = ''
unix_socket_permissions = 0700
port = {port}
unix_socket_directories = '{socket}'
max_connections = 250
shared_buffers = 128MB
max_wal_size = 1GB
fsync = on
synchronous_commit = on
full_page_writes = on
deadlock_timeout = 50ms
autovacuum = off
log_checkpoints = off
log_error_verbosity = terse
lc_messages = 'C'
"""


STORE = """
CREATE EXTENSION rum;
CREATE ROLE case_keeper LOGIN; CREATE SCHEMA case_file AUTHORIZATION case_keeper;
CREATE ROLE vault_keeper LOGIN; CREATE SCHEMA vault_file AUTHORIZATION vault_keeper;
"""
ROOM = 2 << 30  # a container's /dev/shm may be small


def binaries():
    """The directory of initdb and postgres; None when the package is not there."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return found[-1].parent if found else None


def user():
    """Whom the server runs as: it refuses root."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise SystemExit("pg_server: neither the user postgres nor nobody exists")


def is_running(pid):
    """Neither gone nor only waiting to be noticed by whoever started it."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def memory():
    """A directory in memory; None where there is none, or no room."""
    shm = pathlib.Path("/dev/shm")
    return shm if os.access(shm, os.W_OK) and shutil.disk_usage(shm).free > ROOM else None


class Server:
    def __init__(self, settings="", directory=None, port=PORT):
        self.bin = binaries()
        if self.bin is None:
            raise FileNotFoundError("PostgreSQL is not installed")
        # On tmpfs where there is one, like SQLite's files in tests: what is tried survives a kill on both.
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="sawt-pg-", dir=directory or memory()))
        self.data, self.socket, self.log = self.top / "data", self.top / "s", self.top / "log"
        self.settings, self.port = settings, port
        self.process = None
        self.who = user()
        self.socket.mkdir(mode=0o700)
        if self.who:
            for path in (self.top, self.socket):
                os.chown(path, self.who.pw_uid, self.who.pw_gid)
        self.address = f"postgresql:///sawt?host={self.socket}&port={self.port}&user=sawt"

    def options(self):
        env = dict(os.environ, LC_ALL="C", TZ="UTC")
        if not self.who:
            return {"env": env, "cwd": self.top}
        return {"env": env, "cwd": self.top, "user": self.who.pw_uid, "group": self.who.pw_gid, "extra_groups": []}

    def run(self, *command):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **self.options())

    def initialise(self):
        self.run(str(self.bin / "initdb"), "-D", str(self.data), "-U", "sawt", "-A", "trust", "-E", "UTF8", "--locale=C",
                 "--no-instructions", "--no-sync")
        with open(self.data / "postgresql.conf", "a", encoding="utf-8") as file:
            file.write(SETTINGS.format(port=self.port, socket=self.socket) + self.settings)

    def start(self):
        """Start the server, or start it again; comes back when it answers."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([str(self.bin / "postgres"), "-D", str(self.data)], stdout=log, stderr=log,
                                            start_new_session=True, **self.options())
        for _ in range(600):
            ready = subprocess.run([str(self.bin / "pg_isready"), "-q", "-t", "1", "-h", str(self.socket), "-p", str(self.port)],
                                   check=False, **self.options()).returncode
            if ready == 0:
                return
            if self.process.poll() is not None:
                break
            try:
                self.process.wait(0.1)
            except subprocess.TimeoutExpired:
                pass
        raise SystemExit("pg_server: the server does not start\n" + self.log.read_text(errors="replace")[-4000:])

    def sql(self, database, text):
        self.run(str(self.bin / "psql"), "-q", "-X", "-h", str(self.socket), "-p", str(self.port), "-U", "sawt", "-d", database,
                 "-v", "ON_ERROR_STOP=1", "-c", text)

    def create(self):
        """The database of the address, one that a role without any rights over the server owns, and what stores are
        copied from; nobody connects to that one, which would be in a copy's way."""
        self.sql("postgres", "CREATE DATABASE sawt")
        self.sql("sawt", "CREATE EXTENSION rum")
        self.sql("postgres", "CREATE ROLE plain LOGIN")
        self.sql("postgres", "CREATE DATABASE plain OWNER plain")
        self.sql("postgres", "CREATE DATABASE store")
        self.sql("store", STORE + (HERE / "tests/engine.sql").read_text(encoding="utf-8"))
        self.sql("postgres", "ALTER DATABASE store IS_TEMPLATE true ALLOW_CONNECTIONS false")

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # a fast shutdown
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait()

    def family(self):
        """The server's process and all its children, which have sessions of their own."""
        family = [self.process.pid]
        for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(path.read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError, ValueError):
                continue
            if parent == self.process.pid:
                family.append(int(path.parent.name))
        return family

    def signal(self, number):
        for pid in self.family():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def kill(self):
        """kill -9 of all of it; comes back when nothing of it is left. A server that stands still makes no more children."""
        os.kill(self.process.pid, signal.SIGSTOP)
        family = self.family()
        self.signal(signal.SIGKILL)
        self.process.wait()
        while any(is_running(pid) for pid in family):
            time.sleep(0.005)

    def remove(self):
        self.stop()
        shutil.rmtree(self.top, ignore_errors=True)

    def __enter__(self):
        try:
            self.initialise()
            self.start()
            self.create()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *_):
        self.remove()


def main(command):
    directory = None
    if command[:1] == ["--directory"]:
        directory, command = command[1], command[2:]
    if not command:
        print(__doc__, file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))  # and stop what was started
    with Server(directory=directory) as server:
        return subprocess.run(command, check=False, env=dict(os.environ, SAWT_TEST_PG=server.address)).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
