"""A wire between a browser and the shop that can be cut, or lose the answers that come back."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from urllib.parse import urlsplit

from tests.waiting import PATIENCE


class Wire:
    """Carries connections to a server, unless it is cut; while it is mute, no answer comes back."""

    def __init__(self, server: str) -> None:
        place = urlsplit(server)
        self._server = (place.hostname or "", place.port or 80)
        self._door = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._threads: list[Thread] = []
        self.is_cut = self.is_mute = False
        # Having carried this towards the server, it is mute.
        self.mute_after = b""
        self.address = f"http://localhost:{self._door.getsockname()[1]}"
        Thread(target=self._answer, daemon=True).start()

    def cut(self) -> None:
        """End all connections and take no more."""
        self.is_cut = True
        for one in list(self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR if one.getpeername() != self._server else socket.SHUT_WR)

    def mend(self) -> None:
        """Carry again."""
        self.is_cut = self.is_mute = False
        self.mute_after = b""

    def close(self) -> None:
        """End for good, once the server has let go of every connection."""
        self.cut()
        self._door.close()
        for one in self._threads:
            one.join(PATIENCE)
            assert not one.is_alive(), "the server holds on to a connection"

    def _answer(self) -> None:
        while True:
            try:
                browser, _ = self._door.accept()
            except OSError:
                return
            if self.is_cut:
                _close(browser)
                continue
            self._threads.append(Thread(target=self._carry, args=(browser,), daemon=True))
            self._threads[-1].start()

    def _carry(self, browser: socket.socket) -> None:
        with suppress(OSError), socket.create_connection(self._server) as server:
            self._open |= {browser, server}
            back = Thread(target=self._pump, args=(server, browser, True), daemon=True)
            back.start()
            self._pump(browser, server, False)
            back.join()
        self._open.discard(browser)
        _close(browser)

    def _pump(self, source: socket.socket, sink: socket.socket, is_answer: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if self.mute_after and not is_answer and self.mute_after in data:
                    self.is_mute = True
                if not (is_answer and self.is_mute):
                    sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


def _close(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()


@contextmanager
def wire_to(server: str) -> Iterator[Wire]:
    """Give a wire to a server."""
    wire = Wire(server)
    try:
        yield wire
    finally:
        wire.close()
