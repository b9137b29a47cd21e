"""What looks like a secret, and text without it.

Shapes are those that the issuers document or that everybody uses; a text that only looks unusual is none.
Where nothing may pass that could be a secret, as in what is sent to others, :func:`scrubbed` also goes by
names: what is assigned to a ``password`` is hidden, whatever it looks like.
"""

import re
from collections.abc import Mapping

HIDDEN = "***"

_HTTP_USER = re.compile(r"(?P<before>\bhttps?://)[^\s/'\"<>]{0,2048}@", re.I)
"""A user alone may be a token; one of ssh is none."""
_SLASH_IN_PASSWORD = re.compile(
    r"(?P<before>\b[a-z][a-z0-9+.-]{0,20}://)[^\s/@:'\"]{0,256}:(?!\d{1,5}(?:/|\s|$))[^\s'\"]{0,2048}@", re.I
)
"""What is not a port behind the colon is a password, even where it should have been written otherwise."""
_IN_URL = re.compile(
    r"(?P<before>\b[a-z][a-z0-9+.-]{0,20}://)(?P<user>[^\s/@:'\"]{0,2048})(?::(?P<password>[^\s/'\"]{0,2048}))?@",
    re.I,
)
_FREE = r"(?<![A-Za-z0-9])"
"""Where a token begins: no word boundary, since `_` is a letter there."""
_SHAPES: Mapping[str, re.Pattern[str]] = {
    "a token of GitHub": re.compile(rf"{_FREE}(gh[pousr]_[A-Za-z0-9]{{16,}}|github_pat_[A-Za-z0-9_]{{20,}})"),
    "a token of GitLab": re.compile(
        rf"{_FREE}gl(pat|rt|dt|cbt|ptt|ft|imt|agent|soat|oas)-[A-Za-z0-9_.-]{{16,}}"
    ),
    "a token of Bitbucket": re.compile(rf"{_FREE}AT(ATT|BB|CTT)[A-Za-z0-9_=-]{{16,}}"),
    "a token of Slack": re.compile(rf"{_FREE}(xox[abeoprs]|xapp)-[A-Za-z0-9-]{{10,}}"),
    "the address of a Slack webhook": re.compile(
        r"hooks\.slack(?:-gov)?\.com/(?P<secret>(?:services|workflows|triggers)/[A-Za-z0-9/_-]{10,})"
    ),
    "the address of a webhook": re.compile(
        r"https?:/{1,2}(?:discord(?:app)?\.com/api/webhooks|[\w.-]+\.webhook\.office\.com/\w+|hc-ping\.com"
        r"|hooks\.zapier\.com/hooks|events\.pagerduty\.com/(?:integration|x-ere)|maker\.ifttt\.com/\w+"
        r"|[\w.:-]+/hooks)/(?P<secret>[^\s'\"<>]{8,})"
    ),
    "a token of a Telegram bot": re.compile(r"(?<!\d)\d{8,10}:AA[A-Za-z0-9_-]{32,}"),
    "a key of AWS": re.compile(rf"{_FREE}(AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{{16}}(?![A-Z0-9])"),
    "a key of Google": re.compile(
        rf"{_FREE}(AIza[A-Za-z0-9_-]{{35}}|ya29\.[A-Za-z0-9_-]{{16,}}|GOCSPX-[A-Za-z0-9_-]{{20,}})"
    ),
    "a key of Azure": re.compile(rf"{_FREE}[A-Za-z0-9_~.-]{{3}}[78]Q~[A-Za-z0-9_~.-]{{30,}}"),
    "a token of another cloud": re.compile(
        rf"{_FREE}(do[opr]_v1_[a-f0-9]{{32,}}|hvs\.[\w-]{{20,}}|dapi[a-f0-9]{{32}}|NRAK-[A-Z0-9]{{20,}}"
        r"|gl(sa|c)_[A-Za-z0-9_=+/-]{20,}|HRKU-[\w-]{20,}|tskey-[\w-]{16,})"
    ),
    "a key of a payment or mail service": re.compile(
        rf"{_FREE}([sr]k_(live|test)_[A-Za-z0-9]{{16,}}|SG\.[\w-]{{16,}}\.[\w-]{{16,}}|SK[a-f0-9]{{32}}"
        r"|key-[a-f0-9]{32}|shp(at|ss|ca|pa)_[a-f0-9]{32})"
    ),
    "a token of another service": re.compile(
        rf"{_FREE}(lin_(api|oauth)_[A-Za-z0-9]{{32,}}|ntn_[A-Za-z0-9]{{40,}}|fig[dou]_[\w-]{{32,}}|sbp_[a-f0-9]{{40}}"
        r"|PMAK-[a-f0-9]{24}-[a-f0-9]{34}|sq0(atp|csp|idp)-[\w-]{22,}|pscale_(tkn|pw|oauth)_[\w.=-]{32,}"
        r"|dp\.(pt|st|ct|sa|scim|audit)\.[\w.-]{40,}|pul-[a-f0-9]{40}|fm[12][ar]?_[\w+/=-]{40,}"
        r"|[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,}|whsec_[A-Za-z0-9+/=]{24,}|GR1348941[\w-]{20,})"
    ),
    "a token of npm": re.compile(rf"{_FREE}npm_[A-Za-z0-9]{{30,}}"),
    "a token of PyPI": re.compile(rf"{_FREE}pypi-[A-Za-z0-9_-]{{20,}}"),
    "a token of another registry": re.compile(
        rf"{_FREE}(rubygems_[a-f0-9]{{32,}}|dckr_[op]at_[\w-]{{20,}}|hf_[A-Za-z0-9]{{30,}}|CLOJARS_[a-f0-9]{{60}}"
        r"|oy2[a-z0-9]{43}(?![a-z0-9]))"
    ),
    "a key of an AI service": re.compile(rf"{_FREE}sk-(?=\S*\d)(?=\S*[A-Z])[\w-]{{20,}}"),
    # Signed ones have three parts, the second of which is JSON, too; encrypted ones have five.
    "a JSON web token": re.compile(
        rf"{_FREE}eyJ[\w-]{{8,}}\.(eyJ[\w-]{{8,}}\.[\w-]*|[\w-]*\.[\w-]+\.[\w-]+\.[\w-]+)"
    ),
    "a private key": re.compile(
        r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"
        r"(.*?-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|.*)"
        r"|AGE-SECRET-KEY-1[A-Z0-9]{50,}|PuTTY-User-Key-File-\d:.*?Private-MAC: *\S+",
        re.DOTALL,
    ),
    "credentials in a header": re.compile(
        r"(?<=authorization:)\s*((basic|bearer|token)\s+\S+|digest\s[^\r\n]+)|(?<=private-token:)\s*\S+", re.I
    ),
    "a secret in an address": re.compile(
        r"(?<=[?&])(private_token|(?:access_|refresh_|id_|auth_?)?token|api_?key|client_secret|password|passwd|"
        r"secret|sig|signature|key|jwt|x-(?:amz|goog)-(?:signature|credential|security-token))=[^\s&'\"]+",
        re.I,
    ),
    "a password in an encoded address": re.compile(
        r"%3A%2F%2F(?P<secret>(?:(?!%2F|%40)[^\s/@'\"]){0,256}(?::|%3A)(?:(?!%40)[^\s/@'\"]){1,512})%40", re.I
    ),
    "the hash of a password": re.compile(
        r"\$(2[abxy]|apr1|[156y]|gy|7|argon2id?|pbkdf2[\w-]*|scrypt)\$[^\s:\"']{22,}"
        r"|\{S?SHA(256|512)?\}[A-Za-z0-9+/]{20,}=*"
    ),
}
_TOKEN_USERS = frozenset(("oauth2", "x-access-token", "x-token-auth", "x-oauth-basic", "gitlab-ci-token"))

