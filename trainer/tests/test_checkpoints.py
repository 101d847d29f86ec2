"""Only whole checkpoints of the same job count."""

from pathlib import Path

from checkpoints import MANIFEST, STATE, find_newest_complete, mark_complete, set_aside_incomplete


def make_checkpoint(folder: Path, step: int, job_hash: str | None) -> Path:
    path = folder / f"checkpoint-{step}"
    path.mkdir(parents=True)
    (path / STATE).write_text("{}")
    (path / "weights").write_text("12345")
    if job_hash is not None:
        mark_complete(path, job_hash)
    return path


def test_the_newest_by_number_is_found(tmp_path: Path) -> None:
    make_checkpoint(tmp_path, 9, "a")
    newest = make_checkpoint(tmp_path, 10, "a")
    assert find_newest_complete(tmp_path, "a") == (10, newest)


def test_none_is_found_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert find_newest_complete(tmp_path / "none", "a") is None
    assert set_aside_incomplete(tmp_path / "none", "a") == 0


def test_torn_and_foreign_checkpoints_are_moved_away(tmp_path: Path) -> None:
    whole = make_checkpoint(tmp_path, 2, "a")
    make_checkpoint(tmp_path, 4, None)
    make_checkpoint(tmp_path, 6, "b")
    (make_checkpoint(tmp_path, 8, "a") / "weights").write_text("123")
    (make_checkpoint(tmp_path, 10, "a") / "weights").unlink()
    (make_checkpoint(tmp_path, 12, "a") / MANIFEST).write_text('{"jobHash": "a"')
    assert find_newest_complete(tmp_path, "a") == (2, whole)
    assert set_aside_incomplete(tmp_path, "a") == 5
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint-2", "set-aside"]
