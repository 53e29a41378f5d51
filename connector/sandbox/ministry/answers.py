"""The ministry's envelope, and the numbers of its errors."""

from datetime import date
from typing import Any

from connector.sandbox.calls import Reply
from connector.sandbox.canon import compact
from connector.sandbox.clock import local
from connector.sandbox.house import House
from connector.sandbox.options import MinistryOptions

Ministry = House[MinistryOptions]

AGENCY_ID_INCORRECT = "106"
PROVINCE_ID_INCORRECT = "108"
ALREADY_RECEIVED = "110"
NOT_EXPECTED_NOW = "111"
RECORD_NOT_FOUND = "201"
DATA_TYPE_INVALID = "302"
DATA_INCORRECT = "500"
SYSTEM_BUSY = "503"

_MERGED = date(2025, 7, 1)

_NAMES = {
    AGENCY_ID_INCORRECT: "AGENCY_ID_INCORRECT",
    PROVINCE_ID_INCORRECT: "PROVINCE_ID_INCORRECT",
    ALREADY_RECEIVED: "ALREADY_RECEIVED",
    NOT_EXPECTED_NOW: "NOT_EXPECTED_NOW",
    RECORD_NOT_FOUND: "RECORD_NOT_FOUND",
    DATA_TYPE_INVALID: "DATA_TYPE_INVALID",
    DATA_INCORRECT: "DATA_INCORRECT",
    SYSTEM_BUSY: "SYSTEM_BUSY",
}


def done(house: Ministry, value_json: str = "null") -> Reply:
    """`value_json` is JSON text: states are kept as the text that is answered."""
    status = "1" if house.options.numeric_status else '"1"'
    said = '"statusDescription":"Thành công","errorCode":null,"errorDescription":null'
    return Reply.text(f'{{"status":{status},{said},"value":{value_json}}}')


def denied(house: Ministry, code: str, text: str | None = None, value: Any = None) -> Reply:
    status: int | str = 0 if house.options.numeric_status else "0"
    return Reply.text(
        compact(
            {
                "status": status,
                "statusDescription": "Không thành công",
                "errorCode": code,
                "errorDescription": text or _NAMES[code],
                "value": value,
            }
        )
    )


def gateway_fault(status: int, code: str, message: str) -> Reply:
    """What the LGSP gateway answers by itself."""
    fault = {"fault": {"code": code, "message": message, "description": message}}
    headers = (("WWW-Authenticate", "Bearer"),) if status == 401 else ()
    return Reply.json(fault, status, headers)


def provinces(house: Ministry) -> tuple[str, ...]:
    """Accepted codes of An Giang: 89, and 91 from 2025-07-01 (Nghị quyết 202/2025/QH15)."""
    if house.options.provinces is not None:
        return house.options.provinces
    return (province_code(house.clock.now()),)


def province_code(seconds: float) -> str:
    """An Giang's code on that day."""
    return "91" if local(seconds).date() >= _MERGED else "89"