_WORD = (
    r"(?:pass(?:wd|wor[dt]|phrase|code)?|pwd|(?<![a-z])pw|secret|token|credential|cookie|extraheader"
    r"|authorization|(?<![a-z])auth|(?<=[_-])pat|webhook[_-]?ur[il]|connection[_-]?string"
    r"|(?:api|access|secret|private|account|auth|signing|encryption|shared|master|unseal)[ _-]?key"
    r"|(?<=[a-z0-9])(?<!config)(?<!public)[_-]key)"
    r"s?(?:[ _-]?\d{1,3}|[_-]?(?:b64|base64|hash|value|data))?"
)
_SECRET_NAME = re.compile(rf"{_WORD}$", re.I)
_ASSIGNED = (
    # The end of a private key whose beginning is not there.
    re.compile(
        r"()(?<![A-Za-z0-9+/=])(?:[A-Za-z0-9+/=]{2,128}(?:\s|\\{1,7}n){1,9}){1,120}"
        r"-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"
    ),
    # key: "value", and the same in a text that is a value itself.
    re.compile(
        rf"({_WORD}\\{{0,7}}[\"']?\s*(?:[:=]>?|,)\s*(?!\\{{0,7}}[\"']value\b)"
        r"(?P<quote>(?:\\{0,7}[\"']){3}|\\{0,7}[\"'`]))(?:(?!(?P=quote))(?:\\.|.)){1,4096}(?=(?P=quote))",
        re.I | re.DOTALL,
    ),
    # key: ["value", "value"]
    re.compile(rf"({_WORD}\\{{0,7}}[\"']?\s*[:=]\s*\[)[^\]]{{1,4096}}", re.I),
    # name: key, value: value
    re.compile(
        rf"({_WORD}\\{{0,7}}[\"']?(?:[\s,/]|\\{{1,7}}n)*\\{{0,7}}[\"']?value\\{{0,7}}[\"']?\s*[:=]\s*)"
        r"(?!\*)(?:\\{0,7}\"(?:(?!\\{0,7}\").)+\\{0,7}\"|[^\s,}\"']+)",
        re.I,
    ),
    # <key>value</key>
    re.compile(rf"(<[\w.:-]{{0,80}}?{_WORD}(?:\s[^<>]{{0,200}})?>)[^<]+", re.I),
    # key: | and the lines below it, or a list there; the same where its lines are parted by an escape.
    re.compile(
        rf"^((?P<indent>[ \t]*)(?:-[ \t]+)?[\w.-]{{0,80}}?{_WORD}[ \t]*:[ \t]*)(?:[|>][-+0-9]*)?[ \t]*\r?"
        r"(?:\n(?:[ \t]*\r?\n)*(?P=indent)(?:[ \t]+|-[ \t])[ \t]*\S.*)+",
        re.I | re.MULTILINE,
    ),
    # key: value, and the lines below it that belong to it.
    re.compile(
        rf"^((?P<indent>[ \t]*)(?:-[ \t]+)?[\w.-]{{0,80}}?{_WORD}[ \t]*:[ \t]+)(?![|>\"'*])\S.*"
        r"(?:\n(?P=indent)[ \t]+(?![\w.\"'-]+[ \t]*:(?:\s|$)|[-#][ \t])\S.*)+",
        re.I | re.MULTILINE,
    ),
    re.compile(
        rf"({_WORD}[ \t]*:[ \t]*)(?:(?!\\{{1,7}}n|\").){{0,1024}}+"
        r"(?:(?:\\{1,7}n[ \t]*)*\\{1,7}n(?:[ \t]+|-[ \t])(?:(?!\\{1,7}n|\").)*+)+",
        re.I,
    ),
    # A header's value, and what is assigned on a line of its own, up to the end of the line.
    re.compile(
        r"((?:authorization|cookie)\\{0,7}[\"']?[ \t]*[:=][ \t]*+)(?!\\{0,7}[\"']?\*\*\*)[^\r\n\"']+", re.I
    ),
    re.compile(
        rf"^([ \t]*(?:(?:export|set|setenv|-)[ \t]+)?[\"']?[\w.-]{{0,80}}?{_WORD}[\"']?[ \t]*[:=][ \t]*)"
        r"(?!\\{0,7}[\"']?\*\*\*)\S.*",
        re.I | re.MULTILINE,
    ),
    # key=value among other words, and what is said to be one.
    re.compile(rf"({_WORD}[\"']?[ \t]*[:=][ \t]*)(?!\\{{0,7}}[\"']?\*\*\*)[\"']?[^\s;&\"'<>]+", re.I),
    re.compile(rf"({_WORD}[ \t]+(?:is|was|->|=>)[ \t]+)(?=\S*\d)[^\s*]\S*", re.I),
    # Options of commands, and lines of .netrc.
    re.compile(rf"((?:^|[\s\"'])--?[\w-]*?{_WORD}[ \t]+)(?![-*])\S+", re.I | re.MULTILINE),
    re.compile(r"((?:^|\s)(?:-u|-U|--user|--proxy-user)[ =]?)[^\s:]+:\S+", re.MULTILINE),
    re.compile(
        r"(\b(?:sshpass|my(?:sql|cli)\w*|mariadb[\w-]*|mongo\w*|docker|podman|login)\b[^\r\n]{0,256}?"
        r"[ \t]-p[ \t]?)(?!\*)[^\s-]\S*",
    ),
    # An address without its scheme.
    re.compile(r"((?<![\w/:@.+%-])[\w.+%-]{1,64}:)(?!\d+@|\*\*\*@)[^\s/@:\"'<>]{1,256}(?=@[\w\[])"),
    re.compile(r"(\b(?:login|user|username)\s+\S+\s+password\s+)\S+", re.I),
    # A scheme and its credentials, which are no word.
    re.compile(r"(\b(?:[Bb]asic|[Bb]earer)\s+)(?=\S*\d|\S*[a-z]\S*[A-Z])[\w+/=.~-]{8,}"),
)


