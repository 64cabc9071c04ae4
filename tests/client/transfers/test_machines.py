"""What uploads and downloads do next, without a server: the sequence of steps is the transcript."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natterjack.client.session.backoff import backoff
from natterjack.client.transfers import steps as s
from natterjack.client.transfers.downloading import Download
from natterjack.client.transfers.meter import STEP, Meter
from natterjack.client.transfers.uploading import Upload, file_id_of
from natterjack.client.transfers.values import hash_in
from natterjack.client.transfers.words import Answer, refused, retry_after

SHA = "ab" * 32
ETAG = {"etag": f'"{SHA}"'}


def upload(size: int = 100, location: str = "") -> Upload:
    return Upload("cat", size, lambda: 0.0, location)


def download(size: int = -1, sha256: str = "", *, placed: bool = False) -> Download:
    return Download("cat", lambda: 0.0, size, sha256, placed=placed)


def answer(status: int, **headers: str) -> Answer:
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()})


def test_an_upload_from_beginning_to_end() -> None:
    up = upload()
    assert up.next() == s.Create()
    up.answered(answer(201, location="/files/abc"))
    assert up.next() == s.Push("/files/abc", 0)
    up.answered(answer(204, upload_offset="100"))
    assert up.next() == s.Confirm("abc")
    up.answered(Answer(200, ETAG), SHA)
    assert up.next() == s.End()


@pytest.mark.parametrize("made", [upload(location="/files/abc"), download(size=5, sha256=SHA, placed=True)])
def test_a_server_that_is_killed_again_takes_the_token_with_it(made: Upload | Download) -> None:
    """It was killed between giving a new one and what was asked with that: the next one's no was taken for the last."""
    refuse = made.answered if isinstance(made, Upload) else made.began
    if isinstance(made, Download):
        made.placed(0)
    asks = made.next()
    refuse(answer(401))
    assert made.next() == s.Renew()
    assert made.next() == asks
    made.broke("no")
    assert isinstance(made.next(), s.Rest)
    assert made.next() == asks
    refuse(answer(401))
    assert made.next() == s.Renew()
    assert made.next() == asks
    refuse(answer(401))
    assert isinstance(made.next(), s.End)


def test_resting_grows_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s, "backoff", backoff)
    up = upload(location="/files/abc")
    rests = []
    for _ in range(s.MOST_ATTEMPTS - 1):
        assert up.next() == s.Ask("/files/abc")
        up.broke("no")
        rest = up.next()
        assert isinstance(rest, s.Rest)
        rests.append(rest.seconds)
    assert rests == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]
    up.next()
    up.broke("no")
    end = up.next()
    assert isinstance(end, s.End)
    assert end.trouble is not None
    assert end.trouble.again


def test_what_the_server_says_of_waiting_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s, "backoff", backoff)
    up = upload()
    up.next()
    up.answered(answer(503, retry_after="30"))
    rest = up.next()
    assert isinstance(rest, s.Rest)
    assert rest.seconds == 30.0
    assert [retry_after(answer(503, retry_after=text)) for text in ("soon", "-1", "1e9", "99999999")] == [
        None, None, None, 600.0
    ]  # fmt: skip


@given(st.data())
def test_no_answer_breaks_an_upload(data: st.DataObject) -> None:
    """Whatever a server says, it ends, or asks for a step that makes sense."""
    up = upload(data.draw(st.integers(0, 5)), data.draw(st.sampled_from(["", "/files/abc"])))
    numbers = st.sampled_from(["", "0", "3", "5", "6", "-1", "x", "1_0", "9" * 40])
    for _ in range(60):
        step = up.next()
        if isinstance(step, s.End):
            return
        assert not isinstance(step, s.Push) or 0 <= step.offset <= 5
        if isinstance(step, s.Renew | s.Rest):
            continue
        if data.draw(st.booleans()):
            up.broke("no")
            continue
        status = data.draw(
            st.sampled_from([200, 201, 204, 301, 400, 401, 403, 404, 409, 410, 423, 460, 500, 503, 507])
        )
        headers = {
            "upload-offset": data.draw(numbers),
            "upload-length": data.draw(numbers),
            "location": data.draw(
                st.sampled_from(["", "/files/x", "//x", "https://h/files/y", "/files/a/b"])
            ),
            "etag": data.draw(st.sampled_from(["", f'"{SHA}"', "W/x", '"y"'])),
            "retry-after": data.draw(numbers),
        }
        up.answered(Answer(status, headers, data.draw(st.sampled_from(["", "No.", "<html>"]))), SHA)


