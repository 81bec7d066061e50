"""What a page is told of a request."""

from dangol.web.intake import make_environ
from tests.web.test_intake import scope


def test_environ__of_a_request__is_what_wsgi_says() -> None:
    head = scope("/%EA%B0%80/a%2Fb", host="shop.example", cookie="a=1", content_type="text/plain")
    head.headers = {**head.headers, "x_forwarded_for": "127.0.0.1"}
    head.client = "[2001:db8::7]:4711"

    environ = make_environ(head)

    assert environ["PATH_INFO"].encode("latin-1").decode() == "/가/a/b"
    assert (environ["HTTP_HOST"], environ["HTTP_COOKIE"]) == ("shop.example", "a=1")
    assert environ["CONTENT_TYPE"] == "text/plain"
    assert environ["REMOTE_ADDR"] == "2001:db8::7"
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("127.0.0.1", "8000")
    assert "HTTP_X_FORWARDED_FOR" not in environ
