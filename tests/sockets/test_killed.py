"""Everything dies in the middle of sign-ins, and comes back: each ends as it should."""

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from local.device import SignIn
from tests.sockets.scenes import PLAYS, Play, Scene, allow
from tests.stacks import Person, Stack

pytestmark = pytest.mark.e2e


@dataclass(frozen=True)
class UnderWay:
    """Sessions that an owner's guests were collecting, with what they had heard; answers that were being given."""

    owner: Person
    collecting: dict[SignIn, dict[str, Any] | None]
    approver: Person
    answering: list[SignIn]


@dataclass(frozen=True)
class Interrupted:
    """What was interrupted, and can go on."""

    scenes: dict[Play, Scene]
    under_way: UnderWay


@pytest.fixture(scope="module")
def interrupted(stack: Stack) -> Iterator[Interrupted]:
    """The cloud was killed once, in the middle of all scenes, and of requests and frames."""
    with ExitStack() as ends:
        scenes = {play: ends.enter_context(closing(play(stack))) for play in PLAYS}
        for scene in scenes.values():
            next(scene)
        under_way = killed_meanwhile(stack)
        with pytest.raises(httpx.ConnectError):
            stack.client.get("/account")
        stack.cloud.restart()
        yield Interrupted(scenes, under_way)


def killed_meanwhile(stack: Stack) -> UnderWay:
    """Three sessions are being collected and three answers given; at the first session the cloud is killed."""
    owner, approver = stack.person(), stack.person()
    allowed = three_allowed(stack, owner)
    with approver.phone.approving() as connection, ThreadPoolExecutor(len(allowed)) as devices:
        asked = three_started(stack, approver)
        for sign_in in asked:
            connection.send("answer", sign_in_id=sign_in.id, decision="allow", code=sign_in.code)
        # More at a time than there are warm workers: not all are through when the first is.
        collecting = {sign_in: devices.submit(sign_in.redeem, key=sign_in.id) for sign_in in allowed}
        wait(collecting.values(), return_when=FIRST_COMPLETED)
        stack.cloud.kill()
    heard = {one: None if answer.exception() else answer.result().json() for one, answer in collecting.items()}
    return UnderWay(owner, heard, approver, asked)


def three_started(stack: Stack, person: Person) -> list[SignIn]:
    """As many sign-ins as a login may have open."""
    return [stack.device(f"Guest {number}").start(person.login) for number in range(3)]


def three_allowed(stack: Stack, person: Person) -> list[SignIn]:
    """As many, to be redeemed."""
    with person.phone.approving() as approver:
        sign_ins = three_started(stack, person)
        for sign_in in sign_ins:
            allow(approver, sign_in)
    return sign_ins


@pytest.mark.parametrize("play", PLAYS, ids=lambda play: play.__name__)
def test_a_sign_in_goes_on_after_everything_was_killed(interrupted: Interrupted, play: Play) -> None:
    """R1.4-R1.9, R3.5, R4.1-R4.5: whatever it had come to, as each scene says."""
    for _ in interrupted.scenes[play]:
        pytest.fail("a scene is interrupted once")


def test_a7_sessions_that_were_being_collected_are_collected_once(stack: Stack, interrupted: Interrupted) -> None:
    """A7: devices whose answers were cut off repeat their requests, and each has one session, as those that heard."""
    collecting = interrupted.under_way.collecting
    heard = {sign_in: grant for sign_in, grant in collecting.items() if grant}
    assert 0 < len(heard) < len(collecting)
    grants = {sign_in: sign_in.redeem(key=sign_in.id).json() for sign_in in collecting}
    for sign_in, grant in heard.items():
        assert grants[sign_in]["refresh_token"] == grant["refresh_token"]
    collected = {grant["session_id"] for grant in grants.values()}
    owner = interrupted.under_way.owner.phone
    assert {one["session_id"] for one in stack.sessions_of(owner)} == collected | {owner.session_id}
    assert len(collected) == len(grants)


def test_r1_4_answers_that_were_being_given_count_once(stack: Stack, interrupted: Interrupted) -> None:
    """R1.4: an answer that was cut off has counted, or its prompt is there again: none is lost, none counts twice."""
    phone, answering = interrupted.under_way.approver.phone, interrupted.under_way.answering
    with phone.approving() as approver:
        still_open = {one["sign_in_id"] for one in approver.ask("hello")["prompts"]}
        for sign_in in answering:
            again = approver.ask("answer", sign_in_id=sign_in.id, decision="allow", code=sign_in.code)
            came_of_it = again.get("status") or again["code"]
            assert came_of_it == ("allowed" if sign_in.id in still_open else "already_answered")
            assert sign_in.redeem().status_code == 200
    assert still_open <= {sign_in.id for sign_in in answering}
    assert len(stack.sessions_of(phone)) == 4
