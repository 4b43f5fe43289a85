"""What has run out is left to DynamoDB to delete, and never before it has run out."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from local import template
from nod.bootstrap.parts import Parts
from nod.bootstrap.tables import Tables
from nod.domain.identifiers import fingerprint
from nod.domain.limits import PROMPTS_PER_LOGIN, Slot
from nod.domain.prompts import prompt_for
from tests.builders import (
    ADA,
    NOW,
    after,
    connection,
    mailed_binding,
    message,
    phone_sign_in,
    refresh_token,
    session,
    sign_in,
    ticket,
    verification_of,
    waiter_ticket,
)
from tests.integration.in_process import in_process_aws

pytestmark = pytest.mark.integration


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tables]:
    """The tables of the template, with nothing in them."""
    with in_process_aws(monkeypatch) as settings:
        yield Parts(settings).tables


def forgotten_at(tables: Tables, table: str) -> datetime:
    """When the one row of a table may be deleted."""
    dynamodb: Any = tables.client.client
    (item,) = dynamodb.scan(TableName=table)["Items"]
    return datetime.fromtimestamp(int(item["forget_at"]["N"]), tz=NOW.tzinfo)


def is_soon_after(moment: datetime, end: datetime) -> bool:
    """Whether a row goes when it has run out, rounded up to a second, and not before."""
    return end <= moment <= end + timedelta(seconds=2)


def test_every_table_that_forgets_does_so_by_the_same_attribute() -> None:
    """All tables but those of accounts and logins, which must last, forget by `forget_at`."""
    tables = {
        name.removesuffix("Table"): resource["Properties"]
        for name, resource in template.read()["Resources"].items()
        if resource["Type"] == "AWS::DynamoDB::Table"
    }
    forgetting = {name for name, properties in tables.items() if "TimeToLiveSpecification" in properties}
    assert set(tables) - forgetting == {"Accounts", "Logins"}
    names = {tables[name]["TimeToLiveSpecification"]["AttributeName"] for name in forgetting}
    assert names == {"forget_at"}


def test_r1_6_a_sign_in_outlives_its_time_by_an_hour(tables: Tables) -> None:
    """R1.6: for so long a late device is told that its sign-in expired, and not that there is none."""
    begun = sign_in("none")
    tables.sign_ins.open(begun, prompt_for(begun, verification_of("none").shown), waiter_ticket(begun))
    assert is_soon_after(forgotten_at(tables, "SignIns"), begun.expires_at + timedelta(hours=1))
    assert is_soon_after(forgotten_at(tables, "Prompts"), begun.expires_at)
    assert is_soon_after(forgotten_at(tables, "Tickets"), begun.expires_at)


def test_tickets_connections_and_counts_go_when_they_have_run_out(tables: Tables) -> None:
    """Nothing that has run out is paid for any longer."""
    tables.tickets.put(ticket())
    tables.connections.add(connection(session_id=None), NOW)
    tables.throttles.count(PROMPTS_PER_LOGIN, "user:ada", NOW)
    assert is_soon_after(forgotten_at(tables, "Tickets"), ticket().expires_at)
    assert is_soon_after(forgotten_at(tables, "Connections"), connection().expires_at)
    window = PROMPTS_PER_LOGIN.window_of(NOW)
    assert is_soon_after(forgotten_at(tables, "Throttles"), PROMPTS_PER_LOGIN.end_of(window))


def test_a1_slots_go_when_the_last_sign_in_has_run_out(tables: Tables) -> None:
    """A1: the names that strangers ask for are not kept, and no slot is forgotten while its sign-in is open."""
    for seconds in (60, 90, 120):
        tables.slots.take("user:nobody", Slot(f"ID{seconds}", int(after(seconds).timestamp()), "-"), NOW)
        assert is_soon_after(forgotten_at(tables, "Throttles"), after(seconds))
    tables.slots.take("user:nobody", Slot("ID200", int(after(200).timestamp()), "-"), after(90))
    assert is_soon_after(forgotten_at(tables, "Throttles"), after(200))


def test_t5_a_binding_outlives_every_text_that_is_on_its_way(tables: Tables) -> None:
    """R1.2, T5: so long its identifier is nobody's sign-in, whatever became of it."""
    tables.bindings.put(mailed_binding())
    assert is_soon_after(forgotten_at(tables, "Bindings"), mailed_binding().expires_at + timedelta(days=7))
    tables.bindings.take_try(mailed_binding().binding_id, NOW)
    assert is_soon_after(forgotten_at(tables, "Bindings"), mailed_binding().expires_at + timedelta(days=7))


def test_t1_a_message_is_remembered_as_long_as_it_could_come_again(tables: Tables) -> None:
    """T1: until its call would be too old, also after its sender was told."""
    tables.messages.claim(message(forget_at=after(100)), "unknown")
    assert is_soon_after(forgotten_at(tables, "Messages"), after(100))
    tables.messages.finish("message")
    assert is_soon_after(forgotten_at(tables, "Messages"), after(100))


def test_t1_a_message_that_could_always_come_again_is_never_forgotten(tables: Tables) -> None:
    """T1: of a gateway that signs no time, the very same call is good for ever; so is what is known of it."""
    tables.messages.claim(message(), "unknown")
    with pytest.raises(KeyError):
        forgotten_at(tables, "Messages")


def test_r3_1_a_phone_s_sign_in_outlives_every_text_that_is_on_its_way(tables: Tables) -> None:
    """R3.1: so long a late phone is told that it expired, and its identifier cannot be registered anew."""
    begun = phone_sign_in()
    tables.sign_ins.open(begun, None, waiter_ticket(begun))
    assert is_soon_after(forgotten_at(tables, "SignIns"), begun.expires_at + timedelta(days=7))


def test_r1_6_other_sign_ins_outlive_their_time_by_an_hour(tables: Tables) -> None:
    """R1.6: so long their devices are told that it is over."""
    begun = sign_in()
    tables.sign_ins.open(begun, None, waiter_ticket(begun))
    assert is_soon_after(forgotten_at(tables, "SignIns"), begun.expires_at + timedelta(hours=1))


def test_r2_2_a_session_s_row_outlives_those_of_all_above_it(tables: Tables) -> None:
    """R2.2: it stays until the session must have ended, used, unused or ended: whoever let it in ends before that."""
    tables.sessions.put(session())
    assert is_soon_after(forgotten_at(tables, "Sessions"), session().ends_at)
    later = after(40 * 24 * 3600)
    assert tables.sessions.rotate(refresh_token(), next_hash=fingerprint("next"), expires_at=later, now=NOW)
    assert is_soon_after(forgotten_at(tables, "Sessions"), session().ends_at)
    assert tables.sessions.expire(ADA, session().session_id, NOW)
    assert is_soon_after(forgotten_at(tables, "Sessions"), session().ends_at)
