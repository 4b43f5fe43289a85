"""Plays the flows in the terminal with real clients, and checks that everything is as it should be."""

import sys

import httpx

from local.cloud import Cloud
from local.demo.approval import ByApproval
from local.demo.phone import ByText, WithApproval
from local.demo.qr import ByQr
from local.device import Unexpected
from local.endpoints import Endpoints
from local.phone import PhoneNetwork

# What the last scenes are played on: a stack where a signed-in device must allow what a text message lets in.
DEMANDING = {"PhoneSignInApproval": "when_online", "MinimumVerification": "choose"}


def play(cloud: Cloud, endpoints: Endpoints, demanding: Endpoints) -> int:
    """Play everything against two running stacks: 0, or 1 where something is not as it should be.

    The story is that of the local parameters, and for `demanding` of those above; with others it may well be told
    otherwise, and stops there.
    """
    try:
        with httpx.Client(base_url=endpoints.http, timeout=30) as http:
            ByApproval(http).run()
            ByText(http, PhoneNetwork(endpoints, cloud)).run()
            ByQr(http).run()
        with httpx.Client(base_url=demanding.http, timeout=30) as http:
            WithApproval(http, PhoneNetwork(demanding, cloud)).run()
    except (Unexpected, TimeoutError, KeyError, httpx.HTTPError) as error:
        print(f"\n  NOT as it should be: {error}", file=sys.stderr, flush=True)
        return 1
    print("\nEverything was as it should be.", flush=True)
    return 0
