"""The answers of /api/v2, as the OpenAPI text and what is known of the live service say. No sockets here."""

import base64
import hashlib
import json
import re
from urllib.parse import parse_qsl

import query
from body import Piece
from fields import UnknownField, path_of, project, split_list
from store import compact

API_VERSION = "2.0.5"
DEFAULT_PAGE_SIZE = 10
MAX_PAGE_SIZE = 1000
JSON_TYPE = "application/json"
TEXT_TYPE = "text/plain; charset=utf-8"
HTML_TYPE = "text/html"

LISTING_PARAMETERS = {
    "format", "markupFormat", "fields", "sort", "countTotal", "pageSize", "pageToken", *query.QUERIES,
    *(prefix + name for prefix in query.PREFIXES for name in (*query.FILTERS, "ids")),
}
NOT_SIMULATED = {"geoDecay", "aggFilters", "filter.synonyms", "postFilter.synonyms"}
# These may differ from page to page.
PAGING_PARAMETERS = {"countTotal", "pageSize", "pageToken"}

NGINX_NOT_FOUND = (
    "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n"
    "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)


class Answer:
    def __init__(self, status, content_type, pieces, headers=()):
        self.status, self.content_type, self.pieces, self.headers = status, content_type, pieces, dict(headers)


def text_answer(status, text, headers=()):
    return Answer(status, TEXT_TYPE, [Piece(text.encode())], headers)


def json_answer(value):
    return Answer(200, JSON_TYPE, [Piece(compact(value))])


def not_found():
    return Answer(404, HTML_TYPE, [Piece(NGINX_NOT_FOUND.encode())])


def read_parameters(text, known):
    """The parameters by name. What the registry does not know, what is given twice and what we do not do is refused."""
    parameters = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        if name in NOT_SIMULATED or (name, value) in (("format", "csv"), ("markupFormat", "legacy")):
            raise query.BadRequest(f"The simulated registry does not do `{name}={value}`")
        if name not in known:
            raise query.BadRequest(f"Unknown parameter `{name}`")
        if name in parameters:
            raise query.BadRequest(f"Parameter `{name}` is given more than once")
        parameters[name] = value
    return parameters


def read_fields(parameters):
    """The paths asked for, or None for everything."""
    if "fields" not in parameters:
        return None
    try:
        return {path_of(name) for name in split_list(parameters["fields"])}
    except UnknownField as error:
        raise query.BadRequest(f"Invalid value of `fields` parameter: unknown field `{error}`") from None


def read_page_size(parameters, most):
    text = parameters.get("pageSize", "")
    if not re.fullmatch(r"\d*", text):
        raise query.BadRequest(f"Invalid value of `pageSize` parameter: `{text}`")
    return min(int(text or 0) or DEFAULT_PAGE_SIZE, most)


class Api:
    def __init__(self, store):
        self.store = store
        self.max_page_size = MAX_PAGE_SIZE
        self._last_found = (None, [])  # of a long listing every page asks the same

    def etag(self):
        return f'W/"{API_VERSION}-{self.store.timestamp}"'

    def answer(self, path, parameters_text, fault=None):
        """The answer to a GET; fault is one that concerns content, not transport."""
        with self.store.lock:
            try:
                return self._route(path, parameters_text, fault or {"kind": None})
            except query.BadRequest as error:
                return text_answer(400, str(error) + "\n")

    def _route(self, path, text, fault):
        if path == "/api/v2/version":
            read_parameters(text, ())
            return json_answer({"apiVersion": API_VERSION, "dataTimestamp": self.store.timestamp})
        if path == "/api/v2/studies":
            return self._listing(read_parameters(text, LISTING_PARAMETERS), fault)
        single = re.fullmatch(r"/api/v2/studies/([^/]+)", path)
        if single:
            return self._study(single.group(1), text)
        return not_found()

    def _record(self, version, paths):
        holder = self.store.holder
        if paths is None:
            return version.pieces(holder)
        return [Piece(compact(project(version.tree(holder), paths)))]

    def _study(self, asked, text):
        parameters = read_parameters(text, {"format", "markupFormat", "fields"})
        nct_id = query.normal_id(asked)
        if not nct_id:
            return text_answer(400, f"Invalid NCT number `{asked}`\n")
        version = self.store.by_any_id.get(nct_id)
        if not version:
            return text_answer(404, f"NCT number {nct_id} not found\n")
        if version.nct_id != nct_id:
            location = f"/api/v2/studies/{version.nct_id}" + (f"?{text}" if text else "")
            return Answer(301, TEXT_TYPE, [], {"Location": location})
        return Answer(200, JSON_TYPE, self._record(version, read_fields(parameters)))

    def _listing(self, parameters, fault):
        paths = read_fields(parameters)
        size = read_page_size(parameters, self.max_page_size)
        start = self._start(parameters)
        if fault["kind"] == "unknown-id":
            self._refuse_unknown_ids(parameters)
        found = self._found(parameters)
        page, rest = found[start:start + size], start + size
        if fault["kind"] == "empty-page":
            page, rest = [], start
        if fault["kind"] == "repeat":
            page = [v for v in page for _ in range(2)]
        if fault["kind"] == "omit":
            page = [v for v in page[fault["count"]:] if v.nct_id not in fault["ids"]]
        total = len(found) if parameters.get("countTotal") == "true" and "pageToken" not in parameters else None
        token = self._token(parameters, rest) if rest < len(found) else None
        return Answer(200, JSON_TYPE, self._page(page, paths, total, token))

    def _found(self, parameters):
        """All that match, in the order asked for."""
        asked = (self.store.publications, self._digest(parameters))
        if self._last_found[0] != asked:
            order = parameters.get("sort", "@relevance")
            self._last_found = (asked, query.sort(self.store, query.select(self.store, parameters), order))
        return self._last_found[1]

    def _page(self, versions, paths, total, token):
        """Every study in a line of its own, as the registry has it."""
        head = b'{"studies":[' if total is None else b'{"totalCount":%d,"studies":[' % total
        pieces = [Piece(head)]
        between = Piece(b",\n")
        for number, version in enumerate(versions):
            pieces += [between] if number else []
            pieces += self._record(version, paths)
        pieces.append(Piece(b'],"nextPageToken":"%s"}' % token.encode() if token else b"]}"))
        return pieces

    def _refuse_unknown_ids(self, parameters):
        for nct_id in query.ids_in(parameters["filter.ids"]) if parameters.get("filter.ids") else ():
            if nct_id not in self.store.by_any_id:
                raise query.BadRequest(f"Invalid value of `filter.ids` parameter: {nct_id} not found")

    def _digest(self, parameters):
        same = sorted((name, value) for name, value in parameters.items() if name not in PAGING_PARAMETERS)
        return hashlib.sha256(json.dumps([self.store.timestamp, same]).encode()).hexdigest()[:16]

    def _token(self, parameters, start):
        return base64.urlsafe_b64encode(f"{start}:{self._digest(parameters)}".encode()).decode().rstrip("=")

    def _start(self, parameters):
        """Where the page begins. A token is good for the same request to the same data only."""
        token = parameters.get("pageToken")
        if token is None:
            return 0
        try:
            start, digest = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode().split(":")
        except ValueError:
            raise query.BadRequest("Invalid value of `pageToken` parameter") from None
        if digest != self._digest(parameters):
            raise query.BadRequest("Invalid value of `pageToken` parameter: it is of another request or expired")
        return int(start)
