"""Secrets of many shapes, each in a text as it is met; put together so that no scanner takes one for real."""

import random
import string
from collections.abc import Mapping


def mixed(seed: int, length: int = 39, letters: str = string.ascii_letters + string.digits) -> str:
    """Letters and digits, others for each seed."""
    return "Ab1" + "".join(random.Random(seed).choices(letters, k=length - 3))


def digits(seed: int, length: int) -> str:
    """Hexadecimal ones, others for each seed."""
    return "".join(random.Random(seed).choices("0123456789abcdef", k=length))


_B64 = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"

PRIVATE_LINES = (f"{_B64}{'A' * 20}Qx1", f"{_B64}{'B' * 20}Qx2", f"{_B64}{'C' * 20}Qx3")
PEM = "\n".join(
    ("-----BEGIN RSA " + "PRIVATE KEY-----", *PRIVATE_LINES, "-----END RSA " + "PRIVATE KEY-----")
)

PLANTED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "password in an address": ("https://alice:hunter2a@git.example.invalid/x.git", ("hunter2a",)),
    "password with @": ("https://alice:hun@ter2b@git.example.invalid/x.git", ("ter2b", "hun@")),
    "password with /": ("https://alice:hunt/er2c@git.example.invalid/x.git", ("er2c", "hunt/")),
    "token as a user": ("https://tokenuser2d@git.example.invalid/x.git", ("tokenuser2d",)),
    "token in a query": ("https://api.example.invalid/x?access_token=query2e&b=1", ("query2e",)),
    "signature in a query": (
        "https://s3.example.invalid/x?X-Amz-Signature=" + digits(6, 32),
        (digits(6, 32),),
    ),
    "basic header": ("Authorization: Basic YWxpY2U6aHVudGVyMmY=", ("YWxpY2U6aHVudGVyMmY",)),
    "bearer header": ("Authorization: Bearer opaque2g-bearer", ("opaque2g",)),
    "bearer alone": ("sent with Bearer opaque2h1234567", ("opaque2h1234567",)),
    "basic as curl's option": ("curl -u alice:hunter2i https://x.example.invalid", ("hunter2i",)),
    "private token header": ("PRIVATE-TOKEN: private2j", ("private2j",)),
    "api key header": ("X-Api-Key: api2k", ("api2k",)),
    "cookie": ("Cookie: a=b; session=cookie2l", ("cookie2l",)),
    "GitHub": ("gh" + "p_" + mixed(14), (mixed(14),)),
    "GitHub, fine": ("github" + "_pat_" + mixed(15), (mixed(15),)),
    "GitLab": ("gl" + "pat-" + mixed(16, 20), (mixed(16, 20),)),
    "Bitbucket": ("AT" + "BB" + mixed(17, 24), (mixed(17, 24),)),
    "Slack": ("xo" + "xb-123456789012-" + mixed(18, 12), (mixed(18, 12),)),
    "Slack's webhook": (
        "https://hooks.slack" + ".com/services/T0AAAAAAA/B0AAAAAAA/" + mixed(19, 24),
        (mixed(19, 24),),
    ),
    "Discord's webhook": ("https://discord" + ".com/api/webhooks/1234567890/" + mixed(20), (mixed(20),)),
    "a ping address": ("https://hc-ping" + ".com/01234567-aaaa-bbbb-cccc-0123456789ab", ("0123456789ab",)),
    "a chat's webhook": ("https://chat.example.invalid/hooks/" + mixed(22, 26), (mixed(22, 26),)),
    "npm": ("np" + "m_" + mixed(23, 36), (mixed(23, 36),)),
    "npm's file": ("//registry.example.invalid/:_authToken=npmrc2m", ("npmrc2m",)),
    "PyPI": ("py" + "pi-" + mixed(25), (mixed(25),)),
    "RubyGems": ("rubygems" + "_" + digits(26, 48), (digits(26, 48),)),
    "Docker": ("dckr" + "_pat_" + mixed(27, 27), (mixed(27, 27),)),
    "Docker's file": ('{"auths": {"x": {"_auth": "ZG9ja2VyMm4="}}}', ("ZG9ja2VyMm4",)),
    "AWS": ("AK" + "IA" + "QWERTYUIOPASDFGH", ("QWERTYUIOPASDFGH",)),
    "AWS's other half": ("aws_secret_access_key = wJalr/K7MDENG+2o", ("wJalr/K7MDENG+2o",)),
    "Google": ("AI" + "za" + mixed(31, 35), (mixed(31, 35),)),
    "Google's service": (
        '{"private_key": "' + PEM.replace("\n", "\\n") + '"}',
        PRIVATE_LINES,
    ),
    "Azure": ("abc8" + "Q~" + mixed(33, 34), (mixed(33, 34),)),
    "Azure's connection": (
        "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=azure2p+/Q==;EndpointSuffix=y",
        ("azure2p",),
    ),
    "DigitalOcean": ("dop" + "_v1_" + digits(35, 64), (digits(35, 64),)),
    "Vault": ("hv" + "s." + mixed(36, 24), (mixed(36, 24),)),
    "Stripe": ("sk" + "_live_" + mixed(37, 24), (mixed(37, 24),)),
    "SendGrid": ("SG" + "." + mixed(38, 22) + "." + mixed(38), (mixed(38),)),
    "Telegram": ("bot 1234567890:" + "AA" + mixed(39, 33), (mixed(39, 33),)),
    "an AI service": ("s" + "k-" + mixed(40), (mixed(40),)),
    "JSON web token": ("ey" + "JhbGciOiJIUzI1.ey" + "JzdWIiOiIxMjM0.c2lnbmF0dXJlMnE", ("c2lnbmF0dXJlMnE",)),
    "private key": (PEM, PRIVATE_LINES),
    "end of a private key": (PEM.partition("\n")[2], PRIVATE_LINES),
    "beginning of a private key": (PEM.rpartition("\n")[0], PRIVATE_LINES),
    "PGP": (
        "-----BEGIN PGP " + "PRIVATE KEY BLOCK-----\nlQOY2rSecretLine\n-----END PGP PRIVATE KEY BLOCK-----",
        ("lQOY2rSecretLine",),
    ),
    "age": ("AGE-SECRET" + "-KEY-1" + "QWERTYUIOP" * 6, ("QWERTYUIOP" * 6,)),
    "bcrypt": ("alice: $2b" + "$10$" + mixed(47) + mixed(47)[:20], (mixed(47),)),
    "YAML": ("smtp:\n  password: correct horse 2s\n  port: 1", ("correct horse 2s",)),
    "YAML, quoted": ("client_secret: 'quoted 2t'", ("quoted 2t",)),
    "YAML, below": ("token: |\n  below 2u\n  more 2u\nport: 1", ("below 2u", "more 2u")),
    "YAML, a list": ("tokens:\n  - listed2v\n  - listed2w\nport: 1", ("listed2v", "listed2w")),
    "JSON": ('{"db_password": "json 2x", "port": 1}', ("json 2x",)),
    "JSON in JSON": ('{"body": "{\\"secret\\": \\"inner 2y\\"}"}', ("inner 2y",)),
    "environment": ("export DB_PASSWORD='env 2z'", ("env 2z",)),
    "environment, bare": ("GITHUB_TOKEN=envbare3a", ("envbare3a",)),
    "INI": ("[mail]\nsmtp_pass = in 3 b words\n", ("in 3 b words",)),
    "netrc": ("machine x login alice password netrc3c", ("netrc3c",)),
    "an option": ("mysql --password option3d -h x", ("option3d",)),
    "an option's value": ("x --api-key=option3e", ("option3e",)),
    "a log line": ("2026-01-12 ERROR login failed: user=x, password=logged3f, port=1", ("logged3f",)),
    "camel case": ('clientSecret: "camel3g"', ("camel3g",)),
    "Slack's webhook for authorities": (
        "https://hooks.slack-gov" + ".com/services/T0/B0/" + mixed(61, 24),
        (mixed(61, 24),),
    ),
    "a webhook's key": ("wh" + "sec_" + mixed(62, 32), (mixed(62, 32),)),
    "an encrypted web token": (
        "ey" + "JhbGciOiJSU0EtT0FFUCJ9.OKOawDo13gRp2ojaHV.48V1_ALb6US04U3b.5eym8TW_c8SuK0lt.XFBoMYUZodetZdvT",
        ("OKOawDo13gRp2ojaHV", "XFBoMYUZodetZdvT"),
    ),
    "Linear": ("lin" + "_api_" + mixed(63, 40), (mixed(63, 40),)),
    "Notion": ("nt" + "n_" + mixed(64, 43), (mixed(64, 43),)),
    "Figma": ("fig" + "d_" + mixed(65, 40), (mixed(65, 40),)),
    "Supabase": ("sb" + "p_" + digits(66, 40), (digits(66, 40),)),
    "Postman": ("PM" + "AK-" + digits(67, 24) + "-" + digits(68, 34), (digits(68, 34),)),
    "Square": ("sq" + "0atp-" + mixed(69, 22), (mixed(69, 22),)),
    "PlanetScale": ("pscale" + "_tkn_" + mixed(70, 43), (mixed(70, 43),)),
    "Doppler": ("dp" + ".pt." + mixed(71, 43), (mixed(71, 43),)),
    "Pulumi": ("pu" + "l-" + digits(72, 40), (digits(72, 40),)),
    "Fly": ("FlyV1 fm" + "2_" + mixed(73, 60), (mixed(73, 60),)),
    "Terraform": (mixed(74, 14) + ".atlas" + "v1." + mixed(75, 67), (mixed(75, 67),)),
    "GitLab's runner": ("GR" + "1348941" + mixed(76, 20), (mixed(76, 20),)),
    "NuGet": ("oy" + "2" + "a1b2c3d4e5" * 4 + "xyz", ("a1b2c3d4e5a1b2c3",)),
    "Clojars": ("CLOJARS" + "_" + digits(77, 60), (digits(77, 60),)),
    "htpasswd": ("alice:$apr1" + "$abcdefgh$" + mixed(78, 22), (mixed(78, 22),)),
    "htpasswd, SHA": ("alice:{SHA}" + mixed(79, 27) + "=", (mixed(79, 27),)),
    "shadow": ("alice:$6" + "$abcdefgh$" + mixed(80, 86), (mixed(80, 86),)),
    "argon2": ("$argon2id" + "$v=19$m=65536,t=3,p=4$c2FsdA$" + mixed(81, 43), (mixed(81, 43),)),
    "digest header": (
        f'Authorization: Digest username="alice", nonce="x", response="{digits(82, 32)}"',
        (digits(82, 32),),
    ),
    "proxy without its scheme": ("http.proxy=alice:proxy3h@proxy.example.invalid:3128", ("proxy3h",)),
    "proxy as curl's option": ("curl -U alice:proxy3i https://x.example.invalid", ("proxy3i",)),
    "docker's option": ("docker login -u bob -p docker3j registry.example.invalid", ("docker3j",)),
    "mysql's option": ("mysql -uroot -pmysql3k db", ("mysql3k",)),
    "sshpass": ("sshpass -p sshpass3l ssh host", ("sshpass3l",)),
    "Docker's file, written by login": ('{"auths": {"x": {"auth": "ZG9ja2VyM20="}}}', ("ZG9ja2VyM20",)),
    "address in an address": ("next=https%3A%2F%2Falice%3Ainner3n%40host%2Fx", ("inner3n",)),
    "YAML, in several lines": ("password: first3o\n  more3p\nport: 1", ("first3o", "more3p")),
    "YAML, below, parted": ("token: |\n  below3q\n\n  more3r\nport: 1", ("below3q", "more3r")),
    "TOML, in several lines": ('api_token = """\ntoml3s\n"""', ("toml3s",)),
    "XML": ("<password>xml 3t</password>", ("xml 3t",)),
    "XML, an attribute": ('<add key="ApiKey" value="xml3u"/>', ("xml3u",)),
    "JSON, a list": ('{"tokens": ["json3v", "json3w"]}', ("json3v", "json3w")),
    "Kubernetes": ("- name: DB_PASSWORD\n  value: kube3x", ("kube3x",)),
    "Kubernetes, JSON": ('{"name": "DB_PASSWORD", "value": "kube3y"}', ("kube3y",)),
    "kubeconfig": ("client-key-data: kube3z", ("kube3z",)),
    "a key in the environment": ("export STRIPE_KEY=env4a", ("env4a",)),
    "an access token in the environment": ("GH_PAT=env4b", ("env4b",)),
    "a header of a CDN": ("Fastly-Key: header4c", ("header4c",)),
    "Vault's unsealing": ("Unseal Key 1: unseal4d", ("unseal4d",)),
    "password with a comma": ("login with password=comma4e,comma4f failed", ("comma4e", "comma4f")),
    "password in a sentence": ("the password is spoken4g", ("spoken4g",)),
}
"""Kind -> a text, and what may not be left of it."""

CODED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "address in base64": ("aHR0cHM6Ly9hbGljZTpiYXNlNGhAaG9zdC5pbnZhbGlkL3g=", ("hbGljZTpiYXNlNGh",)),
    "assignment in hexadecimal digits": ("see " + b"password=hexadecimal4i".hex(), (b"decimal4i".hex(),)),
}
"""The same of what has to be read before it is one."""
