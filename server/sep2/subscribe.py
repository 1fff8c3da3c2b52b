"""What clients ask of their subscriptions: make, read, renew, replace, end.

A client finds them under its own EndDevice only. It must not know how anybody is told.
"""

from collections.abc import Sequence

from aiohttp import web

from schemas.sep2 import pubsub
from server.core.command import EndSubscription, Subscribe
from server.core.model import (
    Client,
    Condition,
    Ending,
    ProgramId,
    Subject,
    Subscription,
    SubscriptionId,
)
from server.desk import Desk
from server.errors import Forbidden, Invalid, Unknown
from server.net.identity import identity_of
from server.sep2.access import Access, Caller
from server.sep2.body import body_of
from server.sep2.call import Call, Handler
from server.sep2.entries import home_of
from server.sep2.metering_notices import CONDITIONAL, metering_subject
from server.sep2.metering_notices import TOPICS as METERING_TOPICS
from server.sep2.notices import DOCUMENTS, OF_PROGRAMS, Notices
from server.sep2.pace import Paces
from server.sep2.project_subscription import XML_ENCODING, path_of, subscription, subscription_list
from server.sep2.query import page_of
from server.sep2.reply import (
    NoRoom,
    NotSubscribable,
    created,
    document,
    removed,
    replaced,
    updated,
)
from server.sep2.routes import Route, resolve
from server.sep2.settings import Sep2Settings
from server.sep2.targets import check_target

_RESOURCE = "/Subscription/subscribedResource"
_RESOURCE_LIMIT = 1024
_VALUE = 0
"""2030.5 Condition.attributeIdentifier: the value of a reading."""


