from datetime import timedelta

import pytest

from server.core.command import IssueToken, RevokeToken
from server.core.model import Role, TokenId
from server.errors import Conflict, Invalid, Unknown


def test_a_token_is_issued_once_and_revoked_once(world):
    issue = IssueToken(
        name="desk", role=Role.VIEWER, digest="ab", expires_at=world.now + timedelta(hours=1)
    )
    world.do(issue)
    with pytest.raises(Conflict):
        world.do(issue)
    token_id = world.book.token_by_digest["ab"]
    assert len(world.do(RevokeToken(token_id=token_id))) == 1
    assert world.do(RevokeToken(token_id=token_id)) == ()
    assert world.book.tokens[token_id].is_revoked


def test_a_token_that_is_expired_at_once_is_refused(world):
    with pytest.raises(Invalid):
        world.do(IssueToken(name="desk", role=Role.ADMIN, digest="ab", expires_at=world.now))
    with pytest.raises(Unknown):
        world.do(RevokeToken(token_id=TokenId("t9")))
