"""Every product keeps the contract (`vacframe.testing`)."""

from vacframe_bayes_isochrone import plugin

from vacframe.testing import check_plugin


def test_the_plugin_conforms():
    results = check_plugin("bayes_isochrone")
    assert {r.product for r in results} == {"", *plugin.definitions}
    assert [str(r) for r in results if not r.ok] == []