def secret_in(text: str) -> str | None:
    """What kind of secret a text holds; None where it holds none."""
    for found in _IN_URL.finditer(text):
        if found["password"]:
            return "a password in an address"
    return next((kind for kind, shape in _SHAPES.items() if shape.search(text)), None)


def without_secrets(text: str) -> str:
    """The text with :data:`HIDDEN` in place of each secret, and of each user in an address with one."""
    text = _IN_URL.sub(_without_user, text)
    for shape in _SHAPES.values():
        text = shape.sub(_hide, text)
    return text


def scrubbed(text: str) -> str:
    """As :func:`without_secrets`, and without whatever is assigned to something that is called a secret.

    More is hidden than has to be: it is for what leaves the machine, and for people who need none of it.
    """
    text = _SLASH_IN_PASSWORD.sub(rf"\g<before>{HIDDEN}@", text)
    text = without_secrets(_HTTP_USER.sub(rf"\g<before>{HIDDEN}@", text))
    for assigned in _ASSIGNED:
        text = assigned.sub(rf"\g<1>{HIDDEN}", text)
    return text


def names_secret(name: str) -> bool:
    """Whether a key, variable or option is called as if it held a secret."""
    return _SECRET_NAME.search(name) is not None


def passwords_in(text: str) -> set[str]:
    """The passwords and tokens in a text's addresses, as they stand there."""
    found = ((one["password"], one["user"], one["before"]) for one in _IN_URL.finditer(text))
    return {password or user for password, user, before in found if password or before.startswith("http")} - {
        ""
    }


def _hide(found: re.Match[str]) -> str:
    if "secret" not in found.re.groupindex:
        return HIDDEN
    begin, end = found.span("secret")
    return f"{found.string[found.start() : begin]}{HIDDEN}{found.string[end : found.end()]}"


def _without_user(found: re.Match[str]) -> str:
    secret = bool(found["password"]) or found["user"] in _TOKEN_USERS
    return f"{found['before']}{HIDDEN}@" if secret else found[0]
