"""What tries to get a lock is told in time, and why not."""

from __future__ import annotations

from pathlib import Path

import filelock
import pytest

from napari_neural_style.locks import acquire


def test_lock_of_another_is_not_waited_for_longer_than_asked(tmp_path: Path) -> None:
    first, second = (filelock.FileLock(tmp_path / "lock", is_singleton=False) for _ in range(2))
    acquire(first)
    with pytest.raises(filelock.Timeout):
        acquire(second, timeout=0)
    first.release()
    acquire(second, timeout=0)
    assert second.is_locked
    second.release()


def test_file_systems_without_locks_are_files_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise NotImplementedError("FileSystem does not appear to support flock")

    monkeypatch.setattr(filelock.FileLock, "_acquire", refuse)
    with pytest.raises(OSError, match="flock"):
        acquire(filelock.FileLock(tmp_path / "lock"))
