"""Bringing prompts and news to connections (R1.5)."""

from datetime import timedelta

import msgspec
import pytest
from msgspec.structs import replace

from nod.domain.connections import HEARD_PER_ACCOUNT, ApproverPolicy
from nod.domain.prompts import NOBODY, Prompt, prompt_for
from nod.domain.pushes import PromptPush, SessionEnded, prompt_push
from nod.flows.prompting import Telling
from tests.builders import ADA, after, sign_in, verification_of
from tests.fakes import one_by_one
from tests.unit.service import Service

NEWS = SessionEnded("SOME")


@pytest.fixture
def prompt() -> Prompt:
    """The prompt of a pending sign-in."""
    return prompt_for(sign_in("none"), verification_of("none").shown)


def ask(service: Service, prompt: Prompt) -> bool:
    """Post a prompt to the account's approvers."""
    return service.prompting.ask(prompt, service.stores.connections.of(ADA), service.now)


def asked(service: Service) -> list[str]:
    """The connections that got the prompt."""
    return sorted(service.sockets.posted)


def three_approvers(policy: ApproverPolicy) -> Service:
    """Three sessions, connected one after another, of which the first was active last."""
    service = Service(policy=policy)
    for number, session_id in enumerate(("ONE", "TWO", "THREE")):
        service.approver(session_id)
        service.sockets.activity[f"socket of {session_id}"] = after(300 - 100 * number)
        service.wait(10)
    return service


def telling(service: Service) -> Telling:
    """The flow that posts."""
    return Telling(service.stores.connections, service.sockets, one_by_one, service.afterwards)


# Telling.


def test_each_connection_is_told_its_own() -> None:
    """Each frame goes to its connection and no other."""
    service = three_approvers("all")
    one, two, three = service.stores.connections.of(ADA)
    other = SessionEnded("OTHER")
    assert telling(service).tell([(one, NEWS), (three, other)], service.now)
    assert service.pushed(one.connection_id) == [NEWS]
    assert service.pushed(two.connection_id) == []
    assert service.pushed(three.connection_id) == [other]


def test_a_connection_that_is_gone_is_forgotten() -> None:
    """Where one is gone the others are told all the same, and its row is removed."""
    service = three_approvers("all")
    one, two, _ = service.stores.connections.of(ADA)
    service.hang_up(one.connection_id)
    assert telling(service).tell([(one, NEWS), (two, NEWS)], service.now)
    assert service.pushed(two.connection_id) == [NEWS]
    assert one not in service.stores.connections.of(ADA)
    assert two in service.stores.connections.of(ADA)


def test_a1_news_go_to_so_many_connections() -> None:
    """A1: each that is heard gets all of it; one too many hears nothing."""
    service = Service()
    service.approver("ONE")
    (one,) = service.stores.connections.of(ADA)
    more = [replace(one, connection_id=f"more {number}") for number in range(HEARD_PER_ACCOUNT)]
    more = [replace(each, connected_at=after(-1)) for each in more]
    service.sockets.open |= {each.connection_id for each in more}
    other = SessionEnded("OTHER")
    assert telling(service).tell([(each, news) for news in (NEWS, other) for each in [*more, one]], service.now)
    assert len(asked(service)) == HEARD_PER_ACCOUNT
    assert service.pushed(one.connection_id) == [NEWS, other]


def test_nobody_told_is_nobody_reached() -> None:
    """Telling none, or only connections that are gone, reaches nobody."""
    service = three_approvers("all")
    one = service.stores.connections.of(ADA)[0]
    service.hang_up(one.connection_id)
    assert not telling(service).tell([], service.now)
    assert not telling(service).tell([(one, NEWS)], service.now)


def test_a_connection_that_is_opening_counts() -> None:
    """A connection whose handshake is under way is neither forgotten nor taken for gone: its `hello` will ask."""
    service = Service()
    service.approver("ONE")
    service.sockets.open.clear()
    one = service.stores.connections.of(ADA)[0]
    service.wait(9)
    assert telling(service).tell([(one, NEWS)], service.now)
    assert service.stores.connections.of(ADA) == [one]
    service.wait(1)
    assert not telling(service).tell([(one, NEWS)], service.now)
    assert service.stores.connections.of(ADA) == []


# Asking.


def test_r1_5_all_are_asked(prompt: Prompt) -> None:
    """R1.5: with policy `all` each approver gets the prompt, and it is addressed to nobody in particular."""
    service = three_approvers("all")
    assert ask(service, prompt)
    assert asked(service) == ["socket of ONE", "socket of THREE", "socket of TWO"]
    assert service.pushed("socket of ONE") == [prompt_push(prompt)]
    assert service.prompting.prompt(sign_in("none"), verification_of("none").shown).addressed_to is None
    assert "prompts.address" not in service.calls


