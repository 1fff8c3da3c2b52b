"""Operations on the audit trail."""

from dataclasses import asdict

from server.admin.auditmodels import AuditList, AuditQuery, AuditState, AuditView
from server.admin.call import Call
from server.admin.paging import number_cursor, read_number
from server.store.values import AuditFilter, AuditRecord


async def list_audit(call: Call, *, query: AuditQuery) -> AuditList:
    """List what was asked for to change something, and what was denied; the oldest first."""
    found = await call.house.desk.store.audit.records(
        after=0 if query.cursor is None else read_number(query.cursor),
        limit=query.limit + 1,
        only=AuditFilter(
            actor=query.actor,
            operation=query.operation,
            verdict=query.verdict,
            request_id=query.request_id,
            since=query.since,
            until=query.until,
        ),
    )
    shown = found[: query.limit]
    cursor = number_cursor(shown[-1].seq) if len(found) > len(shown) else None
    return AuditList(items=tuple(map(_view, shown)), next_cursor=cursor)


async def verify_audit(call: Call) -> AuditState:
    """Go through the audit trail and tell whether it is as it was written."""
    state = await call.house.desk.store.audit.verify()
    return AuditState(
        is_whole=state.broken_at is None,
        count=state.count,
        hash=state.hash,
        broken_at=state.broken_at,
    )


def _view(record: AuditRecord) -> AuditView:
    return AuditView(
        seq=record.seq, **asdict(record.audited), previous=record.previous, hash=record.hash
    )
