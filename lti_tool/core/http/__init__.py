"""Requests to other servers: key sets, tokens, services. Nothing else in the product opens an outward connection."""

from lti_tool.core.http.client import Http, Limits
from lti_tool.core.http.errors import Blocked, HttpError, TimedOut, TooLarge, Unreachable
from lti_tool.core.http.response import Headers, Response

__all__ = ["Blocked", "Headers", "Http", "HttpError", "Limits", "Response", "TimedOut", "TooLarge", "Unreachable"]
