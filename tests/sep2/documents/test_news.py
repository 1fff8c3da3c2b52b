"""Who is told when a client describes its device anew."""

from datetime import UTC, datetime

from server.core.change import DeviceDescribed
from server.core.command import DescribeDevice, Subscribe
from server.core.model import Subject
from server.outbox.concerned import concerned

NEWER = datetime(2026, 3, 2, tzinfo=UTC)


async def test_those_who_follow_the_device_or_the_list_look_again(house, world, clock):
    book = house.desk.book

    async def subscription(client_id: str, subject: Subject) -> str:
        wish = Subscribe(
            client_id=client_id,
            home=client_id,
            resource=f"/{subject}",
            subject=subject,
            level="+S1",
            limit=9,
            notification_uri="https://agg.example/n",
        )
        return (await world.do(wish))[0].subscription.id

    client_id = world.aggregator
    every = await subscription(client_id, Subject(topic="end_devices"))
    one = await subscription(client_id, Subject(topic="end_device", device_id=world.one))
    await subscription(client_id, Subject(topic="end_device", device_id=world.two))
    await subscription(book.devices[world.alpha].client_id, Subject(topic="end_devices"))
    followed = [book.subscriptions[every], book.subscriptions[one]]
    before = [house.face.notices.survey(held, None, clock.now()) for held in followed]
    said = DescribeDevice(
        device_id=world.one, device_category=1, changed_at=NEWER, post_rate_s=None
    )
    (change,) = await world.do(said)
    assert isinstance(change, DeviceDescribed)
    assert set(concerned(book, change)) == {every, one}
    after = [house.face.notices.survey(held, None, clock.now()) for held in followed]
    assert all(old != new for old, new in zip(before, after, strict=True))
