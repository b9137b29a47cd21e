"""Faults of a repository."""

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import msgspec

from alignwatch.diagnostics.status import Status
from alignwatch.files import write_atomically
from alignwatch.git.fsck import KINDS
from alignwatch.git.version import GitVersion
from alignwatch.probes import cache_dir
from alignwatch.snapshot import FsckReading
from alignwatch.state_dir import name_in_cache
from support.doctor import DAY, HOUR, NOBODY, Case, World, all_of, older, sets
from support.half_done import HALF_DONE, conflicted_repository
from support.repositories import git, new_repository
from support.waiting import wait_until

W, C, OK, S = Status.WARNING, Status.CRITICAL, Status.OK, Status.SKIPPED
_OPENS, _SAFE, _PRIMARIES, _PROGRESS = "repository-opens", "safe-directory", "primaries", "in-progress"
_LOCKS, _MAINTENANCE, _LOG, _STORE = "stale-locks", "maintenance-lock", "gc-log", "object-store"
_AUTOSTASH, _CORRUPTION, _CONNECTED = "autostash", "corruption", "connectivity"
_REMOTES, _FOREIGN = "remotes", "foreign-maintenance"
_CHECKS = "diagnostics.checks.repositories"


def _git(*arguments: str) -> Callable[[World], object]:
    return lambda one: one.git(*arguments)


def _watch(path: Callable[[World], Path]) -> Callable[[World], object]:
    return lambda one: one.set("repositories.0.path", str(path(one)))


def _remove(name: str) -> Callable[[World], object]:
    def do(one: World) -> None:
        path = one.app / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()

    return do


def _file(name: str, content: str | bytes = "x") -> Callable[[World], object]:
    return lambda one: one.write(one.app / ".git" / name, content)


def _bare(one: World) -> None:
    git(one.folder, "clone", "--quiet", "--bare", str(one.app), str(one.folder / "bare.git"))
    one.set("repositories.0.path", str(one.folder / "bare.git"))


def _linked(one: World) -> None:
    one.git("worktree", "add", "--quiet", str(one.folder / "linked"), "feature/far")


def _separate(one: World) -> None:
    one.git("init", "--quiet", f"--separate-git-dir={one.folder / 'apart'}")


def _empty(one: World) -> None:
    one.set("repositories.0.path", str(new_repository(one.folder / "empty")))


def _given_away(path: str) -> Callable[[World], object]:
    def do(one: World) -> None:
        root = one.app / path
        for place in (root, *root.rglob("*")):
            os.chown(place, NOBODY, -1)

    return do


def _shared_by_a_group(one: World) -> None:
    for folder in filter(Path.is_dir, one.dot_git.glob("[or]*/*")):
        folder.chmod(0o2775)


def _half_done(name: str, *, linked: bool = False) -> Callable[[World], object]:
    """One of the operations that git leaves half done."""

    def do(one: World) -> None:
        folder = one.folder / "half"
        folder.mkdir()
        made, worktree = conflicted_repository(folder, linked=linked)
        HALF_DONE[name][0](worktree)
        one.set("repositories.0.path", str(made))

    return do


def _stash_stored(one: World) -> None:
    stopped = one.folder / "half" / "app"
    git(stopped, "stash", "store", (stopped / ".git" / "rebase-merge" / "autostash").read_text().strip())


def _closed(one: World) -> None:
    one.app.chmod(0o700)
    one.seen_by_somebody_else()


def _locked(name: str) -> Callable[[World], object]:
    return all_of(_file(name, ""), older(HOUR), _quick_second_look)


def _quick_second_look(one: World) -> None:
    one.patch("git.staleness.SECOND_LOOK_SECONDS", 0.01)


def _at_work(*command: str, **environment: str) -> Callable[[World], object]:
    """A git of somebody else's that stands in the repository until it is over."""

    def do(one: World) -> None:
        process = subprocess.Popen(
            ["git", *command],
            cwd=one.app,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@x", **environment},
        )

        def end() -> None:
            process.kill()
            process.communicate()

        one.ends.callback(end)
        # Popen returns a moment before the kernel has noted with what it was started.
        wait_until(Path(f"/proc/{process.pid}/cmdline").read_bytes, "its command line")

    return do


