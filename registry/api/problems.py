"""What only the REST interface can refuse."""

from http import HTTPStatus

from rest_framework.exceptions import APIException


class BodyTooLarge(APIException):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_code = "upload_too_large"


class FileNotFoundInVersion(APIException):
    status_code = HTTPStatus.NOT_FOUND
    default_code = "file_not_found"


class NothingRegistered(APIException):
    """What was asked for is not there now: a default, an alias's target."""

    status_code = HTTPStatus.NOT_FOUND
    default_code = "no_default_version"


class NothingToCompare(APIException):
    status_code = HTTPStatus.NOT_FOUND
    default_code = "nothing_to_compare"
