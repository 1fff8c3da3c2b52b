"""X.509 for both standards: identities, issuing, the folder that holds a PKI, TLS contexts.

`identity` derives LFDI, SFDI, PIN and OpenADR fingerprint; `hardware`, `profile` and `issue` make
certificates; `files` and `folder` keep them on disk; `chain` and `tls` judge and serve connections;
`cli` is the command line. The package knows nothing of programs, events or HTTP and imports neither
`server` nor `schemas`. What it issues is a test PKI: the keys lie in files, and 2030.5 device and
server certificates carry the policy that marks a test certificate.
"""
