"""The Internet of a booted machine: publishers, Slack, a mail server, each under its own name.

    python3 internet.py DIR NAME…

Gives the machine a public address, and the names to it; makes a certificate for them that the
machine trusts from then on. By https it serves DIR/HOST/PATH, and writes what is posted to a host
to DIR/HOST.posted; what port 587 is handed, after STARTTLS and a login, goes to DIR/mailed. A
line of either is JSON. Standard library only: the machine has nothing else.
"""

from __future__ import annotations

import base64
import fcntl
import json
import shutil
import socket
import socketserver
import ssl
import struct
import subprocess
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ADDRESS = "1.2.3.4"  # a public one, or no feed may lead there; the machine is alone in its network
_AUTHORITIES = Path("/etc/ssl/certs")
_OF_REQUESTS = "/opt/watchd/lib/python3.*/site-packages/certifi/cacert.pem"
_SIOCSIFADDR = 0x8916  # netdevice(7)
_REQUEST = "[req]\ndistinguished_name = name\n[name]\n"


class Web(SimpleHTTPRequestHandler):
    def translate_path(self, path: str) -> str:
        return f"{FOLDER}/{self.headers['Host']}{path.partition('?')[0]}"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        note(f"{self.headers['Host']}.posted", {"path": self.path, "body": body})
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_words: object) -> None:
        pass


class Mail(socketserver.StreamRequestHandler):
    """As much of SMTP as a provider asks for: first TLS, then a login, then a message."""

    def handle(self) -> None:
        login = ""
        self.say("220 mail ESMTP")
        while line := self.rfile.readline().decode().strip():
            verb = line.partition(" ")[0].upper()
            secure = isinstance(self.connection, ssl.SSLSocket)
            if verb == "EHLO":
                self.say("250-mail", "250 AUTH PLAIN" if secure else "250 STARTTLS")
            elif verb == "STARTTLS":
                self.say("220 go on")
                self.connection = TLS.wrap_socket(self.connection, server_side=True)
                self.setup_files()
            elif verb == "AUTH" and secure:
                login = base64.b64decode(line.split()[2]).decode().strip("\0")
                self.say("235 welcome")
            elif verb == "DATA" and login:
                self.say("354 go on")
                message = b"".join(iter(self.rfile.readline, b".\r\n")).decode()
                note("mailed", {"login": login.split("\0"), "message": message})
                self.say("250 taken")
            elif verb == "QUIT":
                self.say("221 bye")
            elif verb in ("MAIL", "RCPT") and login:
                self.say("250 fine")
            else:
                self.say("530 TLS and a login first")

    def setup_files(self) -> None:
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", 0)

    def say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


def note(name: str, what: dict[str, object]) -> None:
    with (FOLDER / name).open("a", encoding="utf-8") as file:
        file.write(json.dumps(what) + "\n")


def settle_in(names: list[str]) -> None:
    """Take the address, and the names to it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        address = struct.pack("H2x4s8x", socket.AF_INET, socket.inet_aton(ADDRESS))
        fcntl.ioctl(asking, _SIOCSIFADDR, struct.pack("16s16s", b"lo:1", address))
    with Path("/etc/hosts").open("a") as hosts:
        hosts.write(f"{ADDRESS} {' '.join(names)}\n")


def certificate(names: list[str]) -> Path:
    """One for these names, with its key; it is its own authority, and the machine trusts it."""
    (FOLDER / "request").write_text(_REQUEST)
    pem, key = FOLDER / "web.pem", FOLDER / "web.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-config", FOLDER / "request", "-newkey", "rsa:2048", "-nodes",
         "-days", "2", "-subj", "/CN=web", "-keyout", key, "-out", pem,
         "-addext", "subjectAltName=" + ",".join(f"DNS:{name}" for name in names),
         "-addext", "basicConstraints=critical,CA:true",
         "-addext", "keyUsage=critical,keyCertSign,digitalSignature",
         "-addext", "subjectKeyIdentifier=hash"],
        check=True, capture_output=True,
    )  # fmt: skip
    told = subprocess.run(["openssl", "x509", "-hash", "-noout", "-in", pem], capture_output=True)
    _AUTHORITIES.mkdir(parents=True, exist_ok=True)
    shutil.copy(pem, _AUTHORITIES / f"{told.stdout.decode().strip()}.0")
    for bundle in Path("/").glob(_OF_REQUESTS.lstrip("/")):  # Apprise trusts these alone
        with bundle.open("a") as file:
            file.write(pem.read_text())
    pem.write_text(pem.read_text() + key.read_text())
    return pem


if __name__ == "__main__":
    FOLDER, NAMES = Path(sys.argv[1]), sys.argv[2:]
    settle_in(NAMES)
    TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    TLS.load_cert_chain(certificate(NAMES))
    web = ThreadingHTTPServer((ADDRESS, 443), Web)
    web.socket = TLS.wrap_socket(web.socket, server_side=True)
    mail = socketserver.ThreadingTCPServer((ADDRESS, 587), Mail)
    threading.Thread(target=mail.serve_forever, daemon=True).start()
    (FOLDER / "open").touch()
    web.serve_forever()
