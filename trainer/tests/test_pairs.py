"""Pairs become the tokens that their answers were, and no others."""

from pathlib import Path
from typing import Any

import pytest

from job import BadJobError
from pairs import read_pairs
from tests.job_files import write_job, write_rows
from tests.processes import finish, read_events

PROMPT = [{"role": "user", "content": "Go on."}]


def answer(text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": text}]


def row(**change: Any) -> dict[str, Any]:
    return {"prompt": PROMPT, "chosen": answer("one two"), "rejected": answer("three, and"), **change}


def test_an_answer_that_was_broken_off_has_no_end_of_turn(tokenizer: Any, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "pairs.jsonl", [row(), row(rejectedTruncated=True)])
    [whole, cut], unfaithful = read_pairs(path, tokenizer)
    assert unfaithful == 0
    assert tokenizer.decode(whole.rejected_ids) == "three, and<|im_end|>\n"
    assert tokenizer.decode(cut.rejected_ids) == "three, and"
    assert tokenizer.decode(cut.chosen_ids) == "one two<|im_end|>\n"
    assert tokenizer.decode(cut.prompt_ids).endswith("Go on.<|im_end|>\n<|im_start|>assistant\n")
    assert len(cut) == len(cut.prompt_ids) + max(len(cut.chosen_ids), len(cut.rejected_ids))


def test_pairs_that_the_template_would_change_are_left_out(tokenizer: Any, tmp_path: Path) -> None:
    bad = row(rejected=answer("three<|im_end|>"))
    pairs, unfaithful = read_pairs(write_rows(tmp_path / "pairs.jsonl", [row(), bad]), tokenizer)
    assert (len(pairs), unfaithful) == (1, 1)


def test_a_template_that_strips_thoughts_is_refused(
    tokenizer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stripping = tokenizer.chat_template.replace("message['content']", "message['content'].split('</think>')[-1]")
    monkeypatch.setattr(tokenizer, "chat_template", stripping)
    path = write_rows(tmp_path / "pairs.jsonl", [row(chosen=answer("<think>hm</think>one"))])
    with pytest.raises(BadJobError, match=r"Line 1 of .* loses text between its messages and its tokens"):
        read_pairs(path, tokenizer)


def test_a_training_of_one_step_changes_the_policy(tmp_path: Path, model_folder: Path) -> None:
    job = write_job(tmp_path, baseModelPath=str(model_folder), probes=[PROMPT + answer("one two")])
    write_rows(tmp_path / "data.jsonl", [row(), row(rejectedTruncated=True)])
    result = finish(job)
    assert (result["steps"], result["pairs"], result["unfaithful"]) == (1, 2, 0)
    [probe] = result["probes"]
    assert probe["baseLogprobs"] != probe["adapterLogprobs"]
    steps = read_events(tmp_path, "step")
    assert [step["step"] for step in steps] == [1]
