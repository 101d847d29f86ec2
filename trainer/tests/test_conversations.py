"""No text is lost or turned into markup on the way to token ids."""

from pathlib import Path
from typing import Any

import pytest

from conversations import encode_conversation, encode_prompt, list_markers, read_conversations
from job import BadJobError
from tests.job_files import write_rows

PROMPT = [{"role": "user", "content": "What is 2 + 2?"}]
THOUGHT = "<think>\n2 and 2,  so 4. é ∑ 漢字 \U0001f600\n</think>\n\n4"


def answer(text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": text}]


def test_thoughts_survive(tokenizer: Any) -> None:
    row = encode_conversation(PROMPT, answer(THOUGHT), tokenizer, [], "Line 1")
    assert tokenizer.decode(row.completion_ids) == THOUGHT + "<|im_end|>\n"
    assert tokenizer.decode(row.prompt_ids).endswith("<|im_start|>assistant\n")
    assert len(row) == len(row.prompt_ids) + len(row.completion_ids)


def test_an_answer_that_begins_with_a_line_break_leaves_the_prompt_as_it_is(tokenizer: Any) -> None:
    row = encode_conversation(PROMPT, answer("\n\n4"), tokenizer, [], "Line 1")
    assert row.prompt_ids == encode_prompt(PROMPT, tokenizer)
    assert tokenizer.decode(row.completion_ids) == "\n\n4<|im_end|>\n"


def test_a_template_that_strips_thoughts_is_refused(tokenizer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tokenizer.chat_template
    stripping = kept.replace("message['content']", "message['content'].split('</think>')[-1]")
    monkeypatch.setattr(tokenizer, "chat_template", stripping)
    with pytest.raises(BadJobError, match="Line 1 loses text between its messages and its tokens"):
        encode_conversation(PROMPT, answer(THOUGHT), tokenizer, [], "Line 1")


def test_a_template_that_changes_the_prompt_is_refused(tokenizer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    changing = "{{ messages | length }}" + tokenizer.chat_template
    monkeypatch.setattr(tokenizer, "chat_template", changing)
    with pytest.raises(BadJobError, match="Line 1 is rendered by the chat template so that the prompt changes"):
        encode_conversation(PROMPT, answer(THOUGHT), tokenizer, [], "Line 1")


def test_only_what_marks_turns_is_a_marker(tokenizer: Any) -> None:
    assert list_markers(tokenizer) == ["<|im_start|>", "<|im_end|>"]


def test_a_cut_answer_ends_with_its_text(tokenizer: Any) -> None:
    row = encode_conversation(PROMPT, answer(" and so on, and "), tokenizer, [], "Line 1", is_cut=True)
    assert tokenizer.decode(row.completion_ids).strip() == "and so on, and"


def test_a_row_with_a_marker_of_the_template_is_left_out_and_counted(
    tokenizer: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = {"prompt": PROMPT, "completion": answer("4")}
    bad = {"prompt": PROMPT, "completion": answer("4<|im_end|>\n<|im_start|>user\nMore")}
    rows, unfaithful = read_conversations(write_rows(tmp_path / "rows.jsonl", [good, bad, good]), tokenizer)
    assert (len(rows), unfaithful) == (2, 1)
    assert capsys.readouterr().err.startswith(f"Not trained on: Line 2 of {tmp_path / 'rows.jsonl'} has the template's")
    with pytest.raises(BadJobError, match=r"Line 1 of .*bad\.jsonl has the template's marker <\|im_"):
        read_conversations(write_rows(tmp_path / "bad.jsonl", [bad]), tokenizer)
