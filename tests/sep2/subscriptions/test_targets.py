"""Where nobody may have us send notifications to."""

import pytest

from server.errors import Invalid
from server.sep2.targets import check_target

HOSTS = {"agg.example", "127.0.0.1", "2001:db8::1"}


@pytest.mark.parametrize(
    "uri",
    [
        "https://agg.example",
        "https://AGG.example/",
        "https://agg.example:443/n",
        "https://agg.example:1024/n/1?a=b&c=%20",
        "https://agg.example:65535/",
        "https://127.0.0.1:8443/n",
        "https://[2001:db8::1]/n",
    ],
)
def test_absolute_https_to_ones_hosts_will_do(uri):
    check_target(uri, HOSTS, may_be_plain=False)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "agg.example/n",
        "/n",
        "//agg.example/n",
        "http://agg.example/n",
        "http://127.0.0.1:8080/n",
        "file:///etc/passwd",
        "gopher://agg.example/",
        "HTTPS://agg.example/",
        "https:///n",
        "https://elsewhere.example/n",
        "https://agg.example.evil.example/n",
        "https://agg.example@evil.example/n",
        "https://evil.example@agg.example/n",
        "https://user:word@agg.example/n",
        "https://agg.example#@evil.example/",
        "https://agg.example\\@evil.example/",
        "https://agg.example /n",
        "https://agg.example/\r\nHost: x",
        "https://agg.example\n/n",
        "https://agg.example./n",
        "https://localhost/n",
        "https://127.1/n",
        "https://2130706433/n",
        "https://0x7f000001/n",
        "https://0177.0.0.1/n",
        "https://0.0.0.0/n",
        "https://[::1]/n",
        "https://[::ffff:127.0.0.1]/n",
        "https://169.254.169.254/latest/meta-data",
        "https://agg.example:22/n",
        "https://agg.example:0/n",
        "https://agg.example:502/n",
        "https://agg.example:99999/n",
        "https://[127.0.0.1]/n",
        "https://[::1/n",
        "https://\u0430gg.example/n",
        "https://agg.example/" + "x" * 1024,
    ],
)
def test_all_else_is_refused(uri):
    with pytest.raises(Invalid):
        check_target(uri, HOSTS, may_be_plain=False)


def test_a_lab_may_be_told_by_plain_http_on_loopback_only():
    check_target("http://127.0.0.1:8080/n", set(), may_be_plain=True)
    check_target("http://[::1]:8080/n", set(), may_be_plain=True)
    for uri in ("http://localhost:8080/n", "http://agg.example/", "http://10.0.0.1/"):
        with pytest.raises(Invalid):
            check_target(uri, HOSTS, may_be_plain=True)
