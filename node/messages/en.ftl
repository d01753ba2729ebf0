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
MU-SEND-018 =
    This is a file of the care-plan standard. As an attachment the partner's care software would not import it. Nothing was sent.
    Send it without --to: its name says where it goes. Only if it must go as an attachment, add --as-attachment.
MU-SEND-019 =
    This file runs when it is opened (a program, script, shortcut, document with macros or the like). To be safe, nothing was sent.
    Send documents as PDF or the like. Only if it must go, and the partner knows of it, add --allow-programs.
MU-SEND-020 =
    The content is not what the end of the name says: it is damaged, or another kind of file. Nothing was sent.
    Open it to see what it is, save it as the right kind, then send again.
MU-SEND-021 =
    This file name cannot be used. Give it one that is possible on Windows and Linux alike, then send again.
    Not possible: \ / : * ? " < > | and invisible characters, blanks or dots at an end, reserved names such as CON, more than 255 bytes
MU-SEND-022 =
    Another file has the same name (capitals do not count).
    Rename one of them, or send each on its own with --each.
MU-SEND-023 =
    Too many files. One message holds at most { $limit }.
    Send them in parts, or each on its own with --each.
MU-SEND-024 =
    This computer has not enough free space. Nothing was sent.
    Make room, then send again.
MU-SEND-025 =
    The sender { $address } is no address of this computer. For --from there are: { $choices }
MU-SEND-026 =
    Several addresses could be the sender. Choose one with --from: { $choices }
MU-SEND-027 =
    The note is too long or holds what is no text. It may have { $limit } bytes.
    Send a longer text as a file.
