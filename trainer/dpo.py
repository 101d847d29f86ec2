"""
Direct preference optimisation on pairs made elsewhere: `python dpo.py --job job.json`; the rest is in loop.py.

With `nllWeight` above 0 the loss is DPO plus that many times the negative log-likelihood of the chosen answers
(iterative RPO). TRL takes that mean over all chosen tokens of a forward pass, so it is the paper's per-sequence mean
only with `microBatchSize` 1.
"""

import sys

from job import DpoJob
from loop import Plan, run_method


def make_plan(job: DpoJob) -> Plan:
    """The DPO trainer and how many pairs it has and lacks."""
    from datasets import Dataset
    from trl import DPOConfig

    from pairs import read_pairs
    from policy import load_policy, load_reference, load_tokenizer, make_arguments, make_new_adapter
    from rows import find_fitting, order_by_length
    from schedule import warmed_up
    from stored import StoredPairs

    settings = job.hyperparameters
    tokenizer = load_tokenizer(job)
    pairs, unfaithful = read_pairs(job.pairs_path, tokenizer)
    lengths = [len(pair) for pair in pairs]
    kept = find_fitting(lengths, settings, f"pairs in {job.pairs_path}")
    order = order_by_length([lengths[index] for index in kept], settings.rows_at_once, job.seed)

    # TRL makes the reference `previous` of an adapter itself: the adapter switched off, or a frozen copy of it.
    own_reference = job.reference == "initial" or settings.lora_rank is None
    trainer = warmed_up(StoredPairs)(
        model=load_policy(job),
        ref_model=load_reference(job) if own_reference else None,
        args=DPOConfig(
            **make_arguments(job),
            beta=settings.beta,
            loss_type=["sigmoid"] if settings.nll_weight == 0 else ["sigmoid", "sft"],
            loss_weights=None if settings.nll_weight == 0 else [1.0, settings.nll_weight],
            max_length=None,
            # Within one epoch each reference is needed once, so computing it ahead saves nothing.
            precompute_ref_log_probs=settings.epochs > 1,
            train_sampling_strategy="sequential",
        ),
        train_dataset=Dataset.from_list([vars(pairs[kept[index]]) for index in order]),
        processing_class=tokenizer,
        peft_config=make_new_adapter(job),
    )
    return Plan(
        trainer,
        tokenizer,
        counts={"pairs": len(kept), "dropped": len(pairs) - len(kept), "unfaithful": unfaithful},
        metrics={"margin": "rewards/margins", "accuracy": "rewards/accuracies"},
        final={"finalMargin": "rewards/margins"},
    )


if __name__ == "__main__":
    sys.exit(run_method("dpo", make_plan))