def _committing(one: World) -> None:
    """``git commit`` with its editor open holds index.lock for as long as that takes."""
    editor = one.write("editor", f"#!/bin/sh\ntouch {one.folder}/open\nexec sleep 60\n", 0o755)
    one.write(one.app / "new")
    one.git("add", "new")
    _at_work("commit", GIT_EDITOR=str(editor), GIT_COMMITTER_NAME="A", GIT_COMMITTER_EMAIL="a@x")(one)
    wait_until((one.folder / "open").exists, "the editor")


def _touched_between_looks(one: World) -> None:
    lock = one.app / ".git" / "index.lock"
    # Writing into it would leave its time as it is within one tick of the clock.
    one.patch("git.staleness.time.sleep", lambda _: os.utime(lock, (1, 1)))


def _on(file_system: str) -> Callable[[World], object]:
    return lambda one: one.patch("git.staleness.file_system_of", lambda _: file_system)


def _version(major: int, minor: int) -> Callable[[World], object]:
    version = GitVersion(f"{major}.{minor}.0", (major, minor, 0))
    return lambda one: one.patch(f"{_CHECKS}.autostash.git_version", lambda _: version)


_OLD_GIT, _NEW_GIT = _version(2, 43), _version(2, 44)


def _fsck_found(kind: str | None, age: float = HOUR) -> Callable[[World], object]:
    def do(one: World) -> None:
        reading = FsckReading(
            finished=one.now - age,
            duration=1.0,
            full=True,
            exit_code=0,
            problems={name: name == kind for name in KINDS},
            messages=() if kind is None else (f"broken {kind}",),
        )
        memory = cache_dir(one.settings) / f"{name_in_cache('fsck', one.app)}.json"
        memory.parent.mkdir(exist_ok=True)
        write_atomically(memory, msgspec.json.encode(reading))

    return do


def _object(one: World, name: str) -> Path:
    oid = one.git("rev-parse", name)
    one.git("unpack-objects", "-q", check=False)
    return one.app / ".git" / "objects" / oid[:2] / oid[2:]


def _loose(one: World) -> None:
    """All objects as files of their own."""
    packs = list((one.app / ".git/objects/pack").glob("*.pack"))
    for pack in packs:
        data = pack.read_bytes()
        for part in pack.parent.glob(f"{pack.stem}.*"):
            part.unlink()
        git(one.app, "unpack-objects", "-q", stdin=data)


def _missing(name: str) -> Callable[[World], object]:
    def do(one: World) -> None:
        _loose(one)
        _object(one, name).unlink()

    return do


def _altered(one: World) -> None:
    _loose(one)
    path = _object(one, "main:file-m2")
    other = _object(one, "main:file-m1").read_bytes()
    path.chmod(0o644)
    path.write_bytes(other)


