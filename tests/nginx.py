"""The nginx of docs/operating/nginx.conf in front of servers of a test: a process of its own, on high ports, with its own files."""

import contextlib
import ipaddress
import os
import re
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.processes import Server
from tools.programs import nginx

SAMPLE = Path(__file__).resolve().parent.parent / "docs/operating/nginx.conf"
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def config(folder: Path, port: int, nodes: Sequence[int], *, tls: bool) -> str:
    """The sample with this test's ports, certificate and folder, and nothing else changed. Raises AssertionError."""
    text = SAMPLE.read_text("utf-8")

    def put(pattern: str, replacement: str) -> None:
        nonlocal text
        text, times = re.subn(pattern, replacement, text, flags=re.MULTILINE)
        assert times == 1, f"the sample has {times} times {pattern}"

    put(r"^worker_processes auto;", "daemon off;\nworker_processes 1;")
    put(r"^pid .*;", f"pid {folder}/nginx.pid;")
    put(r"^error_log .*;", f"error_log {folder}/error.log;")
    put(r"^( +)server 127\.0\.0\.1:8000 (.*);", "\n".join(rf"\1server 127.0.0.1:{node} \2;" for node in nodes))
    put(r"listen 80;", f"listen unix:{folder}/plain.sock;")
    put(r"listen 443 ssl;", f"listen 127.0.0.1:{port}{' ssl' if tls else ''};")
    put(r"/etc/ssl/dangke\.crt", f"{folder}/tool.crt")
    put(r"/etc/ssl/dangke\.key", f"{folder}/tool.key")
    paths = "".join(f"    {name}_temp_path {folder}/{name};\n" for name in TEMPORARY)
    return text.replace("http {\n", f"http {{\n{paths}", 1)


def certificate(folder: Path) -> None:
    """A certificate of our own for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "tool.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "tool.key").write_bytes(pem)


class Proxy(Server):
    """Its certificate is nobody's."""

    def answers(self) -> bool:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            with urllib.request.urlopen(self.health, timeout=2, context=context) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


@contextlib.contextmanager
def in_front(folder: Path, port: int, nodes: Sequence[int], *, tls: bool = False) -> Iterator[Server]:
    """Nginx on 127.0.0.1:`port` before these ports, once one of them answers through it."""
    program = nginx()
    assert program is not None, "nginx is not there: make setup-test installs it"
    folder.mkdir(parents=True)
    # Started by root its workers are somebody else's; they must reach their folders.
    folder.chmod(0o755)
    certificate(folder)
    path = folder / "nginx.conf"
    text = config(folder, port, nodes, tls=tls)
    path.write_text(f"user root;\n{text}" if os.geteuid() == 0 else text)
    scheme = "https" if tls else "http"
    command = [str(program), "-p", str(folder), "-c", str(path), "-e", str(folder / "error.log")]
    server = Proxy(
        "nginx", command, {"PATH": "/usr/sbin:/usr/bin"}, f"{scheme}://127.0.0.1:{port}/healthz", folder / "nginx.log"
    )
    server.start()
    try:
        yield server
    finally:
        server.stop()
