"""What goes wrong on the command line: one line, and a code that says whose fault it was."""

import asyncio
import json

import pytest

EVENT = ("event", "create", "--program", "limits", "--duration", "15m")


async def test_a_refusal_is_1_with_its_reason_and_each_pointer(run, world):
    result = await run(*EVENT, "--max-limit-percent", 140)
    assert result.code == 1
    assert result.out == ""
    assert result.err == [
        "max_limit_percent is 0 to 100",
        "/intervals/0/controls/max_limit_percent: max_limit_percent is 0 to 100",
    ]


async def test_all_pointers_are_told(run, world):
    result = await run(*EVENT, "--connect", "--priority", -1, "--randomize-start", "2h")
    assert result.code == 1
    assert [line.partition(":")[0] for line in result.err[1:]] == [
        "/priority",
        "/randomize_start_s",
    ]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("event", "show", "nothing"), "there is no event 'nothing'"),
        (("group", "add", "all", "d99"), "there is no device 'd99'"),
        ((*EVENT, "--group", "none"), "there is no group 'none'"),
        (("program", "default", "p99"), "there is no program 'p99'"),
        (("token", "revoke", "t99"), "there is no token 't99'"),
        (("client", "deny", "c99"), "there is no client 'c99'"),
    ],
)
async def test_what_does_not_exist_is_1(run, world, arguments, line):
    result = await run(*arguments)
    assert (result.code, result.err) == (1, [line])


async def test_a_name_that_several_have_is_1_and_tells_the_ids(run, told, world):
    second = await told("device", "add", "--name", "inverter", "--lfdi", "CC" * 20)
    result = await run("device", "show", "inverter")
    assert result.code == 1
    assert result.err == [f"several devices are named 'inverter': {world.sep2}, {second['id']}"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("event",),
        ("event", "create"),
        ("event", "burn"),
        ("event", "show"),
        ("event", "list", "--phase", "soon"),
        ("event", "list", "--colour"),
        ("client", "enrol", "--kind", "robot", "--name", "x"),
        ("device", "add", "--name", "x", "--rated-w", "much"),
        (*EVENT, "--connect", "--duration", "soon"),
        (*EVENT, "--connect", "--duration", ""),
        (*EVENT, "--connect", "--duration", "1x"),
        (*EVENT, "--connect", "--start", "+soon"),
        (*EVENT, "--signal", "SIMPLE"),
        (*EVENT, "--signal", "SIMPLE=much"),
        (*EVENT, "--signal", "=1"),
        (*EVENT, "--signal", "A:b:c:d:e=1"),
        ("device", "add", "--name", "x", "--certificate", "/no/such/file"),
        ("event", "list", "--server", "ftp://127.0.0.1"),
        ("event", "list", "--server", "127.0.0.1:80"),
        ("event", "list", "--server", "http://127.0.0.1:99999999"),
        ("event", "list", "--server", "http://user@127.0.0.1"),
        ("event", "list", "--token-file", "/no/such/file"),
    ],
)
async def test_wrong_use_is_2(run, arguments):
    result = await run(*arguments)
    assert result.code == 2
    assert result.err


async def test_a_binary_file_is_no_token_and_no_certificate(run, tmp_path):
    file = tmp_path / "binary"
    file.write_bytes(b"\xff\xfe\x00")
    assert (await run("event", "list", "--token-file", file)).code == 2
    assert (await run("device", "add", "--name", "x", "--certificate", file)).code == 2
    file.write_text("two words")
    assert (await run("event", "list", "--token-file", file)).code == 2


async def test_nowhere_to_ask_is_2(typed):
    result = await typed("event", "list")
    assert result.code == 2
    assert "--server URL or --state DIR" in result.err[0]


async def test_a_server_that_does_not_answer_is_3(typed, unused_tcp_port):
    url = f"http://127.0.0.1:{unused_tcp_port}"
    result = await typed("event", "list", "--server", url)
    assert result.code == 3
    assert result.err[0].startswith(f"cannot reach {url}: ")
    assert len(result.err) == 1


@pytest.mark.parametrize("ports", [None, "{", "[]", '{"sep2": 1}', '{"admin": "x"}'])
async def test_a_state_folder_without_a_running_server_is_3(typed, tmp_path, ports):
    if ports is not None:
        (tmp_path / "ports.json").write_text(ports)
    result = await typed("event", "list", "--state", tmp_path)
    assert (result.code, len(result.err)) == (3, 1)
    assert "no server runs" in result.err[0]


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (b"hello\r\n", 3),
        (b"", 3),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 3),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello", 3),
        (b"HTTP/1.1 500 Oh\r\nContent-Length: 5\r\n\r\nhello", 1),
        (b"HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\n[]", 1),
        (b"HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n", 1),
    ],
)
async def test_what_answers_and_is_no_such_server_is_told_in_one_line(typed, reply, code):
    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(reply)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        result = await typed("event", "list", "--server", f"http://127.0.0.1:{port}")
    assert (result.code, len(result.err)) == (code, 1)


async def test_no_token_and_a_wrong_one_are_1(typed, server, monkeypatch):
    where = ("event", "list", "--server", server.url)
    assert "a token is needed" in (await typed(*where)).err[0]
    monkeypatch.setenv("GRIDHERALD_TOKEN", "wrong")
    result = await typed(*where)
    assert (result.code, result.err) == (1, ["this token is not known"])


async def test_the_environment_says_where_and_who(typed, server, monkeypatch):
    monkeypatch.setenv("GRIDHERALD_SERVER", server.url + "/")
    monkeypatch.setenv("GRIDHERALD_TOKEN", "secret-viewer")
    result = await typed("event", "list", "-o", "json")
    assert (result.code, json.loads(result.out)) == (0, [])


async def test_options_come_before_the_environment(run, monkeypatch, unused_tcp_port):
    monkeypatch.setenv("GRIDHERALD_SERVER", f"http://127.0.0.1:{unused_tcp_port}")
    monkeypatch.setenv("GRIDHERALD_TOKEN", "wrong")
    assert (await run("event", "list")).code == 0
