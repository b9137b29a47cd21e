"""Exporter, Prometheus and Alertmanager together on loopback, until told to stop."""

import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from alignwatch.errors import AlignwatchError
from alignwatch.probes.once import look_once
from alignwatch.stack import addresses, members, servers
from alignwatch.stack.addresses import Addresses
from alignwatch.stack.lock import exclusive
from alignwatch.stack.members import Member, Order
from alignwatch.stack.ports import listens
from alignwatch.stack.process import Child, end
from alignwatch.stack.scraping import obstacle
from alignwatch.stack.servers import ALERTMANAGER, PROMETHEUS, Found, Program
from alignwatch.stack.stopping import told_to_stop
from alignwatch.status import as_text, make_status

_POLL_SECONDS = 0.1
_START_SECONDS = 90.0
"""Time for three servers to start on a slow machine, besides the interval between two scrapes."""


def up(order: Order, *, download: bool) -> None:
    """Runs the stack in front until SIGINT, SIGTERM or SIGHUP.

    To be called in the main thread: the children end with the thread that starts them.

    Args:
        order: what to run.
        download: whether servers that are missing may be fetched.

    Raises:
        AlignwatchError: another stack holds the state folder, or the exporter does not come up or ends.
    """
    found = servers.provide((PROMETHEUS, ALERTMANAGER), download=download, say=_say)
    folder = addresses.stack_dir(order.state_dir)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with told_to_stop() as stop, exclusive(folder / "lock"):
            addresses.forget(order.state_dir)
            _run(_Stack(order, folder), found, stop)
    except BrokenPipeError:
        # Whoever read our output is gone; the folder is not at fault.
        raise
    except OSError as error:
        raise AlignwatchError(
            f"{folder}: {error.strerror}; make it writable, or name another folder with --state-dir"
        ) from None


def _run(stack: "_Stack", found: Mapping[Program, Found], stop: threading.Event) -> None:
    try:
        stack.start(found)
        if stack.wait_until_ready(stop):
            stack.show()
            stack.watch(stop)
    finally:
        stack.end()


class _Running(NamedTuple):
    member: Member
    child: Child


class _Stack:
    """The servers that run, by their key."""

    def __init__(self, order: Order, folder: Path) -> None:
        self._order = order
        self._folder = folder
        self._running: dict[str, _Running] = {}

    def start(self, found: Mapping[Program, Found]) -> None:
        """Starts the exporter and those servers that were found."""
        exporter = members.exporter(self._order)
        self._start(exporter)
        alertmanager = None
        if server := found.get(ALERTMANAGER):
            alertmanager, warnings = members.alertmanager(
                server, self._folder, self._order.settings, exporter
            )
            for warning in warnings:
                _say(f"warning: {warning}")
            self._start(alertmanager)
        if server := found.get(PROMETHEUS):
            self._start(members.prometheus(server, self._folder, self._order, exporter, alertmanager))

    def wait_until_ready(self, stop: threading.Event) -> bool:
        """Waits until all servers answer and the exporter has been scraped; False when told to stop.

        Raises:
            AlignwatchError: that takes too long, or the exporter ended.
        """
        seconds = self._order.scrape_interval_seconds + _START_SECONDS
        deadline = time.monotonic() + seconds
        while waits_for := self._obstacle():
            if time.monotonic() > deadline:
                key, why = waits_for
                raise AlignwatchError(
                    f"waited {seconds:g} s in vain: {why}; {self._running[key].child.last_words()}"
                )
            if stop.wait(_POLL_SECONDS):
                return False
            self._mourn()
        return True

    def show(self) -> None:
        """Makes the addresses known, to people and to commands in other terminals."""
        self._publish()
        for member, _ in self._running.values():
            _say(f"{member.name:<13} {member.url}/")
        _say(f"{'data and logs':<13} {self._folder}\n")
        settings = self._order.settings
        _say(as_text(make_status(look_once(settings), settings)))
        _say("\nCtrl-C ends all of them.")

    def watch(self, stop: threading.Event) -> None:
        """Returns when told to stop.

        Raises:
            AlignwatchError: the exporter ended.
        """
        while not stop.wait(_POLL_SECONDS):
            if self._mourn():
                self._publish()

    def end(self) -> None:
        """Ends what runs, and takes the addresses back."""
        addresses.forget(self._order.state_dir)
        end([child for _, child in self._running.values()])

    def _start(self, member: Member) -> None:
        log = self._folder / f"{member.key}.log"
        child = Child(member.name, member.command, log, self._order.working_directory)
        self._running[member.key] = _Running(member, child)

    def _obstacle(self) -> tuple[str, str] | None:
        """The key of a server that is still waited for, and why."""
        for key, (member, _) in self._running.items():
            if not listens(member.port):
                return key, f"{member.name} does not listen on {member.authority}"
        if prometheus := self._running.get("prometheus"):
            why = obstacle(prometheus.member.url)
            return ("prometheus", why) if why else None
        return None

    def _mourn(self) -> bool:
        """Tells of servers that ended by themselves, and says whether there were any.

        Raises:
            AlignwatchError: the exporter did, without which the others are of no use.
        """
        dead = [running for running in self._running.values() if running.child.ended]
        for member, child in dead:
            if member.key == "exporter":
                raise AlignwatchError(child.how_it_ended())
            _say(f"{child.how_it_ended()}\nThe others go on.")
            end([self._running.pop(member.key).child])
        return bool(dead)

    def _publish(self) -> None:
        urls = {key: running.member.url for key, running in self._running.items()}
        addresses.write(
            self._order.state_dir,
            Addresses(urls["exporter"], urls.get("prometheus"), urls.get("alertmanager")),
        )


def _say(text: str) -> None:
    print(text, flush=True)
