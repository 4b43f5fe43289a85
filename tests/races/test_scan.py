"""One scan of one QR code, by one device (Q1, Q3)."""

from collections import Counter

from local.device import SignIn, Socket
from tests.handing_over import Pair, confirm, pair, shown, stranger
from tests.invariants import require_consistent
from tests.races.racing import ACTORS, ROUNDS, Actors, Deed, over_http
from tests.stacks import Stack


def test_of_fifty_scans_by_one_device_one_counts(stack: Stack, actors: Actors) -> None:
    """Q1: one device sends what it has read fifty times: one scan is taken and brings the number, the others 403."""
    ada = pair(stack)
    with ada.pc.handing_over() as page:
        for _ in ROUNDS:
            sign_in = ada.ask()
            told = actors.race([scan(ada, sign_in, token_on(page, sign_in), sign_in.verifier)] * ACTORS)
            assert Counter(one.said for one in told) == {"200": 1, "403 wrong_scan": ACTORS - 1}
            assert news(page) == {"prompt": 1, "qrClosed pending": 1}
            sign_in.started |= next(one.content for one in told if one.said == "200")
            assert confirm(page, sign_in) == "allowed"
            assert ada.phone.redeem(sign_in).status_code == 200
            assert news(page) == {"sessionStarted": 1}
    require_consistent(stack.rows)


def test_of_fifty_scans_by_many_devices_none_counts(stack: Stack, actors: Actors) -> None:
    """Q3: the device and twenty-five others send what they have read: whoever comes second voids it, once, for all."""
    # Two logins, since one is asked for ten times without success.
    pairs = pair(stack), pair(stack)
    for at in ROUNDS:
        ada = pairs[at % 2]
        with ada.pc.handing_over() as page:
            sign_in = ada.ask()
            token = token_on(page, sign_in)
            verifiers = [sign_in.verifier, *(stranger() for _ in range(ACTORS // 2))]
            deeds = [scan(ada, sign_in, token, verifiers[place % 2 and place // 2 + 1]) for place in range(ACTORS)]
            told = actors.race(deeds)
            assert {one.said for one in told[1::2]} == {"403 wrong_scan"}
            own = Counter(one.said for one in told[::2])
            # The device is told at most once: of its number where it came first, of the void where it came second.
            assert own["403 wrong_scan"] >= ACTORS // 2 - 1
            assert set(own) <= {"403 wrong_scan", "200", "403 denied"}
            asked = {"prompt": 1, "qrClosed pending": 1, "promptClosed denied": 1}
            assert news(page) == (asked if own["200"] else {"qrClosed denied": 1})
        [row] = stack.items("SignIns", "sign_in_id", sign_in.id)
        # One scan was noted, and one made it void.
        assert (row["status"]["S"], row["version"]["N"]) == ("denied", "2")
        assert sign_in.redeem().status_code == 403
    require_consistent(stack.rows)


def token_on(page: Socket, sign_in: SignIn) -> str:
    """What the code on a page holds."""
    link: str = shown(page, sign_in)["url"]
    return link.partition("#scan_token=")[2]


def scan(ada: Pair, sign_in: SignIn, token: str, verifier: str) -> Deed:
    """What a device sends that has read the code."""
    body = {"scan_token": token, "login": ada.login, "verifier": verifier}
    return over_http("POST", f"/sign-ins/{sign_in.id}/scan", body)


def news(page: Socket) -> Counter[str]:
    """What the page was told since it was asked last: how often what, in whatever order it came."""
    closed = ("qrClosed", "promptClosed")
    return Counter(f"{one['type']} {one['status']}" if one["type"] in closed else one["type"] for one in page.settled())
