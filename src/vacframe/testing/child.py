"""The process in which the conformance kit runs the products again."""

from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path

from vacframe.testing.checks import fingerprint
from vacframe.testing.kit import load_plugin
from vacframe.testing.run import product_of, run_product


def main(job: str, answer: str) -> None:
    """Run the pickled tasks and write the fingerprints of what they made."""
    target, tasks = pickle.loads(Path(job).read_bytes())
    plugin, _ = load_plugin(target)
    found = {}
    for name, inputs, files, config in tasks:
        try:
            made = run_product(plugin, name, inputs, files=files, config=config)
            schema = product_of(plugin, name, config).table
            found[name] = fingerprint(made, None if schema is None else schema.key)
        except Exception as error:
            found[name] = {"error": f"{type(error).__name__}: {error}"}
    Path(answer).write_text(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
