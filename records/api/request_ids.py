"""The id by which caller and server speak of one request."""

from records.http import REQUEST_ID as HEADER
from records.http import request_id

__all__ = ["HEADER", "request_id"]