def _truncated_pack(one: World) -> None:
    one.git("repack", "-adq")
    (pack,) = (one.app / ".git/objects/pack").glob("*.pack")
    data = pack.read_bytes()
    pack.chmod(0o644)
    pack.write_bytes(data[: len(data) // 2])


def _spoilt(name: str, *before: str) -> Callable[[World], object]:
    def do(one: World) -> None:
        if before:
            one.git(*before)
        path = one.app / ".git" / name
        path.chmod(0o644)
        data = bytearray(path.read_bytes())
        data[len(data) // 2 :] = b"\xa5" * (len(data) - len(data) // 2)
        path.write_bytes(data)

    return do


def _shallow(one: World) -> None:
    git(one.folder, "clone", "--quiet", "--depth=1", f"file://{one.app}", str(one.folder / "shallow"))
    one.set("repositories.0.path", str(one.folder / "shallow"))


def _dangling(one: World) -> None:
    git(one.app, "hash-object", "-w", "--stdin", stdin=b"nobody needs me")


def _remote(url: str) -> Callable[[World], object]:
    return lambda one: one.git("remote", "add", "origin", url.format(folder=one.folder))


def _server(answer: bytes | None) -> Callable[[World], str]:
    """Listens for as long as the world is there; says nothing if there is no answer."""

    def do(one: World) -> str:
        listening = one.ends.enter_context(socket.create_server(("127.0.0.1", 0)))
        over = threading.Event()

        def serve() -> None:
            while True:
                try:
                    caller, _ = listening.accept()
                except OSError:
                    return
                # Who asks may be gone by now.
                with caller, suppress(OSError):
                    if answer is None:
                        over.wait()
                    else:
                        caller.recv(65536)
                        caller.sendall(answer)

        def end() -> None:
            over.set()
            listening.shutdown(socket.SHUT_RDWR)  # ends accept(), which close() does not
            thread.join()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        one.ends.callback(end)
        return f"127.0.0.1:{listening.getsockname()[1]}"

    return do


def _served(scheme: str, answer: bytes | None) -> Callable[[World], object]:
    def do(one: World) -> None:
        one.git("remote", "add", "origin", f"{scheme}://{_server(answer)(one)}/app.git")
        if answer is None:
            one.patch(f"{_CHECKS}.remotes.SECONDS", 0.3)

    return do


def _nobody_listens(one: World) -> None:
    taken = one.ends.enter_context(socket.socket())
    taken.bind(("127.0.0.1", 0))
    one.git("remote", "add", "origin", f"git://127.0.0.1:{taken.getsockname()[1]}/app.git")


def _ssh_says(said: str) -> Callable[[World], object]:
    return all_of(
        lambda one: one.program("ssh", f"echo '{said}' >&2; exit 255"), _remote("git@example.invalid:app.git")
    )


def _evil_configuration(one: World) -> None:
    """A repository that would have a program run by whoever asks its remote from inside."""
    mark = one.folder / "ran"
    one.git("remote", "add", "origin", str(one.app))
    one.git("config", "remote.origin.uploadpack", f"touch {quote(str(mark))}; git-upload-pack")
    one.git("config", "core.sshCommand", f"touch {quote(str(mark))}")

    def refuse() -> None:
        assert not mark.exists(), "a program of the repository was run"

    one.ends.callback(refuse)


def _asks_for_user(one: World) -> None:
    answer = b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n"
    _served("http", answer)(one)


def _registered(path: Callable[[World], Path]) -> Callable[[World], object]:
    return lambda one: one.write("home/.gitconfig", f"[maintenance]\n\trepo = {path(one)}\n")


_APP: Callable[[World], Path] = lambda one: one.app  # noqa: E731
_OURS = sets({"maintenance.automated_tasks": ["git_maintenance"]})
_DEAD_GC = f"1 {socket.gethostname()}"
_STUCK = older(3 * HOUR)
_FULL = "monitoring.alert_thresholds"

CASES = (
    Case(_OPENS, "the folder is gone", lambda one: shutil.rmtree(one.app), C, "no such folder"),
    Case(_OPENS, "no repository is there", _remove(".git"), C, "not a git repository"),
    Case(_OPENS, "HEAD is gone", _remove(".git/HEAD"), C, "not a git repository"),
    Case(_OPENS, "its configuration is spoilt", _file("config", "[core\n"), C, "bad config"),
    Case(
        _OPENS, "a format that this git does not know", _git("config", "core.repositoryformatversion", "9"), C
    ),
    Case(
        _OPENS,
        "this user may not enter it",
        all_of(lambda one: one.dot_git.chmod(0o700), World.seen_by_somebody_else),
        C,
        "/app/.git may not be read",
        needs_root=True,
    ),
    Case(
        _OPENS,
        "a linked work tree is gone",
        all_of(_linked, lambda one: shutil.rmtree(one.folder / "linked")),
        W,
        "is gone",
    ),
    Case(
        _OPENS,
        "this user may not look at its refs",
        all_of(lambda one: (one.dot_git / "refs").chmod(0o700), World.seen_by_somebody_else),
        C,
        "refs may not be read",
        needs_root=True,
    ),
    Case(_OPENS, "a bare repository", _bare, OK),
    Case(
        _OPENS,
        "a linked work tree is watched",
        all_of(_linked, _watch(lambda one: one.folder / "linked")),
        OK,
    ),
    Case(_OPENS, "an empty repository", _empty, OK),
    Case(_OPENS, "its git directory lies elsewhere", _separate, OK),
    Case(_SAFE, "it belongs to another user", _given_away(""), C, "git refuses", needs_root=True),
    Case(
        _SAFE,
        "root has written into it",
        all_of(
            _given_away(""),
            lambda one: os.chown(one.dot_git / "refs/tags", 0, 0),
            lambda one: one.write("home/.gitconfig", "[safe]\n\tdirectory = *\n"),
        ),
        W,
        "belong to somebody else",
        needs_root=True,
    ),
    Case(
        _SAFE,
        "it belongs to another user, whom this one trusts",
        all_of(
            _given_away(""), lambda one: one.write("home/.gitconfig", f"[safe]\n\tdirectory = {one.app}\n")
        ),
        OK,
        needs_root=True,
    ),
    Case(
        _SAFE,
        "a group shares it",
        all_of(
            _shared_by_a_group,
            lambda one: os.chown(one.dot_git / "refs/tags", NOBODY, -1),
        ),
        OK,
        needs_root=True,
    ),
    Case(
        _PRIMARIES,
        "a primary is not there",
        sets({"repositories.0.primaries": ["main", "trunk"]}),
        C,
        "'trunk'",
    ),
    Case(
        _PRIMARIES,
        "a primary's name has another case",
        sets({"repositories.0.primaries": ["Main"]}),
        C,
        "'Main'",
    ),
    Case(
        _PRIMARIES,
        "HEAD of a bare repository is on nothing",
        all_of(_bare, lambda one: git(one.folder / "bare.git", "symbolic-ref", "HEAD", "refs/heads/master")),
        W,
        "'master'",
    ),
    Case(_PRIMARIES, "refs are packed", _git("pack-refs", "--all"), OK),
    Case(_PRIMARIES, "HEAD of a work tree is on a new branch", _git("checkout", "-q", "--orphan", "new"), OK),
    Case(
        _PRIMARIES,
        "a remote's branch is the primary",
        all_of(
            _git("update-ref", "refs/remotes/origin/main", "main"),
            sets({"repositories.0.remotes": ["origin"], "repositories.0.primaries": ["origin/main"]}),
        ),
        OK,
    ),
    Case(_PRIMARIES, "a repository without a commit", _empty, S),
    *(
        Case(_PROGRESS, f"{name}, three hours ago", all_of(_half_done(name), _STUCK), W)
        for name in (
            "rebase",
            "merge",
            "cherry-pick",
            "revert",
            "am",
            "bisect",
            "merge --squash",
            "stash pop",
        )
    ),
    Case(
        _PROGRESS,
        "rebase in a linked work tree, three hours ago",
        all_of(_half_done("rebase", linked=True), _STUCK),
        W,
        "left behind",
    ),
    Case(_PROGRESS, "rebase, just now", _half_done("rebase"), OK, "at work"),
    Case(_PROGRESS, "conflicts of a squash, just now", _half_done("merge --squash"), OK),
    Case(
        _PROGRESS,
        "ORIG_HEAD and AUTO_MERGE of what is over",
        all_of(_file("ORIG_HEAD"), _file("AUTO_MERGE"), _STUCK),
        OK,
    ),
    Case(
        _PROGRESS,
        "rebase, three hours ago, where a day is allowed",
        all_of(_half_done("rebase"), _STUCK, sets({f"{_FULL}.stuck_after_seconds": DAY})),
        OK,
    ),
    *(
        Case(_LOCKS, f"{name} was left behind", _locked(name), W, name)
        for name in ("index.lock", "HEAD.lock", "packed-refs.lock", "refs/heads/main.lock", "config.lock")
    ),
    Case(
        _LOCKS,
        "a linked work tree's lock was left behind",
        all_of(_linked, _file("worktrees/linked/index.lock", ""), older(HOUR), _quick_second_look),
        W,
        "worktrees/linked",
    ),
    Case(_LOCKS, "a lock of a moment ago", all_of(_file("index.lock"), _quick_second_look), OK, "is held"),
    Case(_LOCKS, "git commit with its editor open", all_of(_committing, older(HOUR), _quick_second_look), OK),
    Case(
        _LOCKS,
        "an old lock, and some git stands there",
        all_of(_locked("index.lock"), _at_work("cat-file", "--batch")),
        OK,
    ),
    Case(_LOCKS, "an old lock on a network file system", all_of(_locked("index.lock"), _on("nfs4")), OK),
    Case(
        _LOCKS,
        "a lock that changes between two looks",
        all_of(_locked("index.lock"), _touched_between_looks),
        OK,
    ),
    Case(_LOCKS, "a file that is only named like one", _locked("index.lock.bak"), OK),
    Case(_LOCKS, "only git maintenance is at work", _file("objects/maintenance.lock"), OK),
    Case(_MAINTENANCE, "another lock, which another check tells", _locked("index.lock"), OK),
    Case(
        _MAINTENANCE,
        "objects/maintenance.lock was left behind",
        _locked("objects/maintenance.lock"),
        W,
        "does nothing",
    ),
    Case(
        _MAINTENANCE,
        "gc.pid of a dead one",
        all_of(_file("gc.pid", _DEAD_GC), older(HOUR), _quick_second_look),
        W,
        "gc",
    ),
    Case(_MAINTENANCE, "git maintenance has just begun", _file("objects/maintenance.lock"), OK),
    Case(
        _MAINTENANCE,
        "git maintenance is at work for an hour",
        all_of(_locked("objects/maintenance.lock"), _at_work("cat-file", "--batch")),
        OK,
    ),
    Case(
        _MAINTENANCE,
        "gc.pid of another machine",
        all_of(_file("gc.pid", "1 elsewhere"), older(HOUR), _quick_second_look),
        OK,
    ),
    Case(_LOG, "git gc gave up", _file("gc.log", "fatal: bad object\n"), W, "bad object"),
    Case(_LOG, "git gc gave up a week ago", all_of(_file("gc.log", "error: x\n"), older(7 * DAY)), W, "7 d"),
    Case(_LOG, "gc.log is empty", _file("gc.log", "\n"), OK),
    Case(_LOG, "no gc.log", lambda one: None, OK),
    Case(
        _STORE,
        "too many loose objects",
        all_of(_loose, sets({f"{_FULL}.loose_objects": 3})),
        W,
        "loose objects",
    ),
    Case(_STORE, "too many packs", all_of(_git("repack", "-adq"), sets({f"{_FULL}.packs": 0})), W, "packs"),
    Case(_STORE, "a half-written pack", _file("objects/pack/pack-1.idx"), W, "that are none"),
    Case(_STORE, "as many packs as allowed", all_of(_git("repack", "-adq"), sets({f"{_FULL}.packs": 1})), OK),
    Case(
        _AUTOSTASH,
        "a rebase is stopped with an autostash",
        all_of(_half_done("rebase --autostash"), _OLD_GIT),
        C,
        "autostashed",
    ),
    Case(
        _AUTOSTASH,
        "rebase.autoStash is on",
        all_of(_git("config", "rebase.autoStash", "true"), _OLD_GIT),
        W,
        "rebase.autostash",
    ),
    Case(
        _AUTOSTASH,
        "merge.autoStash is on for the user",
        all_of(lambda one: one.write("home/.gitconfig", "[merge]\n\tautoStash\n"), _OLD_GIT),
        W,
        "merge.autostash",
    ),
    Case(
        _AUTOSTASH, "rebase.autoStash is off", all_of(_git("config", "rebase.autoStash", "no"), _OLD_GIT), OK
    ),
    Case(_AUTOSTASH, "a rebase is stopped without one", all_of(_half_done("rebase"), _OLD_GIT), OK),
    Case(
        _AUTOSTASH,
        "a rebase is stopped with one that the stash holds",
        all_of(_half_done("rebase --autostash"), _stash_stored, _OLD_GIT),
        OK,
    ),
    Case(
        _AUTOSTASH,
        "git 2.44, and a rebase is stopped with one",
        all_of(_half_done("rebase --autostash"), _NEW_GIT),
        OK,
    ),
    Case(_CORRUPTION, "a branch's file is empty", _file("refs/heads/hollow", ""), C, "refs/heads/hollow"),
    Case(_CORRUPTION, "fsck has found a damaged object", _fsck_found("object"), C, "broken object"),
    Case(_CORRUPTION, "fsck has found a damaged pack", _fsck_found("pack"), C, "broken pack"),
    Case(
        _CORRUPTION, "fsck has found a damaged commit-graph", _fsck_found("commit_graph"), W, "commit_graph"
    ),
    Case(_CORRUPTION, "fsck has not run for a week", _fsck_found(None, 7 * DAY), W, "7 d ago"),
    Case(_CORRUPTION, "fsck has found nothing", _fsck_found(None), OK),
    Case(_CORRUPTION, "fsck ran the day before yesterday", _fsck_found(None, 2.5 * DAY), OK),
    Case(_CORRUPTION, "fsck has not run yet", lambda one: None, S),
    Case(_CORRUPTION, "fsck is off", sets({"monitoring.fsck.enabled": False}), S),
    Case(_CONNECTED, "a file is missing", _missing("main:file-m0"), C, "reachability"),
    Case(_CONNECTED, "a tree is missing", _missing("main~1^{tree}"), C, "reachability"),
    Case(_CONNECTED, "a commit is missing", _missing("main~1"), C, "reachability"),
    Case(_CONNECTED, "a pack was cut short", _truncated_pack, C),
    Case(_CONNECTED, "a branch leads nowhere", _file("refs/heads/lost", f"{'1' * 40}\n"), C),
    Case(_CONNECTED, "the index is spoilt", _spoilt("index"), W, "index"),
    Case(
        _CONNECTED,
        "the commit-graph is spoilt",
        _spoilt("objects/info/commit-graph", "commit-graph", "write", "--reachable"),
        W,
        "commit_graph",
    ),
    Case(
        _CONNECTED,
        "a repository that takes too long",
        lambda one: one.patch(f"{_CHECKS}.connectivity._SECONDS", 0.0),
        S,
        "takes longer",
    ),
    Case(_CONNECTED, "it belongs to another user", _given_away(""), S, "another user", needs_root=True),
    Case(_CONNECTED, "this user may not enter it", _closed, S, "Permission denied", needs_root=True),
    Case(_CONNECTED, "an object that nobody needs", _dangling, OK),
    Case(_CONNECTED, "a shallow clone", _shallow, OK),
    Case(_CONNECTED, "altered contents, which it does not look at", _altered, OK),
    Case(
        _CONNECTED,
        "a commit that a reflog alone knows",
        all_of(_git("commit", "-q", "--allow-empty", "-m", "x"), _git("reset", "-q", "--hard", "HEAD~1")),
        OK,
    ),
    Case(_REMOTES, "the folder of a remote is gone", _remote("{folder}/gone.git"), W, "cannot be asked"),
    Case(_REMOTES, "a server that says nothing", _served("git", None), W, "did not answer"),
    Case(_REMOTES, "nobody listens", _nobody_listens, W, "cannot be asked"),
    Case(
        _REMOTES,
        "ssh refuses the key",
        _ssh_says("git@example.invalid: Permission denied (publickey)."),
        W,
        "refuses this user",
    ),
    Case(
        _REMOTES,
        "a server that speaks something else",
        _served("http", b"SSH-2.0-x\r\n"),
        W,
        "cannot be asked",
    ),
    Case(_REMOTES, "a path", _remote("{folder}/app"), OK, "origin answers"),
    Case(_REMOTES, "a path from the work tree", _remote("../app"), OK, "origin answers"),
    Case(_REMOTES, "a file:// address", _remote("file://{folder}/app"), OK, "origin answers"),
    Case(_REMOTES, "a server that asks who is there", _asks_for_user, OK, "asks who is there"),
    Case(_REMOTES, "a remote helper of somebody's", _remote("ext::sh -c true"), S, "is not asked"),
    Case(_REMOTES, "a configuration that would run a program", _evil_configuration, OK, "origin answers"),
    Case(_REMOTES, "no remote", lambda one: None, OK),
    Case(_FOREIGN, "git maintenance and ours clean up", all_of(_registered(_APP), _OURS), W, "both clean up"),
    Case(_FOREIGN, "nobody cleans up", _git("config", "gc.auto", "0"), W, "nobody cleans up"),
    Case(
        _FOREIGN, "git maintenance cleans up", all_of(_registered(_APP), _git("config", "gc.auto", "0")), OK
    ),
    Case(_FOREIGN, "ours cleans up", all_of(_OURS, _git("config", "gc.auto", "0")), OK),
    Case(
        _FOREIGN,
        "git maintenance cleans up another repository, and ours this one",
        all_of(_registered(lambda one: one.folder / "other"), _OURS),
        OK,
    ),
)
