# SPDX-License-Identifier: AGPL-3.0-or-later
"""The real parts: Kannel with its fakesmsc, Postfix's smtp-sink, `sawt serve`, and a relay between the
server and Kannel that can be told to be bad weather. Each has free ports and a directory of the run."""
import email
import email.policy
import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import engine  # noqa: E402

FAKESMSC = "/usr/lib/kannel/test/fakesmsc"
SBIN = "/usr/sbin"
SMS_USER, SMS_PASSWORD = "sawt", "gate-word"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(true, what, seconds=20):
    """Look again until it is true; never a sleep that hopes."""
    deadline = time.monotonic() + seconds
    while True:
        value = true()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain: {what() if callable(what) else what}")
        select.select([], [], [], 0.02)


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Part:
    """A process that is stopped with the test, whatever becomes of it."""

    def __init__(self, name, folder, command):
        self.log = folder / f"{name}.log"
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder)

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode

    def said(self):
        return self.log.read_text(encoding="utf-8", errors="replace")


# ---- SMS ----

KANNEL = """group = core
admin-port = {admin}
admin-password = {password}
admin-interface = 127.0.0.1
smsbox-port = {boxes}
smsbox-interface = 127.0.0.1
box-allow-ip = "127.0.0.1"
box-deny-ip = "*.*.*.*"
store-type = spool
store-location = {folder}/spool
dlr-storage = internal
log-level = 1

group = smsc
smsc = fake
smsc-id = fake1
port = {center}
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms}
sendsms-interface = 127.0.0.1
log-level = 1

group = sendsms-user
username = {user}
password = {password}
max-messages = 10
concatenation = true

group = sms-service
keyword = default
text = "no"
"""

MESSAGE = re.compile(r"Got message \d+: <(\S+) (\S+) (?:udh (\S+) data|ucs-2) (.*)>")


class Kannel:
    """bearerbox, smsbox and fakesmsc, the telephone network's end, which logs each message."""

    def __init__(self, folder):
        self.folder = folder / "kannel"
        (self.folder / "spool").mkdir(parents=True)
        self.ports = {name: free_port() for name in ("admin", "boxes", "center", "sendsms")}
        config = KANNEL.format(folder=self.folder, user=SMS_USER, password=SMS_PASSWORD, **self.ports)
        self.config = self.folder / "kannel.conf"
        self.config.write_text(config, encoding="utf-8")
        self.bearerbox = self.center = self.smsbox = None
        try:
            self.start()
        except BaseException:
            self.stop()
            raise

    def start(self):
        self.bearerbox = Part("bearerbox", self.folder, [f"{SBIN}/bearerbox", "-v", "1", str(self.config)])
        until(lambda: listens(self.ports["boxes"]) and listens(self.ports["center"]), "bearerbox")
        self.start_center()
        self.smsbox = Part("smsbox", self.folder, [f"{SBIN}/smsbox", "-v", "1", str(self.config)])
        until(lambda: listens(self.ports["sendsms"]), "smsbox")

    def start_center(self):
        connected = self.bearerbox.said().count("Fakesmsc client connected")
        self.center = Part("fakesmsc", self.folder, [FAKESMSC, "-H", "127.0.0.1", "-r", str(self.ports["center"]), "-i", "1",
                                                     "-m", "0", "100 200 text hi"])
        until(lambda: self.bearerbox.said().count("Fakesmsc client connected") > connected, "fakesmsc")

    def without_network(self, act):
        """`act` while nobody is connected to bearerbox."""
        self.center.stop(signal.SIGKILL)
        act()
        self.start_center()

    def messages(self):
        """(to, whole text) as telephones would show them: parts put together, UCS-2 decoded."""
        whole, parts = [], {}
        for _, to, header, data in MESSAGE.findall(self.center.said()):
            content = urllib.parse.unquote_to_bytes(data.replace("+", " "))
            if not header:
                whole.append((to, content.decode("utf-16-be")))
                continue
            # user data header: length 5, concatenated, 3 octets: reference, how many, which one
            octets = urllib.parse.unquote_to_bytes(header)
            assert octets[:3] == b"\x05\x00\x03", header
            reference, n, which = octets[3:6]
            pieces = parts.setdefault((to, reference), {})
            pieces[which] = content
            if len(pieces) == n:
                whole.append((to, b"".join(pieces[i] for i in range(1, n + 1)).decode("utf-16-be")))
                del parts[(to, reference)]
        return whole

    def stop(self):
        for part in (self.smsbox, self.center, self.bearerbox):
            if part is not None:
                part.stop(signal.SIGKILL)