class Subscribing:
    """The handlers of subscriptions, by the name of their route."""

    def __init__(
        self, desk: Desk, access: Access, settings: Sep2Settings, notices: Notices
    ) -> None:
        self._desk = desk
        self._book = desk.book
        self._access = access
        self._settings = settings
        self._paces = Paces(desk.book, settings)
        self._notices = notices
        self.reads: dict[str, Handler] = {"subscriptions": self._list, "subscription": self._one}
        self.writes: dict[str, Handler] = {"subscriptions": self._add, "subscription": self._change}

    async def _list(self, call: Call) -> web.Response:
        client = self._at_home(call)
        page = page_of(call.query, call.route.paging, self._settings.list_limit)
        mine = sorted(self._of(client), key=path_of)
        chosen = mine[page.start : page.start + page.limit]
        home = call.variables[0]
        return document(
            subscription_list(home, chosen, self._paces.of(client), total=len(mine)), call.profile
        )

    async def _one(self, call: Call) -> web.Response:
        return document(subscription(self._named(call, self._at_home(call))), call.profile)

    async def _add(self, call: Call) -> web.Response:
        """Make a subscription; the same resource and URI again renew the one that is there."""
        client = self._at_home(call, writing=True)
        command = await self._wish(call, client, None)
        place = (client.id, command.resource, command.notification_uri)
        is_new = place not in self._book.subscription_by_place
        if is_new and len(self._of(client)) >= self._settings.subscriptions_limit:
            raise NoRoom("you have as many subscriptions as there may be")
        await self._desk.submit(command, actor=call.caller.actor)
        made = self._book.subscriptions[self._book.subscription_by_place[place]]
        return created(path_of(made)) if is_new else updated(path_of(made))

    async def _change(self, call: Call) -> web.Response:
        client = self._at_home(call, writing=True)
        held = self._named(call, client)
        if call.request.method == "DELETE":
            command = EndSubscription(subscription_id=held.id, ending=Ending.BY_CLIENT)
            await self._desk.submit(command, actor=call.caller.actor)
            return removed()
        wish = await self._wish(call, client, held.id)
        await self._desk.submit(wish, actor=call.caller.actor)
        return replaced()

    def _at_home(self, call: Call, *, writing: bool = False) -> Client:
        """Return the client whose own EndDevice stands in the path.

        Otherwise Unknown for reads and Forbidden for writes, whatever stands there.
        """
        client = call.caller.client
        if client is not None and home_of(self._book, client) == call.variables[0]:
            return client
        if writing:
            raise Forbidden("subscriptions are made at your own EndDevice")
        raise Unknown("there is no such resource")

    def _of(self, client: Client) -> Sequence[Subscription]:
        mine = self._book.subscriptions_by_client.get(client.id, ())
        return [self._book.subscriptions[one] for one in mine]

    def _named(self, call: Call, client: Client) -> Subscription:
        found = self._book.subscriptions.get(SubscriptionId(call.variables[1]))
        if found is None or found.client_id != client.id:
            raise Unknown("there is no such resource")
        return found

    async def _wish(
        self, call: Call, client: Client, replacing: SubscriptionId | None
    ) -> Subscribe:
        """Return what a body asks for, if it may be had."""
        posted = await body_of(call, (pubsub.Subscription,), self._settings.body_limit)
        if posted.encoding != XML_ENCODING:
            raise Invalid("notifications are XML", pointer="/Subscription/encoding")
        subject = self._subject(posted, call.caller)
        condition = _condition(posted.Condition_, subject)
        await self._check_readable(client, subject, call)
        self._check_target(call, posted.notificationURI)
        return Subscribe(
            client_id=client.id,
            home=call.variables[0],
            resource=posted.subscribedResource,
            subject=subject,
            level=posted.level,
            limit=posted.limit,
            notification_uri=posted.notificationURI,
            condition=condition,
            subscription_id=replacing,
        )

    def _subject(self, posted: pubsub.Subscription, caller: Caller) -> Subject:
        if len(posted.subscribedResource) > _RESOURCE_LIMIT:
            raise Invalid("subscribedResource is too long", pointer=_RESOURCE)
        try:
            route, variables, _ = resolve(posted.subscribedResource)
            if route.name not in self._notices.topics:
                raise NotSubscribable("nobody is told of changes there", pointer=_RESOURCE)
            return self._subject_of(route, variables, caller)
        except Unknown as fault:
            raise Invalid("there is no such resource", pointer=_RESOURCE) from fault

    def _subject_of(self, route: Route, variables: Sequence[str], caller: Caller) -> Subject:
        if route.name in METERING_TOPICS:
            return metering_subject(self._access, caller, route.name, variables)
        if not variables:
            return Subject(topic=route.name)
        entry_id, *rest = variables
        if route.name == "end_device" and self._access.own_entry(caller, entry_id) is not None:
            return Subject(topic=route.name, item=entry_id)
        return Subject(
            topic=route.name,
            device_id=self._access.device(caller, entry_id).id,
            program_id=ProgramId(rest.pop(0)) if route.name in OF_PROGRAMS else None,
            item="/".join(rest),
            document=route.gives.wire_tag if route.name in DOCUMENTS else "",
        )

    async def _check_readable(self, client: Client, subject: Subject, call: Call) -> None:
        try:
            await self._notices.check_readable(client, subject, call.now)
        except Unknown as fault:
            raise Invalid("there is no such resource", pointer=_RESOURCE) from fault

    def _check_target(self, call: Call, uri: str) -> None:
        named = identity_of(call.request, check_profile=self._settings.check_profile).dns_names
        hosts = {*(name.lower() for name in named), *self._settings.notification_hosts}
        check_target(uri, hosts, may_be_plain=self._settings.may_notify_plain_loopback)


def _condition(posted: pubsub.Condition | None, subject: Subject) -> Condition | None:
    """Return the bounds that a subscription has; NotSubscribable if it can have none."""
    if posted is None:
        return None
    if subject.topic not in CONDITIONAL or posted.attributeIdentifier != _VALUE:
        raise NotSubscribable("only the values of readings are told of on a condition")
    if posted.lowerThreshold > posted.upperThreshold:
        raise Invalid("the bounds are the wrong way round", pointer="/Subscription/Condition")
    return Condition(lower=posted.lowerThreshold, upper=posted.upperThreshold)
