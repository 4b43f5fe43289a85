"""The operations of the account function: what a signed-in device does, and the ordinary way in."""

from docs.generate.keys import KeySet
from docs.generate.operations.operation import APPROVING, SESSIONS, Operation
from nod.api import requests, responses
from nod.errors import (
    AccountFull,
    AlreadyAnswered,
    CodeRequired,
    Expired,
    Forbidden,
    InvalidCredentials,
    InvalidRequest,
    InvalidToken,
    LastLogin,
    LoginTaken,
    NotAnswerable,
    SlowDown,
    UnknownLogin,
    UnknownSession,
    UnknownSignIn,
    WrongCode,
)
from nod.flows.granting import Grant

OPERATIONS = (
    Operation(
        method="POST",
        path="/sign-ins/{sign_in_id}/answer",
        name="answerSignIn",
        tag=APPROVING,
        summary="Decide a sign-in",
        description="As the `answer` frame does, for an app that a notification woke. The first answer decides."
        " After the scan of a QR code: `forbidden` for all sessions but the one whose page was read.",
        security="session",
        request=requests.Answer,
        answers={200: responses.Answered},
        errors=(CodeRequired, WrongCode, Forbidden, UnknownSignIn, AlreadyAnswered, NotAnswerable),
    ),
    Operation(
        method="GET",
        path="/prompts",
        name="listPrompts",
        tag=APPROVING,
        summary="The prompts now open for this session",
        security="session",
        answers={200: responses.PromptList},
    ),
    Operation(
        method="POST",
        path="/tickets",
        name="issueTicket",
        tag=APPROVING,
        summary="A WebSocket address that works once",
        description="`docs/asyncapi.yaml` describes what goes over the connection. Opening one for `hand_over` is the"
        " person's consent that QR codes appear there: ask for it only from a page that shows them. `slow_down` where"
        " the session has opened too many in ten minutes.",
        security="session",
        request=requests.TicketRequest,
        answers={201: responses.TicketIssued},
        errors=(SlowDown,),
    ),
    Operation(
        method="POST",
        path="/accounts",
        name="signUp",
        tag=SESSIONS,
        summary="Make an account for a username and a password",
        description="`forbidden` where the stack does not allow it; `slow_down` past the limit of the address.",
        request=requests.SignUp,
        answers={201: Grant},
        errors=(Forbidden, LoginTaken, SlowDown),
    ),
    Operation(
        method="POST",
        path="/sessions",
        name="signIn",
        tag=SESSIONS,
        summary="Sign in with login and password",
        description="Every cause of a refusal is answered alike. After ten failures for a login in 15 minutes, and"
        " after as many from one address in a minute, or sessions of the account in an hour, as the stack allows:"
        " `slow_down`.",
        request=requests.Credentials,
        answers={201: Grant},
        errors=(InvalidCredentials, SlowDown),
    ),
    Operation(
        method="POST",
        path="/sessions/refresh",
        name="refresh",
        tag=SESSIONS,
        summary="Trade the refresh token for the next grant",
        description="A refresh token works once. One that comes again ends its session, since somebody holds a copy;"
        " with the `Idempotency-Key` of the first time it gets the same answer, until that was used.",
        repeatable=True,
        request=requests.Refresh,
        answers={200: Grant},
        errors=(InvalidToken,),
    ),
    Operation(
        method="GET",
        path="/sessions",
        name="listSessions",
        tag=SESSIONS,
        summary="The live sessions of the account",
        description="Newest first; of more than a thousand the oldest, which end with all that they have let in.",
        security="session",
        answers={200: responses.SessionList},
    ),
    Operation(
        method="DELETE",
        path="/sessions/{session_id}",
        name="endSession",
        tag=SESSIONS,
        summary="End a session",
        description="At once: its tokens are refused and its connections closed. `forbidden` for a session older than"
        " the caller's, until the caller's has the age that the stack asks for. With `and_let_in` all that it has let"
        " in ends with it, also through sessions that have ended since, and also the caller's own if it is among them."
        " What is left below a session that has ended already can be ended by naming that.",
        security="session",
        flags=("and_let_in",),
        answers={200: responses.Ended},
        errors=(Forbidden, UnknownSession),
    ),
    Operation(
        method="GET",
        path="/account",
        name="showAccount",
        tag=SESSIONS,
        summary="The account and its logins",
        description="Oldest first. The devices that were signed in to it stand among them, as `device:` and the id:"
        " they let nobody in, but may ask for a QR code. Fifty are known: one"
        " more is once another was forgotten.",
        security="session",
        answers={200: responses.AccountView},
    ),
    Operation(
        method="POST",
        path="/account/logins",
        name="bindLogin",
        tag=SESSIONS,
        summary="Bind a further login to the account",
        description="A username at once. A phone number when the text message in `sms` has come from that phone, an"
        " email address by the code that is mailed to it, both within ten minutes. `forbidden` where the stack has no"
        " number that texts could be sent to, or sends no mail; `account_full` where the account has 20 logins;"
        " `slow_down` after too many requests or mails.",
        security="session",
        request=requests.BindLogin,
        answers={201: responses.AccountLogin, 202: responses.LoginUnproven},
        errors=(Forbidden, LoginTaken, AccountFull, SlowDown),
    ),
    Operation(
        method="POST",
        path="/account/logins/confirm",
        name="confirmLogin",
        tag=SESSIONS,
        summary="Bind an email address by the code that was mailed to it",
        description="There are three tries. `unknown_login` where nothing was mailed or no try is left; `expired` where"
        " the code is too old; `account_full` where the account has 20 logins.",
        security="session",
        request=requests.ConfirmLogin,
        answers={201: responses.AccountLogin},
        errors=(WrongCode, UnknownLogin, LoginTaken, AccountFull, Expired),
    ),
    Operation(
        method="DELETE",
        path="/account/logins/{login}",
        name="unbindLogin",
        tag=SESSIONS,
        summary="Take a login from the account",
        description="`forbidden` for a login that was bound before the caller signed in, until the caller's session has"
        " the age that the stack asks for. A device, `device:` and its id, is known again when it signs in again.",
        security="session",
        answers={204: None},
        errors=(InvalidRequest, Forbidden, UnknownLogin, LastLogin),
    ),
    Operation(
        method="GET",
        path="/account/password",
        name="showPassword",
        tag=SESSIONS,
        summary="Since when there is a password, and who has set it",
        description="What lets somebody in shows here, to be removed where the owner does not know of it.",
        security="session",
        answers={200: responses.PasswordView},
    ),
    Operation(
        method="PUT",
        path="/account/password",
        name="changePassword",
        tag=SESSIONS,
        summary="Set the password of the account",
        description="`invalid_credentials` where `current` is wrong, or missing although the account's owner has set a"
        " password before. `forbidden` for the owner's first one, also with a `current` that was texted, until the"
        " caller's session has the age that the stack asks for. After ten failures in 15 minutes: `slow_down`.",
        security="session",
        request=requests.ChangePassword,
        answers={204: None},
        errors=(Forbidden, InvalidCredentials, SlowDown),
    ),
    Operation(
        method="DELETE",
        path="/account/password",
        name="removePassword",
        tag=SESSIONS,
        summary="Take the password from the account",
        description="Without asking for it: the owner may not know it. From then on it signs nobody in; sessions"
        " that it let in stay. `forbidden` for one that was set before the caller signed in, until the caller's session"
        " has the age that the stack asks for; `last_login` where the account has no phone number to sign in with."
        " Where there is none it is answered alike, so the request may be repeated.",
        security="session",
        answers={204: None},
        errors=(Forbidden, LastLogin),
    ),
    Operation(
        method="GET",
        path="/.well-known/jwks.json",
        name="listKeys",
        tag=SESSIONS,
        summary="The keys that access tokens are signed with",
        description="May be kept for as long as its `Cache-Control` says.",
        answers={200: KeySet},
        cached=True,
    ),
)
