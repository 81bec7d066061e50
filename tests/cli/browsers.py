"""A plain browser for tests of a real server: cookies, forms, and answers of every code."""

import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from http.cookiejar import CookieJar
from typing import NamedTuple

from tests.waiting import PATIENCE


class Page(NamedTuple):
    """What was answered, and where one is now."""

    status: int
    headers: Mapping[str, str]
    text: str
    address: str


class Browser:
    """Keeps cookies and follows redirects."""

    def __init__(self, port: int, language: str = "ko") -> None:
        self._root = f"http://127.0.0.1:{port}"
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self._opener.addheaders = [("Accept-Language", language)]

    def get(self, path: str, **headers: str) -> Page:
        """Open a page."""
        request = urllib.request.Request(urllib.parse.urljoin(self._root, path), headers=headers)
        return self._open(request)

    def post(self, path: str, fields: Mapping[str, str]) -> Page:
        """Send a form."""
        data = urllib.parse.urlencode(fields).encode()
        address = urllib.parse.urljoin(self._root, path)
        return self._open(urllib.request.Request(address, data, headers={"Referer": address}))

    def sign_in(self, name: str, password: str) -> Page:
        """Fill in the form that a stranger is led to."""
        form = self.get("/")
        fields = {
            found["name"]: found.get("value", "")
            for tag in re.findall(r"<input [^>]*>", form.text)
            if "name" in (found := dict(re.findall(r'([\w-]+)="([^"]*)"', tag)))
        }
        for field in fields:
            if field in ("username", "login"):
                fields[field] = name
            elif field == "password":
                fields[field] = password
        return self.post(form.address, fields)

    def _open(self, request: urllib.request.Request) -> Page:
        try:
            answer = self._opener.open(request, timeout=PATIENCE)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            return Page(answer.status, answer.headers, answer.read().decode(), answer.url)
