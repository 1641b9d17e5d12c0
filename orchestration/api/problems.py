"""What only the REST interface can refuse."""

from http import HTTPStatus

from rest_framework.exceptions import APIException


class ReservedName(APIException):
    status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    default_code = "reserved_name"


class NoSuchTask(APIException):
    status_code = HTTPStatus.NOT_FOUND
    default_code = "task_not_found"


class NoValue(APIException):
    """An output that is not there: not yet, or never."""

    status_code = HTTPStatus.NOT_FOUND
    default_code = "no_value"


class TooManyStreams(APIException):
    """This process has no thread left for another stream."""

    status_code = HTTPStatus.SERVICE_UNAVAILABLE
    default_code = "too_many_streams"
    wait = 5  # seconds, for Retry-After
