"""
Policy gradient on stored groups: `python grpo.py --job job.json`; the rest is in loop.py.

Completions, their log-probabilities and their rewards were made elsewhere. Algorithms: `grpo`, `dapo` (mean over all
tokens, asymmetric clip), `dr-grpo` (no standard deviation, divided by the constant maxLength), `rloo` (ratio of whole
completions) and `reinforce` (no ratio, baseline of the whole job). The pull towards the reference, `beta`, is a KL term
a token in the loss; for `rloo` it is taken from the reward, as in its paper.
"""

import sys
from typing import TYPE_CHECKING, Any

from job import BadJobError, GrpoJob
from loop import Plan, run_method

if TYPE_CHECKING:
    from groups import Completion, Group

#: TRL's names of the losses; a stored row of `reinforce` has no log-probabilities, so its ratio is 1.
LOSS_TYPES = {"grpo": "grpo", "dapo": "dapo", "dr-grpo": "dr_grpo", "reinforce": "dr_grpo"}


def make_plan(job: GrpoJob) -> Plan:
    """The trainer of stored completions, and what became of all groups and completions."""
    from datasets import Dataset

    from groups import read_groups
    from policy import load_policy, load_tokenizer, make_new_adapter
    from rows import order_by_length
    from schedule import warmed_up
    from stored import StoredGRPO, StoredRLOO, never_reward

    settings = job.hyperparameters
    tokenizer = load_tokenizer(job)
    groups, counts = choose_groups(job, read_groups(job.groups_path, tokenizer, settings.algorithm != "reinforce"))
    rows = make_rows(job, groups)
    counts |= {"groups": len(groups), "rows": len(rows)}
    lengths = [len(row["prompt_ids"]) + len(row["completion_ids"]) for row in rows]
    order = order_by_length(lengths, settings.rows_at_once, job.seed)
    is_rloo = settings.algorithm == "rloo"
    trainer = warmed_up(StoredRLOO if is_rloo else StoredGRPO)(
        model=load_policy(job),
        reward_funcs=never_reward,
        args=make_config(job),
        train_dataset=Dataset.from_list([rows[index] for index in order]),
        processing_class=tokenizer,
        peft_config=make_new_adapter(job),
    )
    if not is_rloo:
        # Told only now: TRL would load a second model for the reference, and the rows hold its log-probabilities.
        trainer.beta = settings.beta
    metrics = {"clipRatio": "clip_ratio/region_mean", "entropy": "entropy"}
    return Plan(trainer, tokenizer, counts, metrics if is_rloo or settings.beta == 0 else metrics | {"kl": "kl"})


def choose_groups(job: GrpoJob, groups: list["Group"]) -> tuple[list["Group"], dict[str, int]]:
    """Groups that can teach something, without the completions that are too long, and counts of the rest."""
    from groups import is_flat
    from rows import find_fitting

    settings = job.hyperparameters
    flat = [completion for group in groups for completion in group]
    fitting = set(find_fitting([len(entry.encoded) for entry in flat], settings, f"completions in {job.groups_path}"))
    at = iter(range(len(flat)))
    short = [[entry for entry in group if next(at) in fitting] for group in groups]
    chosen = [
        group
        for group in short
        if settings.algorithm == "reinforce" or not is_flat([completion.reward for completion in group])
    ]
    if not chosen:
        raise BadJobError(
            f"None of the {len(groups)} groups in {job.groups_path} has rewards that differ, so there is nothing to "
            "learn; draw more samples or use harder prompts."
        )
    kept = [completion for group in chosen for completion in group]
    return chosen, {
        "groupsWithoutSignal": len(groups) - len(chosen),
        "dropped": len(flat) - len(fitting),
        "unscored": sum(completion.reward is None for completion in kept),
        "masked": sum(is_masked(completion, job) for completion in kept),
    }


def is_masked(completion: "Completion", job: GrpoJob) -> bool:
    """True for a truncated completion that counts for the baseline and not for the loss."""
    return completion.truncated and completion.reward is not None and job.hyperparameters.mask_truncated


def make_rows(job: GrpoJob, groups: list["Group"]) -> list[dict[str, Any]]:
    """Rows of the stored trainer: ids, advantage, and the log-probabilities that the algorithm asks for."""
    from groups import compute_advantages

    settings = job.hyperparameters
    completions = [completion for group in groups for completion in group]
    reference = score_reference(job, completions) if settings.beta > 0 else None
    rewards = [[completion.reward for completion in group] for group in groups]
    if settings.algorithm == "rloo" and reference is not None:
        scores = iter(reference)
        rewards = [[penalize(entry, next(scores), settings.beta) for entry in group] for group in groups]
    advantages = [value for group in compute_advantages(rewards, settings.algorithm) for value in group]
    rows = []
    for index, (completion, advantage) in enumerate(zip(completions, advantages, strict=True)):
        if advantage is None or is_masked(completion, job):
            continue
        row: dict[str, Any] = {"prompt": "", "advantage": advantage, **vars(completion.encoded)}
        if settings.algorithm != "reinforce":
            row["logprobs"] = completion.logprobs
        if reference is not None:
            row["reference_logprobs"] = reference[index]
        rows.append(row)
    if not rows:
        raise BadJobError(f"All completions in {job.groups_path} are truncated or unscored; raise the sampler's limit.")
    return rows


def score_reference(job: GrpoJob, completions: "Group") -> list[list[float]]:
    """Log-probabilities of the reference, which is let go afterwards."""
    from policy import choose_device, load_reference
    from scores import score_completions

    settings = job.hyperparameters
    model = load_reference(job).to(choose_device(settings))
    encoded = [completion.encoded for completion in completions]
    scores: list[list[float]] = score_completions(model, encoded, settings.rows_at_once, settings.temperature)
    return scores


def penalize(completion: "Completion", reference: list[float], beta: float) -> float | None:
    """The reward less beta times the log ratio of the whole completion."""
    if completion.reward is None:
        return None
    return completion.reward - beta * (sum(completion.logprobs or []) - sum(reference))


def make_config(job: GrpoJob) -> Any:
    """TRL's settings, with all that concerns sampling set so that nothing is repeated or shuffled."""
    from trl import GRPOConfig, RLOOConfig

    from policy import make_arguments

    settings = job.hyperparameters
    shared = {
        **make_arguments(job),
        "beta": 0.0,
        "epsilon": settings.epsilon,
        "epsilon_high": settings.epsilon_high,
        "temperature": settings.temperature,
        # One batch of stored rows is one forward pass; a "group" of TRL is all of it, which only has to divide it.
        "steps_per_generation": 1,
        "num_iterations": 1,
        "num_generations": settings.rows_at_once,
        # The constant that Dr. GRPO divides by.
        "max_completion_length": settings.max_length,
    }
    if settings.algorithm == "rloo":
        return RLOOConfig(**shared)
    return GRPOConfig(**shared, loss_type=LOSS_TYPES[settings.algorithm], shuffle_dataset=False)


if __name__ == "__main__":
    sys.exit(run_method("grpo", make_plan))
