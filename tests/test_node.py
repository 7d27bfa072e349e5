"""What a process on a node of a cluster looks at before it works."""

import os
import pathlib

import pytest

from stages.support import node


def test_a_node_that_does_not_see_the_workspace(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "params.yaml"
    job = ({"folder": str(tmp_path), "digests": {str(file): "0"}}, ("stages.counting", "make_worker"), ())
    for problem in ("missing", "another content"):
        sentence = node.Node().prepare("10.0.0.7", 1, job)
        assert sentence and sentence.startswith(f"Expected the node 10.0.0.7 to see {file} as this machine does")
        assert problem in sentence
        file.write_text("seed: 1")


def test_a_node_with_another_version() -> None:
    job = ({"digests": {}, "versions": {"numpy": "0.1"}}, ("stages.counting", "make_worker"), ())
    sentence = node.Node().prepare("10.0.0.7", 1, job)
    assert sentence and sentence.startswith("Expected numpy 0.1 on the node 10.0.0.7, as on this machine; got ")


def test_settings_are_the_commands_and_what_is_not_set_there_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    monkeypatch.setenv("KERAS_FLOATX", "float64")
    node._set_environment({"TF_ENABLE_ONEDNN_OPTS": "1", "KERAS_FLOATX": None})
    assert os.environ["TF_ENABLE_ONEDNN_OPTS"] == "1"
    assert "KERAS_FLOATX" not in os.environ
