"""How long API Gateway keeps a WebSocket connection: ten minutes without a message, and two hours in all.

The emulator knows neither limit: `repairs.py` puts a `Limited` around each of its connections. That runs with
MiniStack's interpreter, so nothing is imported here that only ours has.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

GOING_AWAY = 1001
REASON = "Going away"
_IDLE, _LIFE = "NOD_LOCAL_CONNECTION_IDLE", "NOD_LOCAL_CONNECTION_LIFE"

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


@dataclass(frozen=True)
class ConnectionLimits:
    """In seconds, as AWS has them; shorter ones let a client be seen to come back without waiting for two hours.

    `idle`: without a message in either direction, WebSocket's own pings not counted; `life`: from the handshake on.
    """

    idle: float = 600.0
    life: float = 7200.0

    @property
    def environment(self) -> dict[str, str]:
        """The limits as environment variables of the emulator."""
        return {_IDLE: str(self.idle), _LIFE: str(self.life)}

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """What `environment` gave."""
        return cls(float(environment[_IDLE]), float(environment[_LIFE]))


class Limited:
    """One connection, between the server that speaks WebSocket and the emulator (both in terms of ASGI)."""

    def __init__(self, receive: Receive, send: Send, limits: ConnectionLimits) -> None:
        """`receive` and `send` are the server's."""
        self._receive = receive
        self._send = send
        self._limits = limits
        self._clock = asyncio.get_running_loop().time
        self._ends = self._idle_since = float("inf")
        self._next: asyncio.Task[Message] | None = None

    async def send(self, message: Message) -> None:
        """Pass on what goes to the client; its life begins when the handshake is through."""
        await self._send(message)
        if message["type"] == "websocket.accept":
            self._ends = self._clock() + self._limits.life
        if message["type"] in ("websocket.accept", "websocket.send"):
            self._idle_since = self._clock()

    async def receive(self) -> Message:
        """The client's next message; where a limit comes first the connection is closed, and that is the message."""
        self._next = self._next or asyncio.ensure_future(self._receive())
        while (now := self._clock()) < self._ends:
            left = min(self._ends, self._idle_since + self._limits.idle) - now
            done, _ = await asyncio.wait({self._next}, timeout=left)
            if done:
                message, self._next = self._next.result(), None
                self._idle_since = self._clock()
                return message
            # What the client was sent meanwhile has moved the limit.
            if self._clock() >= self._idle_since + self._limits.idle:
                break
        await self._send({"type": "websocket.close", "code": GOING_AWAY, "reason": REASON})
        return {"type": "websocket.disconnect", "code": GOING_AWAY, "reason": REASON}

    def forget(self) -> None:
        """Nobody listens any more."""
        if self._next:
            self._next.cancel()
