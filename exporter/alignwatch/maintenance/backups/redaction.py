"""A repository's configuration without its secrets."""

from collections.abc import Iterator

from alignwatch.diagnostics.secrets import HIDDEN, names_secret, scrubbed

_IN_SECTION = str.maketrans({"\\": "\\\\", '"': '\\"'})
_IN_VALUE = _IN_SECTION | str.maketrans({"\n": "\\n", "\t": "\\t", "\b": "\\b"})


def redacted(listed: bytes) -> bytes:
    """A configuration file that says the same but for secrets and comments.

    Args:
        listed: the file, as ``git config --list -z`` prints it.
    """
    return "".join(_lines(listed.decode("utf-8", "surrogateescape"))).encode("utf-8", "surrogateescape")


def _lines(listed: str) -> Iterator[str]:
    current = ""
    for entry in filter(None, listed.split("\0")):
        key, is_given, value = entry.partition("\n")
        # A subsection may hold dots.
        section, _, rest = key.partition(".")
        subsection, has_subsection, name = rest.rpartition(".")
        inner = f' "{scrubbed(subsection).translate(_IN_SECTION)}"' if has_subsection else ""
        header = f"[{section}{inner}]\n"
        if header != current:
            yield header
            current = header
        if not is_given:
            yield f"\t{name}\n"
        else:
            shown = HIDDEN if names_secret(name) else scrubbed(value)
            yield f'\t{name} = "{shown.translate(_IN_VALUE)}"\n'
