"""
What stored.py relies on in TRL 1.16: names, batch keys, arithmetic of advantages and losses.

A new version of TRL that breaks one of these tests has changed something that training on stored completions needs.
"""

import inspect
import math
from pathlib import Path
from typing import Any

import pytest

from tests.job_files import write_job, write_rows

#: Two groups of two; lengths differ, so that means over tokens and over completions differ.
COMPLETIONS = [
    [([41, 42, 43], 1.0), ([44, 45], 0.0)],
    [([46, 47, 48, 49], 0.0), ([50, 51], 1.0)],
]
#: Old log-probabilities are the policy's own plus this, so the ratio is exp(-shift): inside or outside of the clip.
SHIFTS = [0.1, -0.5, 0.4, 0.0]


def test_the_private_methods_that_are_replaced_exist() -> None:
    from trl import DPOTrainer, GRPOTrainer, RLOOTrainer

    assert 'self._prepare_dataset(train_dataset, processing_class, args, "train")' in inspect.getsource(DPOTrainer)
    for trainer in (GRPOTrainer, RLOOTrainer):
        assert list(inspect.signature(trainer._get_train_sampler).parameters) == ["self", "dataset"]
        assert list(inspect.signature(trainer._generate_and_score_completions).parameters) == ["self", "inputs"]
        source = inspect.getsource(trainer._compute_loss)
        for key in ("prompt_ids", "prompt_mask", "completion_ids", "completion_mask", "advantages"):
            assert f'inputs["{key}"]' in source
    assert 'inputs.get("old_per_token_logps")' in inspect.getsource(GRPOTrainer._compute_loss)
    assert 'inputs["ref_per_token_logps"]' in inspect.getsource(GRPOTrainer._compute_loss)
    assert 'inputs["old_logps"]' in inspect.getsource(RLOOTrainer._compute_loss)


@pytest.fixture(autouse=True)
def in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is computed by hand here is not rounded as by a trainer on a processor that multiplies bfloat16."""
    import policy

    monkeypatch.setattr(policy, "has_fast_bfloat16", lambda: False)


def make_trainer(folder: Path, model: Path, tokenizer: Any, algorithm: str, beta: float) -> tuple[Any, list[float]]:
    """The trainer of a job whose rows have the shifted log-probabilities, and the policy's own, all in one batch."""
    import torch
    from transformers import AutoModelForCausalLM

    from conversations import Encoded, encode_prompt
    from grpo import make_plan
    from job import GrpoJob, read_job
    from scores import score_completions

    prompt = [{"role": "user", "content": "Go on."}]
    flat = [entry for group in COMPLETIONS for entry in group]
    encoded = [Encoded(encode_prompt(prompt, tokenizer), ids) for ids, _ in flat]
    policy = AutoModelForCausalLM.from_pretrained(str(model), dtype=torch.float32)
    own = score_completions(policy, encoded, 4)
    shifted = iter([[value + shift for value in scores] for scores, shift in zip(own, SHIFTS, strict=True)])
    groups = [
        {
            "prompt": prompt,
            "completions": [
                {"tokenIds": ids, "logprobs": next(shifted), "reward": reward, "truncated": False}
                for ids, reward in group
            ],
        }
        for group in COMPLETIONS
    ]
    settings = {"algorithm": algorithm, "beta": beta, "batchSize": 4, "epsilonHigh": 0.28}
    job = write_job(folder, "grpo", settings, baseModelPath=str(model))
    write_rows(folder / "data.jsonl", groups)
    read = read_job(job, "grpo")
    assert isinstance(read, GrpoJob)
    return make_plan(read).trainer, own


#: Advantages of the two rewards 0 and 1: +-0.5 / (0.707107 + 0.0001) for grpo, +-0.5 for dr-grpo, +-1 for rloo.
SIZE = {"grpo": 0.5 / (math.sqrt(0.5) + 1e-4), "dapo": 0.5 / (math.sqrt(0.5) + 1e-4), "dr-grpo": 0.5, "reinforce": 0.5}


@pytest.mark.parametrize("algorithm", ["grpo", "dapo", "dr-grpo", "reinforce"])
def test_the_loss_of_a_batch_is_the_one_computed_by_hand(
    tmp_path: Path, model_folder: Path, tokenizer: Any, algorithm: str
) -> None:
    trainer, _ = make_trainer(tmp_path, model_folder, tokenizer, algorithm, 0.0)
    lengths, sums = [], []
    for (ids, reward), shift in zip([entry for group in COMPLETIONS for entry in group], SHIFTS, strict=True):
        advantage = SIZE[algorithm] * (1 if reward == 1.0 else -1)
        ratio = 1.0 if algorithm == "reinforce" else math.exp(-shift)
        clipped = min(max(ratio, 0.8), 1.28)
        lengths.append(len(ids))
        sums.append(-min(ratio * advantage, clipped * advantage) * len(ids))
    expected = {
        # mean over the tokens of each of the 4 completions, then over completions
        "grpo": sum(total / length for total, length in zip(sums, lengths, strict=True)) / 4,
        # mean over all 11 tokens
        "dapo": sum(sums) / 11,
        # 4 completions times the constant maxLength 96
        "dr-grpo": sum(sums) / (4 * 96),
        "reinforce": sum(sums) / (4 * 96),
    }[algorithm]
    assert compute_loss(trainer) == pytest.approx(expected, abs=1e-6)


