"""The operations of the sign_ins function: what a device does that wants in."""

from docs.generate.operations.operation import SIGN_INS, Operation
from nod.api import requests, responses
from nod.errors import (
    AlreadyRedeemed,
    Cancelled,
    Denied,
    Expired,
    Forbidden,
    IdentifierUsed,
    NoApproverOnline,
    NoPageOpen,
    NotAnswerable,
    SlowDown,
    UnknownLogin,
    UnknownSignIn,
    WrongCode,
    WrongScan,
)
from nod.flows.granting import Grant

OPERATIONS = (
    Operation(
        method="POST",
        path="/sign-ins",
        name="startSignIn",
        tag=SIGN_INS,
        summary="Start a sign-in",
        description="The device makes a random verifier, keeps it, and sends its challenge. It then waits on"
        " `waiter.url`, polls `redeem`, or both. Where the stack conceals accounts, an unknown login and one with"
        " nobody online are answered as a real start is. With method `phone`, the text message `sms` that the phone"
        " then sends lets it in, or asks approvers where the stack wants that; `forbidden` where the stack has no"
        " number that texts could be sent to. With method `qr`, a QR code appears on every hand-over page that the"
        " account has open, for the phone to `scan`; where accounts are concealed, `no_page_open` stands for an"
        " unknown login too; `forbidden` where the stack has no page that a code could lead to.",
        request=requests.StartSignIn,
        answers={201: responses.SignInStarted},
        errors=(UnknownLogin, NoApproverOnline, IdentifierUsed, NoPageOpen, Forbidden, SlowDown),
    ),
    Operation(
        method="POST",
        path="/sign-ins/{sign_in_id}/confirm",
        name="confirmSignIn",
        tag=SIGN_INS,
        summary="Send the code back, in mode `echo`",
        description="Only then are the approvers asked. A third wrong code denies the sign-in.",
        request=requests.Confirm,
        answers={202: responses.SignInConfirmed},
        errors=(
            WrongCode,
            Denied,
            UnknownSignIn,
            NoApproverOnline,
            NotAnswerable,
            AlreadyRedeemed,
            Expired,
            Cancelled,
        ),
    ),
    Operation(
        method="POST",
        path="/sign-ins/{sign_in_id}/scan",
        name="scanSignIn",
        tag=SIGN_INS,
        summary="Send what the QR code holds",
        description="Once, within 30 seconds of the code, by the device that started this sign-in, with the login that"
        " it gave. The session whose page showed the code is then the only one that may answer; where the stack asks"
        " for no confirmation, the device is allowed at once. A code that two devices have read denies its sign-in:"
        " the device that started it is told `denied`, the other `wrong_scan`. After `wrong_scan`, `redeem` says how"
        " the sign-in stands.",
        request=requests.Scan,
        answers={200: responses.SignInScanned},
        errors=(WrongScan, Denied, UnknownSignIn),
    ),
    Operation(
        method="POST",
        path="/sign-ins/{sign_in_id}/redeem",
        name="redeemSignIn",
        tag=SIGN_INS,
        summary="Collect the session, once",
        description="Polled until it is answered. `slow_down` adds 5 seconds to the interval; an account hears it too"
        " that has got too many sessions in the last hour: `Retry-After` says which. A wrong verifier is"
        " answered as if there were no such sign-in. Repeated with its `Idempotency-Key` it brings the same"
        " session again, until the refresh token was used.",
        repeatable=True,
        request=requests.Redeem,
        answers={200: Grant, 202: responses.StillPending},
        errors=(Denied, UnknownSignIn, AlreadyRedeemed, Expired, Cancelled, SlowDown),
    ),
    Operation(
        method="DELETE",
        path="/sign-ins/{sign_in_id}",
        name="cancelSignIn",
        tag=SIGN_INS,
        summary="Give up",
        description="The prompts close, and QR codes go. To cancel again is no error.",
        security="verifier",
        answers={204: None},
        errors=(Denied, UnknownSignIn, AlreadyRedeemed, Expired),
    ),
)
