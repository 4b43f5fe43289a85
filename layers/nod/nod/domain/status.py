"""How a sign-in stands, how it was answered, and what is told of that to whom."""

from typing import Annotated, Literal

from msgspec import Meta

Method = Annotated[Literal["approval", "phone", "qr"], Meta(title="Method", description="The way into a sign-in.")]
Status = Literal["started", "pending", "allowed", "denied", "reported", "cancelled", "expired", "redeemed"]
Decision = Annotated[
    Literal["allow", "deny", "report"],
    Meta(
        title="Decision",
        description='`report` means "this was not me": the new device is told nothing until its sign-in expires, and'
        " further requests for the login are held back.",
    ),
]
# What is told of a status, and to whom. Nobody is told `reported`: that these types lack it is checked like any type.
OpenStatus = Annotated[
    Literal["started", "pending"],
    Meta(
        title="OpenStatus",
        description="`started`: not to be answered yet, as before an `echo` code is back. `pending`: to be answered.",
    ),
]
Verdict = Annotated[Literal["allowed", "denied"], Meta(title="Verdict", description="How it was answered.")]
Closing = Annotated[
    Literal["pending", "allowed", "denied", "cancelled"],
    Meta(title="Closing", description="How the showing of a QR code ended; `pending`: scanned, and to be answered."),
]
Ending = Annotated[Literal["allowed", "denied", "cancelled"], Meta(title="Ending", description="How a prompt ended.")]
SeenStatus = Annotated[
    Literal["started", "pending", "allowed", "denied", "cancelled", "expired", "redeemed"],
    Meta(
        title="SeenStatus",
        description="The status as the device that asks is told; `allowed` is to be redeemed within 60 seconds.",
    ),
]

# A sign-in that something can still become of.
LIVE: frozenset[Status] = frozenset({"started", "pending", "reported", "allowed"})
