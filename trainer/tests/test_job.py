"""A bad job is told in one sentence, before anything is loaded."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from job import BadJobError, hash_job, read_job
from tests.job_files import write_job

SCRIPT = Path(__file__).parents[1] / "dpo.py"


def test_a_good_job_is_read(tmp_path: Path) -> None:
    job = read_job(write_job(tmp_path))
    assert job.hyperparameters.learning_rate == 0.01
    assert job.start_adapter_path is None
    assert job.pairs_path == tmp_path / "pairs.jsonl"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seed": "one"}, "$.seed: 'one' is not of type 'integer'"),
        ({"surprise": 1}, "'surprise' was unexpected"),
        ({"pairsPath": "pairs.jsonl"}, "$.pairsPath: 'pairs.jsonl' does not match"),
        ({"pairsPath": "/nowhere/pairs.jsonl"}, "/nowhere/pairs.jsonl, which does not exist"),
        ({"startAdapterPath": "/nowhere"}, "/nowhere/adapter_config.json, which does not exist"),
    ],
)
def test_a_bad_field_is_named(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    with pytest.raises(BadJobError) as caught:
        read_job(write_job(tmp_path, **change))
    assert said in str(caught.value)


def test_a_bad_job_exits_2_with_one_line(tmp_path: Path) -> None:
    path = write_job(tmp_path, seed=-1)
    ended = subprocess.run([sys.executable, SCRIPT, "--job", path], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr == (
        f"The job file {path} is wrong at $.seed: -1 is less than the minimum of 0; see job.schema.json.\n"
    )


def test_the_hash_covers_the_pairs(tmp_path: Path) -> None:
    raw = json.loads(write_job(tmp_path).read_text())
    before = hash_job(raw)
    assert hash_job(dict(reversed(raw.items()))) == before
    (tmp_path / "pairs.jsonl").write_text("other\n")
    assert hash_job(raw) != before