class Relay:
    """Stands before Kannel's sendsms. `weather`: clear (passes on), refuse (does not listen), hang (takes
    the request and is silent), 400, 403, 500, 503 (answers that), swallow (passes on, and dies before the
    answer: the message is sent and nobody knows), hold (passes on and is silent)."""

    def __init__(self, port):
        self.target = port
        self.port = free_port()
        self.weather = "clear"
        self.calls = []  # when
        self.held = []
        self.listener = None
        self.listen()

    def url(self):
        return f"http://127.0.0.1:{self.port}/cgi-bin/sendsms"

    def set(self, weather):
        was, self.weather = self.weather, weather
        if weather == "refuse" and was != "refuse":
            self.close_listener()
        elif was == "refuse" and weather != "refuse":
            self.listen()
        if was in ("hang", "hold"):
            for connection in self.held:
                connection.close()
            self.held = []

    def listen(self):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", self.port))
        self.listener.listen(64)
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def close_listener(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self.answer, args=(connection,), daemon=True).start()

    def answer(self, connection):
        try:
            self.carry(connection)
        except OSError:
            connection.close()

    def carry(self, connection):
        request = b""
        while b"\r\n\r\n" not in request:
            more = connection.recv(65536)
            if not more:
                connection.close()
                return
            request += more
        self.calls.append(time.monotonic())
        weather = self.weather
        if weather == "hang":
            self.held.append(connection)
            return
        if weather.isdigit():
            connection.sendall(f"HTTP/1.1 {weather} No\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno".encode())
        else:
            path = request.split(b" ", 2)[1].decode()
            reply = self.ask_kannel(path)
            if weather == "hold":
                self.held.append(connection)
                return
            if weather != "swallow":
                connection.sendall(reply)
        connection.close()

    def ask_kannel(self, path):
        with socket.create_connection(("127.0.0.1", self.target), timeout=10) as kannel:
            kannel.sendall(f"GET {path} HTTP/1.0\r\nHost: kannel\r\nConnection: close\r\n\r\n".encode())
            reply = b""
            while True:
                more = kannel.recv(65536)
                if not more:
                    return reply
                reply += more

    def stop(self):
        self.set("clear")
        self.close_listener()


# ---- e-mail ----

class Sink:
    """Postfix's smtp-sink, which writes each mail that it takes to a file. A sink with a fault dumps to a
    directory of its own: what it was given may still have been written there before it said no."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self.part = None
        self.count = 0
        self.folders = []
        self.start()

    def url(self):
        return f"smtp://127.0.0.1:{self.port}"

    def start(self, *faults):
        self.stop()
        self.count += 1
        mails = self.folder / f"mail-{self.count}"
        mails.mkdir()
        if not faults:
            self.folders.append(mails)
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        if user:
            os.chmod(mails, 0o777)
        self.part = Part("smtp-sink", mails, [f"{SBIN}/smtp-sink", *user, "-c", *faults, "-d", str(mails / "%s"),
                                              f"127.0.0.1:{self.port}", "64"])
        if "CONNECT" not in faults:
            until(lambda: listens(self.port), "smtp-sink")

    def stop(self):
        if self.part is not None:
            self.part.stop(signal.SIGKILL)
            self.part = None

    def mails(self):
        """(raw file, parsed message) of each mail that a sink without a fault took, in the order of their ids."""
        found = []
        for folder in self.folders:
            for path in folder.iterdir():
                raw = path.read_bytes()
                if path.name == "smtp-sink.log" or b"\n\n" not in raw:
                    continue
                found.append((raw, email.message_from_bytes(raw, policy=email.policy.default)))
        return sorted(found, key=lambda pair: int(pair[1]["Message-ID"][1:].split(".")[0]))


# ---- the server ----

ACCOUNT = re.compile(r"^ {2}(\w+) +password (\S+) +second factor (\S+)", re.M)


class Sawt:
    def __init__(self, binary, root, folder, options):
        self.binary, self.root, self.folder = binary, root, folder
        self.store = folder / "store"
        self.port = free_port()
        self.address = f"http://localhost:{self.port}"
        self.options = options
        (folder / "sms.password").write_text(SMS_PASSWORD, encoding="utf-8")
        os.chmod(folder / "sms.password", 0o600)
        self.part = None
        self.run("import", "data", "--registry")
        self.accounts = {login: (password, secret) for login, password, secret in ACCOUNT.findall(self.run("accounts"))}

    def words(self):
        config = {**engine.settings(self.store), "address": self.address, "port": self.port, "sms_user": SMS_USER,
                  "sms_password_file": self.folder / "sms.password", **self.options}
        sets = [word for key, value in config.items() for word in ("--set", f"{key}={value}")]
        return ["--dir", str(self.store), "--trial", *sets]

    def run(self, *command):
        done = subprocess.run([self.binary, *command, *self.words()], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=120, cwd=self.root, check=False)
        if done.returncode != 0:
            raise AssertionError(f"sawt {command}: {done.stdout[-1000:]}")
        return done.stdout

    def start(self):
        self.part = Part("sawt", self.folder, [self.binary, "serve", *self.words()])
        until(lambda: self.part.process.poll() is not None or listens(self.port), "sawt serve", 60)
        if self.part.process.poll() is not None:
            raise AssertionError("sawt serve ended: " + self.part.said()[-1000:])

    def stop(self, how=signal.SIGTERM):
        return self.part.stop(how) if self.part is not None else 0
