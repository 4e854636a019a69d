"""The types of single values in a report, and its version."""

from typing import Annotated, Final

from pydantic import Field

REPORT_VERSION: Final = "1.0"
MAJOR: Final = REPORT_VERSION.split(".")[0]

ReportVersion = Annotated[str, Field(pattern=rf"^{MAJOR}\.(0|[1-9][0-9]*)$")]
"""A version that this toolkit reads: a later minor one only adds fields and values of open vocabularies."""

Uuid = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Moment = Annotated[str, Field(pattern=r"^[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]Z$")]
"""ISO 8601 in UTC, to the second."""

Seconds = Annotated[float, Field(ge=0)]
"""Seconds since the start of the run, on a clock that does not go backwards."""

Nanoseconds = Annotated[int, Field(ge=0, le=2**53 - 1)]
Count = Annotated[int, Field(ge=0, le=2**53 - 1)]
