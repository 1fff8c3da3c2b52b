"""The web hooks that cactus has notifications sent to, on loopback; run by cactus' own Python.

Tells its port as one JSON line on stdout and ends when stdin is closed. Their own main would listen
on all interfaces.
"""

import json
import os
import socket
import sys
import threading

HOST = "127.0.0.1"


def main() -> None:
    listener = socket.create_server((HOST, 0))
    port = listener.getsockname()[1]
    os.environ["SERVER_URL"] = f"http://{HOST}:{port}"
    # Makes its app, and reads its settings from the environment, as it is imported.
    from aiohttp import web
    from cactus_client_notifications.server.main import create_app

    threading.Thread(target=_end_with_stdin, daemon=True).start()
    sys.stdout.write(json.dumps({"port": port}) + "\n")
    sys.stdout.flush()
    # What is logged from here on is for nobody who waits at the other end.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    web.run_app(create_app(), sock=listener, print=None)


def _end_with_stdin() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
