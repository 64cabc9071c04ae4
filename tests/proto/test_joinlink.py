"""Join links: what is written is read, and what can't be read is refused in words."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natterjack.proto.joinlink import SCHEMES, BadLink, JoinLink, make_pin, parse_host, parse_link, parse_pin

hosts = (
    st.from_regex(r"[a-z0-9]([a-z0-9.-]{0,20}[a-z0-9])?", fullmatch=True)
    | st.ip_addresses().map(str)
    | st.sampled_from(["fe80::1%eth0", "münchen.example"])
)
pins = st.just("") | st.binary().map(lambda data: make_pin(hashlib.sha256(data).digest()))
links = st.builds(JoinLink, hosts, st.integers(1, 65535), pins, st.text(max_size=30).filter(str.isprintable))


@given(links, st.sampled_from(sorted(SCHEMES)))
def test_what_is_written_is_read(link: JoinLink, scheme: str) -> None:
    text = link.render(scheme)
    assert text.startswith(f"{scheme}://")
    assert not set(text) & set(' "<>\\^`{|}\n')
    assert parse_link(text) == link


@given(st.text() | st.text().map(lambda text: f"natterjack://{text}"))
def test_nothing_but_its_own_error(text: str) -> None:
    why, link = "", None
    try:
        link = parse_link(text)
    except BadLink as error:
        why = str(error)
    assert why.endswith(".") if link is None else parse_link(link.render()) == link


def test_as_it_looks() -> None:
    pin = make_pin(bytes(32))
    assert pin == f"SHA256:{'A' * 43}"
    assert JoinLink("::1", 7667, pin, "7-otter lamp").render() == (
        f"natterjack://[::1]:7667/#pin={pin}&invite=7-otter%20lamp"
    )
    assert JoinLink("h", 1).render("https") == "https://h:1/"


def test_ports_by_scheme() -> None:
    assert parse_link("natterjack://h").port == 7667
    assert parse_link("HTTPS://h/").port == 443


def test_a_plus_sign_is_a_plus_sign() -> None:
    pin = make_pin(b"\xfb\xff" * 16)
    assert "+" in pin
    assert parse_link(JoinLink("h", pin=pin).render()).pin == pin


@pytest.mark.parametrize(
    "text", ["SHA256:", "SHA1:abc", "x", f"SHA256:{'A' * 42}", f"SHA256:{'A' * 44}", f"SHA256:{'-' * 43}"]
)
def test_no_pins(text: str) -> None:
    with pytest.raises(BadLink):
        parse_pin(text)


def test_pins_have_one_form() -> None:
    wanted = make_pin(bytes(32))
    assert {parse_pin(text) for text in (wanted, f"{wanted}=", wanted.lower()[:7] + wanted[7:])} == {wanted}
    assert parse_pin(wanted[:-1] + "B") == wanted  # the last letter has two bits that mean nothing


@pytest.mark.parametrize("invite", ["a%0Ab", "a%0D", "%00", "a\udcff", "%E2%80%AE"])
def test_an_invite_that_fits_in_no_line_is_refused(invite: str) -> None:
    with pytest.raises(BadLink, match="damaged"):
        parse_link(f"natterjack://example.org/#invite={invite}")


@pytest.mark.parametrize("host", ["fe80::1%eth0]:1", "fe80::1%", "fe80::1%a b", "fe80::1%a/b"])
def test_an_interface_that_is_none_is_refused(host: str) -> None:
    with pytest.raises(BadLink):
        parse_host(host)
