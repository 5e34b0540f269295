import datetime as dt
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lti_tool.core.http import Blocked, Http, HttpError, Limits, TimedOut, TooLarge, Unreachable
from tests.core.http.servers import Quiet, http_server, raw_server

pytestmark = pytest.mark.once

QUICK = Limits(connect_seconds=0.3, read_seconds=0.2, total_seconds=0.5)


class Names:
    """A resolver of our own: no test asks the network for a name."""

    def __init__(self, **known: list[str]) -> None:
        self.known = {name.replace("_", "."): found for name, found in known.items()}
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        if host in self.known:
            return self.known[host]
        if host.replace(".", "").isdigit() or ":" in host:
            return [host]
        raise OSError("no such name")


@pytest.fixture
def server() -> Iterator[tuple[int, type[Quiet]]]:
    with http_server() as running:
        yield running


@pytest.fixture
def http() -> Iterator[Http]:
    made = Http(lenient=True, resolver=Names(localhost=["127.0.0.1"]))
    yield made
    made.close()


def test_get_and_post_return_status_headers_and_body(http: Http, server: tuple[int, type[Quiet]]) -> None:
    port, handler = server
    answer = http.get(f"http://localhost:{port}/a?b=1&c=%20", {"Authorization": "Bearer t"})
    assert (answer.status, answer.json(), answer.is_success) == (200, {"ok": True}, True)
    assert answer.headers.all("X-Twice") == ["one", "two"]
    assert answer.headers.get("x-TWICE") == "one"
    http.post(f"http://localhost:{port}/p", b"{}", {"Content-Type": "application/json"})
    assert [(method, path, body) for method, path, _, body in handler.seen] == [
        ("GET", "/a?b=1&c=%20", b""),
        ("POST", "/p", b"{}"),
    ]
    assert handler.seen[0][2]["Host"] == f"localhost:{port}"


def test_connections_are_kept_and_shared(http: Http, server: tuple[int, type[Quiet]]) -> None:
    port, handler = server
    for _ in range(20):
        http.get(f"http://localhost:{port}/")
    assert handler.connections == 1
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: http.get(f"http://localhost:{port}/").status, range(200)))
    assert statuses == [200] * 200
    assert handler.connections <= 9


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")  # Python 3.12: forking is what is tested
def test_a_forked_process_opens_its_own_connections(http: Http, server: tuple[int, type[Quiet]]) -> None:
    port, handler = server
    http.get(f"http://localhost:{port}/")
    forked = os.fork()
    if forked == 0:  # pragma: no cover -- the other process
        status = 1
        try:
            status = 0 if http._connections.take(next(iter(http._connections._idle))) is None else 1
        finally:
            os._exit(status)
    assert os.waitpid(forked, 0)[1] == 0
    http.get(f"http://localhost:{port}/")
    assert handler.connections == 1


@pytest.mark.shows("E-08")
def test_TO_14_redirect_of_a_post_is_not_followed(http: Http, server: tuple[int, type[Quiet]]) -> None:
    port, handler = server
    answer = http.post(f"http://localhost:{port}/to?/elsewhere", b"score", {"Authorization": "Bearer t"})
    assert answer.status == 302
    assert not answer.is_success
    assert len(handler.seen) == 1


@pytest.mark.shows("E-08")
def test_TO_14_redirect_to_another_host_never_gets_the_token(http: Http, server: tuple[int, type[Quiet]]) -> None:
    port, handler = server
    with http_server() as (other, stranger):
        for there in (
            f"http://localhost:{other}/",
            f"http://127.0.0.1:{port}/",
            "//evil.example/",
            "https://localhost/",
        ):
            answer = http.get(f"http://localhost:{port}/to?{there}", {"Authorization": "Bearer t"})
            assert answer.status == 302
        assert stranger.seen == []
    assert len(handler.seen) == 4


def test_get_follows_a_redirect_on_the_same_host_and_no_loop(http: Http, server: tuple[int, type[Quiet]]) -> None:
    port, handler = server
    answer = http.get(f"http://localhost:{port}/to?/there")
    assert (answer.status, answer.url) == (200, f"http://localhost:{port}/there")
    assert http.get(f"http://localhost:{port}/loop").status == 302
    assert len(handler.seen) == 2 + 4


@pytest.mark.shows("E-08")
@pytest.mark.parametrize("there", ["http://localhost:1/", "http://169.254.169.254/", "file:///etc/passwd"])
def test_TK_08_redirects_to_inner_addresses_are_not_followed(
    http: Http, server: tuple[int, type[Quiet]], there: str
) -> None:
    port, _ = server
    try:
        assert http.get(f"http://localhost:{port}/to?{there}").status == 302
    except Blocked:
        assert there.startswith("file:")


