"""Uploads under way: how many, how much, how long."""

from __future__ import annotations

import sys

from natterjack.files.limits import FileLimits
from natterjack.files.uploads import Upload, Uploads
from natterjack.files.vault import Meta

LIMITS = FileLimits(uploads=5, uploads_of_one=3, expire=100.0, expire_empty=10.0)


def upload(name: str, payer: str = "ann", size: int = 1000, offset: int = 0, touched: float = 0.0) -> Upload:
    meta = Meta(id=name, owner=payer, payer=payer, target="", name="a", said="", size=size)
    return Upload(meta, touched, offset)


def test_bounds_of_one_and_of_all() -> None:
    uploads = Uploads(LIMITS)
    mine = [upload(name) for name in "abc"]
    for each in mine:
        assert uploads.refusal("ann") == ""
        uploads.add(each)
    assert "you have too many" in uploads.refusal("ann")
    assert uploads.refusal("ben") == ""
    for name in "de":
        uploads.add(upload(name, "ben"))
    assert "too many uploads are under way" in uploads.refusal("carl")
    uploads.remove(mine[0])
    uploads.remove(mine[0])
    assert (len(uploads), uploads.refusal("ann"), uploads.get("a")) == (4, "", None)


def test_what_is_promised_is_counted() -> None:
    uploads = Uploads(LIMITS)
    uploads.add(upload("a", size=1000, offset=10))
    uploads.add(upload("b", size=-1, offset=70))
    uploads.add(upload("c", payer="ben"))
    assert (uploads.reserved("ann"), uploads.reserved("ben"), uploads.reserved("carl")) == (1070, 1000, 0)
    assert (uploads.promised, uploads.coming) == (2070, 1990)
    given_up = uploads.get("a")
    assert given_up is not None
    uploads.remove(given_up)
    uploads.count()
    assert (uploads.promised, uploads.coming) == (1070, 1000)


def test_what_may_still_come_in_a_request_is_counted_while_that_lasts() -> None:
    uploads = Uploads(LIMITS)
    one = upload("a", size=-1, offset=70)
    uploads.add(one)
    with uploads.changing(one):
        one.most = 500
    assert (uploads.reserved("ann"), uploads.promised, uploads.coming) == (500, 500, 430)
    with uploads.changing(one):
        one.offset, one.most = 200, 0
    assert (uploads.reserved("ann"), uploads.promised, uploads.coming) == (200, 200, 0)
    uploads.count()
    assert (uploads.promised, uploads.coming) == (200, 0)


def test_what_rests_too_long_is_given_up_and_what_is_busy_is_not() -> None:
    uploads = Uploads(LIMITS)
    some, none, busy = upload("a", offset=1), upload("b"), upload("c")
    busy.busy = True
    for each in (some, none, busy):
        uploads.add(each)
    assert uploads.expired(9.0) == []
    assert uploads.expired(10.0) == [none]
    assert uploads.expired(100.0) == [some, none]
    some.touched = 50.0
    assert uploads.expired(100.0) == [none]
    assert uploads.expires(some) == 150.0


def test_ten_thousand_of_them_are_cheap() -> None:
    one = upload("x" * 22, payer="somebody")
    held = sum(map(sys.getsizeof, (one, one.meta, one.meta.id, one.meta.name, one.waiting)))
    assert held < 700
