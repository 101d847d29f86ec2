"""A real training of a random two-layer model with the tokenizer of the model at TICKLOOP_MODEL_PATH."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.job_files import write_job

SCRIPT = Path(__file__).parents[1] / "dpo.py"
MODEL = os.environ.get("TICKLOOP_MODEL_PATH")
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")

pytestmark = pytest.mark.skipif(MODEL is None, reason="TICKLOOP_MODEL_PATH names no model folder")


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    assert MODEL is not None
    folder: Path = tmp_path_factory.mktemp("model")
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=49152,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        tie_word_embeddings=True,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=2,
    )
    LlamaForCausalLM(config).to(torch.bfloat16).save_pretrained(folder)
    for name in TOKENIZER_FILES:
        shutil.copy(Path(MODEL) / name, folder / name)
    return folder


def prepare(folder: Path, model: Path, **change: Any) -> Path:
    folder.mkdir()
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
        for row in range(17)
    ]
    (folder / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return job


def start(job: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, SCRIPT, "--job", job], stderr=subprocess.PIPE, text=True)


def finish(job: Path) -> dict[str, Any]:
    process = start(job)
    _, stderr = process.communicate(timeout=300)
    assert process.returncode == 0, stderr
    result: dict[str, Any] = json.loads((job.parent / "out" / "result.json").read_text())
    return result


def read_events(folder: Path, kind: str) -> list[dict[str, Any]]:
    path = folder / "out" / "events.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    events = [json.loads(line) for line in lines if line.endswith("}")]
    return [event for event in events if event["event"] == kind]


def adapter_bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "out" / "adapter").iterdir()}


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Path:
    folder = tmp_path_factory.mktemp("jobs") / "straight"
    finish(prepare(folder, model_folder))
    return folder


def test_a_job_trains_to_its_end(straight: Path, model_folder: Path) -> None:
    result = json.loads((straight / "out" / "result.json").read_text())
    assert (result["steps"], result["pairs"], result["dropped"], result["resumedFromStep"]) == (8, 16, 1, 0)
    assert [event["step"] for event in read_events(straight, "step")] == list(range(1, 9))
    assert [event["step"] for event in read_events(straight, "checkpoint")] == [2, 4, 6, 8]
    assert read_events(straight, "step")[0]["margin"] == 0
    assert result["finalLoss"] == read_events(straight, "step")[-1]["loss"] < 0.6931
    assert sorted(adapter_bytes(straight)) == ["adapter_config.json", "adapter_model.safetensors"]
    config = json.loads(adapter_bytes(straight)["adapter_config.json"])
    assert config["base_model_name_or_path"] == model_folder.name
    [probe] = result["probes"]
    assert len(probe["baseLogprobs"]) == len(probe["adapterLogprobs"]) == len(probe["tokenIds"]) - 1
    assert probe["baseLogprobs"] != probe["adapterLogprobs"]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_job_ends_with_the_same_adapter(
    tmp_path: Path, straight: Path, model_folder: Path, how: signal.Signals
) -> None:
    folder = tmp_path / "interrupted"
    job = prepare(folder, model_folder)
    process = start(job)
    while not read_events(folder, "checkpoint"):
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(how)
    process.communicate(timeout=120)
    assert process.returncode == (143 if how == signal.SIGTERM else -signal.SIGKILL)
    # What a kill in the middle of a save leaves behind.
    torn = folder / "out" / "checkpoints" / "checkpoint-99"
    torn.mkdir()
    (torn / "trainer_state.json").write_text("{}")
    result = finish(job)
    assert result["resumedFromStep"] >= 2
    assert result["steps"] == 8
    assert adapter_bytes(folder) == adapter_bytes(straight)


def test_a_second_round_starts_from_the_adapter_as_its_reference(
    tmp_path: Path, straight: Path, model_folder: Path
) -> None:
    folder = tmp_path / "second"
    start_path = str(straight / "out" / "adapter")
    settings = json.loads((straight / "job.json").read_text())["hyperparameters"] | {"epochs": 2}
    result = finish(prepare(folder, model_folder, startAdapterPath=start_path, hyperparameters=settings))
    assert result["steps"] == 16
    assert abs(read_events(folder, "step")[0]["loss"] - 0.6931) < 1e-3
    assert sorted(adapter_bytes(folder)) == ["adapter_config.json", "adapter_model.safetensors"]
    assert adapter_bytes(folder) != adapter_bytes(straight)


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
