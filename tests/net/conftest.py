"""Every test of this package gets a fresh loop where it asks for one."""

from tests.support.loop import loop_fixture

loop = loop_fixture
