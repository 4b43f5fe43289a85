"""Lambda entry point: accounts, sessions, tokens, logins, tickets and prompts."""

from typing import Any
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from nod import bootstrap, settings
from nod.api import http, requests, responses
from nod.domain.logins import BoundLogin
from nod.domain.sessions import Session
from nod.domain.sign_in import Approver
from nod.domain.tickets import TICKET_LIFETIME
from nod.errors import UnknownSession, UnknownSignIn
from nod.flows.answering import Answer

SETTINGS = settings.from_environment()
FLOWS = bootstrap.account(SETTINGS)
app = http.resolver()


@app.get("/.well-known/jwks.json")
def keys() -> Response[Any]:
    """The keys that access tokens are signed with (RFC 7517)."""
    return http.answer(200, FLOWS.keys.jwks(), cache_for=300)


@app.post("/accounts")
def sign_up() -> Response[Any]:
    """A new account with a username and a password: 201, 409 `login_taken`, 403 where the stack allows none."""
    request = http.body(app, requests.SignUp)
    network = http.network(app, SETTINGS.edge_key_hash)
    return http.answer(201, FLOWS.passwords.sign_up(request.login, request.password, request.device, network))


@app.post("/sessions")
def sign_in() -> Response[Any]:
    """A session for login and password: 201, 401 `invalid_credentials`, 429 `slow_down`."""
    request = http.body(app, requests.Credentials)
    network = http.network(app, SETTINGS.edge_key_hash)
    return http.answer(201, FLOWS.passwords.sign_in(request.login, request.password, request.device, network))


@app.post("/sessions/refresh")
def refresh() -> Response[Any]:
    """The next grant: 200, 401 `invalid_token`."""
    request = http.body(app, requests.Refresh)
    return http.answer(200, FLOWS.refreshing.refresh(request.refresh_token, http.idempotency_key(app)))


@app.get("/sessions")
def list_sessions() -> Response[Any]:
    """The live sessions of the account (R2.1)."""
    return http.answer(200, responses.SessionList(FLOWS.control.listed(_caller())))


@app.delete("/sessions/<session_id>")
def end_session(session_id: str) -> Response[Any]:
    """End a session, `current` for one's own (R2.2), and perhaps all below it: 200, 404 `unknown_session`, 403, 400."""
    caller = _caller()
    and_let_in = http.flag(app, "and_let_in")
    target = caller.session_id if session_id == "current" else http.identifier(session_id, UnknownSession)
    return http.answer(200, responses.Ended(FLOWS.control.end(target, by=caller, and_let_in=and_let_in)))


@app.get("/account")
def show_account() -> Response[Any]:
    """The account and its logins."""
    account = FLOWS.logins.account(_session())
    return http.answer(200, responses.AccountView(account.account_id, [_shown(one) for one in account.bound_logins()]))


@app.post("/account/logins")
def bind_login() -> Response[Any]:
    """Bind a login: 201, 202 where it is to be proven first, 409 `login_taken`."""
    session = _session()
    request = http.body(app, requests.BindLogin)
    bound = FLOWS.logins.bind(session, request.login, http.network(app, SETTINGS.edge_key_hash))
    if isinstance(bound, BoundLogin):
        return http.answer(201, _shown(bound))
    sms = responses.Sms(bound.sms.to, bound.sms.body) if bound.sms else None
    return http.answer(202, responses.LoginUnproven(expires_at=bound.expires_at, sms=sms))


@app.post("/account/logins/confirm")
def confirm_login() -> Response[Any]:
    """Bind an email address by the code that was mailed: 201, 403 `wrong_code`, 404, 409, 410."""
    session = _session()
    request = http.body(app, requests.ConfirmLogin)
    return http.answer(201, _shown(FLOWS.logins.confirm(session, request.login, request.code)))


@app.delete("/account/logins/<login>")
def unbind_login(login: str) -> Response[Any]:
    """Take a login from the account: 204, 409 `last_login`, 404 `unknown_login`."""
    FLOWS.logins.unbind(_session(), unquote(login))
    return http.answer(204)


@app.get("/account/password")
def show_password() -> Response[Any]:
    """Since when there is a password, and who has set it."""
    account = FLOWS.logins.account(_session())
    since = account.password_since
    by = since and ("owner" if account.has_own_password else "service")
    return http.answer(200, responses.PasswordView(by=by, set_at=since))


@app.put("/account/password")
def change_password() -> Response[Any]:
    """Set the password: 204, 401 `invalid_credentials` where the current one is wrong."""
    session = _session()
    request = http.body(app, requests.ChangePassword)
    FLOWS.passwords.change(session, request.current, request.new)
    return http.answer(204)


@app.delete("/account/password")
def remove_password() -> Response[Any]:
    """Take the password from the account: 204, 403, 409 `last_login`."""
    FLOWS.passwords.remove(_session())
    return http.answer(204)


@app.post("/tickets")
def issue_ticket() -> Response[Any]:
    """A WebSocket address that works once, for 30 seconds (R1.9)."""
    session = _session()
    request = http.body(app, requests.TicketRequest)
    url = http.ticket_url(SETTINGS.websocket_url, FLOWS.ticketing.issue(session, request.purpose))
    return http.answer(201, responses.TicketIssued(url, int(TICKET_LIFETIME.total_seconds())))


@app.get("/prompts")
def list_prompts() -> Response[Any]:
    """The prompts now open for this session, for an app that a notification woke."""
    return http.answer(200, responses.PromptList(FLOWS.connecting.open_prompts(_caller())))


@app.post("/sign-ins/<sign_in_id>/answer")
def answer(sign_in_id: str) -> Response[Any]:
    """Decide a sign-in, as the `answer` frame does: 200, or the error of that name."""
    caller = _caller()
    request = http.body(app, requests.Answer)
    sign_in_id = http.identifier(sign_in_id, UnknownSignIn)
    status = FLOWS.answering.answer(Answer(sign_in_id, request.decision, request.code), by=caller)
    return http.answer(200, responses.Answered(sign_in_id, status))


def _caller() -> Approver:
    """Whose session the access token speaks for. That it lives is checked by what is done with it."""
    return FLOWS.keys.verify(http.bearer(app), bootstrap.now())


def _session() -> Session:
    """The caller's session, which lives."""
    return FLOWS.control.alive(_caller())


def _shown(bound: BoundLogin) -> responses.AccountLogin:
    return responses.AccountLogin(bound.login.shown, bound.login.kind, bound.bound_at)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP request."""
    return http.resolve(app, event, context)