@pytest.mark.shows("E-08")
@pytest.mark.parametrize("path", ["/large", "/endless"])
def test_TK_08_answers_over_one_megabyte_are_not_read(http: Http, server: tuple[int, type[Quiet]], path: str) -> None:
    with pytest.raises(TooLarge) as error:
        http.get(f"http://localhost:{server[0]}{path}")
    assert not error.value.temporary


def test_chunked_answers_are_put_together_and_the_connection_kept(http: Http, server: tuple[int, type[Quiet]]) -> None:
    port, handler = server
    assert [http.get(f"http://localhost:{port}/chunked").body for _ in range(3)] == [b"abcde"] * 3
    assert handler.connections == 1


def test_a_cut_off_answer_is_an_error(http: Http, server: tuple[int, type[Quiet]]) -> None:
    with pytest.raises(Unreachable) as error:
        http.get(f"http://localhost:{server[0]}/short")
    assert error.value.temporary


def silent(connection: socket.socket, over: threading.Event) -> None:
    over.wait()


def dripping(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    while not over.wait(0.05):
        connection.sendall(b"x")


def dripping_body(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not over.wait(0.05):
        connection.sendall(b"x")


@pytest.mark.shows("E-08")
@pytest.mark.parametrize("talk", [silent, dripping, dripping_body])
def test_TK_08_a_server_that_does_not_come_to_an_end_is_cut_off(
    talk: Callable[[socket.socket, threading.Event], None],
) -> None:
    http = Http(lenient=True, limits=QUICK)
    with raw_server(talk) as port:
        started = time.monotonic()
        with pytest.raises(TimedOut) as error:
            http.get(f"http://127.0.0.1:{port}/jwks?secret=1")
        assert time.monotonic() - started < 3
    assert error.value.temporary


def hangs_up(connection: socket.socket, over: threading.Event) -> None:
    connection.recv(1)


def talks_nonsense(connection: socket.socket, over: threading.Event) -> None:
    connection.recv(65536)
    connection.sendall(b"SSH-2.0-OpenSSH\r\n\r\n")


@pytest.mark.parametrize("talk", [hangs_up, talks_nonsense])
def test_a_broken_answer_is_temporary(talk: Callable[[socket.socket, threading.Event], None]) -> None:
    http = Http(lenient=True, limits=QUICK)
    with raw_server(talk) as port, pytest.raises(Unreachable) as error:
        http.get(f"http://127.0.0.1:{port}/")
    assert error.value.temporary


def one_answer(connection: socket.socket, over: threading.Event) -> None:
    asked = b""
    while not asked.endswith(b"\r\n\r\nx"):  # whoever closes with something unread sends a reset
        asked += connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


def test_a_kept_connection_that_was_closed_is_replaced_unnoticed() -> None:
    http = Http(lenient=True, limits=QUICK)
    with raw_server(one_answer) as port:
        for _ in range(3):
            assert http.post(f"http://127.0.0.1:{port}/", b"x" * 1).status == 200
            kept = next(iter(http._connections._idle.values()))[0].connection
            kept.sock.setblocking(True)
            kept.sock.recv(1, socket.MSG_PEEK)  # until the other side has closed
    http.close()


def test_nobody_listening_is_temporary(http: Http) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unreachable) as error:
        http.get(f"http://localhost:{port}/")
    assert error.value.temporary


def test_unknown_name_is_temporary(http: Http) -> None:
    with pytest.raises(Unreachable) as error:
        http.get("https://nowhere.example/")
    assert (error.value.temporary, error.value.reason) == (True, "unknown_name")


PRIVATE_HOSTS = {
    "loopback": ["127.0.0.1"],
    "private": ["10.1.2.3"],
    "metadata": ["169.254.169.254"],
    "shared": ["100.64.0.1"],
    "mapped": ["::ffff:127.0.0.1"],
    "six": ["::1"],
    "local six": ["fd00::1"],
    "multicast": ["224.0.0.1"],
    "one of several": ["93.184.216.34", "10.0.0.1"],
}


@pytest.mark.shows("E-08")
@pytest.mark.parametrize("name", PRIVATE_HOSTS)
def test_TK_08_WS_10_names_that_lead_inside_are_refused_in_production(name: str) -> None:
    http = Http(resolver=Names(lms_example=PRIVATE_HOSTS[name]))
    with pytest.raises(Blocked) as error:
        http.get("https://lms.example/jwks")
    assert (error.value.reason, error.value.temporary) == ("private_address", False)


@pytest.mark.parametrize("name", sorted(set(PRIVATE_HOSTS) - {"loopback", "mapped", "six"}))
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_WS_10_demo_opens_loopback_and_nothing_else(name: str, scheme: str) -> None:
    http = Http(lenient=True, resolver=Names(lms_example=PRIVATE_HOSTS[name]))
    with pytest.raises(Blocked):
        http.get(f"{scheme}://lms.example/jwks")


@pytest.mark.parametrize("found", [["169.254.169.254"], ["224.0.0.1"], ["0.0.0.0"], ["fe80::1"]])
def test_WS_10_an_allowed_host_does_not_open_link_local_addresses(found: list[str]) -> None:
    http = Http(allowed_hosts=["lms.example"], resolver=Names(lms_example=found))
    with pytest.raises(Blocked):
        http.get("https://lms.example/")


@pytest.mark.parametrize(
    "url",
    [
        "http://lms.example/", "ftp://lms.example/", "file:///etc/passwd", "gopher://x/", "lms.example", "", "//lms.example/",
        "https://user:password@lms.example/", "https://lms.example/a b", "https://lms.example/\r\nX: y", "https:///x",
        "https://lms.example:99999/", "https://lms.example:x/", "https://[::1/", "https://lms.example\\@evil.example/",
        "https://lms.example/" + "x" * 9000, "https://a%2eb/", "https://lms.example\t/",
    ],
)  # fmt: skip
def test_WS_10_urls_that_are_not_plain_https_are_refused(url: str) -> None:
    names = Names(lms_example=["93.184.216.34"])
    with pytest.raises(Blocked):
        Http(resolver=names).get(url)
    assert names.asked == []


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/", "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://169.254.169.254/"]
)
def test_WS_10_inner_addresses_as_hosts_are_refused(url: str) -> None:
    with pytest.raises(Blocked):
        Http(resolver=Names()).get(url)


