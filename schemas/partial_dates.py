"""Partial dates in records: `2005`, `2005-07` or `2005-07-31` in JSON."""

import re
from datetime import date
from typing import Annotated, Any, Final

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from schemas.values import PartialDate

_ISO_PARTIAL: Final = "^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$"
_iso_partial = re.compile(_ISO_PARTIAL)


class _IsoText:
    """A PartialDate in a record: itself in Python, ISO text as far as it is known in JSON."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        as_text = core_schema.plain_serializer_function_ser_schema(PartialDate.iso, when_used="json")
        return core_schema.json_or_python_schema(
            json_schema=core_schema.no_info_plain_validator_function(cls._read),
            python_schema=core_schema.is_instance_schema(PartialDate),
            serialization=as_text,
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, _: CoreSchema, __: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "pattern": _ISO_PARTIAL}

    @staticmethod
    def _read(value: object) -> PartialDate:
        if not isinstance(value, str) or not _iso_partial.match(value):
            raise ValueError("not a year, year and month, or day")
        found = PartialDate.from_iso(value)
        date(found.year, found.month or 1, found.day or 1)  # raises for the 30th of February
        return found


CivilDate = Annotated[PartialDate, _IsoText()]
