"""A bucket to test against: a server that speaks S3 over HTTP, on this machine.

It is moto's, not Amazon's: the requests are those that Amazon gets, the answers are moto's idea of Amazon's.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.request import Request, urlopen

import boto3
from moto.server import ThreadedMotoServer

NAME = "models"
FOLDER = "some/where"
KEYS = {"AWS_ACCESS_KEY_ID": "somebody", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}


@dataclass(frozen=True)
class Bucket:
    """The bucket and its server; `client` is boto's own, beside what is tested."""

    endpoint: str
    client: Any

    @property
    def env(self) -> dict[str, str]:
        """What puts the models of a process there."""
        return {**KEYS, "MODEL_STORAGE_URL": f"s3://{NAME}/{FOLDER}", "MODEL_STORAGE_ENDPOINT": self.endpoint}

    def keys(self) -> list[str]:
        return sorted(found["Key"] for found in self.client.list_objects_v2(Bucket=NAME).get("Contents", ()))

    def uploads(self) -> int:
        """Uploads in parts that have begun and not ended."""
        return len(self.client.list_multipart_uploads(Bucket=NAME).get("Uploads", ()))

    def flip(self, key: str) -> None:
        """Change one bit of a file."""
        content = bytearray(self.client.get_object(Bucket=NAME, Key=key)["Body"].read())
        content[len(content) // 2] ^= 1
        self.client.put_object(Bucket=NAME, Key=key, Body=bytes(content))

    def give_key(self, *actions: str) -> dict[str, str]:
        """Credentials of somebody who may do these things, and nothing else."""
        login = _client("iam", self.endpoint)
        login.create_user(UserName="limited")
        allowed = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        login.put_user_policy(UserName="limited", PolicyName="limited", PolicyDocument=policy)
        made = login.create_access_key(UserName="limited")["AccessKey"]
        return {"AWS_ACCESS_KEY_ID": made["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"]}

    def check_keys(self) -> None:
        """From now on the server looks at who asks."""
        _tell(self.endpoint, "reset-auth", b"0")


@cache
def _client(service: str, endpoint: str) -> Any:
    key, secret, region = KEYS.values()
    return boto3.client(service, region, endpoint_url=endpoint, aws_access_key_id=key, aws_secret_access_key=secret)


def _tell(endpoint: str, what: str, body: bytes = b"") -> None:
    request = Request(f"{endpoint}/moto-api/{what}", body, {"Content-Type": "text/plain"}, method="POST")
    with urlopen(request) as answer:
        answer.read()


@contextmanager
def run_server() -> Iterator[str]:
    """The address of a server without buckets."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def make_bucket(endpoint: str) -> Bucket:
    """An empty bucket on a server that has forgotten everything and lets everybody in."""
    _tell(endpoint, "reset-auth", b"Infinity")
    _tell(endpoint, "reset")
    bucket = Bucket(endpoint, _client("s3", endpoint))
    bucket.client.create_bucket(Bucket=NAME)
    return bucket
