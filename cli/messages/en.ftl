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
value-application = application
value-order = order
value-ca = CA
value-n = number
value-yen = yen
value-digits = digits
value-format = format
value-form = form
value-sheets = sheets
value-whom = whom
value-out = out
value-kind = kind
value-month = month
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
value-bytes = bytes
value-count = count
value-place = host:port
value-proof = proof
value-year = year
value-seconds = seconds

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

cmd-enrol = Joins with the invitation of the authority's letter
    .long =
        Shows the code only to the authority that the invitation names, and installs the certificate that comes back.
        Run again after a broken connection, it goes on where it was.
          musubi enrol
cmd-enrol-arg-office = The office, if this folder holds several
cmd-enrol-arg-invitation = A file with the invitation, or - for what comes in. Without it you are asked
cmd-enrol-arg-at = Where the authority is reached (host:port), if the invitation does not say
cmd-enrol-arg-replace = This PC takes the place of another, lost or old: the serial number of that one's certificate, which is then revoked
cmd-enrol-arg-machine-key = The key file that stands for this machine where it has no key store (or MUSUBI_MACHINE_KEY)

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
cmd-run-arg-until-stdin-ends = Stops also when stdin is closed (for programs that start Musubi)

cmd-check = Checks exchange files for mistakes
    .long =
        Folders are searched, and the files in them checked bundle by bundle. No node has to run.
        Exit code 1 means that an error is left; with warnings only it is 0.
          musubi check plans
          musubi check plans --fix mended
cmd-check-arg-paths = Files and folders to check
cmd-check-arg-received = Judges files that have come: an error is only what cannot be read
cmd-check-arg-fix = Writes copies into this folder, mended where that is safe. The files themselves stay as they are; numbers and dates are never touched

cmd-reconcile = Holds actuals against the plan and tells the differences person by person
    .long =
        Provision tables (the plan) and actuals are read in the order of their serials; what they say in the end is compared. One folder may stand for both.
        Exit code 1 means that there are differences, 0 that there are none.
          musubi reconcile --plan plans --actual actuals --month 202511
          musubi reconcile --plan plans --actual actuals -o sheets.pdf
cmd-reconcile-arg-plan = Files and folders with plans; several may follow, or the option is repeated
cmd-reconcile-arg-actual = Files and folders with actuals; several may follow, or the option is repeated
cmd-reconcile-arg-month = Compares this month only (202511)
cmd-reconcile-arg-office = Shows this office only
cmd-reconcile-arg-sheets = Which sheets. person, office: what differs, with totals. rows: all rows side by side. telephone: what to clear by telephone. Without the option all but rows
cmd-reconcile-arg-format = As what the file is written. pdf: for paper (A4). html: for a browser. text: plain text
cmd-reconcile-arg-out = Writes the same as sheets into this file

cmd-diff = Tells what changed between two versions of files
    .long =
        For plans that come again corrected: where did they change? Documents of one person are compared with each other, whatever their serials.
        Exit code 1 means that something changed, 0 that nothing did.
          musubi diff before now
          musubi diff before now -o changes.pdf
cmd-diff-arg-old = The older file or folder
cmd-diff-arg-new = The newer file or folder
cmd-diff-arg-format = As what the file is written. pdf: for paper (A4). html: for a browser. text: plain text
cmd-diff-arg-out = Writes the same as sheets into this file

cmd-send = Sends plans, provision tables and actuals to partners
    .long =
        File names say where to. A folder is searched, and its files are sent bundle by bundle.
        What is not in order is not sent and the reason shown; the rest goes.
          musubi send plans --wait delivered=60
        With --to, PDF, pictures and other files go as attachments, all in one message.
          musubi send --to 1379900010-11 assessment.pdf photo.jpg --note "As discussed"
cmd-send-arg-paths = Files and folders to send
cmd-send-arg-from = The sending address (1379900010-11), where this computer has several desks
cmd-send-arg-to-kind = The partner's service kind, for files of the old form (V3) whose names carry none
cmd-send-arg-wait = Waits until the partners have it; delivered=60 waits at most 60 seconds

cmd-inbox = Lists the documents that have come
cmd-outbox = Lists the documents that were sent

cmd-show = Shows one document and its receipts (arrived, opened, imported)
cmd-show-arg-id = The document's id; its first 8 characters are enough
cmd-show-arg-wait = Waits first until the partner has it (delivered) or has opened it (opened); opened=60 waits at most 60 seconds

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
cmd-partner = Lists partners, and confirms those who have a new computer
cmd-partner-list = Lists partners, and the numbers by which keys are compared on the telephone
cmd-partner-confirm = Says that a partner who has a new computer is who it says
    .long =
        When a partner has a new computer, documents for it wait, so that nobody
        can pass for it. Have the partner read its number out on the telephone
        and type it. If it is right, what waits is sent. Without that it is sent
        by itself, once the public log has shown the new certificate for 24 hours.
          musubi partner confirm 1379900028
cmd-partner-confirm-arg-office = The partner's office number
cmd-partner-confirm-arg-number = The number that the partner has read out (20 digits): nothing is asked
cmd-render = Shows documents as the forms that people know: PDF, HTML or text
    .long =
        Care plans (tables 1 to 3), the month's plan and actuals (tables 6 and 7)
        and preventive forms, after the ministry's sheets. The manual tells how
        they are arranged.
          musubi render plans -o plans.pdf
          musubi render plans --for 1379900010-11 -o copy.pdf
          musubi render plans --month 202511 --each person -o print
cmd-render-arg-paths = Files and folders with documents
cmd-render-arg-format = As what. pdf: for paper (A4). html: for a browser. text: for the screen
cmd-render-arg-office = The copy for this office: what it got, and of the month its own services
cmd-render-arg-person = The copy for the person with this insured number, with lines to sign on; where two persons have one number, INSURER-NUMBER
cmd-render-arg-month = This month only; what belongs to no month is left out
cmd-render-arg-each = A file for each, in a folder. partner: for each partner. person: for each person
cmd-render-arg-forms = These forms only; several with commas, or the option is repeated. basic: basic information. support: the preventive care plan
cmd-render-arg-reconciliation = With the sheets that hold actuals against the plan, and the list for the telephone
cmd-render-arg-out = The file to write; with --each the folder

cmd-handover = Makes what goes to a partner who is not on Musubi: by fax or by the national system
    .long =
        --fax makes one PDF with a cover sheet, each person on sheets of its own.
        --national puts files for the client of the national system into a folder,
        under the names that the standard gives them.
          musubi handover plans --to 1379900010-11 --fax -o fax.pdf
          musubi handover plans --to 1379900010-11 --national -o send
cmd-handover-arg-paths = Files and folders with documents
cmd-handover-arg-to = Whom it is for
cmd-handover-arg-fax = Makes a PDF with a cover sheet, for the fax
cmd-handover-arg-national = Puts files together for the client of the national system
cmd-handover-arg-month = This month only; what belongs to no month is left out
cmd-handover-arg-person = This insured number only; where two persons have one number, INSURER-NUMBER
cmd-handover-arg-fax-number = The addressee's fax number, for the cover
cmd-handover-arg-sender = Who sends it, for the cover; without, what the documents tell
cmd-handover-arg-contact = Where the sender is reached, for the cover
cmd-handover-arg-out = The PDF or the folder to write
render-title-all = Forms
render-title-office = Forms ({ $name })
render-title-person = Forms ({ $name })
render-progress = Making forms
render-written = { $path } is written.
render-written-pages = { $path } is written ({ $pages } pages).
render-missing = Characters that the printing font lacks are shown as boxes and listed at the end of their forms: { $characters }
handover-check = Before it is sent: check the number, and that nothing of another office is among it.
handover-national = { $count } files are in { $path }. Name this folder in the client of the national system.
handover-people = It is about { $people } people.
handover-contents = It is about { $people } people and about { $months }.
warn-handover-contact = The cover does not say where you are reached; whoever gets it by mistake cannot tell you.
    .hint = Make it again with --contact and a telephone number.
warn-handover-unnamed = Serial { $serial } is of an old edition, whose file names tell no service kinds, and was left out.
    .hint = Export it from the care software in the present edition (V4.1).
handover-refused = Serial { $serial } cannot be sent as it is and was left out.
handover-finding = { $text }
err-render-out = There is nowhere to write to.
    .hint = Name a file with -o; with --each it is a folder.
err-render-nothing = No document fits.
    .hint = Check the values of --for, --person, --month and --form.
err-render-pdf = The PDF could not be made.
    .hint = Make it with --format html and print it from a browser.
warn-render-incomplete = Files of serial { $serial } are missing. What they would say is blank, or its form is not there, or what was before still stands.
    .hint = Add the missing files and run the command again.
err-render-two = Several insurers have a person with this number: { $numbers }
    .hint = Give --person as INSURER-NUMBER.
err-handover-incomplete = Files of serial { $serial } are missing, so nothing was made. { $missing }
    .hint = Add the missing files and run the command again. To put it on paper as it is, use musubi render.
err-handover-sender = It is not clear who sends this: { $offices }
    .hint = Name the sender with --sender, or put each sender's files into a folder of its own.
err-handover-senders = Files of several senders are mixed: { $offices }
    .hint = Put each sender's files into a folder of its own, and run the command for each.
err-handover-inside = { $path } lies in a folder that is read from.
    .hint = Name a new folder elsewhere with -o.
err-handover-folder = { $path } holds files already, and not just these. The client would send them too, so nothing was put there.
    .hint = Name a new folder with -o.
err-handover-none = There are documents for { $office }, but none that can be sent as it is.
    .hint = See the reasons above, mend them, and run the command again.
err-handover-nothing = There is nothing for { $office }.
    .hint = Check the value of --to, and the folders.

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

cmd-store = Helps when the store is damaged
cmd-store-set-aside = Moves a damaged store aside without deleting it
    .long =
        Only if it is damaged, the store moves to store.damaged-DATE in the same folder.
        If it cannot be read because of the disk or the network, it stays.
        The store holds the office keys, certificates, and all documents and records.
        If there is a backup, think first of restoring the whole folder.
cmd-store-set-aside-arg-even-if-readable = Also if every record can be read

cmd-authority = The authority's work: issues and revokes certificates
cmd-authority-init = Makes the authority's keys
cmd-authority-init-arg-name = The authority's name
cmd-authority-issue = Issues a certificate for a request
    .long =
        Without days it carries the licence that runs, renews one that ends soon, or begins one of a year.
          musubi authority issue request.pem --until 2027-03-31 --out c.pem
cmd-authority-issue-arg-request = The request of the office
cmd-authority-issue-arg-from = The first day (2026-04-01)
cmd-authority-issue-arg-until = The last day, included
cmd-authority-issue-arg-out = The file to write the certificate to
cmd-authority-revoke = Revokes certificates
    .long =
        With an office number, all valid certificates of that office. A revocation in error is undone by a new certificate (musubi authority reinstate).
          musubi authority revoke 1379900010 --reason keyCompromise
cmd-authority-revoke-arg-office = The office whose certificates are revoked
cmd-authority-revoke-arg-serial = The serial number (hexadecimal) of one certificate
cmd-authority-revoke-arg-reason = Why: the key has leaked, a newer certificate took its place, the office changed, it closed, its licence was withdrawn, or not said
cmd-authority-revoke-arg-list = A file with an office number in each line. More than five offices within an hour need a second administrator
cmd-authority-batch = Issues certificates for a folder of requests
cmd-authority-batch-arg-requests = The folder with the requests
cmd-authority-batch-arg-out = The folder to write the certificates to, each under its request's name
cmd-authority-batch-arg-admin = Who acts, for the audit log. Without it MUSUBI_ADMIN, or the name of this computer's user
cmd-authority-orders = Lists what waits for a second administrator
cmd-authority-confirm = Confirms what another administrator has ordered, and does it
cmd-authority-confirm-arg-id = The order's name
cmd-authority-confirm-arg-admin = Who acts, for the audit log. Without it MUSUBI_ADMIN, or the name of this computer's user
cmd-authority-crl = Writes the newest revocation lists to a file
cmd-authority-crl-arg-out = The file to write
cmd-authority-trust = Writes the trust bundle to a file
cmd-authority-trust-arg-out = The file to write
cmd-authority-list = Lists the certificates that were issued

