# SPDX-License-Identifier: AGPL-3.0-or-later
"""A store that can be put aside, tried on, and compared: as files, or in PostgreSQL."""
import pathlib
import re
import shutil

import audit
import pg_world
import program


class FileStore:
    """In a folder, on SQLite."""

    def __init__(self, path):
        self.path = pathlib.Path(path)

    def make(self, binary):
        """With reference data and accounts: {login: (password, secret of the second factor)}."""
        return program.make_store(binary, self.path)

    def serve(self, binary, log, *options):
        return program.serve(binary, self.path, log, *options)

    def copy(self, path):
        """As it is now; a server may have it open."""
        shutil.copytree(self.path, path, ignore=shutil.ignore_patterns("*-shm", "control.sock"))
        return FileStore(path)

    def state(self):
        return audit.state(self.path)

    def columns(self, name, table):
        return audit.columns(self.path, name, table)

    def drop(self):
        shutil.rmtree(self.path)


class PgStore:
    """Its files in a folder; case and vault are two schemas of a database, which has the folder's name."""

    def __init__(self, path, server):
        self.path, self.server = pathlib.Path(path), server
        self.name = "s" + re.sub(r"\W", "", str(path))[-50:].lower()
        self.open = False  # by a program: the database cannot be copied by the server then

    def options(self):
        address = self.server.address.replace("/sawt?", f"/{self.name}?")
        return [word for key, schema in pg_world.FILES.items()
                for word in ("--set", f"{key}={address}&options=-csearch_path%3D{schema}")]

    def make(self, binary):
        self.server.sql("postgres", f"CREATE DATABASE {self.name} TEMPLATE sawt")
        for schema in pg_world.FILES.values():
            self.server.sql(self.name, f"CREATE SCHEMA {schema}")
        accounts = {}
        for words in (("import", "data", "--registry"), ("accounts",)):
            code, said = program.run(binary, self.path, *words, *self.options())
            if code != 0:
                raise SystemExit(said)
            accounts.update({login: (password, secret) for login, password, secret in
                             re.findall(r"^ {2}(\w+) +password (\S+) +second factor (\S+)", said, re.M)})
        return accounts

    def serve(self, binary, log, *options):
        self.open = True
        return program.serve(binary, self.path, log, *self.options(), *options)

    def copy(self, path):
        """As it is now. A program that has it open loses its connections for that time, and makes others: nothing is being
        asked now."""
        shutil.copytree(self.path, path, ignore=shutil.ignore_patterns("control.sock"))
        made = PgStore(path, self.server)
        if self.open:
            self.server.sql("postgres", f"ALTER DATABASE {self.name} ALLOW_CONNECTIONS false")
            self.server.sql("postgres", "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                                        f" WHERE datname = '{self.name}'")
        self.server.sql("postgres", f"CREATE DATABASE {made.name} TEMPLATE {self.name}")
        if self.open:
            self.server.sql("postgres", f"ALTER DATABASE {self.name} ALLOW_CONNECTIONS true")
        return made

    def ask(self, sql, schema):
        return pg_world.Base(self.server, schema, self.name).execute(sql)

    def state(self):
        """As audit.state gives it."""
        rows = {}
        for name, schema in zip(("case", "vault"), pg_world.FILES.values()):
            tables = [row[0] for row in self.ask(
                f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'", schema)]
            tables = [table for table in tables if table not in (*audit.UNREAD, "schema_node")]
            asked = " UNION ALL ".join(f"SELECT '{table}' AS one, (SELECT json_agg(row_to_json(t)) FROM {table} t) AS rows"
                                       for table in tables)
            for table, found in self.ask(asked, schema):
                rows[name, table] = sorted(tuple(plain(*field) for field in row.items()) for row in found or [])
        rows["files"] = sorted(path.stat().st_size for path in (self.path / "files").rglob("*") if path.is_file())
        return rows

    def columns(self, name, table):
        schema = dict(zip(("case", "vault"), pg_world.FILES.values()))[name]
        return [row[0] for row in self.ask(f"SELECT attname FROM pg_attribute WHERE attrelid = '{table}'::regclass"
                                           " AND attnum > 0 AND NOT attisdropped ORDER BY attnum", schema)]

    def drop(self):
        self.server.sql("postgres", f"DROP DATABASE {self.name} WITH (FORCE)")
        shutil.rmtree(self.path)


def plain(column, value):
    """Bytes come as text."""
    if isinstance(value, str) and value.startswith("\\x"):
        value = bytes.fromhex(value[2:])
    return audit.plain(column, value)
