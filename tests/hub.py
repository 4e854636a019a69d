"""A stand-in for the Hugging Face Hub on this machine: repositories are folders of bytes.

It speaks as much of the Hub's protocol as downloads of files and commits of small files need.
"""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COMMIT = "0" * 40


@dataclass
class Hub:
    """`repositories` by name have the files by name; `private` those that were made so; `asked` every request."""

    address: str = ""
    token: str | None = None
    repositories: dict[str, dict[str, bytes]] = field(default_factory=dict)
    private: set[str] = field(default_factory=set)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def posted(self, path: str, body: bytes) -> Any:
        """The answer to a request that changes something."""
        if path == "/api/repos/create":
            return self._create(json.loads(body))
        repository, _, rest = path.removeprefix("/api/models/").partition("/preupload/")
        if rest:
            names = [one["path"] for one in json.loads(body)["files"]]
            plain = {"uploadMode": "regular", "shouldIgnore": False, "oid": None}
            return {"files": [{"path": name, **plain} for name in names]}
        repository, _, rest = repository.partition("/commit/")
        for line in map(json.loads, body.splitlines() if rest else ()):
            if line["key"] == "file":
                self.repositories[repository][line["value"]["path"]] = base64.b64decode(line["value"]["content"])
        return {"commitUrl": f"{self.address}/{repository}/commit/{COMMIT}", "commitOid": COMMIT}

    def _create(self, asked: dict[str, Any]) -> Any:
        repository = "/".join(filter(None, (asked.get("organization"), asked["name"])))
        self.repositories.setdefault(repository, {})
        if asked.get("visibility") == "private":
            self.private.add(repository)
        return {"url": f"{self.address}/{repository}", "name": repository, "id": repository}


class Handler(BaseHTTPRequestHandler):
    """One connection to the stand-in that a subclass names."""

    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        """What a file is."""
        self.do_GET(head=True)

    def do_GET(self, head: bool = False) -> None:
        """A file."""
        self.hub.asked.append((self.command, self.path))
        repository, _, rest = self.path.strip("/").partition("/resolve/")
        files = self.hub.repositories.get(repository)
        name = rest.partition("/")[2]
        if files is None or name not in files:
            code = "RepoNotFound" if files is None else "EntryNotFound"
            self.answer(404, b"", head, {"X-Error-Code": code, "X-Repo-Commit": COMMIT})
            return
        etag = f'"{hashlib.sha256(files[name]).hexdigest()}"'
        self.answer(200, files[name], head, {"ETag": etag, "X-Repo-Commit": COMMIT})

    def do_POST(self) -> None:
        """A repository, or a commit to one."""
        body = self.body()
        self.hub.asked.append((self.command, self.path))
        allowed = self.hub.token is None or self.headers.get("Authorization") == f"Bearer {self.hub.token}"
        document = self.hub.posted(self.path, body) if allowed else {"error": "Invalid credentials"}
        kind = {"Content-Type": "application/json"}
        self.answer(200 if allowed else 401, json.dumps(document).encode(), False, kind)

    def answer(self, status: int, content: bytes, head: bool, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if not head:
            self.wfile.write(content)

    def body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        pieces = []
        while size := int(self.rfile.readline(), 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """Run the stand-in while the block lasts; `hub.address` is what `HF_ENDPOINT` is set to."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Own", (Handler,), {"hub": hub}))
    hub.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
