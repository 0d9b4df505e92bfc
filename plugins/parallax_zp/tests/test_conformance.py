"""Every product keeps the contract (`vacframe.testing`)."""

from vacframe_parallax_zp import plugin

from vacframe.testing import check_plugin


def test_the_plugin_conforms():
    results = check_plugin("parallax_zp")
    assert {r.product for r in results} == {"", *plugin.definitions}
    assert [str(r) for r in results if not r.ok] == []
