from pathlib import Path

from alignwatch.git.head_log import read_head_log
from support.repositories import git


def test_each_move_of_head_is_read(repository: Path) -> None:
    main, far = git(repository, "rev-parse", "main", "feature/far").split()
    git(repository, "reset", "--quiet", "--hard")
    git(repository, "checkout", "--quiet", "feature/far")
    git(repository, "checkout", "--quiet", "--detach", "main")
    moves = read_head_log(repository / ".git")
    assert [(move.old, move.new, move.left_branch) for move in moves[-2:]] == [
        (main, far, "main"),
        (far, main, "feature/far"),
    ]
    assert moves[-1].end == (repository / ".git" / "logs" / "HEAD").stat().st_size
    assert abs(moves[-1].time - (repository / ".git" / "logs" / "HEAD").stat().st_mtime) < 5
    assert [move.left_branch for move in moves[:-2]] == [None] * (len(moves) - 2)


def test_no_log_has_no_moves(tmp_path: Path) -> None:
    assert read_head_log(tmp_path) == ()


def test_lines_that_are_none_are_left_out(repository: Path) -> None:
    log = repository / ".git" / "logs" / "HEAD"
    log.parent.mkdir(exist_ok=True)
    good = b"%s %s A <a@b> 1700000000 +0000\tcommit: caf\xe9\n" % (b"0" * 40, b"1" * 40)
    log.write_bytes(b"nonsense\n" + good + b"\xff \xfe A <> 1 +0000\tx\n" + good[:60] + b"\n\n" + good)
    moves = read_head_log(repository / ".git")
    assert [(move.time, move.message) for move in moves] == [(1700000000, "commit: caf\udce9")] * 2
    log.write_bytes(good * 20_000)
    assert 1000 < len(read_head_log(repository / ".git")) < 20_000