@given(st.data())
def test_no_answer_breaks_a_download(data: st.DataObject) -> None:
    down = download(*data.draw(st.sampled_from([(-1, ""), (5, SHA)])))
    numbers = st.sampled_from(["", "0", "3", "5", "6", "-1", "x", "9" * 40])
    for _ in range(60):
        step = down.next()
        if isinstance(step, s.End):
            return
        if isinstance(step, s.Renew | s.Rest):
            continue
        if isinstance(step, s.Place):
            down.placed(data.draw(st.integers(0, 9)))
            continue
        if isinstance(step, s.Check):
            assert down.have == down.size
            down.checked(data.draw(st.sampled_from([SHA, "cd" * 32])))
            continue
        if data.draw(st.booleans()):
            down.broke("no")
            continue
        headers = {
            "content-length": data.draw(numbers),
            "content-range": data.draw(
                st.sampled_from(["", "bytes 0-4/5", "bytes 3-4/5", "bytes 9-8/7", "x"])
            ),
            "etag": data.draw(st.sampled_from(["", f'"{SHA}"', "W/x", f'"{"cd" * 32}"'])),
        }
        told = Answer(data.draw(st.sampled_from([200, 206, 204, 301, 401, 404, 410, 416, 503])), headers)
        if isinstance(step, s.Look):
            down.looked(told)
        elif down.began(told):
            assert down.have in (0, step.offset) if isinstance(step, s.Fetch) else False
            while data.draw(st.booleans()) and down.received(data.draw(st.integers(1, 3))):
                assert down.have <= down.size
            down.ended()


def test_a_download_that_is_all_there_is_only_checked() -> None:
    down = download(100, SHA, placed=True)
    down.placed(100)
    assert down.next() == s.Check()
    down.checked(SHA)
    assert down.next() == s.End()


def test_a_piece_too_much() -> None:
    down = download(10, SHA, placed=True)
    down.placed(0)
    assert down.began(Answer(200, ETAG | {"content-length": "10"}))
    assert down.received(10)
    assert not down.received(1)
    end = down.next()
    assert isinstance(end, s.End)
    assert end.trouble is not None
    assert end.trouble.code == "bad_server"


@pytest.mark.parametrize(
    ("location", "id"),
    [
        ("/files/abc-_9", "abc-_9"),
        ("https://host:1/files/abc", "abc"),
        ("/files/", ""),
        ("/files/a/b", ""),
        ("/files/a?b", ""),
        ("/files/..", ""),
        ("/files/%2e", ""),
        ("/files/a\r\nX: y", ""),
        ("abc", ""),
        ("/files/" + "a" * 65, ""),
    ],
)
def test_where_an_upload_is(location: str, id: str) -> None:
    assert file_id_of(location) == id


@pytest.mark.parametrize(
    "etag", ["", '"', '""', f'W/"{SHA}"', SHA, f'"{SHA.upper()}"', f'"{SHA}x"', f'"{SHA[:-1]}"']
)
def test_what_is_no_hash(etag: str) -> None:
    assert hash_in(etag) == ""
    assert hash_in(f' "{SHA}" ') == SHA


def test_a_refusal_in_the_servers_words() -> None:
    def said(words: str) -> str:
        return refused(Answer(403, {}, words), "cat was not sent").text

    assert said("You may not.\n") == "cat was not sent: you may not."
    assert said("HTTP is not spoken.") == "cat was not sent: HTTP is not spoken."
    assert (
        said("<h1>no</h1>")
        == said("x" * 400)
        == said("")
        == "cat was not sent: the server does not allow it."
    )


def test_the_meter() -> None:
    meter = Meter()
    assert (meter.speed, meter.left(10)) == (0.0, None)
    meter.start(100.0, 1000)
    assert not meter.note(100.1, 1100)
    assert meter.note(101.0, 2000)
    assert (meter.speed, meter.left(3000), meter.left(-1)) == (1000.0, 1.0, None)
    now = 101.0
    for _ in range(40):  # it stands still
        now += STEP
        meter.note(now, 2000)
    assert (meter.speed, meter.left(3000)) == (0.0, None)
    meter.start(now, 0)
    assert meter.speed == 0.0
