"""An approver that is away when somebody asks, and back before the time is up."""

from collections.abc import Iterator

import httpx
import pytest

from local.stack import LocalStack
from tests.sockets.scenes import allow
from tests.stacks import Stack, described
from tests.target import outcome

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def discreet(local: LocalStack) -> Iterator[Stack]:
    """A stack that tells nobody which accounts exist, or who is online."""
    endpoints = local.deploy("nod-discreet", {"ConcealAccounts": "true"})
    with httpx.Client(base_url=endpoints.http, timeout=60) as client:
        yield described(local, "nod-discreet", endpoints, client)


def test_r1_9_a_prompt_that_was_lost_on_the_way_is_there_on_coming_back(stack: Stack) -> None:
    """R1.9: a phone in a tunnel is posted to and hears nothing; its next connection brings the prompt, once."""
    alice, pc = stack.person(), stack.device()
    with alice.phone.approving():  # Stays open, as API Gateway sees it, and is read no more.
        sign_in = pc.start(alice.login)
        with sign_in.waiting() as waiting, alice.phone.approving() as back:
            assert [one["sign_in_id"] for one in back.ask("hello")["prompts"]] == [sign_in.id]
            assert back.settled() == []
            allow(back, sign_in)
            assert waiting.expect("signInResolved")["status"] == "allowed"
    assert pc.redeem(sign_in).status_code == 200


def test_r1_7_who_was_away_between_start_and_code_is_prompted(stack: Stack) -> None:
    """R1.7: the approver of an `echo` sign-in leaves, comes back before the code does, and is prompted once."""
    alice, pc = stack.person(), stack.device()
    with alice.phone.approving():
        sign_in = pc.start(alice.login, verification="echo")
    with alice.phone.approving() as back:
        assert sign_in.confirm(sign_in.code).status_code == 202
        assert [frame["sign_in_id"] for frame in back.settled()] == [sign_in.id]
        allow(back, sign_in)
    assert pc.redeem(sign_in).status_code == 200


def test_r1_6_who_is_away_when_the_code_comes_is_asked_anew(stack: Stack) -> None:
    """R1.6: with nobody online at the code the device is told so; the prompt is no more, and asking again works."""
    alice, pc = stack.person(), stack.device()
    with alice.phone.approving():
        lost = pc.start(alice.login, verification="echo")
    while stack.items("Connections", "owner", alice.account_id):
        continue  # Until $disconnect has run.
    assert outcome(lost.confirm(lost.code)) == (409, "no_approver_online")
    with alice.phone.approving() as back:
        assert back.ask("hello")["prompts"] == []
        sign_in = pc.start(alice.login, verification="echo")
        assert sign_in.confirm(sign_in.code).status_code == 202
        allow(back, sign_in)
    assert pc.redeem(sign_in).status_code == 200


def test_a4_where_nobody_is_told_who_is_online_a_prompt_waits_for_who_comes(discreet: Stack) -> None:
    """A4, R1.9: a start with nobody online looks like any other, and is one: who comes in time is asked, and allows."""
    alice, pc = discreet.person(), discreet.device()
    sign_in = pc.start(alice.login)
    with sign_in.waiting() as waiting, alice.phone.approving() as back:
        assert [one["sign_in_id"] for one in back.ask("hello")["prompts"]] == [sign_in.id]
        allow(back, sign_in)
        assert waiting.expect("signInResolved")["status"] == "allowed"
    assert pc.redeem(sign_in).status_code == 200
