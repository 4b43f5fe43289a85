"""From screen to screen: what a person waits for on the local cloud, with functions that are warm."""

import secrets
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from local import camera
from local.device import Device, Socket
from local.phone import Handset, PhoneNetwork
from local.stack import LocalStack


def measure(directory: Path, rounds: int) -> None:
    """Print a table: milliseconds from asking to prompt, from answer and from text to notice, of redeeming, of QR."""
    with (
        LocalStack.start(directory, parameters={"StartsPerMinutePerAddress": "100000"}) as running,
        httpx.Client(base_url=running.endpoints.http, timeout=30) as http,
    ):
        phone, pc, login = Device(http, "Phone"), Device(http, "PC", "desktop"), f"bench-{secrets.token_hex(4)}"
        phone.sign_up(login, secrets.token_urlsafe(12)).raise_for_status()
        texted = Device(http, "Texted phone")
        seconds: dict[str, list[float]] = {}
        handset = PhoneNetwork(running.endpoints, running.cloud).handset("+447700900123")
        with phone.approving() as approver:
            for number in range(rounds + 1):
                times = _one_sign_in(pc, login, approver) | _one_text(texted, handset) | _one_hand_over(texted, handset)
                if number:  # The first round is the cold start of three functions.
                    for name, taken in times.items():
                        seconds.setdefault(name, []).append(taken)
    print(f"\nOne sign-in on the local cloud, warm ({rounds} rounds, wall time)\n")
    print(f"  {'':<20}{'median':>10}{'least':>10}{'most':>10}")
    for name, values in seconds.items():
        figures = (statistics.median(values), min(values), max(values))
        print(f"  {name:<20}" + "".join(f"{figure * 1000:>7.0f} ms" for figure in figures))


def _one_hand_over(device: Device, handset: Handset) -> dict[str, float]:
    """`device` is signed in to the account of the handset's number; another one gets its code."""
    with device.handing_over() as page:
        began = time.perf_counter()
        sign_in = Device(device.http, "Tablet", "tablet").start_qr(handset.number)
        code = page.expect("qr")
        shown = time.perf_counter()
        token = camera.scan_token(code["url"])
        scanning = time.perf_counter()
        sign_in.scan(token, handset.number).raise_for_status()
        page.expect("prompt")
        prompted = time.perf_counter()
        page.ask("answer", sign_in_id=sign_in.id, decision="allow", code=sign_in.code)
        sign_in.redeem().raise_for_status()
    return {"ask -> QR code": shown - began, "scan -> prompt": prompted - scanning}


def _one_text(phone: Device, handset: Handset) -> dict[str, float]:
    sign_in = phone.start_by_text()
    with sign_in.waiting() as waiting, ThreadPoolExecutor(1) as gateway:
        waiting.ask("hello")
        began = time.perf_counter()
        answer = gateway.submit(handset.send, sign_in.started["sms"]["body"])
        waiting.expect("signInResolved")
        told = time.perf_counter() - began
        answer.result().raise_for_status()
    phone.redeem(sign_in).raise_for_status()
    return {"text -> told": told}


def _one_sign_in(pc: Device, login: str, approver: Socket) -> dict[str, float]:
    began = time.perf_counter()
    sign_in = pc.start(login)
    approver.expect("prompt")
    prompted = time.perf_counter()
    with sign_in.waiting() as waiting:
        waiting.ask("hello")
        answering = time.perf_counter()
        approver.send("answer", sign_in_id=sign_in.id, decision="allow", code=sign_in.code)
        waiting.expect("signInResolved")
        told = time.perf_counter()
    redeeming = time.perf_counter()
    pc.redeem(sign_in).raise_for_status()
    redeemed = time.perf_counter()
    approver.settled()
    return {"ask -> prompt": prompted - began, "answer -> told": told - answering, "redeem": redeemed - redeeming}
