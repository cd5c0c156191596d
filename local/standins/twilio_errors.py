"""Twilio's error codes: which answer a call, which come later, and in what words."""

from werkzeug.wrappers import Response

from local.standins.answers import Refused, json_answer

LATER_FROM = 30_000
"""Codes from here on are told by the message's status, not by the answer to the call.

https://www.twilio.com/docs/api/errors (30001-30999 are delivery errors; read 2026-11).
"""

ERRORS: dict[int, tuple[int, str]] = {
    20001: (400, "Invalid parameter"),
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "Internal Server Error"),
    21211: (400, "Invalid 'To' Phone Number"),
    21212: (400, "Invalid From Number (caller ID)"),
    21408: (
        400,
        "Permission to send an SMS has not been enabled for the region of the 'To' number",
    ),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21606: (400, "The 'From' number is not a valid, message-capable number for this account"),
    21609: (400, "The 'StatusCallback' URL is not a valid URL"),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21611: (400, "This 'From' number has exceeded the maximum number of queued messages"),
    21612: (400, "The 'To' phone number is not currently reachable using the 'From' number"),
    21614: (400, "'To' number is not a valid mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    30001: (400, "Queue overflow"),
    30003: (400, "Unreachable destination handset"),
    30004: (400, "Message blocked"),
    30005: (400, "Unknown destination handset"),
    30006: (400, "Landline or unreachable carrier"),
    30007: (400, "Message filtered"),
    30008: (400, "Unknown error"),
    30450: (400, "Message delivery blocked"),
}
_UNKNOWN = (400, "Error")


def message_of(code: int) -> str:
    """Return Twilio's words for an error code."""
    return ERRORS.get(code, _UNKNOWN)[1]


def error_answer(code: int) -> Response:
    """Return the answer to a call that fails with `code`."""
    status, message = ERRORS.get(code, _UNKNOWN)
    more_info = f"https://www.twilio.com/docs/errors/{code}"
    return json_answer(
        {"code": code, "message": message, "more_info": more_info, "status": status}, status
    )


def refused(code: int) -> Refused:
    """Return the refusal of a call with `code`."""
    return Refused(error_answer(code))
