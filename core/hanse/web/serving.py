"""Waitress, which shares its socket with others, and can be asked to leave: it then fails no request it has accepted.

Waitress itself ends in the middle of whatever it does.  Ours closes its listening socket first, which the supervisor
and the other processes hold too, so that nobody is turned away; answers what it has, with ``Connection: close``; and
ends when all has been sent, or after a limit.

Several processes accept from one socket, and whoever wakes first has the connection for as long as a browser keeps it.
So that one does not take them all, each waits the longer the more connections it serves: who has least to do is first.
"""

from __future__ import annotations

import logging
import signal
import socket
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, cast

from typing_extensions import override
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher, WSGITask

log = logging.getLogger("hanse.server")

#: Limit for those who are being answered; the supervisor kills five seconds later.
SECONDS_TO_LEAVE = 15.0
#: So long a connection that asks for nothing is kept, as its next request may be on the way.
_SECONDS_IDLE = 1.0
_LOOK_EVERY = 0.05
#: So long a process lets others be first, for each connection that it serves.
_SECONDS_OF_COURTESY = 0.001
_MOST_COURTESY = 0.01
#: So long who has waited may accept at once; the next connection asks for courtesy again.
_SECONDS_OF_TURN = 0.02
_FORWARDED = ("FORWARDED", "X_FORWARDED_FOR", "X_REAL_IP", "VIA")


class _Task(WSGITask):
    """An answer, which says when it is the last on its connection."""

    @override
    def get_environment(self) -> Any:
        """Add who really asks, which waitress replaces by what a proxy says."""
        told, request = self.channel.addr, cast("Any", self.request)
        return {
            **super().get_environment(),
            "hanse.peer": str(told[0]) if told else "",
            "hanse.forwarded": any(name in request.headers for name in _FORWARDED),
            "hanse.leaving": getattr(self.channel.server, "leaving", False),
        }

    @override
    def build_response_header(self) -> Any:
        channel: Any = self.channel
        more_has_come = len(channel.requests) > 1 or channel.request is not None
        if channel.server.leaving and not more_has_come:
            self.set_close_on_finish()
        return super().build_response_header()


class _Channel(HTTPChannel):
    """A connection."""

    task_class = _Task

    def is_idle(self, now: float) -> bool:
        """Tell whether nothing is being received, done or sent, and nothing has for a while."""
        busy = self.requests or self.request is not None or self.total_outbufs_len or self.close_when_flushed
        return not busy and now - self.last_activity > _SECONDS_IDLE


class _Listener(TcpWSGIServer):
    """The socket that connections come from."""

    channel_class = _Channel
    leaving = False
    _turn = 0.0

    @override
    def readable(self) -> bool:
        return super().readable() and time.monotonic() >= self._turn

    @override
    def handle_accept(self) -> None:
        """Accept a connection, or come back for it when those with less to do have had their chance."""
        now = time.monotonic()
        served = self._served()
        if served and not self._turn <= now < self._turn + _SECONDS_OF_TURN:
            self._turn = now + min(served * _SECONDS_OF_COURTESY, _MOST_COURTESY)
            return
        self._turn = 0.0
        super().handle_accept()

    def seconds_to_turn(self, most: float) -> float:
        """Give how long the loop may sleep before it looks at the socket again."""
        return min(max(self._turn - time.monotonic(), 0.0), most) or most

    def _served(self) -> int:
        now = time.time()
        return sum(not channel.is_idle(now) for channel in cast("Any", self).active_channels.values())


class Server:
    """A web server on a socket, until SIGTERM.

    :param options: what waitress is told (``Adjustments``): ``sockets`` or ``host`` and ``port``; ``threads`` …
    :raises TypeError: there is more than one socket
    """

    def __init__(self, application: Callable[..., Any], **options: Any) -> None:
        self._map: dict[int, Any] = {}
        self._asked = False
        told: Any = Adjustments(**options)  # whose attributes are not all in its stubs
        given = list(told.sockets)
        where = [(one.family, one.type, one.proto, one.getsockname()) for one in given] or told.listen
        if len(where) != 1:
            raise TypeError("one socket, please: our supervisor gives one")
        dispatcher = ThreadedTaskDispatcher()
        dispatcher.set_thread_count(told.threads)
        self._server: Any = _Listener(
            application,
            map=self._map,
            _start=False,
            _sock=given[0] if given else None,
            dispatcher=dispatcher,
            adj=told,
            sockinfo=where[0],
            bind_socket=not given,
        )

    def run(self) -> None:
        """Serve until SIGTERM, then end in peace."""
        signal.signal(signal.SIGTERM, self._ask)
        self._server.accept_connections()
        while not self._asked:
            wasyncore.poll2(self._server.seconds_to_turn(most=_LOOK_EVERY * 20), self._map)
        self._leave()

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        # Nothing is raised here: it would tear apart whatever the loop is doing.
        self._asked = True
        self._server.pull_trigger()

    def _leave(self) -> None:
        self._server.leaving = True
        self._stop_listening()
        deadline = time.monotonic() + SECONDS_TO_LEAVE
        while self._channels() and time.monotonic() < deadline:
            wasyncore.poll2(_LOOK_EVERY, self._map)
            now = time.time()
            for channel in self._channels():
                if channel.is_idle(now):
                    channel.will_close = True
        if cut := len(self._channels()):
            log.warning("%d requests were not finished in %d s and are cut.", cut, SECONDS_TO_LEAVE)
        self._server.task_dispatcher.shutdown(timeout=1)

    def _stop_listening(self) -> None:
        """Close our hold of the socket; who waits in its queue is accepted by another process."""
        listening: socket.socket = self._server.socket
        self._server.accepting = False
        self._server.del_channel()
        listening.close()

    def _channels(self) -> list[_Channel]:
        return list(self._server.active_channels.values())
