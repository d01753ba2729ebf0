# Why something cannot be sent: what happened, and what to do next.

MU-SEND-001 =
    The sender's office number { $office } is not set up in this Musubi.
    Send from the PC of the office that made the files. To add an office, use `musubi init`.
MU-SEND-002 =
    The service kind of the receiver { $office } is not known: file names of the older edition carry none.
    Name it with --to-kind (for example 11).
MU-SEND-003 =
    The service kind of the sender { $office } is not known: file names of the older edition carry none.
    Name the sender with --from. There are: { $choices }
MU-SEND-004 =
    { $address } has no certificate yet.
    Install the certificate file from the authority with `musubi install`, then send again.
MU-SEND-005 =
    The licence of { $address } is over, so nothing new can be sent.
    Renew it at the authority, install the new certificate, then send again.
MU-SEND-006 =
    The certificate of { $address } is revoked. Nothing can be sent.
    If you do not know why, call the authority at once.
MU-SEND-007 =
    A document for the same person and month was sent under a newer serial ({ $serial }).
    This was stopped so that older content does not replace newer. Make the files anew in the care software: they get a new serial.
    If these must go, add --older.
MU-SEND-008 =
    The files are too large. At most { $limit } MB go at once.
MU-SEND-009 =
    { $from } cannot send to { $to }: that is the same desk and kind. Check the receiver.
MU-SEND-010 =
    The sender was given as { $from }, but the files are from { $office }.
    Check the files or --from.
MU-SEND-011 =
    { $file } could not be read as a file. Check that it is complete and not open elsewhere.
MU-SEND-012 =
    The receiver's kind was given as { $kind }, but the file names say { $office }. Nothing was sent.
    Check the files or --to-kind. Where file names carry kinds, --to-kind is not needed.
MU-SEND-013 =
    The desk does not hold the service kind of the sender { $address }. It holds: { $choices }
    Check the service kinds of the office in the care software that made the files.
MU-SEND-014 =
    The licence of { $address } has not begun (its certificate is installed).
    Send on the day it begins or later. Check the computer's date as well.
