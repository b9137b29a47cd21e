"""Whether the exporter can be reached by others, and who may.

It listens on loopback unless told otherwise. On any other address, names of branches and repositories are
everybody's to read who can reach the machine, unless `web.config_file` asks for TLS and users.
"""

from collections.abc import Iterator
from ipaddress import ip_address

from alignwatch.diagnostics.check import Check, Finding, ok, warning
from alignwatch.diagnostics.context import Context


def _run(context: Context) -> Iterator[Finding]:
    web = context.settings.web
    for number, address in enumerate(web.listen_addresses):
        if _is_loopback(address.rpartition(":")[0].strip("[]")):
            continue
        if web.config_file is None:
            yield warning(
                f"the exporter listens on {address}, and asks nobody who they are",
                "listen on loopback, or give it TLS and users in web.config_file",
                key=f"web.listen_addresses[{number}]",
            )
        else:
            yield ok(f"the exporter listens on {address}, with {web.config_file}")


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


CHECK = Check(
    id="exposure",
    summary="the exporter cannot be reached by everybody",
    well="the exporter listens on loopback",
    run=_run,
)