cmd-authority-issue-arg-admin = Who acts, for the audit log. Without it MUSUBI_ADMIN, or the name of this computer's user
cmd-authority-revoke-arg-admin = Who acts, for the audit log. Without it MUSUBI_ADMIN, or the name of this computer's user
cmd-authority-reinstate = Undoes a revocation in error
    .long =
        Issues a new certificate for the same key, with the licence as it was. The office needs to do nothing new.
          musubi authority reinstate 5d2c... --out c.pem
cmd-authority-reinstate-arg-serial = The serial number (hexadecimal) of the certificate that was revoked
cmd-authority-reinstate-arg-out = The file to write the certificate to
cmd-authority-reinstate-arg-admin = Who acts, for the audit log. Without it MUSUBI_ADMIN, or the name of this computer's user
cmd-authority-policy = Shows or publishes the licence policy: fees, waivers, days of grace
    .long =
        With --set it publishes the policy in a file (TOML). It reaches the offices with the next trust bundle.
          musubi authority policy --set policy.toml
cmd-authority-policy-arg-set = The file with the policy to publish
cmd-authority-policy-arg-admin = Who acts, for the audit log. Without it MUSUBI_ADMIN, or the name of this computer's user
cmd-authority-log = Shows the public log, or publishes from when on certificates have to be in it
    .long =
        From that day on no office takes a certificate that is not shown to be in the public log. The day has to lie 60 days
        ahead or more. Once published it may move, but not go.
          musubi authority log --required-from 2027-04-01
cmd-authority-log-arg-required-from = The day, which begins at midnight in Japan
cmd-authority-log-arg-admin = Who acts, for the audit log. Without it MUSUBI_ADMIN, or the name of this computer's user
cmd-authority-fees = Lists what is due for licences
cmd-authority-fees-arg-since = The first day on which licences were granted
cmd-authority-fees-arg-until = The last such day, included
cmd-authority-fees-arg-all = Those for which nothing is due as well
cmd-authority-fees-arg-out = A CSV file to write for billing
cmd-authority-audit = Shows who did what, and checks that nothing was changed since
cmd-authority-proof = Writes a proof of membership for an office, and shows its QR code
cmd-authority-proof-arg-office = The office
cmd-authority-proof-arg-out = The file to write

cmd-proof = Proofs that an office takes part, or exchanges documents
cmd-proof-membership = Gets the proof that this office takes part
    .long =
        Gets a proof from the authority that this office takes part, writes it to a file and shows its QR code.
        Without the Internet the proof that was kept last is used; the day on which it was signed is shown.
          musubi proof membership --out membership.pem
cmd-proof-membership-arg-office = The office, where this computer has several
cmd-proof-membership-arg-out = The file to write; musubi-membership-OFFICE.pem if left out
cmd-proof-membership-arg-qr = Where to write the QR code as a picture to print (SVG)
cmd-proof-use = Makes the proof of use
    .long =
        Proves with how many partner offices, and in which months, this office has exchanged data in a fiscal year,
        for supplements and subsidies. Each partner is asked to confirm the months and nothing else; documents and
        clients do not appear. The partners' office numbers stand in the file; you are asked before they are.
          musubi proof use --fiscal-year 2026 --out use.pem
cmd-proof-use-arg-fiscal-year = The fiscal year (April to March); the running one if left out
cmd-proof-use-arg-office = The office, where this computer has several
cmd-proof-use-arg-out = The file to write; musubi-use-OFFICE-YEAR.pem if left out
cmd-proof-use-arg-qr = Where to write the QR code as a picture to print (SVG)
cmd-proof-use-arg-wait = Seconds to wait for partners that are not connected, at most 600
cmd-proof-use-arg-yes = Asks no question: partners may be asked, and their office numbers stand in the file
cmd-proof-verify = Judges a proof
    .long =
        It needs no network. The verdict holds as of the newest revocation list given.
          musubi proof verify proof.pem --trust trust-bundle --trust crl.pem
cmd-proof-verify-arg-proof = The file, the text of the QR code (MUSUBI-PROOF:...), or - for what comes in
cmd-proof-verify-arg-trust = Trust bundle and revocation lists of the authority; may be given several times
cmd-proof-verify-arg-root-sha256 = The authority's fingerprint. With it, data of another authority are refused

cmd-authority-codes = Makes invitations, for letters to offices
    .long =
        Each office number gets a new code; the one before it counts no more. A code counts once, for 30 days.
        The codes are kept nowhere else: write them to a file, or take them from the screen.
          musubi authority codes --list offices.txt --at authority.example.jp:47300 --out letters.csv
cmd-authority-codes-arg-offices = The offices
cmd-authority-codes-arg-list = A file with an office number in each line
cmd-authority-codes-arg-at = Where offices reach this authority (host:port); it goes into the invitation
cmd-authority-codes-arg-out = A CSV file to write
cmd-authority-codes-arg-admin = Who acts, for the audit log. Without it MUSUBI_ADMIN, or the name of this computer's user
cmd-authority-invitation = Makes an invitation without a code, to be published
    .long =
        Whoever applies with it waits until somebody decides (musubi authority applications).
          musubi authority invitation --at authority.example.jp:47300
cmd-authority-invitation-arg-at = Where offices reach this authority (host:port)
cmd-authority-serve = Answers offices that enrol, until it is stopped
    .long =
        While it runs the other authority commands can be used from elsewhere on this computer.
          musubi authority serve --members /ip4/0.0.0.0/tcp/47301 --announce /dns/authority.example.jp/tcp/47301
cmd-authority-serve-arg-listen = Addresses to listen at (TCP)
cmd-authority-serve-arg-members = Addresses to listen at for offices that take part already: they are told of newer lists at once
cmd-authority-serve-arg-announce = Where those offices reach it, if not at the address it listens at
cmd-authority-applications = Lists offices that have applied and wait for a decision
cmd-authority-applications-arg-all = Those that were decided as well
cmd-authority-approve = Grants an application
    .long =
        The office fetches its certificate by itself. For one that does not, --out writes the file to hand out.
          musubi authority approve 3f9a52c1
cmd-authority-approve-arg-id = The application's name, or its first 8 characters
cmd-authority-approve-arg-from = The licence's first day (2026-04-01)
cmd-authority-approve-arg-until = The last day, included
cmd-authority-approve-arg-out = A file to write the certificate to
cmd-authority-approve-arg-admin = Who acts, for the audit log. Without it MUSUBI_ADMIN, or the name of this computer's user
cmd-authority-decline = Declines an application
cmd-authority-decline-arg-id = The application's name, or its first 8 characters
cmd-authority-decline-arg-admin = Who acts, for the audit log. Without it MUSUBI_ADMIN, or the name of this computer's user
cmd-authority-serve-arg-until-stdin-ends = Stops also when stdin ends, for programs that start it

cmd-log = The authority's public log: what it has issued and revoked
cmd-log-verify = Checks the whole log, and whether somebody has got a certificate for your number
cmd-log-verify-arg-evidence = A file with evidence of two logs that somebody has handed over
cmd-log-evidence = Writes the evidence that the authority has two logs
    .long =
        Whoever trusts the authority can check the file on a computer of his own.
          musubi log evidence evidence.pem
          musubi log verify --evidence evidence.pem
cmd-log-evidence-arg-out = Where the evidence is written
cmd-log-known = Says that a certificate for your number is your own, on another computer
cmd-log-known-arg-number = The issue number that log verify shows

cmd-renew = Asks the authority about the licence's next year
    .long =
        While the licence is free it is renewed without asking. Where a fee is due, this shows it and asks whether the office agrees.
          musubi renew
cmd-renew-arg-office = The office. Without it, all offices of this directory
cmd-renew-arg-agree = Agrees to a fee of up to so many yen without a question

cmd-demo = Plays a whole exchange between three sample offices
    .long = It stays on this computer, uses sample data and sends nothing to anybody.
cmd-demo-arg-keep = Keeps what the demo made in this folder

cmd-bench = Measures how fast this computer delivers
    .long =
        Two offices are made on this computer alone, and documents and large files are sent between them. Nothing is sent to anybody.
        It takes minutes and, for a while, some gigabytes of disk where temporary files lie.
          musubi bench --compare
cmd-bench-arg-compare = Measures rsync over ssh with the same files too, if both are installed
cmd-bench-arg-large = The large file during which small ones are sent has 2 GB instead of 500 MB
cmd-bench-arg-keep = Keeps what the measurement made in this folder
cmd-bench-arg-documents = Documents of one round
cmd-bench-arg-size = Bytes of each document
cmd-bench-arg-attachment = Bytes of the attachment
cmd-bench-arg-rounds = Rounds of each
cmd-bench-arg-singles = Documents that are sent one by one
cmd-bench-arg-transfer = Bytes of the large file

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
want-month = A month is written 202511: four digits of the year, two of the month.
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
want-key-number = A number is 20 digits (1234-5678-9012-3456-7890).
want-message-id = A document's id has 8 to 52 characters a-z and 2-7. Type the beginning of the one in the list.
want-wait = Write delivered, or with seconds delivered=60.
want-wait-for-receipt = Write delivered or opened, or one of them with seconds: opened=60.
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
    .hint = Name a file with --passphrase-file or set MUSUBI_PASSPHRASE (for a new one of musubi key --new-passphrase-file).
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

## The authority

ask-authority-passphrase = Passphrase of the authority:
authority-founded = The authority "{ $name }" is ready in { $dir }.
authority-founded-next = Give this fingerprint to the offices another way than the files (by telephone, on paper). They compare it when they install for the first time.
authority-pin = Fingerprint (SHA-256 of the first root certificate):
    { $pin }
authority-issued = The certificate of { $office } { $name } is in { $path }. The licence runs until { $until }.
authority-renewed = The renewed certificate of { $office } { $name } is in { $path }. The licence runs until { $until }.
authority-issued-anyway = The certificate has been issued all the same. Issue it again for the same request: that renews it and writes the file.
authority-revoked = Revoked: { $office } { $name } (serial number { $serial })
authority-revoked-next = It takes effect where the new revocation lists arrive. While the authority serves, connected offices hear of it at once and all others within a quarter of an hour. By hand: write them with musubi authority crl and hand them out.
authority-crl-written = The newest revocation lists are in { $path }.
authority-trust-written = The trust bundle is in { $path }.
authority-list-empty = No certificate was issued yet.
authority-column-office = Office
authority-column-kinds = Kinds
authority-column-name = Name
authority-column-until = Licence until
authority-column-state = State
authority-column-serial = Serial number
authority-state-coming = not begun
authority-state-valid = valid
authority-state-renewed = renewed
authority-state-grace = ended (still sends)
authority-state-ended = ended
authority-state-expired = expired
authority-state-revoked = revoked
authority-fee-due = Due for this licence: { $fee } yen.
authority-policy-set = The policy is published in trust bundle { $number }. Write it with musubi authority trust and hand it out.
authority-log-size = Public log: { $count } acts
authority-log-never = Certificates count without being in the public log: no day is set.
authority-log-required = From { $day } on no certificate counts that is not shown to be in the public log.
authority-log-published = Published in trust bundle { $number }. It reaches the offices by itself; for those without Internet write it with musubi authority trust.
authority-policy-none = No policy is published: nothing is charged, and the grace is 30 days.
authority-policy-waivers = Free for a time:
authority-policy-column-from = From
authority-policy-column-until = Until
authority-policy-column-fee = Fee
authority-policy-column-grace = Grace
authority-policy-column-classes = For whom
authority-yen = { $fee } yen
authority-days =
    { $days ->
        [one] 1 day
       *[other] { $days } days
    }
