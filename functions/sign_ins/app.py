"""Lambda entry point: starting, confirming, scanning, redeeming and cancelling sign-ins. No session needed."""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from nod import bootstrap, settings
from nod.api import http, requests, responses
from nod.domain.refusals import StillWaiting
from nod.errors import InvalidRequest, UnknownSignIn
from nod.flows.approval import Asked
from nod.flows.phone import AskedByPhone
from nod.flows.qr import AskedByScan, Scan
from nod.flows.starting import Started

SETTINGS = settings.from_environment()
FLOWS = bootstrap.sign_ins(SETTINGS)
app = http.resolver()


@app.post("/sign-ins")
def start() -> Response[Any]:
    """Start a sign-in: 201, 404 `unknown_login`, 429 `slow_down`, 409 by method.

    `approval`: `no_approver_online`; `phone`: `identifier_used`; `qr`: `no_page_open`.
    """
    request = http.body(app, requests.StartSignIn)
    network = http.network(app, SETTINGS.edge_key_hash)
    if isinstance(request, requests.StartPhone):
        identifier = http.identifier(request.identifier, InvalidRequest)
        started = FLOWS.phone.start(AskedByPhone(identifier, request.challenge, request.device), network)
    elif isinstance(request, requests.StartQr):
        started = FLOWS.hand_over.start(AskedByScan(request.login, request.challenge, request.device), network)
    else:
        asked = Asked(request.login, request.challenge, request.device, request.verification, request.message)
        started = FLOWS.approval.start(asked, network)
    return http.answer(201, _shown(started))


@app.post("/sign-ins/<sign_in_id>/confirm")
def confirm(sign_in_id: str) -> Response[Any]:
    """Send the `echo` code back: 202, 403 `wrong_code`."""
    request = http.body(app, requests.Confirm)
    FLOWS.approval.confirm(http.identifier(sign_in_id, UnknownSignIn), request.code)
    return http.answer(202, responses.SignInConfirmed("pending"))


@app.post("/sign-ins/<sign_in_id>/scan")
def scan(sign_in_id: str) -> Response[Any]:
    """Send what a QR code holds: 200, 403 `wrong_scan`."""
    request = http.body(app, requests.Scan)
    read = Scan(request.scan_token, request.login, request.verifier)
    scanned = FLOWS.hand_over.scan(http.identifier(sign_in_id, UnknownSignIn), read)
    status, asked = scanned.sign_in.status, scanned.verification
    shown = responses.DeviceVerification(asked.mode, asked.code) if status == "pending" else None
    return http.answer(200, responses.SignInScanned(status, shown))


@app.post("/sign-ins/<sign_in_id>/redeem")
def redeem(sign_in_id: str) -> Response[Any]:
    """Collect the session: 200, 202 while nobody has answered, 403, 404, 409, 410, 429."""
    request = http.body(app, requests.Redeem)
    try:
        grant = FLOWS.redeeming.redeem(
            http.identifier(sign_in_id, UnknownSignIn), request.verifier, http.idempotency_key(app)
        )
    except StillWaiting as waiting:
        return http.answer(202, responses.StillPending(waiting.standing, waiting.interval))
    return http.answer(200, grant)


@app.delete("/sign-ins/<sign_in_id>")
def cancel(sign_in_id: str) -> Response[Any]:
    """Give up: 204. The verifier is the bearer token."""
    verifier = http.bearer(app)
    FLOWS.redeeming.cancel(http.identifier(sign_in_id, UnknownSignIn), verifier)
    return http.answer(204)


def _shown(started: Started) -> responses.SignInStarted:
    sign_in, verification, sms = started.sign_in, started.verification, started.sms
    shows_code = sign_in.method == "approval" or verification.code is not None
    return responses.SignInStarted(
        sign_in_id=sign_in.sign_in_id,
        method=sign_in.method,
        status=sign_in.status,
        expires_at=sign_in.expires_at,
        expires_in=int((sign_in.expires_at - sign_in.created_at).total_seconds()),
        interval=int(sign_in.poll_interval.total_seconds()),
        waiter=responses.Waiter(http.ticket_url(SETTINGS.websocket_url, started.waiter_ticket)),
        verification=responses.DeviceVerification(verification.mode, verification.code) if shows_code else None,
        sms=responses.Sms(sms.to, sms.body) if sms else None,
    )


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP request."""
    return http.resolve(app, event, context)
