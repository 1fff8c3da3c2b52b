"""Why some numbered rules of OADR 2.0b have no test: in our own words, for the ledger."""

VEN = "binds VENs; what it lets this VTN expect needs no code of ours"
XMPP = "XMPP is not offered: VENs poll or are pushed to over HTTP"

REASONS: dict[int, str] = {
    **dict.fromkeys((6, 12, 22, 30, 31, 35, 56, 57, 58, 59, 60, 62, 64, 65), VEN),
    **dict.fromkeys((109, 112, 114), VEN),
    507: XMPP,
    515: XMPP,
}
