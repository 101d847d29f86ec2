"""Real trainings of a tiny model on answers, and what the loss is on."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.job_files import write_job, write_rows
from tests.processes import finish, interrupt, read_events, read_folder, read_losses, refuse


def make_rows(count: int) -> list[dict[str, Any]]:
    return [
        {
            "prompt": [{"role": "user", "content": f"Count to {row}."}],
            "completion": [{"role": "assistant", "content": "<think>\nso " + "on " * row + "\n</think>\n\nDone."}],
        }
        for row in range(count)
    ]


def prepare(folder: Path, model: Path, **change: Any) -> Path:
    job = write_job(folder, "sft", baseModelPath=str(model), evalPath=str(folder / "eval.jsonl"), **change)
    rows = make_rows(8)
    rows[3]["completion"][0]["content"] = "long " * 200
    write_rows(folder / "data.jsonl", rows)
    write_rows(folder / "eval.jsonl", make_rows(2))
    return job


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Path:
    folder = tmp_path_factory.mktemp("jobs") / "straight"
    finish(prepare(folder, model_folder))
    return folder


def test_the_loss_is_on_the_completion_only(tmp_path: Path, model_folder: Path, tokenizer: Any) -> None:
    from job import SftJob, read_job
    from sft import IGNORED, make_plan

    job = read_job(prepare(tmp_path, model_folder), "sft")
    assert isinstance(job, SftJob)
    trainer = make_plan(job).trainer
    batch = next(iter(trainer.get_train_dataloader()))
    assert len(batch["labels"]) == 2
    for ids, labels in zip(batch["input_ids"].tolist(), batch["labels"].tolist(), strict=True):
        learned = [index for index, label in enumerate(labels) if label != IGNORED]
        assert [labels[index] for index in learned] == [ids[index] for index in learned]
        text = tokenizer.decode([ids[index] for index in learned])
        assert text.startswith("<think>\nso ")
        assert text.endswith("\n</think>\n\nDone.<|im_end|>\n")
        # What is not learned is the prompt up to the point where the model writes.
        assert tokenizer.decode(ids[: learned[0]]).endswith("<|im_start|>assistant\n")
        assert learned == list(range(learned[0], learned[-1] + 1))


def test_a_job_trains_to_its_end(straight: Path) -> None:
    result = json.loads((straight / "out" / "result.json").read_text())
    # 7 of 8 rows fit: 3 steps of two and one of one.
    assert (result["steps"], result["rows"], result["dropped"], result["method"]) == (4, 7, 1, "sft")
    assert (result["evalRows"], result["evalDropped"]) == (2, 0)
    assert result["evalLossAfter"] < result["evalLossBefore"] < 12
    assert sorted(read_events(straight, "step")[0]) == [
        "accuracy",
        "event",
        "learningRate",
        "loss",
        "rate",
        "step",
        "totalSteps",
    ]
    assert sorted(read_folder(straight / "out" / "adapter")) == ["adapter_config.json", "adapter_model.safetensors"]


def test_a_killed_job_ends_with_the_same_losses_and_adapter(tmp_path: Path, straight: Path, model_folder: Path) -> None:
    job = prepare(tmp_path, model_folder)
    interrupt(job, signal.SIGKILL)
    result = finish(job)
    assert result["resumedFromStep"] >= 2
    assert read_losses(tmp_path) == pytest.approx(read_losses(straight), abs=1e-6)
    assert read_folder(tmp_path / "out" / "adapter") == read_folder(straight / "out" / "adapter")
    assert result["evalLossBefore"] == json.loads((straight / "out" / "result.json").read_text())["evalLossBefore"]


def test_whole_weights_are_written_with_a_manifest_and_go_on_in_the_next_round(
    tmp_path: Path, model_folder: Path
) -> None:
    from weights import hash_file

    probes = [[{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hello!"}]]
    whole = {"loraRank": None, "microBatchSize": 1}
    first = finish(prepare(tmp_path / "first", model_folder, settings=whole, probes=probes))
    folder = Path(first["weightsDir"])
    assert first["adapterDir"] is None
    assert first["weightsHash"] == hash_file(folder / "manifest.json")
    listed = json.loads((folder / "manifest.json").read_text())["files"]
    assert sorted(listed) == sorted({path.name for path in folder.iterdir()} - {"manifest.json"})
    assert {"config.json", "model.safetensors", "tokenizer.json", "chat_template.jinja"} <= set(listed)
    assert listed["model.safetensors"]["sha256"] == hash_file(folder / "model.safetensors")
    assert json.loads((folder / "config.json").read_text())["dtype"] == "bfloat16"
    [probe] = first["probes"]
    assert probe["baseLogprobs"] != probe["adapterLogprobs"]
    second = finish(prepare(tmp_path / "second", folder, settings=whole, probes=probes))
    # The same weights; one of the two forward passes still has the Trainer's mixed precision around it.
    assert second["probes"][0]["baseLogprobs"] == pytest.approx(probe["adapterLogprobs"], abs=0.01)
    # A processor that multiplies bfloat16 rounds the two passes in different places.
    assert second["evalLossBefore"] == pytest.approx(first["evalLossAfter"], abs=1e-3)
    assert abs(first["evalLossAfter"] - first["evalLossBefore"]) > 0.05


def test_a_killed_job_of_whole_weights_ends_with_the_same_bytes(tmp_path: Path, model_folder: Path) -> None:
    whole = {"loraRank": None}
    straight = finish(prepare(tmp_path / "straight", model_folder, settings=whole))
    job = prepare(tmp_path / "killed", model_folder, settings=whole)
    interrupt(job, signal.SIGKILL)
    assert finish(job)["weightsHash"] == straight["weightsHash"]


def test_long_rows_refuse_the_job_where_it_says_so(tmp_path: Path, model_folder: Path) -> None:
    said = refuse(prepare(tmp_path, model_folder, settings={"tooLong": "refuse"}))
    assert f"1 of the 8 rows in {tmp_path / 'data.jsonl'} are longer than maxLength 96 (the longest has " in said
