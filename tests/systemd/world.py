"""The world of a booted machine, on its loopback: feeds to read, a hook and a mail server.

    python3 world.py DIR

Serves the files in DIR/feeds on port 8000, and writes what is posted there to DIR/posted, what
is mailed to port 2525 to DIR/mailed. Standard library only: the machine has nothing else.
"""

from __future__ import annotations

import socketserver
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Web(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        del self.headers["If-Modified-Since"]  # two changes in one second would look like one
        super().do_GET()

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        with (FOLDER / "posted").open("ab") as posted:
            posted.write(self.rfile.read(length) + b"\n")
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        pass


class Mail(socketserver.StreamRequestHandler):
    """As much of SMTP as it takes to be handed a message."""

    def handle(self) -> None:
        self.wfile.write(b"220 mail ESMTP\r\n")
        for line in self.rfile:
            if line.upper().startswith(b"DATA"):
                self.wfile.write(b"354 go on\r\n")
                message = iter(self.rfile.readline, b".\r\n")
                with (FOLDER / "mailed").open("ab") as mailed:
                    mailed.writelines(message)
            if line.upper().startswith(b"QUIT"):
                self.wfile.write(b"221 bye\r\n")
                return
            self.wfile.write(b"250 fine\r\n")


if __name__ == "__main__":
    FOLDER = Path(sys.argv[1])
    web = ThreadingHTTPServer(("127.0.0.1", 8000), partial(Web, directory=str(FOLDER / "feeds")))
    mail = socketserver.ThreadingTCPServer(("127.0.0.1", 2525), Mail)
    threading.Thread(target=mail.serve_forever, daemon=True).start()
    web.serve_forever()
