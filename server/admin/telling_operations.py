"""The part of the table of operations that is about rates, subscriptions and what was given up.

It must not know how any of them is done.
"""

from server.admin import models, rates, subscriptions, telling
from server.admin.operation import Operation
from server.core.model import Role

_API = "/api/v1"
_VIEWER, _, _ENGINEER, _ = Role

TELLING: tuple[Operation, ...] = (
    Operation(
        name="set_poll_rate",
        method="PUT",
        path=f"{_API}/poll-rates/{{resource}}",
        role=_ENGINEER,
        handler=rates.set_poll_rate,
        body=telling.PollRateIn,
        answers={200: telling.PollRateView},
    ),
    Operation(
        name="list_poll_rates",
        method="GET",
        path=f"{_API}/poll-rates",
        role=_VIEWER,
        handler=rates.list_poll_rates,
        query=telling.PollRatesQuery,
        answers={200: telling.PollRateList},
    ),
    Operation(
        name="clear_poll_rate",
        method="DELETE",
        path=f"{_API}/poll-rates/{{resource}}",
        role=_ENGINEER,
        handler=rates.clear_poll_rate,
        query=telling.PollRateQuery,
        answers={204: None},
    ),
    Operation(
        name="set_post_rate",
        method="PUT",
        path=f"{_API}/devices/{{device_id}}/post-rates/{{resource}}",
        role=_ENGINEER,
        handler=rates.set_post_rate,
        body=telling.PostRateIn,
        answers={200: telling.PostRateView},
    ),
    Operation(
        name="list_post_rates",
        method="GET",
        path=f"{_API}/post-rates",
        role=_VIEWER,
        handler=rates.list_post_rates,
        query=telling.PostRatesQuery,
        answers={200: telling.PostRateList},
    ),
    Operation(
        name="clear_post_rate",
        method="DELETE",
        path=f"{_API}/devices/{{device_id}}/post-rates/{{resource}}",
        role=_ENGINEER,
        handler=rates.clear_post_rate,
        query=telling.PostRateQuery,
        answers={204: None},
    ),
    Operation(
        name="list_subscriptions",
        method="GET",
        path=f"{_API}/subscriptions",
        role=_VIEWER,
        handler=subscriptions.list_subscriptions,
        query=telling.SubscriptionsQuery,
        answers={200: telling.SubscriptionList},
    ),
    Operation(
        name="show_subscription",
        method="GET",
        path=f"{_API}/subscriptions/{{subscription_id}}",
        role=_VIEWER,
        handler=subscriptions.show_subscription,
        answers={200: telling.SubscriptionDetail},
    ),
    Operation(
        name="end_subscription",
        method="DELETE",
        path=f"{_API}/subscriptions/{{subscription_id}}",
        role=_ENGINEER,
        handler=subscriptions.end_subscription,
        answers={204: None},
    ),
    Operation(
        name="list_dead_letters",
        method="GET",
        path=f"{_API}/dead-letters",
        role=_VIEWER,
        handler=subscriptions.list_dead_letters,
        query=models.PageQuery,
        answers={200: telling.DeadLetterList},
    ),
    Operation(
        name="replay_dead_letter",
        method="POST",
        path=f"{_API}/dead-letters/{{subscription_id}}:replay",
        role=_ENGINEER,
        handler=subscriptions.replay_dead_letter,
        answers={200: telling.SubscriptionDetail},
    ),
)
