"""Real trainings of a tiny model on preference pairs."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.job_files import write_job, write_rows
from tests.processes import finish, interrupt, read_events, read_folder, refuse, start


def prepare(folder: Path, model: Path, **change: Any) -> Path:
    job = write_job(
        folder,
        baseModelPath=str(model),
        probes=[[{"role": "user", "content": "Say hello."}, {"role": "assistant", "content": "Hello!"}]],
        **change,
    )
    rows = [
        {
            "prompt": [{"role": "user", "content": f"Count to {row}."}],
            "chosen": [{"role": "assistant", "content": "one " * (row % 5 + 1)}],
            "rejected": [{"role": "assistant", "content": "two " * (200 if row == 3 else row % 3 + 1)}],
        }
        for row in range(9)
    ]
    write_rows(folder / "data.jsonl", rows)
    return job


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Path:
    folder = tmp_path_factory.mktemp("jobs") / "straight"
    finish(prepare(folder, model_folder))
    return folder


def test_a_job_trains_to_its_end(straight: Path, model_folder: Path) -> None:
    result = json.loads((straight / "out" / "result.json").read_text())
    assert (result["steps"], result["pairs"], result["dropped"], result["resumedFromStep"]) == (4, 8, 1, 0)
    assert result["adapterDir"] == str(straight / "out" / "adapter")
    assert result["weightsDir"] is None
    assert Path(result["optimizerPath"]).is_file()
    assert [event["step"] for event in read_events(straight, "step")] == [1, 2, 3, 4]
    assert [event["step"] for event in read_events(straight, "checkpoint")] == [2, 4]
    assert read_events(straight, "step")[0]["margin"] == 0
    assert result["finalLoss"] == read_events(straight, "step")[-1]["loss"] < 0.6931
    adapter = read_folder(straight / "out" / "adapter")
    assert sorted(adapter) == ["adapter_config.json", "adapter_model.safetensors"]
    assert json.loads(adapter["adapter_config.json"])["base_model_name_or_path"] == model_folder.name
    [probe] = result["probes"]
    assert len(probe["baseLogprobs"]) == len(probe["adapterLogprobs"]) == len(probe["tokenIds"]) - 1
    assert probe["baseLogprobs"] != probe["adapterLogprobs"]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_job_ends_with_the_same_adapter(
    tmp_path: Path, straight: Path, model_folder: Path, how: signal.Signals
) -> None:
    folder = tmp_path / "interrupted"
    job = prepare(folder, model_folder)
    interrupt(job, how)
    result = finish(job)
    assert result["resumedFromStep"] >= 2
    assert result["steps"] == 4
    assert read_folder(folder / "out" / "adapter") == read_folder(straight / "out" / "adapter")


def test_a_second_round_starts_from_the_adapter_as_its_reference(
    tmp_path: Path, straight: Path, model_folder: Path
) -> None:
    folder = tmp_path / "second"
    start_path = str(straight / "out" / "adapter")
    result = finish(prepare(folder, model_folder, startAdapterPath=start_path, settings={"epochs": 2}))
    assert result["steps"] == 8
    assert abs(read_events(folder, "step")[0]["loss"] - 0.6931) < 1e-3
    assert sorted(read_folder(folder / "out" / "adapter")) == ["adapter_config.json", "adapter_model.safetensors"]
    assert read_folder(folder / "out" / "adapter") != read_folder(straight / "out" / "adapter")


def test_a_second_round_may_keep_the_base_as_its_reference_and_the_optimizer_state(
    tmp_path: Path, straight: Path, model_folder: Path
) -> None:
    import torch

    first = json.loads((straight / "out" / "result.json").read_text())
    folder = tmp_path / "initial"
    job = prepare(
        folder,
        model_folder,
        startAdapterPath=first["adapterDir"],
        optimizerPath=first["optimizerPath"],
        reference="initial",
        settings={"nllWeight": 0.5},
    )
    result = finish(job)
    # The adapter has moved away from the base already, so the margin is not 0 and the NLL adds ln(49152) * 0.5 at most.
    step = read_events(folder, "step")[0]
    assert step["margin"] > 0
    assert 0.6931 < step["loss"] < 0.6931 + 0.5 * 11
    state = torch.load(result["optimizerPath"], weights_only=True)["state"]
    # 4 steps of the first round and 4 of this one.
    assert {int(entry["step"]) for entry in state.values()} == {8}


def test_an_earlier_adapter_can_be_the_reference_of_a_new_one(
    tmp_path: Path, straight: Path, model_folder: Path
) -> None:
    initial = str(straight / "out" / "adapter")
    finish(prepare(tmp_path, model_folder, reference="initial", initialPolicyPath=initial))
    # The new adapter is the base, which the reference has left behind in the direction of the chosen answers.
    assert read_events(tmp_path, "step")[0]["margin"] < 0


def test_whole_weights_start_as_their_own_reference(tmp_path: Path, model_folder: Path) -> None:
    result = finish(prepare(tmp_path, model_folder, settings={"loraRank": None, "epochs": 2, "learningRate": 1e-3}))
    assert read_events(tmp_path, "step")[0]["margin"] == pytest.approx(0, abs=1e-4)
    assert result["finalLoss"] < 0.6931
    assert (result["adapterDir"], Path(result["weightsDir"]).name) == (None, "weights")


def test_whole_weights_go_on_from_a_round_with_the_initial_model_as_their_reference(
    tmp_path: Path, model_folder: Path
) -> None:
    import torch

    whole = {"loraRank": None, "loraAlpha": None, "learningRate": 1e-3}
    first = finish(prepare(tmp_path / "first", model_folder, settings=whole))
    second = finish(
        prepare(
            tmp_path / "second",
            Path(first["weightsDir"]),
            settings=whole,
            optimizerPath=first["optimizerPath"],
            reference="initial",
            initialPolicyPath=str(model_folder),
        )
    )
    # Already away from the reference before the first step of this round.
    assert read_events(tmp_path / "second", "step")[0]["margin"] > 1e-3
    state = torch.load(second["optimizerPath"], weights_only=True)["state"]
    assert {int(entry["step"]) for entry in state.values()} == {8}
    # What this round compares itself with is what the first one ended with.
    assert second["probes"][0]["baseLogprobs"] == pytest.approx(first["probes"][0]["adapterLogprobs"], abs=0.01)


def test_optimizer_state_of_other_weights_is_refused(tmp_path: Path, straight: Path, model_folder: Path) -> None:
    kept = json.loads((straight / "out" / "result.json").read_text())["optimizerPath"]
    said = refuse(prepare(tmp_path / "other", model_folder, optimizerPath=kept, settings={"loraRank": 1}))
    assert said.splitlines()[-1].startswith(
        f"The optimizer state {kept} belongs to other weights than this job trains;"
    )


def test_two_trainers_of_one_job_do_not_run_at_once(tmp_path: Path, model_folder: Path) -> None:
    from files import take_lock

    job = prepare(tmp_path / "locked", model_folder)
    (job.parent / "out").mkdir()
    lock = take_lock(job.parent / "out" / "lock")
    assert lock is not None
    with lock:
        process = start(job)
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 75
    assert stderr.startswith("Another trainer holds ")
