"""Bodies are kept while their stamp stays, and no more of them than allowed."""

from server.sep2.memo import Memo


def test_a_body_is_made_once_for_a_stamp_and_anew_for_another():
    memo, made = Memo(2), []

    def make() -> bytes:
        made.append(1)
        return b"%d" % len(made)

    assert [memo.body("a", 1, make), memo.body("a", 1, make)] == [b"1", b"1"]
    assert memo.body("a", 2, make) == b"2"
    assert memo.body("b", 2, make) == b"3"


def test_the_body_that_was_not_asked_for_longest_goes_first():
    memo = Memo(2)
    for name in ("a", "b", "a", "c"):
        memo.body(name, 1, name.encode)
    assert memo.body("a", 1, bytes) == b"a"
    assert memo.body("b", 1, bytes) == b""


async def test_the_count_of_log_events_in_a_list_of_end_devices_is_never_old(serve, world):
    house = await serve()
    client = house.peer("alpha")
    event = (
        b'<LogEvent xmlns="urn:ieee:std:2030.5:ns"><createdDateTime>5</createdDateTime>'
        b"<functionSet>11</functionSet><logEventCode>0</logEventCode><logEventID>1</logEventID>"
        b"<logEventPEN>28547</logEventPEN><profileID>2</profileID></LogEvent>"
    )
    for count in range(3):
        link = (await client.get("/edev")).xml.find(".//{*}LogEventListLink")
        assert link.get("all") == str(count)
        assert (await client.post(link.get("href"), event)).status == 201
