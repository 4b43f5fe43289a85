"""The Sessions table: one row for each session, under its account, also after it was ended or has run out."""

from datetime import datetime

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute
from pynamodb.connection import Connection
from pynamodb.expressions.condition import Condition

from nod.domain.device import Device, Network
from nod.domain.sessions import ENDED, RefreshToken, Session
from nod.stores.attributes import Json, Moment, Whole
from nod.stores.table import Refused, Row, Transaction, update_if, update_or_show


class SessionRow(Row):
    """account_id + session_id."""

    class Meta:
        """Bound when the function starts."""

        table_name = "Sessions"

    account_id = UnicodeAttribute(hash_key=True)
    session_id = UnicodeAttribute(range_key=True)
    login = UnicodeAttribute()
    method = UnicodeAttribute()
    device = Json(Device)
    network = Json(Network)
    signed_in_at = Moment()
    last_seen_at = Moment()
    expires_at = Moment()
    ends_at = Moment()
    let_in_by = UnicodeAttribute(null=True)
    refresh_hash = UnicodeAttribute()
    family_hash = UnicodeAttribute()
    founding = BooleanAttribute(default=False)
    forget_at = Whole()


def row_of(session: Session) -> SessionRow:
    """The row of a session. It stays until `ends_at`, and so outlives those of all above it, which began earlier."""
    row: SessionRow = SessionRow.of(session, forget_at=session.ends_at)
    return row


def is_alive(now: datetime) -> Condition:
    """Whether the session has neither run out nor been ended: true of no missing row."""
    not_idle: Condition = SessionRow.expires_at > now
    not_ended: Condition = SessionRow.ends_at > now
    return not_idle & not_ended  # type: ignore[no-any-return]


_ENDING = SessionRow.expires_at.set(ENDED)


class Sessions:
    """Reads and writes of sessions."""

    def __init__(self, connection: Connection, table_name: str) -> None:
        """`table_name` as deployed."""
        self._connection = connection
        SessionRow.bind(connection, table_name)

    def get(self, account_id: str, session_id: str) -> Session | None:
        """The session, alive or not, read consistently, so that one which was ended is dead at once."""
        try:
            return SessionRow.get(account_id, session_id, consistent_read=True).to(Session)
        except SessionRow.DoesNotExist:
            return None

    def of_account(self, account_id: str) -> list[Session]:
        """All sessions of an account that are kept, alive or not."""
        return [row.to(Session) for row in SessionRow.query(account_id, consistent_read=True)]

    def put(self, session: Session) -> None:
        """Keep a new session."""
        row_of(session).save(SessionRow.account_id.does_not_exist())

    def rotate(self, token: RefreshToken, *, next_hash: str, expires_at: datetime, now: datetime) -> Session | None:
        """Replace the refresh token's hash in one conditional write; None where the token is not the current one."""
        current = SessionRow.refresh_hash == token.secret_hash
        same_family = SessionRow.family_hash == token.family_hash
        item, written = update_or_show(
            SessionRow(token.account_id, token.session_id),
            [
                SessionRow.refresh_hash.set(next_hash),
                SessionRow.expires_at.set(expires_at),
                SessionRow.last_seen_at.set(now),
            ],
            is_alive(now) & current & same_family,
        )
        session = SessionRow.from_raw_data(item).to(Session) if item else None
        # A write whose answer was lost is sent again, and then refused because it has happened.
        mine = session is not None and (written or session.refresh_hash == next_hash)
        return session if session and mine and session.is_alive(now) else None

    def end(self, account_id: str, session_id: str, *, by: str, now: datetime) -> bool:
        """End another session on behalf of session `by`; False where either of the two is dead."""
        transaction = Transaction(self._connection)
        transaction.check(SessionRow, account_id, by, is_alive(now))
        transaction.update(SessionRow(account_id, session_id), [_ENDING], is_alive(now))
        try:
            transaction.commit()
        except Refused:
            return False
        return True

    def expire(self, account_id: str, session_id: str, now: datetime) -> bool:
        """End a session on its own behalf or the service's; False where it is dead."""
        return update_if(SessionRow(account_id, session_id), [_ENDING], is_alive(now))
