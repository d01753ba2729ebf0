# The words of Musubi. err-... says what happened and why, .hint what to do next.
# cmd-... and arg-... stand in the help, value-... names what an option takes.

## Labels

label-error = error
label-warning = warning
label-hint = what to do
label-detail = detail
help-usage = Usage
help-commands = Commands
help-arguments = Arguments
help-options = Options
help-global = Options of every command
help-options-word = options
help-command-word = command
help-possible = [possible: { $values }]
help-default = [default: { $value }]
help-more = More about a command: { $command } <command> --help

## Times

time-day = { $weekday ->
    [1] Mon
    [2] Tue
    [3] Wed
    [4] Thu
    [5] Fri
    [6] Sat
   *[7] Sun
 } { $day } { $month ->
    [1] Jan
    [2] Feb
    [3] Mar
    [4] Apr
    [5] May
    [6] Jun
    [7] Jul
    [8] Aug
    [9] Sep
    [10] Oct
    [11] Nov
   *[12] Dec
 } { $year }
time-moment = { $date }, { $hour }:{ $minute }

## What options take

value-dir = folder
value-file = file
value-path = file or folder
value-lang = language
value-office = office number
value-kind = kind
value-address = address
value-name = name
value-mode = mode
value-hex = hex
value-multiaddr = multiaddress
value-socket = IP:port
value-wait = state
value-id = id
value-command = command
value-opener = opener
value-number = number
value-date = date
value-serial = serial
value-reason = reason

## Options of every command

arg-dir = The data folder. Without it MUSUBI_DIR, else this system's usual place
arg-passphrase-file = A file whose first line is the passphrase. Without it MUSUBI_PASSPHRASE, else a question on the screen
arg-json = Prints the result for programs: one JSON value on one line
arg-lang = The language of the screen
arg-verbose = Shows more of what happens (-vv: still more)
arg-help = Shows this help

## Commands

cmd = Musubi: care offices exchange care-plan documents with each other directly
    .long =
        New here? These four, in this order:
          musubi init      make the keys of your office
          musubi request   write the request for a certificate
          musubi install   take in the certificate that came back
          musubi run       run Musubi on this computer
        Only curious? Try musubi demo. It sends nothing to anybody.
cmd-arg-version = Shows the version

cmd-init = Makes a desk (the keys of an office) on this computer
    .long =
        Names one office number and the service kinds that this desk holds. Run it again to add another office to the same folder.
        A passphrase protects the keys. The recovery sheet helps when it is forgotten: print it and lock it away.
          musubi init --office 1379900028 --kind 15 --kind 21 --name "Mihon Day Care"
cmd-init-arg-office = The office number (10 characters)
cmd-init-arg-kind = A service kind that this desk holds (2 characters). Repeat it for several
cmd-init-arg-name = The office's name, as partners and the authority see it
cmd-init-arg-mode = How it starts. attended: a person types the passphrase. unattended: this computer alone (a stolen disk is not protected)
cmd-init-arg-machine-key = With unattended, where this computer has no key store: the key file to use, outside the data folder
cmd-init-arg-recovery-out = Writes the recovery sheet to this file instead of the screen (never over an existing file)

cmd-request = Writes the request for a certificate
    .long =
        Send the file to the authority. It holds no secret.
          musubi request --out request.pem
cmd-request-arg-office = Which office, where the folder holds several
cmd-request-arg-out = The file to write the request to

cmd-install = Takes in certificates, revocation lists and trust bundles
    .long =
        Files are told apart by what they hold. It works whether Musubi is running or not.
        The first time it shows the authority's fingerprint and asks whether to trust it.
          musubi install c.pem
cmd-install-arg-files = The files, in any order
cmd-install-arg-root-sha256 = The authority's fingerprint (SHA-256 of the first root certificate). With it nothing is asked

cmd-run = Runs Musubi on this computer
    .long =
        While it runs, documents are sent and received. Ctrl+C stops it.
        Addresses and other settings may also stand in musubi.toml in the data folder.
cmd-run-arg-listen = Where to listen (/ip4/0.0.0.0/tcp/47200). Repeat it for several
cmd-run-arg-peer = Where a partner's Musubi is (/ip4/192.0.2.1/tcp/47200). Repeat it for several
cmd-run-arg-api = The door for programs on this computer (127.0.0.1:0)

cmd-send = Sends plans, provision tables and actuals to partners
    .long =
        File names say where to. A folder is searched, and its files are sent bundle by bundle.
        What is not in order is not sent and the reason shown; the rest goes.
          musubi send plans --wait delivered=60
cmd-send-arg-paths = Files and folders to send
cmd-send-arg-from = The sending address (1379900010-11), where this computer has several desks
cmd-send-arg-to-kind = The partner's service kind, for files of the old form (V3) whose names carry none
cmd-send-arg-wait = Waits until the partners have it; delivered=60 waits at most 60 seconds

