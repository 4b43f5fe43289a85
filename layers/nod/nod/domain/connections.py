"""Open WebSocket connections: whose they are, and which approvers are asked (R1.5, R1.8)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Literal

import msgspec

from nod.domain.device import Device
from nod.domain.identifiers import fingerprint

Purpose = Literal["approve", "hand_over", "wait"]
ApproverPolicy = Literal["all", "latest", "active", "random"]

# API Gateway ends a connection after two hours; the row outlives it a little.
CONNECTION_LIFETIME = timedelta(hours=2, minutes=10)
# A post to a connection whose handshake is not through answers "gone" (410). For so long that means "not yet".
OPENING_TIME = timedelta(seconds=10)
# How many connections of an account hear what it is told, and how many of its pages show QR codes: each costs a post,
# or a picture.
HEARD_PER_ACCOUNT = 1_000
PAGES_PER_SESSION, PAGES_PER_ACCOUNT = 10, 50


def waiting_for(sign_in_id: str) -> str:
    """The owner of the connections on which the device of a sign-in waits.

    Unlike any account's id: a phone makes up its sign-in's id itself, and must not hear what an account is told.
    """
    return f"sign-in:{sign_in_id}"


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """One open connection. `owner` is the account for sessions, and `waiting_for` a sign-in for a device that waits."""

    owner: str
    connection_id: str
    purpose: Purpose
    ip: str
    connected_at: datetime
    session_id: str | None = None
    device: Device | None = None
    signed_in_at: datetime | None = None
    session_ends_at: datetime | None = None
    opened: bool = False

    @property
    def expires_at(self) -> datetime:
        """From when on nothing is told to it, and its row may be forgotten: its session may be over before it is."""
        closed_at = self.connected_at + CONNECTION_LIFETIME
        return min(closed_at, self.session_ends_at or closed_at)

    def is_opening(self, now: datetime) -> bool:
        """Whether "gone" may still mean that the handshake is under way; `hello` then brings what was missed."""
        return not self.opened and now < self.connected_at + OPENING_TIME


def heard_among(connections: Iterable[Connection], now: datetime) -> list[Connection]:
    """The connections that hear what is said: devices that wait, then those of the sessions that are oldest.

    Of one session those that were opened last come first. However many somebody opens who got in lately, older sessions
    hear all, and no request is kept busy by it (A1, S4).
    """
    living = [one for one in connections if now < one.expires_at]
    latest_first = sorted(living, key=lambda one: one.connected_at, reverse=True)
    return sorted(latest_first, key=_by_age)[:HEARD_PER_ACCOUNT]


def approvers_among(connections: Iterable[Connection], now: datetime) -> list[Connection]:
    """The connections that may approve sign-ins, and hear of them."""
    return heard_among((one for one in connections if one.purpose == "approve"), now)


def pages_among(connections: Iterable[Connection], now: datetime) -> list[Connection]:
    """The pages that show QR codes: opening one is its user's consent to that. No session takes all places."""
    pages = heard_among((one for one in connections if one.purpose == "hand_over"), now)
    by_session = [list(group) for _, group in groupby(pages, key=lambda one: one.session_id)]
    return [one for group in by_session for one in group[:PAGES_PER_SESSION]][:PAGES_PER_ACCOUNT]


def in_order_of_asking(
    approvers: Sequence[Connection],
    policy: ApproverPolicy,
    *,
    sign_in_id: str,
    last_active: Mapping[str, datetime],
) -> list[list[Connection]]:
    """Who is asked first, and who instead when those are gone: a list of groups.

    `all` is one group of everybody. The other policies ask one connection at a time: `latest` the last connected,
    `active` the most recently active (`last_active`: connection id -> time), `random` any, and the same again for the
    same `sign_in_id`, whoever else has come or gone.
    """
    if policy == "all":
        return [list(approvers)] if approvers else []
    if policy == "random":
        ranked = sorted(approvers, key=lambda one: fingerprint(f"{sign_in_id} {one.connection_id}"))
    elif policy == "latest":
        ranked = sorted(approvers, key=lambda one: one.connected_at, reverse=True)
    else:
        ranked = sorted(approvers, key=lambda one: _activity(one, last_active), reverse=True)
    # Those that have not said hello come last: nobody knows whether they will.
    return [[one] for one in sorted(ranked, key=lambda one: not one.opened)]


def _by_age(one: Connection) -> tuple[bool, datetime, str]:
    return one.session_id is not None, one.signed_in_at or one.connected_at, one.session_id or ""


def _activity(one: Connection, last_active: Mapping[str, datetime]) -> tuple[datetime, datetime]:
    # API Gateway may tell whole seconds: among equals the last connected goes first.
    return last_active.get(one.connection_id, one.connected_at), one.connected_at
