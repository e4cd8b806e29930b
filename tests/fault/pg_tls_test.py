#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The way to a PostgreSQL that is not on this machine:  pg_tls_test.py SAWT

A private authority signs for the server. With sslmode=verify-full the program serves, and signs in by a certificate of its
own; another authority, another name, a server without TLS, a password, an address over a network without verification are
refused at once, with a sentence that says which. Prints TAP.
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import pg_world  # first: it says where tools are
import program
from pg_server import Server

SETTINGS = """
listen_addresses = '127.0.0.1'
ssl = on
ssl_cert_file = 'server.crt'
ssl_key_file = 'server.key'
ssl_ca_file = 'ca.crt'
"""
RULES = """
local all sawt trust
hostssl all sawt 127.0.0.1/32 cert
host all open 127.0.0.1/32 trust
"""
SOON = 30  # seconds: no refusal waits for a server that is there


def openssl(folder, *words):
    subprocess.run(["openssl", *words], check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def authority(folder, name):
    openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-keyout", f"{name}.key", "-out", f"{name}.crt", "-subj", f"/CN={name}")


def sign(folder, by, name, subject, more=""):
    openssl(folder, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{name}.key",
            "-out", f"{name}.csr", "-subj", f"/CN={subject}")
    (folder / f"{name}.ext").write_text(more or "basicConstraints = CA:false\n", encoding="ascii")
    openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", f"{by}.crt", "-CAkey", f"{by}.key", "-CAcreateserial",
            "-days", "2", "-out", f"{name}.crt", "-extfile", f"{name}.ext")


class TlsServer(Server):
    """With certificates in its directory."""

    def __init__(self, folder):
        super().__init__(SETTINGS, port=program.free_port())
        self.folder = folder

    def initialise(self):
        super().initialise()
        for name, source in (("server.crt", "server.crt"), ("server.key", "server.key"), ("ca.crt", "ca.crt")):
            path = self.data / name
            path.write_bytes((self.folder / source).read_bytes())
            path.chmod(0o600)
            if self.who:
                os.chown(path, self.who.pw_uid, self.who.pw_gid)
        (self.data / "pg_hba.conf").write_text(RULES, encoding="ascii")

    def create(self):
        super().create()
        self.sql("postgres", "CREATE ROLE open LOGIN SUPERUSER")
        for schema in pg_world.FILES.values():
            self.sql("sawt", f"CREATE SCHEMA {schema}")


class World:
    def __init__(self, folder, binary, server, log):
        self.folder, self.binary, self.server, self.log = folder, binary, server, log
        self.path = folder / "store"
        self.path.mkdir(mode=0o700)

    def words(self, where, user="sawt", **more):
        """Options of the program for an address of both databases."""
        parts = {"sslmode": "verify-full", "sslrootcert": self.folder / "ca.crt", "sslcert": self.folder / "sawt.crt",
                 "sslkey": self.folder / "sawt.key", **more}
        query = "&".join(f"{key}={value}" for key, value in parts.items() if value)
        return [word for key, schema in pg_world.FILES.items() for word in (
            "--set", f"{key}=postgresql://{user}@{where}:{self.server.port}/sawt?{query}&options=-csearch_path%3D{schema}")]

    def refused(self, words, *said):
        """At once, with 1: no waiting helps."""
        begun = time.monotonic()
        server = program.Server(self.binary, self.path, self.log, *words, "--set", "database_patience=600")
        with server:
            code = server.ended(SOON)
            text = server.said()
            if code != 1 or not all(word in text for word in said):
                raise program.Unexpected(f"ended with {code} after {time.monotonic() - begun:.1f} s: {text}")


def main():
    tap, binary = program.Tap(), sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for ca in ("ca", "other"):
            authority(folder, ca)
        sign(folder, "ca", "server", "localhost", "subjectAltName = DNS:localhost\n")
        sign(folder, "ca", "sawt", "sawt")
        with TlsServer(folder) as server, open(folder / "log", "w", encoding="utf-8") as log:
            world = World(folder, binary, server, log)
            with tap.case("with the right authority, name and a certificate of its own the program serves"):
                words = world.words("localhost")
                with program.serve(binary, world.path, log, *words) as running:
                    used = pg_world.ask(server, "SELECT bool_and(ssl) AND count(*) > 0 FROM pg_stat_ssl JOIN"
                                                " pg_stat_activity USING (pid) WHERE application_name = 'sawt'")
                    if used != "t" or running.stop() != 0:
                        raise program.Unexpected(f"all connections encrypted: {used}; {running.said()}")
            cases = [
                ("another authority", world.words("localhost", sslrootcert=folder / "other.crt"),
                 "certificate verify failed"),
                ("no file of an authority", world.words("localhost", sslrootcert=folder / "none.crt"), "does not exist"),
                ("another name", world.words("127.0.0.1"), "does not match host name"),
                ("no certificate of its own", world.words("localhost", sslcert=None, sslkey=None), "certificate"),
                ("over a network without TLS", world.words("db.example", sslmode=None), "db.example", "sslmode=verify-full"),
                ("over a network with any certificate", world.words("db.example", sslmode="require"), "sslmode=verify-full"),
                ("a name of this machine with another address", world.words("localhost", sslmode="prefer", hostaddr="192.0.2.1"),
                 "192.0.2.1", "sslmode=verify-full"),
                ("a password in the address", world.words("localhost", user="sawt:secret"), "holds a password"),
            ]
            for what, words, *said in cases:
                with tap.case(f"refused: {what}"):
                    world.refused(words, *said)
            server.stop()
            with open(server.data / "postgresql.conf", "a", encoding="utf-8") as file:
                file.write("ssl = off\n")
            server.start()
            with tap.case("refused: a server without TLS"):
                world.refused(world.words("localhost"), "does not support SSL")
        text = (folder / "log").read_text(encoding="utf-8")
        tap.say("secret" not in text, "no password is said", text)
    return tap.end()


pg_world.skip_without_server()
sys.exit(main())
