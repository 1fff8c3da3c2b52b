"""The part of the table of operations that is about publications.

It must not know how any of them is done.
"""

from operator import attrgetter

from server.admin import models, publicationmodels, publications
from server.admin.operation import Operation
from server.core.model import Role

_ALL = "/api/v1/publications"
_ONE = f"{_ALL}/{{publication_id}}"

PUBLICATIONS: tuple[Operation, ...] = (
    Operation(
        name="publish",
        method="POST",
        path=_ALL,
        role=Role.OPERATOR,
        handler=publications.publish,
        body=publicationmodels.PublicationIn,
        answers={201: publicationmodels.PublicationView},
        id_of=attrgetter("id"),
        may_conflict=True,
    ),
    Operation(
        name="list_publications",
        method="GET",
        path=_ALL,
        role=Role.VIEWER,
        handler=publications.list_publications,
        query=publicationmodels.PublicationsQuery,
        answers={200: publicationmodels.PublicationList},
    ),
    Operation(
        name="show_publication",
        method="GET",
        path=_ONE,
        role=Role.VIEWER,
        handler=publications.show_publication,
        answers={200: publicationmodels.PublicationDetail},
    ),
    Operation(
        name="revise_publication",
        method="PUT",
        path=_ONE,
        role=Role.OPERATOR,
        handler=publications.revise_publication,
        body=publicationmodels.RevisionIn,
        answers={200: publicationmodels.PublicationView},
        may_conflict=True,
    ),
    Operation(
        name="cancel_publication",
        method="POST",
        path=f"{_ONE}:cancel",
        role=Role.OPERATOR,
        handler=publications.cancel_publication,
        body=models.CancelIn,
        answers={200: publicationmodels.PublicationView},
        may_conflict=True,
    ),
    Operation(
        name="withdraw_publication",
        method="DELETE",
        path=_ONE,
        role=Role.OPERATOR,
        handler=publications.withdraw_publication,
        answers={204: None},
        may_conflict=True,
    ),
)