authority-class =
    { $class ->
        [first_time] first time
        [current] current
        [lapsed] lapsed
        [already_free] already free
       *[other] { $class }
    }
authority-fees-none = Nothing is due.
authority-fees-written = The list is in { $path }.
authority-fees-total =
    { $count ->
        [one] 1 licence, { $total } yen.
       *[other] { $count } licences, { $total } yen.
    }
authority-fees-column-granted = Granted
authority-audit-column-time = When
authority-audit-column-admin = Who
authority-audit-column-deed = What
authority-audit-column-detail = Detail
authority-audit-itself = (by itself)
authority-audit-none = Nothing has been done yet.
authority-audit-whole =
    { $count ->
        [one] The one entry is unchanged.
       *[other] All { $count } entries are there and unchanged.
    }
authority-audit-deed =
    { $deed ->
        [new_ca] issuing CA made
        [policy] policy published
        [admin_added] administrator named
        [admin_removed] administrator removed
        [opener_removed] left-over passphrase removed
        [recovered] read back from offices
        [bundle] trust bundle of a root taken over
        [root_asked] root asked
        [log_required] day published from which the log counts
        [code] code made
        [applied] application received
        [granted] application granted
        [declined] application declined
        [renewed] renewed by the office
        [announced] public nodes published
        [ordered] revocation of many ordered
        [confirmed] revoked, confirmed by a second administrator
        [issued] certificate issued
        [revoked] certificate revoked
        [wrong_code] wrong code tried
       *[other] { $deed }
    }
authority-proof-written = The proof of membership of { $office } is in { $path }. Its QR code holds the same:
err-authority-exists = This folder holds an authority already.
    .hint = Name another folder with --dir. The authority that is there can be used as it is.
err-authority-office = This folder is an office's. No authority can be founded in it. Nothing was changed.
    .hint = Name another folder with --dir.
err-authority-missing = This folder holds no authority.
    .hint = Check --dir. A new authority is made with musubi authority init.
err-authority-passphrase = The passphrase does not open the authority's keys.
    .hint = Type it again, or check the file or variable it comes from.
err-authority-in-use = Another command is using this authority right now.
    .hint = Wait until it has ended and run the command again.
err-authority-name = The name does not fit a certificate.
    .hint = Use 1 to 64 characters on one line.
err-authority-request = The request cannot be read: it is damaged, or it is another kind of file.
    .hint = Ask the office to make it again with musubi request.
err-authority-not-one-request = The file holds something else than one request.
    .hint = Name the file that the office made with musubi request.
err-authority-period-order = The last day lies before the first.
    .hint = Correct --from or --until.
err-authority-period-past = The last day has passed already.
    .hint = Choose a later day with --until.
err-authority-period-long = A licence may end at most three years from now.
    .hint = Choose an earlier day with --until.
err-authority-date = This day is outside the calendar.
    .hint = Correct --from or --until.
err-authority-overlap = Another desk of this office (desk { $desk }) holds a certificate for kind { $kinds } that is still valid.
    .hint = If that computer has been replaced, revoke its certificate first (reason superseded): musubi authority list shows its serial number. Otherwise the office has to ask for other kinds.
err-authority-key-used = The key in this request belongs to another office already.
    .hint = Ask the office to make a new desk with musubi init and a new request.
err-authority-key-compromised = The key in this request was revoked because somebody else may hold it.
    .hint = Ask the office to make a new desk with musubi init and a new request.
err-authority-desks = This office has as many desks as there can be.
    .hint = Renew one of its certificates instead.
err-authority-unknown = No such certificate was ever issued here.
    .hint = See musubi authority list, and check --dir.
err-authority-nothing-to-revoke = There is nothing left to revoke: all of it has been revoked before or has expired.
    .hint = Nothing needs to be done. If an office still accepts it, hand out the newest revocation lists (musubi authority crl).
err-authority-clock = This computer's clock is behind: this authority has signed at { $newest } already.
    .hint = Set the clock right and run the command again.
err-authority-too-new = A newer version of Musubi has written this authority's records.
    .hint = Use that version, or a newer one.
err-authority-damaged = The authority's records are damaged.
    .hint = Issue nothing. Put the folder back from a backup, and ask for help with the detail.
err-authority-store = The authority's records could not be read or written.
    .hint = Check the disk: is there room, and may this user write there?
err-authority-admin = The administrator's name is missing, or cannot stand in the audit log.
    .hint = Name yourself with --admin (1 to 64 characters).
err-authority-policy = The policy in this file cannot be used.
    .hint = Look at the details, and at the example in the handbook (docs/operating.md). Grace is at most 30 days; terms begin one after the other.
err-authority-policy-date = { $date } is not a day.
    .hint = Write days as 2026-04-01, without a time.
err-authority-proofs-soon = That day is too soon. Nothing was changed.
    .hint = So that the offices can get ready, name a day after { $day }.
err-authority-policy-changed = This policy would change terms that have begun. Nothing was published.
    .hint = Leave past terms as they are (musubi authority policy shows them), and add a term that begins later.
err-authority-not-revoked = This certificate is not revoked.
    .hint = See musubi authority list.
err-authority-nothing-valid = This office has no certificate that is in force.
    .hint = See musubi authority list.
err-authority-nothing-to-replace = The certificate to be replaced is none of this office that is in force.
    .hint = See musubi authority list.
err-authority-too-early = The licence can be renewed from { $day } on.
    .hint = Nothing needs to be done before.
err-authority-no-application = No application has this name, or several begin like this.
    .hint = Give at least 8 characters, and more if several begin alike.
err-authority-already-granted = This application has been granted before.
    .hint = To take it back, revoke the certificate.
err-authority-too-many-applications = Too many applications wait for a decision.
    .hint = Decide some of them first.

proof-member = { $office } { $name } takes part in the exchange. Joined { $joined }, licence until { $until }.
proof-member-grace = The licence has ended; the office is in its days of grace.
proof-use = { $office } { $name } has exchanged care-plan documents with { $partners } offices in fiscal year { $year }. Months: { $months }
proof-use-few = That is fewer than { $enough } offices.
proof-use-partners = Confirmed by each of them: { $partners }
proof-use-short = This QR code tells the number, signed by the office. The confirmations of the partners are in the file that belongs to it.
proof-month = { $month }
proof-qr-wide = The QR code is wider than this window and is not shown: it takes { $columns } columns. Make the window wider and run this again, or write it as a picture with --qr.
membership-signed = The authority signed this proof on { $day }.
membership-kept = The authority could not be reached, so this is the proof that was kept here, signed on { $day }. If you need a new one, connect to the Internet and run this again.
membership-kept-refused = No new proof was given, so this is the one that was kept here, signed on { $day }. Please ask the authority.
membership-written = The proof is in { $path }. The QR code holds the same; show either.
use-plan = { $office } has exchanged data with { $partners } offices in fiscal year { $year }. Months: { $months }
use-few = That is fewer than { $enough } offices.
use-names = For the proof each of them is asked to confirm the months of exchange. Their office numbers will stand in the file that you hand to the prefecture or another body. Documents, their number and clients will not.
use-question = May { $partners } offices be asked, and their office numbers stand in the file?
use-not-asked = No partner was asked, and no file was made.
use-asking = The partners are being asked. Those who are not connected are waited for up to { $seconds } seconds.
use-attested = { $partners } offices have confirmed that { $office } exchanged data with them in fiscal year { $year }. Months: { $months }
use-written = The proof is in { $path }. This is the file to hand in.
use-none = Nobody has confirmed anything yet, so no file was made.
use-qr = The QR code below belongs to this file; show it together with it.
use-not-connected = Not connected: { $offices }
    They can confirm only while Musubi runs on their computers.
use-not-admitted = Connected, and do not let your office in: { $offices }
    They may once their Musubi has heard the latest news. Wait a while. If it goes on, run musubi doctor here.
use-nothing-there = Know of no exchange: { $offices }
    They can confirm it once they have opened a document of yours, or sent you one.
use-busy = Cannot answer now: { $offices }
    Wait for ten minutes or so.
use-unfit = Gave an answer that does not fit the records here: { $offices }
    It was not used. Ask them to check their records and clock.
use-no-certificate = Have no certificate that can be used (it was revoked, perhaps): { $offices }
    They can confirm it once they have a new one.
use-no-answer = Gave no answer: { $offices }
    Their Musubi may be too old. Ask them to update it.
use-again = Run the same command again later: only those who are missing are asked. What has been confirmed is kept.
proof-as-of = As of { $time }. What was revoked later cannot be seen here.
proof-aged = The revocation list is past its date. Ask the authority for a newer one.
proof-authority = Judged by the data of the authority with this fingerprint:
    { $pin }
authority-code = Invitation for { $office }, until { $until }:
authority-codes-written =
    { $count ->
        [one] One invitation is in { $path }.
       *[other] { $count } invitations are in { $path }.
    }
authority-codes-next = Whoever has an invitation can join as that office, once. Send each to its office only, and delete the file.
authority-serving = The authority answers offices that enrol.
authority-served = The authority has stopped.
err-authority-own-number = 0000000000 is the authority's own number and no office's.
    .hint = Check the office number.
authority-ordered = More than five offices within an hour: { $count } offices wait for a second administrator. Another one confirms with musubi authority confirm { $id }.
authority-orders-none = No order waits.
authority-orders-column-id = Order
authority-orders-next = Another administrator than the one who gave it confirms with musubi authority confirm.
authority-batch-refused = { $path }: not issued ({ $why })
authority-batch-done = { $count } certificates were written to { $path }; { $refused } requests were refused.
err-authority-batch-same = The certificates would take the requests' places.
    .hint = Name another folder with --out.
err-authority-no-order = No order of this name waits.
    .hint = See musubi authority orders. An order waits for seven days.
err-authority-too-many-offices = More than 1,000 offices at once.
    .hint = Divide the list.
err-authority-same-admin = You gave this order yourself.
    .hint = Another administrator has to confirm it.