def test_WS_10_the_system_reads_short_addresses_as_they_are_checked() -> None:
    for host in ("2130706433", "0x7f.1", "127.1"):
        with pytest.raises(HttpError):
            Http(limits=QUICK).get(f"https://{host}/")


def test_WS_11_errors_name_no_path_query_or_token(http: Http) -> None:
    errors: list[HttpError] = []
    for url, headers in (
        ("https://nowhere.example/path?token=secret1", {}),
        ("https://user:secret1@x.example/", {}),
        ("http://localhost:1/?secret1", {"Authorization": "secret1"}),
    ):
        with pytest.raises(HttpError) as error:
            http.get(url, headers)
        errors.append(error.value)
    with http_server() as (port, _), pytest.raises(Blocked) as malformed:
        http.get(f"http://localhost:{port}/", {"Authorization": "secret1\r\nX: y"})
    for error_value in [*errors, malformed.value]:
        assert "secret1" not in str(error_value) + repr(error_value) + repr(error_value.__cause__)
        assert "path" not in str(error_value)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of our own for lms.example, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "lms.example")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("lms.example")]), critical=False)
        # What Python 3.13 asks of an authority by default (VERIFY_X509_STRICT).
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def tls_port(certificate: Path) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with http_server(lambda plain: context.wrap_socket(plain, server_side=True)) as (port, _):
        yield port


@pytest.mark.shows("E-08")
def test_tls_verifies_the_name_while_the_connection_goes_to_the_checked_address(
    certificate: Path, tls_port: int
) -> None:
    names = Names(lms_example=["127.0.0.1"], other_example=["127.0.0.1"])
    context = ssl.create_default_context(cafile=str(certificate))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    http = Http(allowed_hosts=["lms.example", "other.example"], resolver=names, tls=context)
    for _ in range(3):
        assert http.get(f"https://lms.example:{tls_port}/").status == 200
    assert names.asked == ["lms.example"]
    with pytest.raises(Unreachable) as error:
        http.get(f"https://other.example:{tls_port}/")
    assert (error.value.reason, error.value.temporary) == ("certificate", False)
    http.close()


def test_a_certificate_of_nobody_we_know_is_refused(tls_port: int) -> None:
    http = Http(allowed_hosts=["lms.example"], resolver=Names(lms_example=["127.0.0.1"]))
    with pytest.raises(Unreachable) as error:
        http.get(f"https://lms.example:{tls_port}/")
    assert not error.value.temporary


@pytest.mark.shows("E-08")
def test_WS_10_a_name_that_changes_its_address_gains_nothing(
    server: tuple[int, type[Quiet]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: a name is looked up once for a connection, and the connection goes to the address that was checked."""

    def never(*_: object, **__: object) -> None:
        raise AssertionError("looked up again")

    monkeypatch.setattr(socket, "getaddrinfo", never)
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    http = Http(lenient=True, resolver=lambda _host, _port: next(answers))
    assert http.get(f"http://lms.example:{server[0]}/").status == 200
    http.close()
    with pytest.raises(Blocked):
        http.get(f"http://lms.example:{server[0]}/")
    assert len(server[1].seen) == 1