@pytest.mark.parametrize(("policy", "chosen"), [("latest", "THREE"), ("active", "ONE")])
def test_r1_5_one_is_asked(policy: ApproverPolicy, chosen: str, prompt: Prompt) -> None:
    """R1.5: the other policies ask one connection, and the prompt is addressed to its session."""
    service = three_approvers(policy)
    service.rows.prompts[ADA, prompt.sign_in_id] = prompt
    assert ask(service, prompt)
    assert asked(service) == [f"socket of {chosen}"]
    assert service.rows.prompts[ADA, prompt.sign_in_id].addressed_to == chosen
    assert service.prompting.prompt(sign_in("none"), verification_of("none").shown).addressed_to == NOBODY


def test_r1_5_random_asks_one_of_them(prompt: Prompt) -> None:
    """R1.5: `random` asks one connection: not always the same, but about one sign-in the same each time."""
    seen = set()
    for number in range(30):
        service = three_approvers("random")
        one_of_many = msgspec.structs.replace(prompt, sign_in_id=str(number))
        assert ask(service, one_of_many)
        assert ask(service, one_of_many)
        (one,) = asked(service)
        seen.add(one)
    assert seen == {"socket of ONE", "socket of TWO", "socket of THREE"}


def test_r1_5_activity_is_asked_of_the_platform(prompt: Prompt) -> None:
    """R1.5: only `active` looks up who was active when; a connection it cannot tell of counts from its opening."""
    service = three_approvers("active")
    del service.sockets.activity["socket of ONE"]
    assert ask(service, prompt)
    assert asked(service) == ["socket of TWO"]
    assert service.calls.count("sockets.last_active") == 3
    others: tuple[ApproverPolicy, ...] = ("all", "latest", "random")
    for policy in others:
        other = three_approvers(policy)
        assert ask(other, prompt)
        assert "sockets.last_active" not in other.calls


@pytest.mark.parametrize("policy", ["latest", "active", "random"])
def test_r1_5_where_the_chosen_one_is_gone_another_is_picked(policy: ApproverPolicy, prompt: Prompt) -> None:
    """R1.5: asking goes on until somebody is reached, and the prompt ends addressed to that session."""
    for present in ("ONE", "TWO", "THREE"):
        service = three_approvers(policy)
        service.hang_up(*(f"socket of {one}" for one in ("ONE", "TWO", "THREE") if one != present))
        service.rows.prompts[ADA, prompt.sign_in_id] = prompt
        assert ask(service, prompt)
        assert asked(service) == [f"socket of {present}"]
        assert service.rows.prompts[ADA, prompt.sign_in_id].addressed_to == present


@pytest.mark.parametrize("policy", ["all", "latest", "active", "random"])
def test_r1_5_where_all_are_gone_nobody_is_reached(policy: ApproverPolicy, prompt: Prompt) -> None:
    """R1.5: all rows of connections that turned out to be gone are forgotten."""
    service = three_approvers(policy)
    service.hang_up("socket of ONE", "socket of TWO", "socket of THREE")
    assert not ask(service, prompt)
    assert service.stores.connections.of(ADA) == []


@pytest.mark.parametrize("policy", ["all", "latest", "active", "random"])
def test_r1_2_only_approvers_are_asked(policy: ApproverPolicy, prompt: Prompt) -> None:
    """R1.2: a hand-over page and a connection that has outlived its time are passed over."""
    service = Service(policy=policy)
    owner = service.session("ONE")
    service.connect(owner, "page", "hand_over")
    service.connect(owner, "old")
    service.now += timedelta(hours=2, minutes=10)
    assert not ask(service, prompt)
    service.connect(owner, "fresh")
    assert ask(service, prompt)
    assert asked(service) == ["fresh"]


@pytest.mark.parametrize("policy", ["all", "latest", "active", "random"])
def test_a4_with_nobody_there_the_same_calls_are_made(policy: ApproverPolicy, prompt: Prompt) -> None:
    """A4: where accounts are concealed, asking nobody makes the calls that asking somebody does, and counts as done."""
    calls = []
    for somebody in (True, False):
        service = Service(policy=policy, conceal=True)
        if somebody:
            service.approver("ONE")
        connections = service.stores.connections.of(ADA)
        service.calls.clear()
        assert service.prompting.ask(prompt, connections, service.now)
        calls.append(list(service.calls))
    assert calls[0] == calls[1]
    assert "sockets.post" in calls[0]


def test_r1_3_the_push_is_the_prompt_as_it_is_shown(prompt: Prompt) -> None:
    """R1.3: what is pushed is what `hello` would show."""
    service = three_approvers("all")
    ask(service, prompt)
    (push,) = service.pushed("socket of ONE")
    assert isinstance(push, PromptPush)
    assert {name: getattr(push, name) for name in push.__struct_fields__} == {
        name: getattr(prompt.shown(), name) for name in prompt.shown().__struct_fields__
    }