authority-invitation-next = It may be published: it holds no secret. Who applies with it waits for your decision.
authority-serving-members = For offices that take part: { $address }
authority-applications-none = No application waits.
authority-applications-column-id = Application
authority-applications-column-received = Received
authority-applications-check-digit = (?) The office number has not the check digit that belongs to it. Look twice whether it was mistyped.
authority-applications-next = Decide with musubi authority approve or decline and the application's name.
authority-application-waiting = waits
authority-application-replaces = waits (takes the place of another PC)
authority-application-granted = granted
authority-application-declined = declined
authority-approved = { $office } { $name } was granted. The office fetches its certificate by itself.
authority-declined = { $office } { $name } was declined.
log-whole = The log is whole: { $count } acts, signed by the authority at { $time }.
log-none = No log is kept yet. It comes from the authority when it is asked.
log-damaged = What is kept of the log does not belong to the authority's signature. It is fetched again.
log-fork = The authority has signed two different public logs. Both signatures are kept as evidence.
log-fork-head = A log of { $count } acts (signed at { $time }, { $root }…)
log-fork-next = Write the evidence with musubi log evidence, and tell your partners and the authority.
log-evidence-written = The evidence is in { $path }. Whoever gets it can check it with musubi log verify --evidence.
log-doubt = What { $address } sent at { $time } names another public log than the one on this computer.
log-doubt-next = Call that office and have it run musubi log verify, too. If the difference stays, tell the authority.
log-missing = Of the authority's public log { $count } acts have not come since { $time }. Documents go on being exchanged.
log-missing-next = Check the Internet connection, and ask the authority with musubi renew. If it goes on for days, tell the authority.
log-proof-soon = It cannot be shown yet that the public log holds the certificate of { $office }. From { $day } on partners do not connect without that.
log-proof-lacking = It cannot be shown that the public log holds the certificate of { $office }. Since { $day } partners take no certificate without that.
log-proof-next = Connect to the Internet and ask the authority with musubi renew. Where that is not possible, get the certificate's file from the authority once more and take it in with musubi install.
log-foreign = A certificate for { $office } that nobody here asked for was issued at { $time } (issue number { $number }).
log-foreign-next = If it is another computer of your own office, say so with musubi log known and the issue number. Otherwise call the authority at once: somebody may pass for you.
status-foreign = Certificates for your office number that nobody here asked for: { $count }. Look at them with musubi log verify.
new-key = { $name } ({ $address }) seems to have a new computer. So that nobody can pass for it, documents for this partner wait until it is sure that it is they.
new-key-time = They are sent by themselves after { $time }. If it is urgent, ask by telephone and then run musubi partner confirm { $office }.
new-key-news = The 24 hours are over, but nothing newer has come from the authority. Check the Internet connection and this computer's clock. If it is urgent, ask by telephone and then run musubi partner confirm { $office }.
new-key-leaf = The public log that is kept here does not show the partner's new certificate yet. Once it has done so for 24 hours, they are sent by themselves. If it is urgent, ask by telephone and then run musubi partner confirm { $office }.
new-key-log = This computer has nothing of the public log, so they are not sent by themselves. Ask by telephone and then run musubi partner confirm { $office }, or connect to the Internet.
partner-none = There are no partners yet.
partner-connected = connected
partner-away = not connected
partner-revoked = revoked
partner-new-key = waits until it is sure who it is
partner-own-numbers = Our own numbers (read them out when a partner asks by telephone after a change of computers):
partner-own-number = { $office } ({ $kinds })  { $number }
partner-call = Call { $name } ({ $addresses }) at a number that you knew before. Have them run musubi partner list and read out the number of this office that stands there under "Our own numbers". A number that came by mail or fax proves nothing.
partner-question = The number that they have read out (20 digits; only Enter to stop)
partner-confirmed = { $name } ({ $address }) is confirmed. What waited is sent.
partner-not-confirmed = Nothing was confirmed, and the documents wait as before. If they say that they have not changed computers, somebody may pass for them: have them call the authority at once.
err-partner-no-new-key = No key of { $office } waits to be confirmed. It may be confirmed already.
    .hint = See how the partners are with musubi partner list.
err-partner-number = The number is another one than that of the new key of { $office }. The documents wait as before.
    .hint = Have it read out once more. If it stays another one, or they have not changed computers, somebody may pass for them: have them call the authority at once.
err-partner-unanswered = The number that the partner has read out has to be typed.
    .hint = Run this at the keyboard, or give the number with --number.
doctor-foreign = Certificates for your office number that nobody here asked for: { $count }.
doctor-do-foreign = Look at them with musubi log verify.
doctor-log = The authority's log shows no certificate for your office number that you do not know.
renew-fee = The licence of { $office } runs until { $until }. The next year costs { $fee } yen.
renew-question = Do you agree to { $fee } yen for the next year?
renew-due = { $office }: the next year costs { $fee } yen. Agree to it with musubi renew.
renew-refused = { $office }: the authority has refused to renew the licence. Ask the authority.
renew-done = { $office }: the licence is renewed until { $until }.
renew-nothing = { $office }: the licence runs until { $until }. Nothing is to be done.
renew-no-certificate = { $office }: no certificate is installed yet.
err-log-evidence = This file is no evidence that the authority has two logs.
    .hint = Check that it is whole, and not about another authority.
err-log-no-evidence = There is no evidence to write.
    .hint = musubi log verify shows how the public log is.
err-log-number = log verify shows no certificate with this number.
    .hint = Look at the issue numbers with musubi log verify.
err-renew-no-desk = This office is not set up on this computer.
    .hint = Look at the office numbers with musubi status.
err-authority-listen = The network could not be opened.
    .hint = Look at the details. Another program may be using this port; name another address with --listen.
err-authority-list-line = "{ $line }" is not an office number.
    .hint = Write one office number of ten characters in each line. Nothing was made.
err-authority-no-office = No office was named.
    .hint = Name office numbers, or a file with --list.
want-place = Write where it is reached as host:port (authority.example.jp:47300).
want-listen-tcp = Those who enrol come by TCP (/ip4/0.0.0.0/tcp/47300).
ask-invitation = Invitation of the letter (groups and what follows the @):
enrol-applying = Asking the authority for { $office } ...
enrol-waiting = The authority's people decide about this application. This command waits; you may also stop it and run it again later.
enrol-done = { $office } takes part now. The certificate is installed.
enrol-replaced = So that nobody can pass for you, partners do not send what waits before the public log has shown this computer for 24 hours. If it is urgent, call them and read this number out: { $number }
err-invitation-length = The invitation has { $found } characters in its groups instead of { $meant }.
    .hint = Type all ten groups of five characters, as they stand in the letter.
err-invitation-group = Group { $at } of the invitation has a typing mistake.
    .hint = Compare group { $at } with the letter.
err-invitation-place = What follows the @ is not an address.
    .hint = Type it as it stands in the letter, for instance authority.example.jp:47300.
err-enrol-no-invitation = The invitation is missing.
    .hint = Give it in a file with --invitation.
err-enrol-no-place = The invitation does not say where the authority is reached.
    .hint = Name it with --at, as it stands in the letter.
err-enrol-unreachable = The authority could not be reached.
    .hint = Check the connection to the Internet, then run the same command again.
err-enrol-impostor = What answers there is not the authority of this invitation. The code was not sent.
    .hint = Do not go on. Compare the address with the letter, and call the authority.
err-enrol-busy = The authority has too much to do at the moment.
    .hint = Run the same command again in { $minutes } minutes.
err-enrol-code = The code is not right for this office number, or counts no more.
    .hint = Compare the letter and the office number. A code counts for 30 days, and a newer letter takes its place. After five wrong codes there are no more tries that day.
err-enrol-code-used = This invitation has been used already, on another PC or with other service kinds.
    .hint = If that was not you, call the authority at once. Otherwise ask it for a new invitation.
err-enrol-locked = Too many wrong codes were tried for this office number today.
    .hint = Try again tomorrow, or call the authority.
err-enrol-overlap = Another PC of this office holds a certificate for one of these service kinds.
    .hint = If this PC takes its place, name that certificate with --replace. Otherwise make the desk with other kinds.
err-enrol-key = The key of this PC cannot be used for this office number.
    .hint = Make the desk anew in another folder with musubi init, and enrol again.
err-enrol-replaces = The certificate named with --replace is none of this office that is in force.
    .hint = Check the serial number with the authority.
err-enrol-declined = The authority has declined this application.
    .hint = Call the authority.
err-enrol-refused = The authority does not grant this application.
    .hint = Call the authority.
err-enrol-answer = The authority's answer could not be used.
    .hint = Run the same command again. If it stays like that, update Musubi and call the authority.
err-proof-malformed = This is not a proof, or it was damaged on the way.
    .hint = Ask the office for the file, or scan the QR code again.
err-proof-unknown-issuer = The proof is from another authority, or newer than the trust bundle given.
    .hint = Ask the authority for its newest trust bundle. If the verdict stays, the proof is not from this authority.
err-proof-forged = The signature does not match: the proof is forged or was altered.
    .hint = Do not accept it. Ask the office for a new one, and tell the authority.
err-proof-mixed = The parts of this proof do not belong together.
    .hint = Do not accept it. Ask the office for a new one.
err-proof-ended = The office's licence ended on { $day }, and its days of grace are over too.
    .hint = Ask the office whether it has renewed, and for a new proof.
err-proof-not-yet = The office's licence begins on { $day } only.
    .hint = Ask for the proof again after that day.
err-proof-revoked =
    The certificate behind this proof was revoked on { $day } ({ $reason ->
        [keyCompromise] its key may have leaked
        [superseded] a newer one took its place
        [affiliationChanged] the office changed
        [cessationOfOperation] the office closed
        [privilegeWithdrawn] the licence was withdrawn
       *[other] no reason told
    }).
    .hint = Do not accept it. If the office has a new certificate, it can make a new proof.
err-proof-ahead = This proof says that it was signed on { $day }, which is still to come.
    .hint = Check this computer's clock. If it is right, do not accept the proof.
err-proof-issuer = The authority's own key behind this proof was revoked or not in force.
    .hint = Do not accept it. Ask the office for a new proof, and the authority if in doubt.
err-proof-certificate = The certificate behind this proof was not good when it was signed.
    .hint = Do not accept it. Ask the office for a new proof.
err-proof-old-data = There is no revocation list that is new enough to judge this proof by.
    .hint = Ask the authority for its newest lists (crl.pem) and give them with --trust.
err-proof-trust = { $path } is none of the authority's files.
    .hint = Give the trust bundle and the revocation lists as the authority hands them out.
err-proof-bundle = The trust bundle cannot be used, or belongs to another authority.
    .hint = Ask the authority for it again, and compare the fingerprint.
err-proof-no-certificate = Office { $office } has no certificate that can be used now.
    .hint = Look at musubi status. If it was revoked or has expired, ask the authority.
err-proof-old-lists = The revocation lists on this computer are too old to check the proof by.
    .hint = Connect to the Internet, run musubi renew, and try again.
err-membership-unreachable = The authority could not be reached, and no proof of membership that can be used is kept here.
    .hint = Check the connection to the Internet and run this again. If you will have to show the proof where there is none, run this once before: the proof is kept. If it is urgent, the authority can send you the file.
err-membership-refused = The authority gave no proof of membership, and none that can be used is kept here.
    .hint = Check the licence with musubi status, and this computer's clock. Then ask the authority.
err-membership-licence = The licence is over or has not begun, so there is no membership to prove.
    .hint = See with musubi renew whether it can be renewed. Then run this again.
err-membership-unfit = The proof of membership that came does not fit the trust data on this computer. It was not kept.
    .hint = Run musubi renew and try again. If it stays, call the authority.
err-use-nothing = There is no exchange to prove in fiscal year { $year }.
    .hint = What counts is a document that was delivered to a partner, or one that came and was opened here. Another year is named with --fiscal-year.
err-use-year = Fiscal year { $year } has not begun, or is none.
    .hint = A fiscal year goes from April to March: name the calendar year in which it begins, or leave it out for the running one.
err-use-not-agreed = Nobody has agreed that the partners' office numbers stand in the file. No partner was asked.
    .hint = Answer the question on the screen, or run this with --yes if you agree.
err-proof-no-bundle = No trust bundle was given.
    .hint = Give the authority's trust bundle with --trust.

## Other

err-internal = Something went wrong inside the program. It is not your input.
    .hint = If it happens again, ask for help and include the line with the detail.

## ===== Commands of an office (init to key) =====

cmd-send-arg-older = Sends also where a newer serial of the same document went out before
cmd-run-arg-machine-key = The key file that stands for this computer where it has no key store (also MUSUBI_MACHINE_KEY)
cmd-request-arg-machine-key = The key file that stands for this computer where it has no key store (also MUSUBI_MACHINE_KEY)

