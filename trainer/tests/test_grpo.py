"""Real trainings of a tiny model on stored groups."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.job_files import write_job, write_rows
from tests.processes import finish, interrupt, read_events, read_folder, read_losses, refuse


def make_groups() -> list[dict[str, Any]]:
    """Three groups of four: the second is all equal, the third has a completion too long and one unscored."""

    def complete(first: int, length: int, reward: float | None, truncated: bool = False) -> dict[str, Any]:
        ids = list(range(first, first + length))
        return {"tokenIds": ids, "logprobs": [-10.8] * length, "reward": reward, "truncated": truncated}

    completions = [
        [complete(100, 4, 1.0), complete(200, 9, 0.0), complete(300, 6, 0.5), complete(400, 7, 0.0, True)],
        [complete(100 * at, 5, 1.0) for at in range(1, 5)],
        [complete(500, 8, 0.0), complete(600, 3, 1.0), complete(700, 200, 1.0, True), complete(800, 5, None)],
    ]
    return [
        {"prompt": [{"role": "user", "content": f"Go on {at}."}], "completions": group}
        for at, group in enumerate(completions)
    ]


def prepare(folder: Path, model: Path, settings: dict[str, Any] | None = None, **change: Any) -> Path:
    job = write_job(folder, "grpo", {"epochs": 2, **(settings or {})}, baseModelPath=str(model), **change)
    write_rows(folder / "data.jsonl", make_groups())
    return job


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Path:
    folder = tmp_path_factory.mktemp("jobs") / "straight"
    finish(prepare(folder, model_folder, {"beta": 0.05}))
    return folder


def test_a_job_trains_to_its_end_and_counts_what_it_left_out(straight: Path) -> None:
    result = json.loads((straight / "out" / "result.json").read_text())
    # 4 + 2 completions, two a step, twice.
    assert (result["steps"], result["groups"], result["rows"]) == (6, 2, 6)
    assert (result["groupsWithoutSignal"], result["dropped"], result["unscored"], result["masked"]) == (1, 1, 1, 0)
    steps = read_events(straight, "step")
    assert [event["step"] for event in steps] == [1, 2, 3, 4, 5, 6]
    assert {"clipRatio", "entropy", "kl"} <= set(steps[0])
    assert steps[0]["kl"] == pytest.approx(0, abs=1e-6)
    assert steps[-1]["kl"] > 0
    assert sorted(read_folder(straight / "out" / "adapter")) == ["adapter_config.json", "adapter_model.safetensors"]


def test_a_killed_job_ends_with_the_same_losses_and_adapter(tmp_path: Path, straight: Path, model_folder: Path) -> None:
    job = prepare(tmp_path, model_folder, {"beta": 0.05})
    interrupt(job, signal.SIGKILL)
    result = finish(job)
    assert result["resumedFromStep"] >= 2
    assert read_losses(tmp_path) == pytest.approx(read_losses(straight), abs=1e-6)
    assert read_folder(tmp_path / "out" / "adapter") == read_folder(straight / "out" / "adapter")


def test_truncated_completions_can_be_left_out_of_the_loss(tmp_path: Path, model_folder: Path) -> None:
    result = finish(prepare(tmp_path, model_folder, {"maskTruncated": True, "algorithm": "dr-grpo", "epochs": 1}))
    assert (result["rows"], result["masked"], result["steps"]) == (5, 1, 3)


@pytest.mark.parametrize("algorithm", ["rloo", "reinforce"])
def test_whole_weights_are_trained_with_a_reference(tmp_path: Path, model_folder: Path, algorithm: str) -> None:
    settings = {"algorithm": algorithm, "loraRank": None, "beta": 0.05, "epochs": 1}
    change = {"reference": "initial", "initialPolicyPath": str(model_folder)}
    result = finish(prepare(tmp_path, model_folder, settings, **change))
    assert Path(result["weightsDir"], "manifest.json").is_file()
    # For reinforce the group of equal rewards counts: 1 is better than the mean of the job.
    assert result["groups"] == (2 if algorithm == "rloo" else 3)


def test_groups_that_teach_nothing_are_refused(tmp_path: Path, model_folder: Path) -> None:
    job = prepare(tmp_path, model_folder)
    write_rows(tmp_path / "data.jsonl", make_groups()[1:2])
    assert f"None of the 1 groups in {tmp_path / 'data.jsonl'} has rewards that differ" in refuse(job)
