"""What must hold of the tables of a service, whatever has happened to it: over all rows, from any DynamoDB."""

from collections import Counter
from collections.abc import Callable
from typing import Any

Row = dict[str, Any]
# All rows of a table, by the name that it has in `docs/tables.md`.
Rows = Callable[[str], list[Row]]


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


def _origin(row: Row) -> tuple[str, ...]:
    """What a session has of the sign-in that it began with."""
    return (*(row[name]["S"] for name in ("account_id", "method", "device")), row.get("let_in_by", {"S": ""})["S"])


def _bound(account: Row) -> set[str]:
    elements = [*account["logins"]["SS"], *account.get("devices", {}).get("SS", ())]
    return {element.split(" ", 1)[1] for element in elements}
