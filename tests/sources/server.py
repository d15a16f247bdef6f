"""A web server on this machine that fails in the ways real ones do."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Behaviour:
    """What the server does with one file; it may be changed between requests."""

    content: bytes = b""
    etag: str | None = '"1"'
    modified: str | None = None
    statuses: list[int] = field(default_factory=list)
    """Errors for the first requests."""
    drop_after: list[int] = field(default_factory=list)
    """Bytes after which each of the first answers breaks off."""
    stall_after: list[int] = field(default_factory=list)
    """Bytes after which each of the first answers goes silent."""
    announced: int | None = None
    """Content-Length, where it is a lie."""
    length: bool = True
    ranges: bool = True
    if_range: bool = True
    content_type: str = "application/octet-stream"
    headers: dict[str, str] = field(default_factory=dict)
    pause: float = 0.0
    """Seconds between pieces of 1,000 bytes."""


@dataclass
class Server:
    """The server, its address, and what it was asked."""

    files: dict[str, Behaviour]
    port: int = 0
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    sent: int = 0

    def address(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/{name}"


@contextmanager
def serve(files: dict[str, Behaviour]) -> Iterator[Server]:
    server = Server(files)
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    http.daemon_threads = True
    server.port = http.server_address[1]
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *words: object) -> None:
            pass

        def do_GET(self) -> None:
            self.close_connection = True
            server.requests.append((self.path, self.headers.get("Range")))
            name = self.path.rsplit("/", 1)[-1]
            behaviour = server.files.get(name)
            if behaviour is None:
                self.send_error(404)
                return
            if behaviour.statuses and (status := behaviour.statuses.pop(0)):
                self.send_response(status)
                for key, value in behaviour.headers.items():
                    self.send_header(key, value)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self._send(behaviour)

        def _send(self, behaviour: Behaviour) -> None:
            content, start = behaviour.content, self._start(behaviour)
            if start is not None and start >= len(content):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(content)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(200 if start is None else 206)
            if start is not None:
                last = len(content) - 1
                self.send_header("Content-Range", f"bytes {start}-{last}/{len(content)}")
            body = content[start or 0 :]
            if behaviour.length:
                self.send_header("Content-Length", str(behaviour.announced or len(body)))
            self.send_header("Content-Type", behaviour.content_type)
            if behaviour.etag:
                self.send_header("ETag", behaviour.etag)
            if behaviour.modified:
                self.send_header("Last-Modified", behaviour.modified)
            self.end_headers()
            self._write(body, behaviour)

        def _start(self, behaviour: Behaviour) -> int | None:
            asked = self.headers.get("Range")
            if not asked or not behaviour.ranges:
                return None
            condition = self.headers.get("If-Range")
            known = {behaviour.etag, behaviour.modified}
            if behaviour.if_range and condition and condition not in known:
                return None
            return int(asked.removeprefix("bytes=").split("-")[0])

        def _write(self, body: bytes, behaviour: Behaviour) -> None:
            drop = behaviour.drop_after.pop(0) if behaviour.drop_after else len(body)
            stall = behaviour.stall_after.pop(0) if behaviour.stall_after else None
            body = body[: min(drop, len(body) if stall is None else stall)]
            step = 1_000 if behaviour.pause else len(body) or 1
            try:
                for at in range(0, len(body), step):
                    self.wfile.write(body[at : at + step])
                    self.wfile.flush()
                    server.sent += len(body[at : at + step])
                    time.sleep(behaviour.pause)
                if stall is not None:
                    time.sleep(1.5)
            except OSError:
                pass

    return Handler