ask-passphrase = Passphrase of the keys (not shown):
ask-old-passphrase = The passphrase so far, or the code of the recovery sheet (not shown):

column-id = id
column-came = arrived
column-sent = sent
column-from = from
column-to = to
column-what = what
column-state = state
column-serial = serial
column-office = office
column-kinds = kinds
column-name = name
column-address = Address
column-certificate = certificate
column-number = number
column-opener = opener
column-opens = opens

## Documents and their states

bundle-b1 = care plan (tables 1-3)
bundle-b2 = provision tables
bundle-b3 = care plan removed
bundle-b4 = provision tables removed
bundle-b5 = actuals
bundle-b6 = actuals removed
bundle-y1 = basic information (preventive)
bundle-y2 = care plan and basic information (preventive)
bundle-y3 = care plan (preventive)
bundle-y4 = provision tables (preventive)
bundle-y5 = basic information removed (preventive)
bundle-y6 = care plan removed (preventive)
bundle-y7 = provision tables removed (preventive)
bundle-y8 = actuals (preventive)
bundle-y9 = actuals removed (preventive)
bundle-unknown = unknown (cannot be opened yet)
bundle-none = files that make no bundle
bundle-of-month = { $bundle }, { $year }/{ $month }

state-checked = checked
state-sealed = ready to go
state-waiting = waiting
state-held = held
state-delivered = delivered
state-opened = opened
state-imported = imported
state-rejected = sent back
state-cancelled = cancelled
state-expired = expired (never collected)
state-lost = lost here (it had arrived once; ask the sender to send it again)
state-refused = refused
state-new = new
state-taken-out = exported
state-already-sent = { $state } (sent before)
state-with-why = { $state } ({ $why })
why-no-key = the partner's key has not come yet
why-new-key = the partner has a new computer; it waits until that is sure
why-not-connected = the partner cannot be reached
why-refused = the partner's node refuses us
why-revoked = the partner's certificate is revoked
why-stopped = the partner has stopped taking
why-own-certificate = our certificate does not allow sending
by-node = the partner's node
by-own-node = Musubi on this computer
by-person = a person
by-folder = a folder
by-api = a command or care software
receipt-line = { $at }  { $kind } (by { $by })
finding-file = { $file }: {""}
finding-row = { $file }, row { $row }: {""}

## init and request

init-done = The desk is made: { $name } { $office } (kinds { $kinds })
init-place = It lives in { $path }
init-more = This folder now holds { $desks } desks. What opens the keys is the same as for the first.
init-attended = Musubi asks for the passphrase when it starts.
init-unattended = Musubi starts by this computer alone. That is as safe as the disk's encryption.
init-next = Next, write the request for a certificate:
err-init-authority = This folder is an authority's. No office can be made in it. Nothing was changed.
    .hint = Name another folder with --dir.
init-sheet-again = The keys are made. musubi key add recovery makes another sheet.
warn-init-mode = How Musubi starts was decided with the first desk. It stays attended.
    .hint = musubi key add machine lets it start by this computer alone.
request-done = The request of { $office } is in { $path }.
request-next = Send it to the authority. When the certificate comes, take it in with musubi install.

## install

install-certificate = Certificate of { $office }: { $outcome ->
    [installed] installed
    [known] installed already
   *[other] { $outcome }
 }
install-ca = Certificate of the issuer: { $outcome ->
    [known] agrees with the trust bundle
   *[other] not this authority's, left out
 }
install-crl = Revocation list { $number }: { $outcome ->
    [installed] installed
    [known] installed already
    [older] left out, a newer one is installed
   *[other] { $outcome }
 }
install-trust-bundle = Trust bundle { $number }: { $outcome ->
    [installed] installed
    [known] installed already
    [older] left out, a newer one is installed
   *[other] { $outcome }
 }
install-log-head = Signed head of the issue log ({ $number } entries): { $outcome ->
    [installed] installed
    [known] installed already
   *[other] not this authority's, left out
 }
install-log-proof = Proof that the public log holds the certificate: { $outcome ->
    [installed] installed
   *[other] not of a certificate on this computer, left out
 }
install-request = This is a request. It goes to the authority; what comes back is to be installed.
install-other = Something of no use here ({ $kind }) was left out.
install-pinned = From now on this authority is trusted. Its fingerprint:
    { $fingerprint }
install-root = This is the first installation. The authority's fingerprint:
    { $fingerprint }
    Compare it with the one that the authority has told you on the telephone or on paper.
install-question = Are they the same, and is this authority to be trusted?
install-nothing = Nothing was installed. If the fingerprints differ, call the authority.
install-next = Next, run Musubi:
err-install-unreadable = { $file } is neither a certificate nor a revocation list nor a trust bundle. Nothing was installed.
    .hint = Name the files as they came from the authority, unchanged.
err-install-bundle = The signature of the trust bundle is not good. Nothing was installed.
    .hint = Ask the authority for the file again.
err-install-pin = The authority's fingerprint is another. Nothing was installed. Fingerprint of the file:
    { $found }
    .hint = If the number was typed correctly, the file may be forged. Call the authority.
err-install-no-trust = There is no trust bundle yet to judge by. Nothing was installed.
    .hint = Name the certificate file (c.pem) or the trust bundle of the authority as well.
err-install-crl = A revocation list is not good. Nothing was installed.
    .hint = Ask the authority for the file again.
err-install-alarm = Something else came under the same number: a forgery, or an accident at the authority. Nothing was installed.
    .hint = Keep the file and tell the authority.
err-install-no-request = The certificate is for { $office }, and answers no request made in this folder. Nothing was installed.
    .hint = Use the computer and folder (--dir) where the request was made. If the desk was made anew, write a new request.
err-install-certificate = The certificate is not good, has expired or is revoked. Nothing was installed.
    .hint = Ask the authority.

## run

run-ready = Musubi runs ({ $path }) and takes messages.
run-no-trust = Without a certificate no partner can be reached. Take it in with musubi install when it comes.
run-listen = Listening at { $address }
run-how-to-stop = Ctrl+C stops it.
run-tidying = The store is being tidied up and gets smaller. Musubi starts when that is done ...
run-stopping = Stopping (10 seconds at most)...
run-stopped = Stopped.
err-run-already = Musubi runs in this folder already, or another command is using it.
    .hint = Use the one that runs. musubi status shows how it is.
err-run-listen = Musubi did not start: it cannot listen where it should.
    .hint = Look for another program on the same port, or change --listen or network.listen in musubi.toml.
err-run-api = Musubi did not start: the local API cannot use { $address }.
    .hint = Look for another program on the same port, or use --api 127.0.0.1:0.
err-run-stopped = Musubi stopped by itself: the disk took no more, or something went wrong inside.
    .hint = Look at the log above and at the free space, and start musubi run again. No document that came is lost.

## check, reconcile, diff

exchange-progress = reading
exchange-passed-over = Passed over, as it is no file of the exchange: { $path }
exchange-passed-over-more = Passed over for the same reason: { $count } more.
exchange-left-out = Rows that do not count: { $count }. A later row of the same document goes before them, or their leading row is missing.
warn-exchange-unread = Some things cannot be read and are not in the result (files: { $files }, rows: { $rows }).
    .hint = Run musubi check --received on the same files: it tells where and why.
warn-exchange-conflicts = Documents with one serial and different content: { $count }. The one read first counts.
    .hint = Ask the sender which is right, and keep only that.
err-exchange-two = Two files have one name and different content: { $file } and { $other }
    .hint = See which one is right, leave only that one, and run the command once more.
err-exchange-nothing = There are no files of the exchange here.
    .hint = Name the files that the care software wrote (.CSV), or the folder they are in.
exchange-month = { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
 } { $year }
exchange-date = { $day } { $month }
exchange-kind = kind { $kind }
exchange-person = { $name } ({ $number })
exchange-person-unnamed = insured person { $number }
exchange-separator = ,{" "}

check-progress = checking
check-unit = ■ { $what } (people: { $people }, rows: { $rows })
check-unit-ends = { $from } → { $to }  serial { $serial }
check-alone = ■ Files that belong to no bundle: { $count }
check-column-rule = Sort
check-column-place = Place
check-column-what = What is wrong, what to do
check-error = error
check-warning = warning
check-info = note
check-repaired = mended
check-row-separator = ,{" "}
check-rows = { $more ->
    [0] row { $rows }
   *[other] row { $rows } and { $more } more
 }
check-place-column = column { $number } { $name }
check-unreadable = The file or folder cannot be read.
check-unreadable-remedy = Check its permissions, where it leads if it is a link, and whether another program has it open.
check-no-file = This is no ordinary file.
check-no-file-remedy = Name a file that the care software wrote.
check-bad-name = The file name has characters that cannot be shown.
check-bad-name-remedy = Give it back the name that the care software gave it.
check-clean = No errors and no warnings (files: { $files }, bundles: { $units }).
check-sum-files = Checked: files { $files }, bundles { $units } (nothing found in { $count } of them)
check-sum = Errors { $errors }, warnings { $warnings }, mended { $repaired }
check-repaired-so = Mended in the copy.
check-no-errors = There are no errors. See to the warnings ({ $warnings }) before you use the files.
check-mendable = { $count ->
    [one] One of these can be mended automatically.
   *[other] { $count } of these can be mended automatically.
 } To get mended copies, run the command once more with "--fix" and the name of a new folder.
check-mended = Wrote { $all } files to { $path }, { $count } of them mended. The files themselves were not changed.
check-mended-twin = { $file } would be the same as { $other }: only one was written.
check-mended-left-out = { $file } is no file of the exchange and was not written.
err-check-fix-inside = { $path } is a folder that is checked, or lies in one. Nothing was written.
    .hint = Give --fix a new folder outside of those that are checked.
err-check-fix-not-empty = { $path } is not empty. Nothing was written.
    .hint = Give --fix a new folder or an empty one.
err-check-fix-collision = Mended, { $file } and { $other } would both be named { $name }, but their content differs. Nothing was written.
    .hint = Take the one you do not need out of the folder and run it again.

reconcile-office = ■ { $month }  { $office } (differences: { $count })
reconcile-column-day = Day
reconcile-column-service = Service
reconcile-column-planned = Planned
reconcile-column-actual = Actual
reconcile-column-what = Difference
reconcile-column-month = Month
reconcile-column-people = People
reconcile-column-office = Office
reconcile-column-office-service = Office and service
reconcile-column-balance = Balance
reconcile-day = { $day }
reconcile-date = { $day }/{ $month }
reconcile-period = { $from }-{ $to }
reconcile-units = { $count } x { $units } units
reconcile-rows-units = { $rows } rows, { $units } units
reconcile-rows = { $rows } rows
reconcile-of-units = { $units } units
reconcile-people = { $count }
reconcile-satellite = satellite { $number }
reconcile-no-code = (no code)
reconcile-no-office = (office number unreadable)
reconcile-not-yet = not here yet
reconcile-person-missing = No actuals of this office (planned: { $rows } rows, { $units } units).
reconcile-person-missing-elsewhere = {" "}Other offices have sent actuals.
reconcile-person-extra = Nothing is planned with this office (actuals: { $rows } rows, { $units } units).
reconcile-person-extra-elsewhere = {" "}With other offices something is.
difference-missing = not given
difference-extra = not planned
difference-time = other time
difference-count = other count
difference-units = other units
difference-code = other code (given: { $value })
reconcile-notes = ■ Not counted as differences
reconcile-insurer = { $month } { $office } { $name }: the insurer is { $value } in the plan and { $other } in the actuals. Compared as one person, as the number may differ (special case of address).
reconcile-tolerated = Percentage add-ons whose units are 0 in the actuals: { $count } (the standard allows it)
reconcile-pending = ■ Actuals that have not come yet (not compared)
reconcile-totals = ■ Totals of { $month }
reconcile-same = Plan and actuals do not differ (equal rows: { $count }).
reconcile-same-so-far = The actuals that have come do not differ from the plan (equal rows: { $count }). Not here yet: { $pending }.
reconcile-sum = Differences to clear: { $count }.
reconcile-sheets-title = Plan and actuals
err-reconcile-no-plan = There is no plan here.
    .hint = Give --plan the files of provision tables or the folder they are in. See too whether --plan and --actual are the wrong way round. With --month, check the month too.
