"""A bad job is told in one sentence, before anything is loaded."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from job import BadJobError, DpoJob, GrpoJob, SftJob, hash_job, read_job
from tests.job_files import write_job

FOLDER = Path(__file__).parents[1]


def test_a_good_job_is_read(tmp_path: Path) -> None:
    job = read_job(write_job(tmp_path), "dpo")
    assert isinstance(job, DpoJob)
    assert job.hyperparameters.learning_rate == 0.01
    assert (job.hyperparameters.nll_weight, job.hyperparameters.too_long, job.reference) == (0, "drop", "previous")
    assert job.start_adapter_path is None
    assert job.pairs_path == tmp_path / "data.jsonl"


def test_each_method_has_its_job(tmp_path: Path) -> None:
    sft = read_job(write_job(tmp_path / "sft", "sft", evalPath=str(tmp_path / "sft" / "data.jsonl")), "sft")
    assert isinstance(sft, SftJob)
    assert sft.eval_path == sft.rows_path
    grpo = read_job(write_job(tmp_path / "grpo", "grpo", {"maskTruncated": True, "microBatchSize": 2}), "grpo")
    assert isinstance(grpo, GrpoJob)
    assert (grpo.hyperparameters.algorithm, grpo.hyperparameters.mask_truncated) == ("grpo", True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seed": "one"}, "$.seed: 'one' is not of type 'integer'"),
        ({"surprise": 1}, "'surprise' was unexpected"),
        ({"pairsPath": "pairs.jsonl"}, "$.pairsPath: 'pairs.jsonl' does not match"),
        ({"pairsPath": "/nowhere/pairs.jsonl"}, "/nowhere/pairs.jsonl, which does not exist"),
        ({"startAdapterPath": "/nowhere"}, "/nowhere/adapter_config.json, which does not exist"),
        ({"reference": "initial", "initialPolicyPath": "/nowhere"}, "/nowhere/adapter_config.json, which does not"),
        ({"settings": {"microBatchSize": 4}}, "$.hyperparameters.microBatchSize: 4 does not divide batchSize 2"),
        ({"settings": {"loraAlpha": None}}, "$.hyperparameters.loraAlpha: null, but an adapter (loraRank) has a scale"),
        ({"settings": {"loraAlpha": 0}}, "$.hyperparameters.loraAlpha: 0 is less than or equal to the minimum of 0"),
        ({"settings": {"loraRank": None}, "reference": "initial"}, "$.initialPolicyPath: null, but the reference"),
        ({"settings": {"algorithm": "rloo"}}, "$.hyperparameters: Additional properties are not allowed ('algorithm'"),
    ],
)
def test_a_bad_field_is_named(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    with pytest.raises(BadJobError) as caught:
        read_job(write_job(tmp_path, **change), "dpo")
    assert said in str(caught.value)


def test_whole_weights_need_no_scale(tmp_path: Path) -> None:
    settings = read_job(write_job(tmp_path, settings={"loraRank": None, "loraAlpha": None}), "dpo").hyperparameters
    assert (settings.lora_rank, settings.lora_alpha) == (None, None)


def test_adapters_and_whole_weights_do_not_mix(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").touch()
    path = write_job(tmp_path, settings={"loraRank": None}, startAdapterPath=str(tmp_path))
    with pytest.raises(BadJobError, match=r"\$\.startAdapterPath: all weights are trained"):
        read_job(path, "dpo")


def test_an_initial_policy_without_a_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").touch()
    with pytest.raises(BadJobError, match=r"\$\.initialPolicyPath: only the reference 'initial' has a use for it"):
        read_job(write_job(tmp_path, initialPolicyPath=str(tmp_path)), "dpo")


def test_one_completion_at_once_is_refused_before_trl_does(tmp_path: Path) -> None:
    with pytest.raises(BadJobError, match="TRL needs at least 2 completions in one forward pass"):
        read_job(write_job(tmp_path, "grpo", {"microBatchSize": 1}), "grpo")


def test_the_processes_of_a_launcher_share_the_rows_of_a_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from policy import make_arguments

    for processes, settings, expected in (
        ("1", {"batchSize": 8}, (8, 1)),
        ("4", {"batchSize": 8}, (2, 1)),
        ("4", {"batchSize": 8, "microBatchSize": 1}, (1, 2)),
    ):
        monkeypatch.setenv("WORLD_SIZE", processes)
        arguments = make_arguments(read_job(write_job(tmp_path, settings=settings), "dpo"))
        assert (arguments["per_device_train_batch_size"], arguments["gradient_accumulation_steps"]) == expected
    with pytest.raises(BadJobError, match=r"\$\.hyperparameters\.batchSize: 2 does not divide among 4 processes"):
        read_job(write_job(tmp_path), "dpo")
    with pytest.raises(BadJobError, match="4 does not divide batchSize 8 among 4 processes"):
        read_job(write_job(tmp_path, settings={"batchSize": 8, "microBatchSize": 4}), "dpo")


def test_an_adapter_of_another_shape_is_refused(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text('{"r": 8, "lora_alpha": 16}')
    read_job(write_job(tmp_path, startAdapterPath=str(tmp_path)), "dpo")
    for settings, said in (
        ({"loraRank": 16}, r"\$\.hyperparameters\.loraRank: 16, but the adapter to go on from, .*, has 8; give that"),
        ({"loraAlpha": 32}, r"\$\.hyperparameters\.loraAlpha: 32, but the adapter to go on from, .*, has 16"),
    ):
        with pytest.raises(BadJobError, match=said):
            read_job(write_job(tmp_path, settings=settings, startAdapterPath=str(tmp_path)), "dpo")


def test_a_method_without_a_script_is_refused(tmp_path: Path) -> None:
    path = write_job(tmp_path)
    path.write_text(path.read_text().replace('"dpo"', '"ppo"'))
    with pytest.raises(BadJobError, match=r"\$\.method: 'ppo' is not one of \['dpo', 'sft', 'grpo'\]"):
        read_job(path, "dpo")


def test_a_job_of_another_method_is_refused(tmp_path: Path) -> None:
    path = write_job(tmp_path, "sft")
    with pytest.raises(BadJobError) as caught:
        read_job(path, "dpo")
    assert str(caught.value) == f"The job file {path} is for sft.py and was given to dpo.py."


def test_a_bad_job_exits_2_with_one_line(tmp_path: Path) -> None:
    path = write_job(tmp_path, seed=-1)
    ended = subprocess.run(
        [sys.executable, FOLDER / "dpo.py", "--job", path], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert ended.stderr == (
        f"The job file {path} is wrong at $.seed: -1 is less than the minimum of 0; see job.schema.json.\n"
    )


def test_the_hash_covers_the_data(tmp_path: Path) -> None:
    raw = json.loads(write_job(tmp_path).read_text())
    before = hash_job(raw)
    assert hash_job(dict(reversed(raw.items()))) == before
    (tmp_path / "data.jsonl").write_text("other\n")
    assert hash_job(raw) != before
