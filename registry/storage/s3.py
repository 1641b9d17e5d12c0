"""A bucket of an S3-compatible service as the place of the models' files, through django-storages.

`config.settings` names it in `STORAGES["models"]` when MODEL_STORAGE_URL is set. Owns what django-storages leaves open
here: contents stream instead of being read whole, one request lists a thousand of them, uploads that broke off can be
found, waits are bounded, and what the service answers becomes `StorageFailed` with a way out. Credentials are boto's:
AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or the role of the machine.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    SSLError,
)
from django.core.files import File
from storages.backends.s3 import S3Storage

from registry.exceptions import StorageFailed

PART = 8 << 20  # of a larger file, and what an upload holds in memory for each part under way
PARTS_AT_ONCE = 4
LIMITS = Config(connect_timeout=5, read_timeout=60, max_pool_connections=32, retries={"mode": "standard"})
NEEDED = "s3:ListBucket, s3:GetObject, s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload"

_NO_BUCKET = "there is no such bucket; make it, or correct MODEL_STORAGE_URL"
_REFUSED = f"these credentials may not do this; they need {NEEDED} there"
_REGION = "the bucket is in another region; name it in AWS_DEFAULT_REGION"
_CREDENTIALS = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine a role"
# What the service answers (HEAD has no body, and tells its status alone) → what to do.
_ANSWERS = {
    "NoSuchBucket": _NO_BUCKET,
    "404": _NO_BUCKET,
    "AccessDenied": _REFUSED,
    "403": _REFUSED,
    "InvalidAccessKeyId": "it does not know this access key; correct AWS_ACCESS_KEY_ID",
    "SignatureDoesNotMatch": "the secret key is not that of the access key; correct AWS_SECRET_ACCESS_KEY",
    "ExpiredToken": "the credentials have expired; renew them",
    "RequestTimeTooSkewed": "this machine's clock is wrong; set it",
    "PermanentRedirect": _REGION,
    "AuthorizationHeaderMalformed": _REGION,
    "301": _REGION,
    "400": f"it refuses the credentials or the region; {_CREDENTIALS}, and AWS_DEFAULT_REGION",
}
_ERRORS: dict[type[Exception], str] = {
    NoCredentialsError: f"there are no credentials; {_CREDENTIALS}",
    PartialCredentialsError: f"half of the credentials are missing; {_CREDENTIALS}",
    EndpointConnectionError: "nothing answers there; start it, or correct MODEL_STORAGE_ENDPOINT",
    ConnectTimeoutError: "nothing answers there; start it, or correct MODEL_STORAGE_ENDPOINT",
    SSLError: "its certificate is not trusted here; name its authority's file in AWS_CA_BUNDLE",
}


class ModelBucket(S3Storage):  # type: ignore[misc]  # django-storages ships no types
    """Django's storage interface over one bucket. Raises `FileNotFoundError` and `StorageFailed`."""

    def __init__(self, **options: Any) -> None:
        parts = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART, max_concurrency=PARTS_AT_ONCE)
        parts.max_in_memory_upload_chunks = PARTS_AT_ONCE
        super().__init__(client_config=LIMITS, transfer_config=parts, file_overwrite=True, **options)
        self._opening = threading.Lock()
        self._opened: tuple[int, Any] = (0, None)

    @property
    def connection(self) -> Any:
        """One for all threads of a process, since making one takes a tenth of a second; a fork makes its own."""
        with self._opening:
            if self._opened[0] != os.getpid():
                resource = self._create_session().resource("s3", endpoint_url=self.endpoint_url, config=LIMITS)
                self._opened, self._bucket = (os.getpid(), resource), None
            return self._opened[1]

    @property
    def client(self) -> Any:
        return self.connection.meta.client

    def size(self, name: str) -> int:
        with self._explained("looking for a file"):
            try:
                found = self.client.head_object(Bucket=self.bucket_name, Key=self._key(name))
            except ClientError as error:
                if _code(error) != "404":
                    raise
                self.client.head_bucket(Bucket=self.bucket_name)  # a missing bucket says no more than a missing file
                raise FileNotFoundError(name) from error
        return int(found["ContentLength"])

    def delete(self, name: str) -> None:
        with self._explained("deleting a file"):
            super().delete(name)

    def scan(self, prefix: str) -> Iterator[tuple[str, int, datetime]]:
        """(name, size, modified at) of every file below a folder, a thousand for each request."""
        start = len(self._key(""))
        for page in self._pages("list_objects_v2", prefix):
            for found in page.get("Contents", ()):
                yield found["Key"][start:].lstrip("/"), found["Size"], found["LastModified"]

    def unfinished(self, prefix: str, before: datetime) -> Iterator[tuple[str, str]]:
        """(key, upload) of uploads in parts that began before then and never ended; they take room until aborted."""
        for page in self._pages("list_multipart_uploads", prefix):
            for found in page.get("Uploads", ()):
                if found["Initiated"] <= before:
                    yield found["Key"], found["UploadId"]

    def abort(self, key: str, upload: str) -> None:
        """Give up an upload in parts; nothing happens when it is gone."""
        with self._explained("aborting an upload"):
            try:
                self.client.abort_multipart_upload(Bucket=self.bucket_name, Key=key, UploadId=upload)
            except ClientError as error:
                if _code(error) != "NoSuchUpload":
                    raise

    def _pages(self, request: str, prefix: str) -> Iterator[dict[str, Any]]:
        with self._explained("listing the files"):
            yield from self.client.get_paginator(request).paginate(
                Bucket=self.bucket_name, Prefix=f"{self._key(prefix)}/"
            )

    def _open(self, name: str, mode: str = "rb") -> "File[bytes]":
        with self._explained("opening a file"):
            try:
                body = self.client.get_object(Bucket=self.bucket_name, Key=self._key(name))["Body"]
            except ClientError as error:
                if _code(error) == "NoSuchKey":
                    raise FileNotFoundError(name) from error
                raise
        return _Arriving(body, name, self)

    def _save(self, name: str, content: Any) -> str:
        with self._explained("uploading a file"):
            return str(super()._save(name, content))

    def _key(self, name: str) -> str:
        return str(self._normalize_name(name))

    @contextmanager
    def _explained(self, doing: str) -> Iterator[None]:
        try:
            yield
        except (BotoCoreError, ClientError, Boto3Error) as error:
            place = f"s3://{self.bucket_name}" + (f" at {self.endpoint_url}" if self.endpoint_url else "")
            raise StorageFailed(f"the models' storage ({place}) failed while {doing}: {_explain(error)}") from error


class _Arriving(File):  # type: ignore[type-arg]
    """A content while it is fetched; its reader checks it."""

    def __init__(self, body: Any, name: str, bucket: ModelBucket) -> None:
        super().__init__(body, name)
        self._body, self._bucket = body, bucket

    def read(self, size: int | None = None) -> bytes:
        with self._bucket._explained("fetching a file"):
            return bytes(self._body.read(size))


def _code(error: ClientError) -> str:
    return str(error.response["Error"].get("Code", ""))


def _explain(error: Exception) -> str:
    """What happened and how to mend it. boto3 wraps what failed in an upload."""
    cause = error.__context__ if isinstance(error, Boto3Error) and error.__context__ is not None else error
    if isinstance(cause, ClientError):
        return _ANSWERS.get(_code(cause), str(cause))
    return next((words for kind, words in _ERRORS.items() if isinstance(cause, kind)), str(cause))
