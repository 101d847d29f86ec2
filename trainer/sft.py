"""
Supervised fine-tuning on prompts and completions: `python sft.py --job job.json`; the rest is in loop.py.

The loss is on the completion only. Rows are encoded here and not by TRL, which would cut long ones without a word.
Rejection sampling and ReST-EM are this script on the answers that were chosen.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from job import SftJob
from loop import Plan, run_method

if TYPE_CHECKING:
    from conversations import Encoded

#: Label of a token that the loss leaves out.
IGNORED = -100


def make_plan(job: SftJob) -> Plan:
    """The SFT trainer, how many rows it has and lacks, and the loss on held-out rows before and after."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    from conversations import read_conversations
    from policy import load_policy, load_tokenizer, make_arguments, make_new_adapter
    from rows import find_fitting, order_by_length
    from schedule import warmed_up
    from scores import mean_loss, score_completions

    settings = job.hyperparameters
    tokenizer = load_tokenizer(job)

    def read(path: Path) -> tuple[list["Encoded"], int, int]:
        found, unfaithful = read_conversations(path, tokenizer)
        fitting = find_fitting([len(row) for row in found], settings, f"rows in {path}")
        return [found[index] for index in fitting], len(found) - len(fitting), unfaithful

    rows, dropped, unfaithful = read(job.rows_path)
    held_out, held_out_dropped, held_out_unfaithful = read(job.eval_path) if job.eval_path is not None else ([], 0, 0)
    order = order_by_length([len(row) for row in rows], settings.rows_at_once, job.seed)
    trainer = warmed_up(SFTTrainer)(
        model=load_policy(job),
        args=SFTConfig(**make_arguments(job), max_length=None, train_sampling_strategy="sequential"),
        train_dataset=Dataset.from_list([label_completion(rows[index]) for index in order]),
        processing_class=tokenizer,
        peft_config=make_new_adapter(job),
    )

    def measure_held_out(model: Any) -> float | None:
        return mean_loss(score_completions(model, held_out, settings.rows_at_once)) if held_out else None

    # A resumed job loads its checkpoint later: these are the weights at the start.
    before = measure_held_out(trainer.model)
    return Plan(
        trainer,
        tokenizer,
        counts={"rows": len(rows), "dropped": dropped, "unfaithful": unfaithful},
        metrics={"accuracy": "mean_token_accuracy"},
        measure=lambda model: {
            "evalRows": len(held_out),
            "evalDropped": held_out_dropped + held_out_unfaithful,
            "evalTokens": sum(len(row.completion_ids) for row in held_out),
            "evalLossBefore": before,
            "evalLossAfter": measure_held_out(model),
        },
    )


def label_completion(row: "Encoded") -> dict[str, list[int]]:
    """Input ids and labels: the prompt is read, and not learned."""
    return {
        "input_ids": row.prompt_ids + row.completion_ids,
        "labels": [IGNORED] * len(row.prompt_ids) + row.completion_ids,
    }


if __name__ == "__main__":
    sys.exit(run_method("sft", make_plan))
