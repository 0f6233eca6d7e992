"""What the parser process can, in a service: prints a line for each thing that it tries."""

import socket
import sys
from pathlib import Path

from watchd.parse.confined import confine

confine(sys.path)
try:
    import watchd.parse.article  # noqa: F401

    print("reads its libraries")
    Path("/etc/machine-id").read_text()
except OSError as error:
    print(f"{type(error).__name__}: {error.filename}")
try:
    socket.socket()
except OSError as error:
    print(f"{type(error).__name__}: web")
