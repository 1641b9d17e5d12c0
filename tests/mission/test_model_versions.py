"""The product description's Quick Start 4, run as a user would, twice."""

from pathlib import Path

from tests.conftest import WorkEnvironment
from tests.processes import Processes

SCRIPT = "tests/mission/scripts/model_versions.py"


def test_model_version_management_may_run_twice(
    work_environment: WorkEnvironment, processes: Processes, tmp_path: Path
) -> None:
    model = tmp_path / "model"
    model.mkdir()
    (model / "model.onnx").write_bytes(b"weights")
    env = work_environment(PYTHONPATH=".")
    for _ in range(2):
        done = processes.run(SCRIPT, model, env=env)
        assert done.stdout.splitlines() == [
            "True v2.1.0 True {'accuracy': 0.95}",
            "['model.onnx']",
            "Enhanced classification model",
        ], done.stderr
