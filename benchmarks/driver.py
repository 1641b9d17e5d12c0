"""A client in a process of its own, since each engine wants its own environment. Ends when its parent does."""

import multiprocessing
import os
import signal
import traceback
from collections.abc import Mapping
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any

# A call that takes longer is taken for hung; filling in the history takes longest.
LIMIT_SECONDS = 600.0


class DriverFailed(Exception):
    """A client raised something or is gone; the message holds its traceback."""


class Driver:
    """Calls methods of the client that `create()` in `module` makes."""

    def __init__(self, module: str, env: Mapping[str, str]) -> None:
        context = multiprocessing.get_context("spawn")
        self._module = module
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, module, dict(env)), daemon=True)
        self._process.start()
        theirs.close()

    def call(self, method: str, *arguments: Any) -> Any:
        """Raises `DriverFailed`."""
        try:
            self._connection.send((method, arguments))
            if not self._connection.poll(LIMIT_SECONDS):
                raise DriverFailed(f"{self._module}: no answer to {method} in {LIMIT_SECONDS:g} s")
            failure, value = self._connection.recv()
        except (EOFError, OSError) as error:
            raise DriverFailed(f"{self._module}: its process is gone; what it wrote last is above") from error
        if failure:
            raise DriverFailed(f"{self._module}: {method} failed:\n{failure}")
        return value

    def close(self) -> None:
        self._connection.close()
        self._process.kill()
        self._process.join()
        self._process.close()


def _serve(connection: Connection, module: str, env: dict[str, str]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    os.environ.clear()
    os.environ.update(env)
    client: Any = None
    answer: tuple[str | None, Any]
    while True:
        try:
            method, arguments = connection.recv()
        except EOFError:
            return
        try:
            client = client or import_module(module).create()
            answer = None, getattr(client, method)(*arguments)
        except Exception:  # noqa: BLE001 - whatever it was, the parent shows it
            answer = traceback.format_exc(), None
        connection.send(answer)