err-reconcile-no-office = Office { $office } has neither plan nor actuals here.
    .hint = Check the office number. Without --office all offices are shown.
err-reconcile-no-actual = There are no actuals here.
    .hint = Give --actual the files of actuals or the folder they are in. See too whether --plan and --actual are the wrong way round. With --month, check the month too.

diff-care-plan = Care plan of { $date }
diff-month-plan = Plan for { $month }
diff-month-actual = Actuals of { $month }, office { $office }, { $kind }
diff-basic-information = Basic information of { $date }
diff-support-plan = Preventive care plan of { $date }
diff-document = ■ { $what }  { $name }
diff-ends = { $from } → { $to }  serial { $serial }
diff-serials = { $found } → { $newest }
diff-only-new = ■ Only in the newer one: { $count }
diff-only-old = ■ Only in the older one: { $count }
diff-only = { $what }  { $name }  { $from } → { $to }
diff-same = Nothing changed (documents that are the same: { $count }).
diff-sum = Documents changed: { $count }, on one side only: { $other }, the same: { $all }
diff-sheets-title = Changes
err-diff-no-document = { $path } has no documents to compare.
    .hint = Name files with plans, provision tables or actuals, or the folder they are in.

## send, inbox, outbox, show, export

send-progress = sending
send-waiting = waiting
send-passed-over = Passed over, as it is no file of the exchange: { $path }
send-too-large = Too large: at most { $limit } MB can be sent at once.
send-unreadable = The file or folder cannot be read. Check its permissions and, if it is a link, where it leads. Files of the same bundle were not sent either.
send-no-file = This is no ordinary file and cannot be sent.
send-bad-name = The file name has characters that cannot be shown. Give it back the name that the care software gave it.
send-refused-heading = Not sent ({ $count }):
send-refused = - to { $to }: { $what }, serial { $serial }
send-findings-more = The same warning { $rule }, { $count } more. musubi check shows them all.
send-summary = Accepted for sending: { $sent }. Not sent: { $refused }.
send-broken-off = What the table above shows is accepted. Sending the same again does not double it.
warn-send-not-delivered = Not delivered in time: { $count }
    .hint = They go out by themselves when the partner appears. There is no need to send them again. See musubi outbox.
warn-send-held = { $count } of them are held and will not go by themselves.
    .hint = musubi outbox tells why. It is about the partner's certificate or ours: ask the partner or the authority.
err-send-nothing = There is nothing to send.
    .hint = Name the files (.CSV) that the care software has written, or their folder.
inbox-empty = Nothing has come.
inbox-summary = { $all } in all, { $fresh } new. To write the files: musubi export ID --to FOLDER
outbox-empty = Nothing was sent.
outbox-summary = { $all } in all, { $pending } not delivered yet. More about one: musubi show ID
show-id = Id: { $id }
show-what = What: { $what }
show-from = From: { $from }
show-to = To: { $to }
show-serial = Serial: { $serial }
show-state = State: { $state }
show-sealed = Sent: { $at }
show-came = Arrived: { $at }
show-receipts = Receipts: { $count }
show-files = Files: { $count }
show-findings = Found by the check before sending: { $count }
show-file = { $name } ({ $bytes } bytes)
show-next = To write the files: musubi export { $id } --to FOLDER
warn-show-not-yet = The receipt did not come in time.
    .hint = It comes by itself when the partner connects. There is no need to send again.
export-done = { $what }: written to { $path }
export-file = { $file }
export-there = { $file } (was there already)
err-export-nothing = This document has no files that could be written yet.
    .hint = See musubi show, wait a little and run the command again.
err-export-exists = { $path } exists with other content. It was not overwritten, and nothing was written.
    .hint = Move that file away, or name another folder with --to.
err-export-name = The file name "{ $file }" cannot be used on this computer. Nothing was written.
    .hint = Ask the sender to send it again under a name of the standard.
err-export-altered = { $file } is not what came. It was not written.
    .hint = The disk may be failing. Run musubi doctor, and ask for help with this document's id.

## status, doctor, ping