cmd-inbox = Lists the documents that have come
cmd-outbox = Lists the documents that were sent

cmd-show = Shows one document and its receipts (arrived, opened, imported)
cmd-show-arg-id = The document's id; its first 8 characters are enough

cmd-export = Writes the files of a document into a folder
    .long =
        Files keep their names. A file of the same name with other content is never overwritten.
        The sender learns that the document was opened.
          musubi export abcdefgh --to import
cmd-export-arg-id = The document's id; its first 8 characters are enough
cmd-export-arg-to = The folder to write into

cmd-status = Shows how Musubi on this computer is doing
cmd-doctor = Looks for the cause when something does not work, and says what to do

cmd-ping = Checks whether a partner can be reached
cmd-ping-arg-address = The partner's address (1379900010-11)

cmd-key = Looks after what opens the keys: passphrase, this computer, recovery sheet
    .long = At least one must stay. Without any, the office has to enrol again.
cmd-key-list = Lists what opens the keys
cmd-key-add = Adds something that opens the keys
cmd-key-add-arg-opener = What to add: a passphrase, this machine, or a recovery sheet
cmd-key-add-arg-machine-key = With machine, where this computer has no key store: the key file to use
cmd-key-add-arg-recovery-out = With recovery: writes the sheet to this file instead of the screen
cmd-key-add-arg-new-passphrase-file = With passphrase: a file whose first line is the new one
cmd-key-remove = Removes something that opens the keys
cmd-key-remove-arg-number = Its number in musubi key list
cmd-key-change = Changes the passphrase
cmd-key-change-arg-new-passphrase-file = A file whose first line is the new passphrase. Without it a question on the screen

cmd-authority = The authority's work: issues and revokes certificates
cmd-authority-init = Makes the authority's keys
cmd-authority-init-arg-name = The authority's name
cmd-authority-issue = Issues a certificate for a request
    .long =
        Without an end it is for one year.
          musubi authority issue request.pem --until 2027-03-31 --out c.pem
cmd-authority-issue-arg-request = The request of the office
cmd-authority-issue-arg-from = The first day (2026-04-01). Without it today
cmd-authority-issue-arg-until = The last day, included. Without it one year from the first
cmd-authority-issue-arg-out = The file to write the certificate to
cmd-authority-revoke = Revokes certificates
    .long =
        With an office number, all valid certificates of that office. A revocation cannot be taken back.
          musubi authority revoke 1379900010 --reason keyCompromise
cmd-authority-revoke-arg-office = The office whose certificates are revoked
cmd-authority-revoke-arg-serial = The serial number (hexadecimal) of one certificate
cmd-authority-revoke-arg-reason = Why: the key has leaked, a newer certificate took its place, the office changed, it closed, its licence was withdrawn, or not said
cmd-authority-crl = Writes the newest revocation lists to a file
cmd-authority-crl-arg-out = The file to write
cmd-authority-trust = Writes the trust bundle to a file
cmd-authority-trust-arg-out = The file to write
cmd-authority-list = Lists the certificates that were issued

cmd-demo = Plays a whole exchange between three sample offices
    .long = It stays on this computer, uses sample data and sends nothing to anybody.
cmd-demo-arg-keep = Keeps what the demo made in this folder

cmd-help = Shows how to use a command
cmd-help-arg-command = The command

## Wrong usage

err-usage-unknown = There is no option "{ $arg }".
    .hint = Check the spelling.
err-usage-subcommand = There is no command "{ $name }".
    .hint = Check the spelling.
err-usage-no-subcommand = No command was given.
    .hint = Say what to do.
err-usage-missing = Something is missing: { $args }
    .hint = Add it and try again.
err-usage-no-value = "{ $arg }" has no value.
    .hint = Put the value right behind it.
err-usage-value = "{ $arg }" cannot be "{ $value }".
    .hint = Correct the value and try again.
