"""How far the labels of a mock workspace are from the truth: recovered minus true, per label.

    python examples/closure.py WORKSPACE

Stars that the networks were trained on are left out.
"""

import sys

import numpy as np

import vacframe as vf


def main(folder: str) -> None:
    """Print median difference and robust scatter of every label in `folder`, for all stars and for giants."""
    workspace = vf.Workspace(folder)
    labels = workspace.read("nn_labels").to_pandas().set_index("obsid")
    truth = workspace.read("mock_truth").to_pandas().set_index("obsid").loc[labels.index]
    names = [c.removeprefix("split_") for c in labels.columns if c.startswith("split_")]
    print(f"{'label':14} {'stars':6} {'number':>6} {'median':>9} {'scatter':>9}   recovered minus true")
    for name in names:
        unseen = labels[f"split_{name}"] != 1
        for label in [c.removesuffix(f"_{name}") for c in labels.columns if c.endswith(f"_{name}")]:
            if label not in truth.columns:
                continue
            column = f"{label}_{name}"
            inside = unseen & (labels[f"flag_{column}"] == 0)
            for group, chosen in {"all": inside, "giants": inside & truth["is_giant"]}.items():
                difference = (labels.loc[chosen, column] - truth.loc[chosen, label]).to_numpy(float)
                median = np.median(difference)
                scatter = 1.4826 * np.median(np.abs(difference - median))
                print(f"{column:14} {group:6} {len(difference):6d} {median:9.3f} {scatter:9.3f}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
