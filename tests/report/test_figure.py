"""Figures draw where LaTeX is asked for and not installed."""

import pytest

from vacframe.report.figure import new_figure

matplotlib = pytest.importorskip("matplotlib", reason="matplotlib is not installed")


def test_latex_that_is_not_there_is_not_used(monkeypatch, tmp_path):
    monkeypatch.setattr("shutil.which", lambda name: None)
    with matplotlib.rc_context({"text.usetex": True}):
        figure = new_figure(2, 2)
        figure.subplots().set_title("title")
        figure.savefig(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 0
