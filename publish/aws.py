"""Bringing the pages to the bucket and the distribution of a deployed stack."""

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol
from uuid import uuid4

from publish import pages

# Browsers ask each time whether they have the newest; CloudFront keeps its copy until it is told that there is another.
CACHING = "public, max-age=0, s-maxage=31536000, must-revalidate"
_AT_ONCE = 8
_DELETED_AT_ONCE = 1000


class NoPages(Exception):
    """There is nowhere to publish to."""


class Clients(Protocol):
    """Gives botocore's client of a service."""

    def __call__(self, service: str) -> Any:
        """The client of `service`, such as "s3"."""


@dataclass(frozen=True)
class Site:
    """The pages of one deployed stack: where they go, and what they are told."""

    url: str
    bucket: str
    distribution: str
    config: dict[str, Any]

    @classmethod
    def of(cls, clients: Clients, stack: str) -> "Site":
        """The site of the stack with this name; `NoPages` where it serves none. botocore's errors go to the caller."""
        described = clients("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
        outputs = pages.outputs_of(described)
        if "PagesUrl" not in outputs:
            raise NoPages(f"The stack {stack} serves no pages: deploy it with PagesDomain and PagesCertificate first.")
        return cls(
            outputs["PagesUrl"],
            outputs["PagesBucketName"],
            outputs["PagesDistributionId"],
            pages.config_of(described),
        )


def upload(clients: Clients, site: Site) -> Iterator[str]:
    """Upload everything; yields each key when it is there.

    What pages are made of comes first and the pages last, so that none leads to what is not there yet.
    """
    s3 = clients("s3")
    content = {key: path.read_bytes() for key, path in pages.files().items()}
    content[pages.CONFIG] = json.dumps(site.config).encode()
    parts = [key for key in content if not key.endswith(".html")]
    whole = [key for key in content if key.endswith(".html")]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for keys in (parts, whole):
            yield from pool.map(partial(_put, s3, site.bucket, content), keys)


def clear_away(clients: Clients, site: Site) -> None:
    """Delete what is not published any more, once no copy of an old page leads to it: after `invalidate`."""
    s3 = clients("s3")
    _delete(s3, site.bucket, _keys(s3, site.bucket) - set(pages.files()) - {pages.CONFIG})


def remove(clients: Clients, site: Site) -> int:
    """Empty the bucket, so that the stack can be deleted; how many files there were."""
    s3 = clients("s3")
    keys = _keys(s3, site.bucket)
    _delete(s3, site.bucket, keys)
    return len(keys)


def invalidate(clients: Clients, site: Site) -> None:
    """Have CloudFront forget its copies; that takes it a minute or so."""
    batch = {"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": str(uuid4())}
    clients("cloudfront").create_invalidation(DistributionId=site.distribution, InvalidationBatch=batch)


def _put(s3: Any, bucket: str, content: Mapping[str, bytes], key: str) -> str:
    s3.put_object(Bucket=bucket, Key=key, Body=content[key], ContentType=pages.content_type(key), CacheControl=CACHING)
    return key


def _keys(s3: Any, bucket: str) -> set[str]:
    found = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {one["Key"] for page in found for one in page.get("Contents", ())}


def _delete(s3: Any, bucket: str, keys: set[str]) -> None:
    batches = sorted(keys)
    while batches:
        batch, batches = batches[:_DELETED_AT_ONCE], batches[_DELETED_AT_ONCE:]
        s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in batch], "Quiet": True})