status-running = Musubi runs on this computer.
status-new = New: { $count }
status-waiting = Not delivered yet: { $count }
status-crl = Revocation list: number { $number }, { $hours } hours old
status-no-crl = Revocation list: none yet
status-alone = Connected partners: none
status-connected = Connected partners: { $addresses }
status-unattended = Starts by this computer alone (as safe as the disk's encryption)
status-not-reading = Documents come in but cannot be read: the keys are locked.
status-disk = Free on the disk: { $free } MB (below { $reserve } MB no new documents are taken or sent)
status-store = Store: { $log } MB ({ $live } MB in use, { $percent } %), large documents { $bodies } MB
status-store-uncounted = Store: { $log } MB, large documents { $bodies } MB
status-listen = Listening at { $address }
warn-disk-low = The disk is nearly full: no new documents are taken or sent.
    .hint = Make room by deleting what is not needed.
desk-active = valid until { $until }
desk-grace = ended { $until }, in its days of grace
desk-ended = ended { $until }: receives, but sends nothing new
desk-expired = expired { $until }
desk-revoked = revoked
desk-not-yet = has not begun yet
desk-no-certificate = none yet

doctor-good = good
doctor-warning = note
doctor-wrong = WRONG
doctor-line = [{ $mark }] { $words }
doctor-todo = → { $todo }
doctor-all-good = Nothing is wrong.
doctor-warnings = It works. Notes: { $count }
doctor-found = Things wrong: { $count }. Begin with the first.
doctor-not-set-up = No desk is set up in { $path }.
doctor-set-up = A desk is set up in { $path }.
doctor-do-init = Make one with musubi init, or name the right folder with --dir.
doctor-keys-attended = The key file can be read. Openers: { $count }; it starts with the passphrase.
doctor-keys-unattended = The key file can be read. Openers: { $count }; it starts by this computer alone.
doctor-no-sheet = There is no recovery sheet. Without the passphrase the office would have to enrol again.
doctor-do-sheet = Make one with musubi key add recovery, print it and lock it away.
doctor-settings = The settings are in order. Partners' addresses: { $count }
doctor-settings-no-peers = The settings are in order (no partners' addresses in them).
doctor-disk = Free space on the disk: { $gib } GB
doctor-disk-low = Only { $mib } MB are free on the disk: no new documents are taken or sent.
doctor-do-disk = Make room by deleting what is not needed.
doctor-running = Musubi { $version } runs.
doctor-not-running = Musubi does not run: nothing is sent or received.
doctor-do-run = Start it with musubi run.
doctor-desk = Certificate of { $name } { $office }: { $standing }
doctor-desk-certified = A certificate of { $name } { $office } is installed.
doctor-desk-uncertified = No certificate of { $name } { $office } is installed.
doctor-do-certificate = Ask for it with musubi request, and take in what comes with musubi install.
doctor-do-renew = Ask the authority to renew it, and take in what comes with musubi install.
doctor-do-revoked = If you do not know why, call the authority at once.
doctor-do-not-yet = Wait for its first day, or check the date of this computer.
doctor-crl = The revocation list has number { $number } and is { $hours } hours old.
doctor-no-crl = There is no revocation list: partners cannot be checked.
doctor-do-crl = Partners bring a newer one when they connect. If not, get it from the authority and take it in with musubi install.
doctor-clock = The clock is right as far as can be told ({ $now }).
doctor-clock-behind = The clock of this computer is { $minutes } minutes or more behind.
doctor-do-clock = Set date and time of this computer.
doctor-clock-ahead = The clock of this computer is { $days } days ahead of what the authority last signed.
doctor-do-clock-ahead = Check date and time of this computer. If they are right, get a newer revocation list from the authority and take it in with musubi install.
doctor-not-reading = The keys are locked: documents cannot be read.
doctor-do-reading = Stop Musubi, and start musubi run with the passphrase.
doctor-alone = No partner is connected at the moment.
doctor-alone-waiting = No partner is connected, and not delivered yet: { $waiting }
doctor-refused = The node of { $addresses } refuses us.
doctor-refused-unknown = A partner's node refuses us.
doctor-held = { $count } documents are held and will not go by themselves.
doctor-do-held = musubi outbox tells why. Ask the authority or the partner.
doctor-partners = Connected desks: { $count }
doctor-partners-waiting = Connected desks: { $count }. Not delivered yet: { $waiting }
doctor-do-partners = Check the Internet connection, and whether the partner's Musubi runs. Where it is goes into --peer or musubi.toml.
doctor-do-waiting = musubi outbox shows why. They go out by themselves when the partner appears.
doctor-store-in-use = Another command is using the store: the certificates were not looked at.
doctor-do-wait = Wait a little and run the command again.

ping-connected = { $address } answers ({ $ms } ms).
ping-local = { $address } is a desk of this computer.
ping-refused = The Musubi of { $address } refuses us.
ping-unreachable = { $address } cannot be reached.
ping-unreachable-advice = Check whether the partner's computer and Musubi run, and whether this computer is on the Internet.
ping-unknown = Nothing is known of { $address } yet.
ping-unknown-advice = Put the partner's address into --peer or network.peers in musubi.toml. Once connected, it is known.
ping-revoked = The certificate of { $address } is revoked. Musubi does not connect.
ping-revoked-advice = Ask the partner by telephone. With a new certificate on their side it connects again.
refusal-version = The versions do not fit. Update the older one.
refusal-network = The partner belongs to another authority (a test, perhaps). Ask the partner.
refusal-no-credential = This computer has no certificate to show. See musubi status.
refusal-issuer = The partner does not know the issuer of our certificate and needs a newer trust bundle.
refusal-certificate = Our certificate was not accepted. Run musubi doctor, and ask the authority.
refusal-proof = It could not be shown that the public log holds our certificate. Connect to the Internet and ask the authority with musubi renew.
refusal-revoked = Our certificate is revoked. Call the authority.
refusal-expired = Our certificate has expired. Ask the authority to renew it.
refusal-not-yet-valid = Our certificate has not begun. Check the date of both computers.
refusal-stale = The partner's revocation list is too old. Ask the partner to run musubi doctor.
refusal-busy = The partner is busy or stopping. It connects by itself a little later.
refusal-unwanted = The partner does not want to exchange with us. Ask the partner.
refusal-other = Why is not known. Update Musubi on both sides.

## key

opener-passphrase = passphrase
opener-machine = this computer
opener-machine-key-file = this computer (key file)
opener-recovery = recovery sheet
opener-other = other (of a newer version)
opens-all = everything
opens-signing = receiving only (no reading)
key-added = Added: { $opener } (number { $number })
key-remove-question = Remove number { $number }, { $opener }?
key-removed = Removed: number { $number }, { $opener }
key-kept = Nothing has changed.
key-changed = The passphrase is changed. The recovery sheet stays good.
warn-key-sheet-only = Only the recovery sheet opens the keys now.
    .hint = Choose a new passphrase with musubi key change and the code of the sheet.

## Errors of node and keys

err-no-node = Musubi does not run on this computer.
    .hint = Start musubi run in another window and try again. If you use --dir, name the same folder.
err-not-set-up = No desk is set up in this folder.
    .hint = Make one with musubi init, or name the right folder with --dir.
err-office-exists = Office { $office } has a desk in this folder already.
    .hint = To change its kinds, ask the authority. For another office, check the number.
err-office-which = This folder holds several desks: { $offices }
    .hint = Name one with --office.
err-office-none = Office { $office } has no desk in this folder.
    .hint = Check the number, or add it with musubi init.
err-passphrase-wrong = The passphrase is wrong.
    .hint = Try again. If it is forgotten, musubi key change takes the code of the recovery sheet and a new one.
err-recovery-wrong = The code is typed correctly, but it is not the sheet of this desk.
    .hint = Use the newest sheet with this desk's name.
err-machine-wrong = This computer does not open the keys: it was replaced, or the key file is another.
    .hint = Use the passphrase with --passphrase-file, or the right key file with --machine-key.
err-machine-no-store = This computer has no store for keys.
    .hint = Name a key file to be made outside the data folder with --machine-key.
err-machine-key-needed = The key file has to be named.
    .hint = Use --machine-key or MUSUBI_MACHINE_KEY, or give the passphrase.
err-machine-key-malformed = The file named is no key file.
    .hint = Name the file that musubi init made with --machine-key.
err-machine-key-shared = Others can read the key file.
    .hint = Let only its owner read it (chmod 600).
err-machine-key-inside = The key file must not be inside the data folder.
    .hint = Name another folder or disk with --machine-key.
err-machine-key-io = The key file cannot be used.
    .hint = Check that its folder exists, that no file has that name already, and the permissions.
err-opener-none = The keys do not open this way: there is no such opener.
    .hint = musubi key list shows the openers.
err-opener-last = The last opener cannot be removed: nothing would open the keys.
    .hint = Add another one first with musubi key add.
err-opener-full = There is no room for another opener.
    .hint = Remove what is not used with musubi key remove.
err-opener-number = There is no opener number { $number }.
    .hint = musubi key list shows the numbers.
err-keys-changed = Another command changed the key file at the same time. Nothing was changed here.
    .hint = Run the command again.
err-keys-damaged = The key file is damaged.
    .hint = Restore it from a backup. Without one, begin again with musubi init and ask partners to send again.
err-keys-io = The key file cannot be used.
    .hint = Check the folder's permissions and the disk.
err-store-in-use = Another command or a running Musubi is using this folder.
    .hint = If Musubi runs, stop it, and run the command again.
err-store-damaged = The store is damaged and cannot be read. Nothing was deleted.
    .hint =
        If there is a backup, restore the whole folder.
        If not, move the damaged store aside with musubi store set-aside and begin again with musubi init. The passphrase and the recovery sheet stay; office keys and certificates are made anew, and documents and records are not in the new store. Partners keep what they sent for 35 days.
err-store-healthy = The store is not damaged. Nothing was moved.
    .hint = To move it all the same, add --even-if-readable.
err-store-missing = There is no store in this folder.
    .hint = If it lies on another disk, connect that and run the command again. If it is gone, restore a backup, or begin again with musubi init.
store-set-aside = The damaged store was moved, with everything in it: { $path }
store-begin-anew = If there is a backup, restore the whole folder. If not, run musubi init and musubi request again, and get a new certificate from the authority.
err-disk-low = The disk is nearly full. Nothing was sent.
    .hint = Make room by deleting what is not needed, and send again. Lists and exports go on working.
err-disk-failed = Musubi stopped: the disk took no more of what was written.
    .hint = Check the disk's free space and its state, and start musubi run again. No document whose arrival was confirmed is lost.
err-store-io = The store cannot be used.
    .hint = Check the folder's permissions and the free space.
err-too-new = A newer version of Musubi wrote this.
    .hint = Update Musubi.
err-reading-closed = The keys are locked: documents cannot be read.
    .hint = Stop Musubi, and start musubi run with the passphrase.
err-api-unreadable = The files that lead to the running Musubi cannot be read.
    .hint = Run the command as the same user who runs Musubi.
err-api-broken = The connection to Musubi broke.
    .hint = Check with musubi status whether it runs, and run the command again. Nothing is sent twice.
err-api-other-version = The running Musubi and this command are of different versions.
    .hint = Use the same version. Stopping and starting Musubi may help.
err-api-unknown = Musubi refused for a reason that this command does not know.
    .hint = Update the command.
err-api-stopping = Musubi is stopping.
    .hint = Start musubi run again first.
err-api-failed = Something went wrong inside Musubi. It is not your input.
    .hint = Ask for help with what musubi run has shown.
err-api-no-message = There is no document with this id.
    .hint = musubi inbox and musubi outbox show the ids.
err-api-ambiguous-id = Several documents begin with "{ $id }".
    .hint = Type more of it. musubi inbox --json shows whole ids.
err-api-short-id = The id is too short.
    .hint = Type at least its first 8 characters.
err-api-address = "{ $text }" cannot be an address.
    .hint = Write it like 1379900010-11.
err-api-kind = "{ $text }" cannot be a service kind.
    .hint = Write two characters such as 11 or A2.

## demo

demo-authority-name = Sample Authority
demo-intro = This plays a sample month on this computer alone. Nothing is sent to anybody.
demo-place = Place: { $path } (removed at the end)
demo-place-kept = Place: { $path } (it stays)
demo-founded = 1. Set-up: founded { $name }, made the desks of three offices and certified them ({ $seconds } s).
demo-started = 2. Start: three nodes run ({ $seconds } s). One reaches the care manager over TCP, the other over QUIC.
demo-progress = Exchange
demo-column-took = ms
demo-month = 3. Exchange: sent { $count } bundles in the order of their serials, and took them out at the other end. The ms in the table: from the beginning of sending until the receipt of arrival is here.
demo-month-sum = Arrived: { $count }. Receipts "arrived" and "opened" verified with nothing but what the authority publishes: { $verified }.
demo-files-same = Every file that was taken out is the same as before it was sent, to the byte.
demo-files-differ = Some files that were taken out differ from what was sent.
demo-inboxes-same = Each inbox holds what was meant for it, once, and nothing else.
demo-inboxes-differ = Something is missing in an inbox, or too much.
demo-revoked = 4. Revocation: { $office } was revoked, and only { $other } was given the new revocation list ({ $seconds } s).
demo-revoked-to = - One bundle to { $office } was stopped here: { $state }
demo-revoked-knows = - One bundle from { $office } was refused by its own Musubi, which has heard of the revocation.
demo-revoked-from = - One bundle from { $office } was refused at the partner's gate: { $state }
demo-nothing-new = - Nothing new came into either inbox.
demo-something-new = - Something came into an inbox that must not have come.
demo-good = 5. Result: everything as it should be ({ $seconds } s in all). All nodes have stopped.
demo-bad = 5. Result: something was not as it should be; see the table and the sentences above.
demo-bad-stop = 5. Result: a node did not stop in time, or had ended before.
demo-next-run = You can go on with what was kept. First run Musubi in this window:
demo-next-look = Then look, in another window:
demo-next-authority = The authority's list can be seen at any time:
err-demo-stopped = The demo was broken off. Its nodes have stopped.
    .hint = It cannot be continued. musubi demo begins anew.

## bench

bench-intro = This measures between two offices on this computer alone. Nothing is sent to anybody. It takes some minutes.
bench-no-compare = With --compare, rsync is measured with the same files too.
bench-step-singles = Sending { $count } documents one by one.
bench-step-documents = Sending { $count } documents together, { $rounds } times.
bench-step-attachment = Sending one large file, { $rounds } times.
bench-step-transfer = Sending small documents while a very large file is on its way.
bench-tool-missing = { $tool } is not installed, so nothing is compared. The measurement goes on without it.
bench-tool-broken = { $tool } does not work here, so nothing is compared. The measurement goes on without it. It said: { $reason }
bench-column-what = What
bench-column-musubi = Musubi
bench-column-rsync = rsync
bench-column-ratio = times as fast
bench-documents = { $count } documents of { $kb } kB
bench-documents-value = { $seconds } s ({ $rate } a second)
bench-attachment = One file of { $mb } MB
bench-attachment-value = { $seconds } s ({ $rate } MB a second)
bench-seconds = { $seconds } s
bench-rate = { $rate } MB a second
bench-ms = { $median } ms, 99 % within { $worst } ms
bench-mib = { $mib } MiB
bench-delivery = One document until its receipt ({ $count } times)
bench-delivery-command = The same, as a command of its own each
bench-during = The same while { $mb } MB are on their way ({ $count } times)
bench-transfer = These { $mb } MB, with the small ones beside
bench-idle = Memory of a node at rest
bench-extra = More memory for { $mb } MB
bench-peaks = Most memory (sender / receiver)
bench-peaks-value = { $sender } / { $receiver } MiB
bench-seal = Sealing alone
bench-medians = Medians of { $rounds }. Each time runs from the start of a command to its end; ours ends when the last receipt is here and everything lies safe on the partner's disk.
bench-compared = Compared with { $version }: rsync -a --fsync over ssh to this same computer.
bench-all-delivered = All { $count } documents arrived, each once.
bench-not-all-delivered = Of { $count } documents { $delivered } have a receipt, and { $received } lie in the partner's inbox.
bench-bad-stop = A node did not stop in time, or had ended before.
err-bench-stopped = The measurement was broken off. Its nodes have stopped.
    .hint = It cannot be continued. musubi bench begins anew.

## demo and bench

err-tool-keep = { $path } is not empty. Nothing was changed.
    .hint = Name a new folder or an empty one.
err-tool-command = musubi { $command } did not work.
    .hint = See the line of details. With --keep and a folder, the data and the logs of another try stay there.
err-tool-time = musubi { $command } did not end in time.
    .hint = Try again when the computer is less busy.

## ===== Attachments =====

cmd-send-arg-to = The partner's address (1379900010-11) to send attachments to: PDF, pictures, files of any kind
cmd-send-arg-note = What to say with the attachments
cmd-send-arg-each = Sends each file as a document of its own
cmd-send-arg-again = Sends even what was sent the same within a day
cmd-send-arg-allow-programs = Sends also what runs when it is opened, such as programs and documents with macros
cmd-send-arg-as-attachment = Sends also files of the care-plan standard as attachments (the partner's care software does not import them)
value-text = text

attachments = Attachments: { $count } ({ $kinds }; { $size })
attachments-kind = { $kind } { $count }
attachments-comma = ,{" "}
kind-pdf = PDF
kind-image = picture
kind-document = document
kind-sheet = spreadsheet
kind-slides = slides
kind-text = text
kind-archive = archive
kind-audio = sound
kind-video = video
kind-program = program
kind-other = other
send-again = What is marked as sent already was not sent: the same files went to the same partner within a day. To send them once more, add --again.
show-note = Note:
warn-export-program = { $file } runs when it is opened, or is not what its name says.
    .hint = Do not open it before you have asked the sender.

## roots

cmd-authority-init-arg-root = The certificate of a root that is kept elsewhere; twice, root 1 first
cmd-authority-init-arg-out = The file that has to be carried to root 1
cmd-authority-reissue = Issues new certificates for those of a revoked CA
cmd-authority-reissue-arg-admin = Who acts, for the audit log. Without it MUSUBI_ADMIN, or the name of this computer's user
cmd-authority-root = Roots, on a computer without a network
cmd-authority-root-init = Makes a root (on the computer without a network)
    .long =
        Make two of them, in two places, and lock the second away.
          musubi --dir /media/usb1/root authority root init --name 中央機関 --out root-1.pem
          musubi --dir /media/usb2/root authority root init --name 中央機関 --number 2 --out root-2.pem
        Then, on the authority's computer:
          musubi authority init --name 中央機関 --root root-1.pem --root root-2.pem --out request.pem
cmd-authority-root-init-arg-name = The authority's name
cmd-authority-root-init-arg-number = The root's number
cmd-authority-root-init-arg-out = The file for its certificate
cmd-authority-root-show = Shows a root and what it has signed (there)
cmd-authority-root-show-arg-out = The file for its certificate
cmd-authority-root-sign = Signs what was carried to a root (there)
    .long =
        Shows first what would change, and asks.
          musubi --dir /media/usb1/root authority root sign request.pem --out signed.pem
cmd-authority-root-sign-arg-request = What was carried here
cmd-authority-root-sign-arg-out = The file to be carried back
cmd-authority-root-sign-arg-yes = Signs without a question
cmd-authority-root-request = Writes what has to be carried to a root
    .long =
        What waits for it is in it by itself: the licence policy, addresses, the CA of a new year, the root's revocation list. A root is replaced like this, and the other root signs:
          musubi authority root request --retire 1 --new root-3.pem --out request.pem
cmd-authority-root-request-arg-out = The file to write
cmd-authority-root-request-arg-issuing = Another issuing CA in the same year
cmd-authority-root-request-arg-revoke = An issuing CA to be revoked, by name
cmd-authority-root-request-arg-retire = The root that goes, 1 or 2
cmd-authority-root-request-arg-new = The certificate of the root that comes
cmd-authority-root-request-arg-admin = Who acts, for the audit log. Without it MUSUBI_ADMIN, or the name of this computer's user
cmd-authority-root-accept = Takes over what a root has signed
cmd-authority-root-accept-arg-file = What was carried back
cmd-authority-root-accept-arg-admin = Who acts, for the audit log. Without it MUSUBI_ADMIN, or the name of this computer's user
cmd-authority-root-status = Shows what waits for a root
ask-authority-root-passphrase = Passphrase of the root:
authority-root-made = { $name } was made in { $dir }. Its certificate is in { $path }.
authority-root-pin =
    Its fingerprint (SHA-256):
    { $pin }
authority-root-made-next = Next: carry only the certificate file away. Keep this folder where no network reaches, and a copy of it in another safe.
authority-root-shown = { $name } of { $organisation }, until { $until }
authority-root-unused = It has signed nothing yet.
authority-root-column-number = Bundle
authority-root-column-bundle = SHA-256 begins with
authority-root-review = What { $organisation } asks for:
authority-root-fingerprint =
    Fingerprint of the request. It has to be the same on both computers:
    { $pin }
authority-root-founds = It founds the authority: trust bundle 1.
authority-root-number = The trust bundle becomes { $new } (in force is { $old }).
authority-root-behind = ! The authority does not know what this root has signed before. Was it restored from a backup?
authority-root-certifies = Certifies the issuing CA "{ $name }" (key { $key }…)
authority-root-revokes = ! Revokes the issuing CA "{ $name }". All certificates under it are void until they are issued anew.
authority-root-leaves-out = ! Leaves out the issuing CA "{ $name }". All certificates under it are void.
authority-root-new =
    New root "{ $name }", fingerprint:
    { $pin }
authority-root-retires = ! The root "{ $name }" goes. What it signs later counts nowhere.
authority-root-policy = The licence policy changes.
authority-root-bootstrap = Addresses of public nodes: { $addresses }
authority-root-enforce = Certificates count only with a proof from the log from { $day } on.
authority-root-question = Sign this?
authority-root-not-signed = Nothing was signed.
authority-root-signed = Signed: trust bundle { $number } is in { $path }. Carry it back and take it over with musubi authority root accept.
authority-root-requested = What has to be signed is in { $path }.
authority-root-requested-next = Carry it to the root's computer and sign it there with musubi authority root sign.
authority-root-accepted = Trust bundle { $number } is in force, and offices get it by themselves.
authority-root-here = The roots' keys are in this folder too. That is enough to try things out; for real use keep them on a computer without a network (musubi authority root init).
authority-root-elsewhere = Trust bundle { $number }. The root's revocation list is current until { $until }.
authority-root-nothing-waits = Nothing waits for a root.
authority-root-waits =
    { $what ->
        [policy] Waits for a root: the licence policy
        [bootstrap] Waits for a root: addresses of public nodes
        [enforce_from] Waits for a root: the day from which proofs from the log count
        [issuing_ca] Waits for a root: the issuing CA of a new year
        [root_crl] Waits for a root: its revocation list ends soon
       *[other] Waits for a root: { $what }
    }
authority-root-waits-next = Next: musubi authority root request --out request.pem
authority-reissued =
    { $count ->
        [one] One certificate was issued anew. The office fetches it by itself.
       *[other] { $count } certificates were issued anew. The offices fetch them by themselves.
    }
err-authority-two-roots = An authority has two roots.
    .hint = Name both certificates: --root root-1.pem --root root-2.pem
err-authority-no-root = There is no root here, or the file is no root's certificate.
    .hint = Check --dir and the file. Roots are made with musubi authority root init.
err-authority-root-needed = For this a root has to sign first.
    .hint = musubi authority root request --out request.pem writes what has to be carried to it.
err-authority-root-here = The roots' keys are in this folder: nothing has to be carried anywhere.
    .hint = Policy, addresses and CAs are signed at once here.
err-authority-root-request = The request is damaged, or asks for something that does not fit together.
    .hint = Write it anew with musubi authority root request.
err-authority-other-root = Another root has to sign this request.
    .hint = When root 1 is to go, root 2 signs. Check with musubi authority root show which root this is.
err-authority-root-answer = This file does not follow what is in force here. Nothing was changed.
    .hint = Write the request anew with musubi authority root request and have it signed.
err-authority-no-ca = There is no issuing CA of this name.
    .hint = The name is in the column of musubi authority list.

## after a backup was put back

cmd-authority-recover = Reads back from offices what was done since a backup
    .long =
        After the authority was put back from a backup it signs nothing until it knows from offices what it has signed since. It waits where they look for it.
          musubi authority recover --members /ip4/0.0.0.0/tcp/47301
cmd-authority-recover-arg-members = Where it served members before (multiaddr)
cmd-authority-recover-arg-nodes = How many offices have to tell
cmd-authority-recover-arg-alone = Asks nobody: the folder was moved, and nothing was done since
cmd-authority-recover-arg-admin = Who acts, for the audit log. Without it MUSUBI_ADMIN, or the name of this computer's user
authority-recovering =
    { $count ->
        [one] Waiting until one office tells what it holds. Offices look for the authority every quarter of an hour; this may take a while. Ctrl+C ends it without a change.
       *[other] Waiting until { $count } offices tell what they hold. Offices look for the authority every quarter of an hour; this may take a while. Ctrl+C ends it without a change.
    }
authority-recover-told =
    { $count ->
        [one] One office has told.
       *[other] { $count } offices have told.
    }
authority-recover-stopped = Ended. Nothing was changed.
authority-recovered =
    { $offices ->
        [one] One office was asked, { $count } acts of the log were missing and are back.
       *[other] { $offices } offices were asked, { $count } acts of the log were missing and are back.
    }
authority-recover-lost = Certificates of these offices come back when they connect: { $offices }. Until then nothing new is issued for them.
authority-recover-next = Next: musubi authority serve. What else was done since the backup (letters, applications, policy that was not signed) has to be done again; letters to offices that have joined since are void.
authority-recover-question = Is this the only copy of the folder, and was nothing done since it was made?
authority-recover-alone = The authority is at home in this folder now.
authority-revoke-later =
    { $count ->
        [one] One more certificate, from before the authority was put back, is revoked as soon as it is seen.
       *[other] { $count } more certificates, from before the authority was put back, are revoked as soon as they are seen.
    }
err-authority-restored = This is a copy of the authority's folder, or it was put back from a backup. It signs nothing until it knows what it has signed since.
    .hint = musubi authority recover --members (the address for members) reads it back from offices. If the folder was only moved: musubi authority recover --alone
err-authority-lost-ca = An issuing CA was made since the backup, and its key is lost.
    .hint = Put back a newer backup. If there is none: the roots have to revoke that CA and certify another.
err-authority-lost = Certificates of this office were issued after the backup and have not been seen again.
    .hint = They come back when its computer connects. If that computer is gone: musubi authority revoke (the office number), then try again.

## administrators

cmd-authority-init-arg-admin = The first administrator. Without it MUSUBI_ADMIN, or the name of this computer's user
cmd-authority-admin = Administrators: who may act
cmd-authority-admin-list = Lists the administrators
cmd-authority-admin-add = Names an administrator
    .long =
        Each administrator has a passphrase of his own; the new one types it at this computer. Once there are two, both have to agree to a third.
          musubi authority admin add 鈴木
          musubi authority admin add 高橋 --second 鈴木
cmd-authority-admin-add-arg-name = The name that stands in the audit log
cmd-authority-admin-add-arg-new-passphrase-file = A file with the new passphrase in its first line
cmd-authority-admin-add-arg-second = The second administrator, who agrees
cmd-authority-admin-add-arg-second-passphrase-file = A file with that one's passphrase in its first line
cmd-authority-admin-add-arg-admin = Who acts. Without it MUSUBI_ADMIN, or the name of this computer's user
cmd-authority-admin-remove = Takes an administrator's name and passphrase away
cmd-authority-admin-remove-arg-name = The name
cmd-authority-admin-remove-arg-second = The second administrator, who agrees
cmd-authority-admin-remove-arg-second-passphrase-file = A file with that one's passphrase in its first line
cmd-authority-admin-remove-arg-admin = Who acts. Without it MUSUBI_ADMIN, or the name of this computer's user
cmd-authority-admin-passphrase = Changes one's own passphrase
cmd-authority-admin-passphrase-arg-new-passphrase-file = A file with the new passphrase in its first line
ask-authority-own = Passphrase of { $name }:
ask-authority-second = Passphrase of { $name }, who agrees:
authority-admin-first = The first administrator is { $name }. Name a second one with musubi authority admin add.
authority-admin-new = Now { $name } chooses a passphrase that nobody else knows.
authority-admin-added = { $name } is an administrator now.
authority-admin-removed = { $name } is no administrator any more, and that passphrase opens nothing here.
authority-admin-changed = The passphrase was changed.
authority-admins-none = No administrator is named yet. Whoever has the passphrase names himself: musubi authority admin add (name)
authority-admin-column-since = Since
err-authority-unproven = Who acts has to type his passphrase.
    .hint = Give it in a file with --passphrase-file, or type it when asked.
err-authority-not-admin = This name and this passphrase do not belong together, or the name is no administrator's. Nothing was done.
    .hint = Say who acts with --admin. musubi authority admin list shows the administrators.
err-authority-stopped = The authority was stopped meanwhile.
    .hint = What was done until then stays. Run the command once more when the authority serves again.
err-authority-ownerless = This passphrase belongs to no administrator: naming or removing one was broken off. Nothing was done.
    .hint = Have an administrator run the command with his own passphrase. Whoever was to be named is named again with musubi authority admin add.
err-authority-second-admin = Two administrators have to agree to this. Nothing was done.
    .hint = Name the second one: --second (the name). That one types the passphrase at this computer.
err-authority-admin-taken = This name or this passphrase is in use already. Nothing was changed.
    .hint = Choose another passphrase, or another name.
err-authority-no-admin = There is no administrator of this name.
    .hint = musubi authority admin list shows them.
err-authority-last-admin = The last administrator cannot be removed.
    .hint = Name another one first.
authority-reissue-refused = Not for these offices, which need a look: { $offices }
cmd-authority-recover-arg-yes = Asks no question (with --alone)
