"""What can go wrong, as clients see it: one base, and one class for each outcome with its stable code.

The same errors become `application/problem+json` over HTTP (RFC 9457) and `error` frames over WebSocket.
"""


class NodError(Exception):
    """An outcome that the caller is told about. `code` is stable; `detail` is for people and holds nothing secret."""

    code = "internal"
    status = 500
    title = "Something went wrong"

    def __init__(self, detail: str = "", *, retry_after: int | None = None) -> None:
        """`detail` explains this occurrence; `retry_after` is in seconds and goes with 429."""
        self.detail = detail or self.title
        self.retry_after = retry_after
        super().__init__(self.detail)


class InvalidRequest(NodError):
    code, status, title = "invalid_request", 400, "The request is not as it should be"


class TooLarge(InvalidRequest):
    status, title = 413, "The request is too large"


class CodeRequired(NodError):
    code, status, title = "code_required", 400, "Allowing this sign-in needs the code that the new device shows"


class InvalidToken(NodError):
    code, status, title = "invalid_token", 401, "The token is missing, wrong, expired or of a session that was ended"


class InvalidSignature(NodError):
    code, status, title = "invalid_signature", 401, "The call is not signed as its gateway signs, or too old"


class InvalidCredentials(NodError):
    code, status, title = "invalid_credentials", 401, "Login or password is wrong"


class Denied(NodError):
    code, status, title = "denied", 403, "The sign-in was denied"


class WrongCode(NodError):
    code, status, title = "wrong_code", 403, "The code is wrong"


class WrongScan(NodError):
    code, status, title = "wrong_scan", 403, "This is not what the QR code of this sign-in holds, or no longer"


class Forbidden(NodError):
    code, status, title = "forbidden", 403, "This may not be done from here"


class UnknownLogin(NodError):
    code, status, title = "unknown_login", 404, "There is no such login"


class UnknownSignIn(NodError):
    code, status, title = "unknown_sign_in", 404, "There is no such sign-in"


class UnknownSession(NodError):
    code, status, title = "unknown_session", 404, "This account has no such session"


class NotFound(NodError):
    code, status, title = "not_found", 404, "There is nothing at this address"


class NoApproverOnline(NodError):
    code, status, title = "no_approver_online", 409, "No signed-in device of this account is connected"


class NoPageOpen(NodError):
    code, status, title = "no_page_open", 409, "No signed-in computer has the page open that would show a QR code"


class NotAnswerable(NodError):
    code, status, title = "not_answerable", 409, "The sign-in cannot be answered now"


class AlreadyAnswered(NodError):
    code, status, title = "already_answered", 409, "The sign-in was answered already"


class IdentifierUsed(NodError):
    code, status, title = "identifier_used", 409, "The identifier was used before"


class AlreadyRedeemed(NodError):
    code, status, title = "already_redeemed", 409, "The sign-in was redeemed already"


class LoginTaken(NodError):
    code, status, title = "login_taken", 409, "The login belongs to an account already"


class AccountFull(NodError):
    code, status, title = "account_full", 409, "The account has as many logins as it may have"


class LastLogin(NodError):
    code, status, title = "last_login", 409, "The last login of an account cannot be removed"


class Expired(NodError):
    code, status, title = "expired", 410, "Its time has run out"


class Cancelled(NodError):
    code, status, title = "cancelled", 410, "The sign-in was cancelled"


class TryAgain(NodError):
    code, status, title = "try_again", 503, "Another delivery of the same message is being worked on"


class Overloaded(NodError):
    code, status, title = "unavailable", 503, "The service is overloaded for the moment"


class SlowDown(NodError):
    code, status, title = "slow_down", 429, "Too many requests"


class Crowded(SlowDown):
    title = "Too many requests at this very moment"
