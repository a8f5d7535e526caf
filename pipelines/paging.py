"""How lists continue: dlt's paginators under the names connectors use, and what dlt lacks."""

from __future__ import annotations

from typing import Any

from dlt.sources.helpers.rest_client.paginators import BasePaginator as Paginator
from dlt.sources.helpers.rest_client.paginators import HeaderLinkPaginator as HeaderLink
from dlt.sources.helpers.rest_client.paginators import JSONLinkPaginator as JsonLink
from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator as JsonCursor
from dlt.sources.helpers.rest_client.paginators import OffsetPaginator as Offset
from dlt.sources.helpers.rest_client.paginators import PageNumberPaginator as PageNumber
from dlt.sources.helpers.rest_client.paginators import SinglePagePaginator as OnePage
from requests import Request, Response

__all__ = [
    "HeaderLink",
    "JsonCursor",
    "JsonLink",
    "Offset",
    "OnePage",
    "PageNumber",
    "Paginator",
    "TextPosition",
]


class TextPosition(Paginator):
    """The row position is written inside a text, as `{position}` in `params[param]`.

    The list ends with the first page that holds fewer than `size` rows. For query languages:
    `SELECT * FROM Invoice STARTPOSITION {position} MAXRESULTS 1000`.
    """

    def __init__(self, *, param: str, size: int, start: int = 1) -> None:
        super().__init__()
        self.param, self.size, self.position = param, size, start
        self._text: str | None = None

    def init_request(self, request: Request) -> None:
        self._text = _params(request)[self.param]
        self.update_request(request)

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        count = len(data or ())
        self.position += count
        self._has_next_page = count >= self.size

    def update_request(self, request: Request) -> None:
        assert self._text is not None
        _params(request)[self.param] = self._text.replace("{position}", str(self.position))


def _params(request: Request) -> dict[str, Any]:
    assert isinstance(request.params, dict)  # as dlt's RESTClient makes them
    return request.params