def compute_loss(trainer: Any) -> float:
    batch = next(iter(trainer.get_train_dataloader()))
    trainer.current_gradient_accumulation_steps = 1
    trainer.model.train()
    inputs = trainer._prepare_inputs(batch)
    return float(trainer.compute_loss(trainer.model, inputs).detach())


def test_rloo_has_the_ratio_of_whole_completions(tmp_path: Path, model_folder: Path, tokenizer: Any) -> None:
    trainer, _ = make_trainer(tmp_path, model_folder, tokenizer, "rloo", 0.0)
    losses = []
    for (ids, reward), shift in zip([entry for group in COMPLETIONS for entry in group], SHIFTS, strict=True):
        advantage = 1 if reward == 1.0 else -1
        ratio = math.exp(-shift * len(ids))
        losses.append(-min(ratio * advantage, min(max(ratio, 0.8), 1.28) * advantage))
    assert compute_loss(trainer) == pytest.approx(sum(losses) / 4, abs=1e-5)


def test_the_kl_of_grpo_is_zero_where_the_policy_is_its_reference(
    tmp_path: Path, model_folder: Path, tokenizer: Any
) -> None:
    with_kl, _ = make_trainer(tmp_path / "kl", model_folder, tokenizer, "grpo", 0.5)
    without, _ = make_trainer(tmp_path / "none", model_folder, tokenizer, "grpo", 0.0)
    assert with_kl.beta == 0.5
    assert with_kl.ref_model is None
    assert compute_loss(with_kl) == pytest.approx(compute_loss(without), abs=1e-6)
    # A reference that is 1 nat less sure of each token: k3 = exp(-1) + 1 - 1 = 0.367879, times the ratio exp(-shift).
    rows = with_kl.train_dataset.map(
        lambda row: {"reference_logprobs": [value - 1 for value in row["reference_logprobs"]]}
    )
    with_kl.train_dataset = rows
    kl = sum(math.exp(-1) * math.exp(-shift) for shift in SHIFTS) / 4
    assert compute_loss(with_kl) - compute_loss(without) == pytest.approx(0.5 * kl, abs=1e-5)


def test_rloo_takes_the_kl_from_the_reward(tmp_path: Path, model_folder: Path, tokenizer: Any) -> None:
    trainer, _ = make_trainer(tmp_path, model_folder, tokenizer, "rloo", 0.1)
    by_ids = {tuple(row["completion_ids"]): row["advantage"] for row in trainer.train_dataset}
    # The policy is its own reference, so the log ratio of a completion is shift * length: 0.3 and -1.0.
    # (1 - 0.1 * 0.3) - (0 + 0.1 * 1.0) = 0.87
    assert by_ids[(41, 42, 43)] == pytest.approx(0.87, abs=1e-5)
    assert by_ids[(44, 45)] == pytest.approx(-0.87, abs=1e-5)


@pytest.mark.parametrize("algorithm", ["grpo", "dr-grpo", "rloo"])
def test_the_advantages_are_those_that_trl_computes(
    tmp_path: Path, model_folder: Path, tokenizer: Any, algorithm: str
) -> None:
    """TRL's own method, with sampling replaced by fixed completions."""
    from datasets import Dataset
    from transformers import AutoModelForCausalLM
    from trl import GRPOConfig, GRPOTrainer, RLOOConfig, RLOOTrainer

    from groups import compute_advantages

    rewards = [1.0, 0.0, 0.25, 0.5]
    shared = {
        "output_dir": str(tmp_path),
        "per_device_train_batch_size": 4,
        "num_generations": 4,
        "max_completion_length": 4,
        "beta": 0.0,
        "use_cpu": True,
        "bf16": False,
        "report_to": [],
    }
    is_rloo = algorithm == "rloo"
    scale = {} if is_rloo else {"scale_rewards": "group" if algorithm == "grpo" else "none"}
    trainer = (RLOOTrainer if is_rloo else GRPOTrainer)(
        model=AutoModelForCausalLM.from_pretrained(str(model_folder)),
        reward_funcs=lambda completions, **_: rewards[: len(completions)],
        args=(RLOOConfig if is_rloo else GRPOConfig)(**shared, **scale),
        train_dataset=Dataset.from_list([{"prompt": "Go on."}] * 4),
        processing_class=tokenizer,
    )
    trainer.model.train()
    batch = trainer._generate_and_score_completions([{"prompt": "Go on."}] * 4)
    [expected] = compute_advantages([rewards], algorithm)
    assert batch["advantages"].tolist() == pytest.approx(expected, abs=1e-6)
