"""The limit of HTTP: the server and frame of the host, answering a constant body."""

from __future__ import annotations

from tenure.adapters.http.rsgi import Answer, Application, Request, Table
from tenure.adapters.http.server import HttpServer
from tenure.programs.serving import serve

BODY = b'{"lease":"' + b"x" * 1900 + b'"}'


async def constant(_request: Request) -> Answer:
    """The same, whatever was asked."""
    return Answer(200, BODY, [("content-type", "application/json")])


class Hello:
    """One constant endpoint on a free port."""

    def __init__(self) -> None:
        """Choose the port."""
        self._http = HttpServer(Application(Table({"GET /": constant})), "127.0.0.1", 0)
        self.start, self.stop = self._http.start, self._http.stop

    @property
    def url(self) -> str:
        """Where it listens."""
        return self._http.url

    async def reload(self) -> None:
        """A constant has nothing to reload."""

    def alive(self) -> bool:
        """Always."""
        return True


if __name__ == "__main__":
    server = Hello()
    serve(server, lambda: print(server.url))
