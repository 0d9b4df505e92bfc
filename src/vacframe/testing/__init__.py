"""Run a plugin's products without a workspace, and check that a plugin keeps the contract."""

from vacframe.testing.kit import CheckResult, check_plugin
from vacframe.testing.run import product_of, run_product
from vacframe.testing.samples import Sample

__all__ = ["CheckResult", "Sample", "check_plugin", "product_of", "run_product"]
