"""The baselines: a bare Flask application with one view, and one page of a wanted size.

Refuses to import the product, so that nothing of it can make the baselines slower or larger.
"""

from flask import Flask

HELLO = "/hello"
BARE_PAGE = "/bare-page"
_WORDS = (
    '<!doctype html><html lang="vi"><meta charset="utf-8"><title>Trang</title>'
    "<h1>Ông/bà thấy lần phục vụ vừa rồi thế nào?</h1><!--"
)


def make_hello() -> Flask:
    """Return a bare application with one view, and one page of as many bytes as are asked for."""
    hello = Flask("hello", static_folder=None)

    @hello.get(HELLO)
    def answer() -> str:
        return "ok"

    @hello.get(f"{BARE_PAGE}/<int:size>")
    def page(size: int) -> str:
        return _WORDS + "x" * (size - len(_WORDS.encode()) - 3) + "-->"

    return hello
