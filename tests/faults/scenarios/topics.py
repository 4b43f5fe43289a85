"""Texts that come through a topic, several in one event (R3.2, T4)."""

import json
from contextlib import suppress
from datetime import timedelta
from typing import Any

from nod.domain.identifiers import challenge_of, new_identifier
from nod.errors import NodError
from nod.flows.granting import Grant
from nod.flows.phone import AskedByPhone
from nod.flows.starting import Started
from tests.faults.house import NETWORK, PHONE, Person
from tests.faults.scenarios.base import KEY, VERIFIER, Scenario


class TopicEvent(Scenario):
    """One event brings the texts of two phones. Where one fails, Lambda is given both again, a minute later."""

    told = ("",)

    def prepare(self) -> None:
        self.phones: list[tuple[Person, Started]] = []
        records = []
        for person in (self.person, self.house.person()):
            asked = AskedByPhone(new_identifier(self.house.random), challenge_of(VERIFIER), PHONE)
            started = self.house.messaging.phone.start(asked, NETWORK)
            self.phones.append((person, started))
            texted = {
                "originationNumber": person.number,
                "messageBody": started.sms.body if started.sms else "",
                "inboundMessageId": new_identifier(self.house.random),
            }
            records.append({"Sns": {"Message": json.dumps(texted)}})
        self.event = {"Records": records}
        self.grants: dict[str, Grant] = {}
        self.tries = 0

    def attempt(self) -> Any:
        self.house.messaging.webhooks.notify(self.event)
        return True

    def again(self) -> Any:
        self.collect()
        self.tries += 1
        self.house.late += timedelta(minutes=1)
        return self.attempt()

    def collect(self) -> None:
        """Each phone that was let in collects its session, for which it has a minute."""
        for person, started in self.phones:
            if person.number not in self.grants:
                with suppress(NodError):
                    self.grants[person.number] = self.redeem(started, KEY)

    def settle(self) -> None:
        self.collect()
        for person, _ in self.phones:
            self.is_signed_in(self.grants[person.number])
            assert len(person.sessions()) == 2
        told = min(self.house.injector.texted.count(person.number) for person, _ in self.phones)
        assert 1 <= told <= max(1, self.tries), "whose text did not fail is told once"
