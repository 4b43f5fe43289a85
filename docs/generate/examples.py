"""Examples of each type that a client sends or gets, made of the types themselves."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import msgspec

from nod.api import frames, requests, responses
from nod.domain import pushes
from nod.domain.bindings import BINDING_LIFETIME
from nod.domain.device import Device
from nod.domain.prompts import ShownPrompt
from nod.domain.scanning import CODE_LIFETIME, ScanToken
from nod.domain.sessions import ShownSession
from nod.domain.texts import SenderOfTexts, SmsToSend, binding_text, sign_in_text
from nod.domain.verification import ShownVerification
from nod.flows.granting import ACCESS_TOKEN_SECONDS, Grant
from nod.flows.phone import PHONE_LIFETIME

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
SIGN_IN, SESSION, NEW_SESSION = "7ZK3M9Q2XW8VT4RB6NHD1YJCPE", "4QX8R2M7KD9TWV3ZB1NHYCJ6PE", "9WT2B7XK4MZ8QV1RD3HNYJC6PE"
ACCOUNT = "2M8QZ7VX4KT9WR1BD3NHYJC6PE"
# The pair of RFC 7636 appendix B.
VERIFIER, CHALLENGE = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
TICKET_URL = "wss://ws.example.com/live?ticket=R2x5Zm9yZC1Ob2QtdGlja2V0LW9mLTMyLWJ5dGVzISE"
PHONE = Device(type="phone", name="Ann's phone", id="a3f1c9d2", app="Acme")
PC = Device(type="desktop", name="Firefox on Linux")
GRANT = Grant(
    account_id=ACCOUNT,
    session_id=NEW_SESSION,
    access_token="eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6Ij...",  # noqa: S106 - an example
    token_type="Bearer",  # noqa: S106 - not a password
    expires_in=ACCESS_TOKEN_SECONDS,
    refresh_token=f"{ACCOUNT}.{NEW_SESSION}.p0yL...",
)
_SESSION_FACTS: dict[str, Any] = {
    "session_id": NEW_SESSION,
    "login": "ann",
    "method": "approval",
    "signed_in_at": NOW,
    "last_seen_at": NOW,
    "device": PC,
    "ip": "192.0.2.7",
    "place": None,
    "let_in_by": SESSION,
    "current": False,
}
_STARTED_FACTS: dict[str, Any] = {
    "sign_in_id": SIGN_IN,
    "interval": 5,
    "waiter": responses.Waiter(TICKET_URL),
}
_PROMPT_FACTS: dict[str, Any] = {
    "sign_in_id": SIGN_IN,
    "method": "approval",
    "login": "ann",
    "device": PC,
    "ip": "192.0.2.7",
    "place": None,
    "created_at": NOW,
    "expires_at": NOW + timedelta(seconds=120),
    "message": "It is me, at the library",
    "verification": ShownVerification(mode="choose", choices=("27", "64", "91")),
}
_PROMPT = ShownPrompt(**_PROMPT_FACTS)
_SCANNED_FACTS: dict[str, Any] = {
    **{name: fact for name, fact in _PROMPT_FACTS.items() if name != "message"},
    "method": "qr",
    "login": "+447700900123",
    "device": PHONE,
}
_SCAN_TOKEN = ScanToken(SIGN_IN, "5TB8XW2K9QZ7MV4R1NHD3YJ6PE")
_QR_FACTS: dict[str, Any] = {
    "sign_in_id": SIGN_IN,
    "device": PHONE,
    "svg": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 49 49"><path fill="#fff" d="..."/>...</svg>',
    "url": _SCAN_TOKEN.link("https://app.example.com/phone"),
    "expires_at": NOW + CODE_LIFETIME,
}


def _sms(text: Callable[[SenderOfTexts, str], SmsToSend]) -> responses.Sms:
    sms = text(SenderOfTexts("Acme", "+12025550142"), SIGN_IN)
    return responses.Sms(sms.to, sms.body)


_ALL: tuple[msgspec.Struct, ...] = (
    GRANT,
    requests.StartApproval(login="ann", challenge=CHALLENGE, device=PC, message="It is me, at the library"),
    requests.StartPhone(identifier=SIGN_IN, challenge=CHALLENGE, device=PHONE),
    requests.StartQr(login="+447700900123", challenge=CHALLENGE, device=PHONE),
    requests.Confirm("407193"),
    requests.Scan(_SCAN_TOKEN.text, "+447700900123", VERIFIER),
    requests.Redeem(VERIFIER),
    requests.Answer("allow", "64"),
    requests.Credentials("ann", "correct horse battery staple", PHONE),
    requests.SignUp("ann", "correct horse battery staple", PHONE),
    requests.Refresh(GRANT.refresh_token),
    requests.BindLogin("ann.of.acme"),
    requests.ConfirmLogin("ann@example.com", "407193"),
    requests.ChangePassword(current="correct horse battery staple", new="staple battery horse correct"),
    requests.TicketRequest("approve"),
    responses.SignInStarted(
        **_STARTED_FACTS,
        method="approval",
        status="pending",
        expires_at=NOW + timedelta(seconds=120),
        expires_in=120,
        verification=responses.DeviceVerification("choose", "64"),
    ),
    responses.StillPending("pending", 5),
    responses.SignInConfirmed("pending"),
    responses.SignInScanned("pending", responses.DeviceVerification("choose", "64")),
    responses.SessionList([ShownSession(**_SESSION_FACTS)]),
    responses.Ended([NEW_SESSION]),
    responses.AccountLogin("ann", "username", NOW),
    responses.LoginUnproven(expires_at=NOW + BINDING_LIFETIME, sms=_sms(binding_text)),
    responses.AccountView(ACCOUNT, [responses.AccountLogin("ann", "username", NOW)]),
    responses.PasswordView(by="owner", set_at=NOW),
    responses.TicketIssued(TICKET_URL, 30),
    responses.PromptList([_PROMPT]),
    responses.Answered(SIGN_IN, "allowed"),
    frames.Ping(id=1),
    frames.Hello(id=2),
    frames.Answer(id=3, sign_in_id=SIGN_IN, decision="allow", code="64"),
    frames.RenewQr(id=6, sign_in_id=SIGN_IN),
    frames.ListSessions(id=4),
    frames.EndSession(id=5, session_id=NEW_SESSION),
    frames.Pong(id=1),
    frames.Welcome(id=2, session_id=SESSION, prompts=(_PROMPT,)),
    frames.WaiterWelcome(id=2, sign_in_id=SIGN_IN, status="pending"),
    frames.Answered(id=3, sign_in_id=SIGN_IN, status="allowed"),
    frames.SessionsReply(id=4, sessions=(ShownSession(**_SESSION_FACTS),)),
    frames.SessionEndedReply(id=5, ended=(NEW_SESSION,)),
    frames.QrReply(id=6, **_QR_FACTS),
    frames.ErrorReply(id=3, code="already_answered", detail="The sign-in was answered already"),
    pushes.PromptPush(**_PROMPT_FACTS),
    pushes.PromptClosed(SIGN_IN, "allowed"),
    pushes.QrPush(**_QR_FACTS),
    pushes.QrClosed(SIGN_IN, "pending"),
    pushes.SignInResolved(SIGN_IN, "allowed"),
    pushes.SessionStarted(**_SESSION_FACTS),
    pushes.SessionEnded(NEW_SESSION),
)
# Where one example of a type does not show what there is.
_FURTHER: dict[str, msgspec.Struct] = {
    "SignInStartedByPhone": responses.SignInStarted(
        **_STARTED_FACTS,
        method="phone",
        status="started",
        expires_at=NOW + PHONE_LIFETIME,
        expires_in=int(PHONE_LIFETIME.total_seconds()),
        sms=_sms(sign_in_text),
    ),
    "StartQrAsKnownDevice": requests.StartQr(login="device:a3f1c9d2", challenge=CHALLENGE, device=PHONE),
    "SignInStartedByQr": responses.SignInStarted(
        **_STARTED_FACTS,
        method="qr",
        status="started",
        expires_at=NOW + timedelta(seconds=120),
        expires_in=120,
    ),
    "ScannedAndAllowed": responses.SignInScanned("allowed"),
    "HandOverTicket": requests.TicketRequest("hand_over"),
    "WelcomeToPage": frames.Welcome(id=2, session_id=SESSION, prompts=()),
    "PromptAfterScan": pushes.PromptPush(**_SCANNED_FACTS),
    "BindPhone": requests.BindLogin("+447700900123"),
    "BindEmail": requests.BindLogin("ann@example.com"),
    "EmailBound": responses.AccountLogin("ann@example.com", "email", NOW),
    "EmailUnproven": responses.LoginUnproven(expires_at=NOW + BINDING_LIFETIME),
    "NoPassword": responses.PasswordView(by=None, set_at=None),
    "FirstPassword": requests.ChangePassword(new="correct horse battery staple"),
}
_NAMED = [*((type(example).__name__, example) for example in _ALL), *_FURTHER.items()]


def examples_of(struct: Any) -> dict[str, Any]:
    """By name, the examples of a type as they travel; of a union those of its members."""
    members = get_args(struct) or (struct,)
    return {name: _as_sent(example) for name, example in _NAMED if type(example) in members}


def _as_sent(example: msgspec.Struct) -> Any:
    sent = msgspec.json.decode(msgspec.json.encode(example))
    # A field that the client need not send is best shown by leaving it out.
    return {name: value for name, value in sent.items() if value is not None or not _may_be_omitted(example, name)}


def _may_be_omitted(example: msgspec.Struct, name: str) -> bool:
    fields = msgspec.structs.fields(example)
    return any(field.encode_name == name and not field.required for field in fields)
