"""Teaches Schemathesis the media type of uploads, which has one JSON value in each line."""

import json

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def serialize_lines(_context, value):
    values = value if isinstance(value, list) else [value]
    return "".join(json.dumps(item) + "\n" for item in values).encode()