err-usage-too-many = "{ $arg }" has too many values: { $value }
    .hint = Remove what is too much. Put a name with spaces between quotes (").
err-usage-twice = "{ $arg }" was given twice.
    .hint = Keep only one.
err-usage-conflict = "{ $arg }" and "{ $other }" do not go together.
    .hint = Keep one of them.
err-usage-utf8 = The command holds characters that cannot be read.
    .hint = Look for damaged characters, for example in file names.
err-usage-other = The command is not written correctly.
    .hint = See musubi help.
usage-meant = Did you mean: { $names }
usage-values = Possible values: { $values }
usage-usage = How to write it: { $usage }
usage-list-commands = musubi help lists the commands.

want-office = An office number has 10 characters: two digits, then digits or capital letters (1379900010).
want-kind = A service kind is two digits or capital letters (11, 43, A2).
want-address = An address is an office number and a kind with - between them (1379900010-11).
want-peer = An address looks like /ip4/192.0.2.1/tcp/47200 or /ip4/192.0.2.1/udp/47200/quic-v1.
want-listen = Where to listen is an IP address and a port: /ip4/0.0.0.0/tcp/47200.
want-api = An IP address and a port: 127.0.0.1:0 (0 is any free port).
want-loopback = It is for this computer only: use 127.0.0.1 or [::1].
want-range = Use a number from { $min } to { $max }.
want-log-filter = One of error, warn, info, debug, trace, or a list of name=level with commas.
want-date = A date is written 2026-04-01.
want-sha256 = SHA-256 is 64 hexadecimal characters.
want-serial = A serial number is hexadecimal (0A1B2C). See musubi authority list.
want-message-id = A document's id has 8 to 52 characters a-z and 2-7. Type the beginning of the one in the list.
want-wait = Write delivered, or with seconds delivered=60.
want-name = A name has 1 to 64 characters and no line breaks.
want-number = Use a number.

## Passphrase and questions

ask-yes-no = [y/n]
ask-new-passphrase = New passphrase (at least { $min } characters, not shown):
ask-passphrase-again = Again:
passphrase-too-short = Too short: use at least { $min } characters. Four words that have nothing to do with each other are safe and easy to remember.
passphrase-unequal = The two are not the same. Please try again.
warn-passphrase-short = The passphrase has fewer than { $min } characters and can be guessed.
    .hint = musubi key change takes a longer one.
err-passphrase-missing = A passphrase is needed, but nobody can be asked for it.
    .hint = Name a file with --passphrase-file or set MUSUBI_PASSPHRASE (for a new passphrase --new-passphrase-file).
err-passphrase-empty = The passphrase is empty.
    .hint = Run the command again and type the passphrase.
err-passphrase-file-empty = The first line of { $path } is empty: there is no passphrase in it.
    .hint = Write the passphrase into the first line of the file.
err-passphrase-attempts = No passphrase was chosen. Nothing has changed.
    .hint = Run the command again.
err-cancelled = The input ended before the answer. Nothing has changed.
    .hint = Run the command again to go on.

## Files and folders

err-file-missing = { $path } was not found.
    .hint = Check the place and the name.
err-file-forbidden = There is no permission to use { $path }.
    .hint = Run the command as the file's owner, or change the permissions.
err-file-read = { $path } cannot be read.
    .hint = Close it in other programs, and check the disk.
err-file-write = { $path } cannot be written.
    .hint = Check that the folder exists and that the disk can be written to.
err-file-exists = { $path } exists already. To be safe it is not overwritten.
    .hint = Use another name, or move the file that is there.
err-disk-full = The disk is full: { $path } could not be written.
    .hint = Make room by deleting what is not needed, and run the command again.
err-no-data-folder = There is no data folder: this system does not say where it would be.
    .hint = Name one with --dir.

## Settings

err-settings = Line { $line } of the settings file { $path } is wrong ({ $key }).
    .hint = Correct that line and run the command again.
err-settings-syntax = Line { $line } of the settings file { $path } cannot be read.
    .hint = Look for a missing quote (") or bracket, and for a setting that stands there twice.
err-settings-option = A value on the command line cannot be used ({ $key }).
    .hint = Correct the option.
settings-unknown-key = There is no setting of this name.
settings-unknown-key-meant = There is no setting of this name. Did you mean: { $meant }
settings-want-table = This name is a group: write a line such as [api], and the settings below it.
settings-want-text = Text stands between quotes (").
settings-want-number = A number from 0 on, without quotes.
settings-want-texts = Texts in quotes between brackets: ["/ip4/0.0.0.0/tcp/47200"].
err-log-filter = The level of the log "{ $filter }" cannot be used.
    .hint = Use one word such as info.

## Recovery sheet

sheet-title = Musubi recovery sheet
sheet-owner = Belongs to: { $owner }
sheet-made = Made: { $time }
sheet-purpose = The code on this sheet opens the keys when the passphrase is forgotten or the computer has been replaced.
sheet-keep = Whoever knows this code can read the documents that came. Print it and lock it away. Take no photograph of it and send it in no mail. Delete the file once it is printed.
sheet-check = The small numbers count the groups. The last character of each group checks the others. The letters I, L, O and U do not occur. Hyphens may be left out.
sheet-use = How to use it: type this code where the passphrase is asked for.
sheet-written = The recovery sheet is in { $path }. Print it, lock it away, and delete the file.
err-sheet-nowhere = There is no place for the recovery sheet: with --json it cannot go to the screen.
    .hint = Name a file with --recovery-out.

## Other

err-internal = Something went wrong inside the program. It is not your input.
    .hint = If it happens again, ask for help and include the line with the detail.
err-not-wired = This command is not available in this version yet.
    .hint = musubi --version shows the version.
