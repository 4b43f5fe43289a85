"""What must hold of the tables of a service, whatever has happened to it: over all rows, from any DynamoDB."""

from collections import Counter
from collections.abc import Callable, Collection
from typing import Any

Row = dict[str, Any]
# All rows of a table, by the name that it has in `docs/tables.md`.
Rows = Callable[[str], list[Row]]
# Where every row has a time at which it is forgotten. Accounts and logins have none, nor has every message.
FORGOTTEN = ("Sessions", "Connections", "SignIns", "Prompts", "Tickets", "Throttles", "Bindings")
# Seconds that an approval may take, and with it its slot: of a stack that says nothing else, rounded up.
LONGEST_APPROVAL = 121


def all_rows(dynamodb: Any, table_name: str) -> list[Row]:
    """All rows of a table, as DynamoDB has them."""
    pages = dynamodb.get_paginator("scan").paginate(TableName=table_name, ConsistentRead=True)
    return [row for page in pages for row in page["Items"]]


def require_consistent(rows: Rows) -> None:
    """No prompt, session, login or account is left over, and nobody is in whom nobody has let in."""
    accounts = {row["account_id"]["S"]: row for row in rows("Accounts")}
    sign_ins = {row["sign_in_id"]["S"]: row for row in rows("SignIns")}
    sessions = rows("Sessions")
    _require_open(sign_ins, rows("Prompts"))
    _require_reachable(accounts, {row["login"]["S"]: row for row in rows("Logins")})
    _require_let_in(sign_ins, sessions)
    for session in sessions:
        assert session["account_id"]["S"] in accounts, "a session is of an account that exists"
    _require_known(sessions, [*sign_ins.values(), *sessions], rows("Connections"))
    _require_slots_in_time(sign_ins, rows("Throttles"))
    for table in FORGOTTEN:
        assert all("forget_at" in row for row in rows(table)), f"a row of {table} is forgotten some day"


def require_finished(rows: Rows, closed: Collection[str]) -> None:
    """Nothing is under way any more: no message to be told, no dead session that hears what others are told.

    `closed` are the ids of the connections that were closed, of which some may still be listed.
    """
    assert not [row for row in rows("Messages") if "work_until" in row], "what became of a message has been told"
    ended = {_session(row) for row in rows("Sessions") if row["expires_at"]["N"] == "0"}
    for row in rows("Connections"):
        is_open = row["connection_id"]["S"] not in closed
        assert not (is_open and _listener(row) in ended), "an ended session has no open connection"


def _require_open(sign_ins: dict[str, Row], prompts: list[Row]) -> None:
    for prompt in prompts:
        sign_in = sign_ins[prompt["sign_in_id"]["S"]]
        assert sign_in["status"]["S"] in ("started", "pending"), "a prompt is of a sign-in that is still open"


def _require_reachable(accounts: dict[str, Row], logins: dict[str, Row]) -> None:
    for login, row in logins.items():
        assert login in _bound(accounts[row["account_id"]["S"]]), "a login is one that its account knows of"
    for account_id, account in accounts.items():
        assert "logins" in account, "an account can be signed in to"
        for login in _bound(account):
            assert logins[login]["account_id"]["S"] == account_id, "what an account knows of is its login"


def _require_let_in(sign_ins: dict[str, Row], sessions: list[Row]) -> None:
    for sign_in in sign_ins.values():
        if sign_in["status"]["S"] in ("allowed", "redeemed") and sign_in["method"]["S"] != "phone":
            assert "let_in_by" in sign_in, "nothing is allowed without an answer"
    redeemed = Counter(_origin(one) for one in sign_ins.values() if one["status"]["S"] == "redeemed")
    begun = Counter(_origin(one) for one in sessions if one["method"]["S"] != "password")
    assert begun == redeemed, "a session is that of one redeemed sign-in, which has no other"


def _require_known(sessions: list[Row], let_in: list[Row], connections: list[Row]) -> None:
    known = {_session(row) for row in sessions}
    for row in let_in:
        if "let_in_by" in row:
            assert (row["account_id"]["S"], row["let_in_by"]["S"]) in known, "who lets somebody in is of the account"
    for row in connections:
        if "session_id" in row:
            assert _listener(row) in known, "a connection is that of a session which there was"


def _require_slots_in_time(sign_ins: dict[str, Row], throttles: list[Row]) -> None:
    for row in throttles:
        for slot in row.get("slots", {}).get("SS", ()):
            expires_at, sign_in_id, _ = slot.split(":")
            assert int(expires_at) <= int(row["forget_at"]["N"]), "slots are not forgotten before their time"
            if sign_in_id in sign_ins:
                created_at = int(sign_ins[sign_in_id]["created_at"]["N"]) // 1_000_000
                assert int(expires_at) <= created_at + LONGEST_APPROVAL, (
                    "a slot is free when its sign-in's time is over"
                )


def _session(row: Row) -> tuple[str, str]:
    return row["account_id"]["S"], row["session_id"]["S"]


def _listener(row: Row) -> tuple[str, str]:
    return row["owner"]["S"], row.get("session_id", {"S": ""})["S"]


def _origin(row: Row) -> tuple[str, ...]:
    """What a session has of the sign-in that it began with."""
    return (*(row[name]["S"] for name in ("account_id", "method", "device")), row.get("let_in_by", {"S": ""})["S"])


def _bound(account: Row) -> set[str]:
    elements = [*account["logins"]["SS"], *account.get("devices", {}).get("SS", ())]
    return {element.split(" ", 1)[1] for element in elements}
