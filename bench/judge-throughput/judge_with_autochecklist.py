"""Judges the rows of a file with autochecklist and prints what came of it as one JSON object."""

import argparse
import json
import time
from pathlib import Path

from autochecklist.models import Checklist, ChecklistItem
from autochecklist.scorers import ChecklistScorer


def main() -> None:
    """Rows are {instruction, answer, questions}; a row that raises is counted and gives no verdict."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--mode", choices=["item", "batch"], required=True)
    parser.add_argument("--max-tokens", type=int, required=True)
    arguments = parser.parse_args()
    scorer = ChecklistScorer(
        mode=arguments.mode,
        capture_reasoning=True,
        model=arguments.model,
        provider="vllm",
        base_url=arguments.base_url,
        api_key="none",
        temperature=0.0,
        max_tokens=arguments.max_tokens,
    )
    rows = [json.loads(line) for line in arguments.rows.read_text(encoding="utf-8").splitlines()]
    judged = failed = failed_items = 0
    errors: dict[str, int] = {}
    started = time.monotonic()
    for row in rows:
        checklist = Checklist(
            items=[ChecklistItem(question=question) for question in row["questions"]],
            source_method="given",
            generation_level="instance",
        )
        try:
            judged += len(scorer.score(checklist, target=row["answer"], input=row["instruction"]).item_scores)
        except Exception as error:  # noqa: BLE001 - whatever it raises, its batch would have ended here
            failed += 1
            failed_items += len(row["questions"])
            name = type(error).__name__
            errors[name] = errors.get(name, 0) + 1
    print(
        json.dumps(
            {
                "seconds": time.monotonic() - started,
                "judgedItems": judged,
                "failedRows": failed,
                "failedItems": failed_items,
                "errors": errors,
            }
        )
    )


if __name__ == "__main__":
    main()
