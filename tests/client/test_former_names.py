"""What channels were called."""

from natterjack.client import former_names
from natterjack.client.former_names import FormerNames


def test_several_names_lead_to_the_present_one() -> None:
    former = FormerNames()
    former.rename("#pool", "#pond")
    former.rename("#Pond", "#lake")
    assert [former.present(name) for name in ("#POOL", "#pond", "#lake", "#sea")] == [
        "#lake",
        "#lake",
        "#lake",
        "#sea",
    ]
    former.rename("#lake", "#pond")  # a name that it had before
    assert [former.present(name) for name in ("#pool", "#pond", "#lake")] == ["#pond"] * 3
    former.forget("#Pool")
    assert former.present("#pool") == "#pool"


def test_the_oldest_are_forgotten() -> None:
    former = FormerNames()
    for number in range(former_names._MOST + 1):
        former.rename(f"#a{number}", f"#b{number}")
    assert former.present("#a0") == "#a0"
    assert former.present("#a1") == "#b1"
