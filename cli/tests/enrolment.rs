//! From the letter to a certificate, and what a prefecture reads out of a proof: as people type it.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::Value;

mod support;

use support::{PASSPHRASE, Run};

fn command(dir: &Path, line: &str) -> Command {
    let mut command = support::musubi();
    command.current_dir(dir).args(line.split_whitespace()).arg("--json").env("MUSUBI_PASSPHRASE", PASSPHRASE);
    command.stdin(Stdio::null());
    command
}

fn musubi(dir: &Path, line: &str) -> Run {
    support::finish(command(dir, line))
}

/// The same, and it has worked.
#[track_caller]
fn done(dir: &Path, line: &str) -> Run {
    let run = musubi(dir, line);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    run
}

/// A serving authority; it ends with its stdin.
struct Serving {
    child: Child,
    port: String,
}

impl Serving {
    fn start(dir: &Path) -> Self {
        let mut command = command(dir, "authority serve --dir a --listen /ip4/127.0.0.1/tcp/0 --until-stdin-ends");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let port = ready["listen"][0].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        Self { child, port }
    }

    fn stop(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

/// An authority with letters for two offices; their invitations lie in files named by the office number.
fn letters(dir: &Path) {
    done(dir, "authority init --dir a --name 見本中央機関");
    let letters = done(dir, "authority codes --dir a 1379900028 1379900010").json();
    for letter in letters.as_array().unwrap() {
        fs::write(dir.join(letter["office"].as_str().unwrap()), letter["invitation"].as_str().unwrap()).unwrap();
    }
}

fn init(dir: &Path, name: &str, office: &str, kind: &str) {
    let line = format!("init --dir {name} --office {office} --kind {kind} --name みほん --recovery-out {name}.sheet");
    done(dir, &line);
}

#[test]
fn three_commands_from_the_letter_to_a_certificate() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    letters(dir);
    let serving = Serving::start(dir);
    let at = format!("--at 127.0.0.1:{}", serving.port);
    init(dir, "o", "1379900028", "15");

    // A slip of the finger costs no try; somebody else's letter does.
    let typed = fs::read_to_string(dir.join("1379900028")).unwrap();
    let slip = if typed.starts_with('Z') { "Y" } else { "Z" };
    fs::write(dir.join("slip"), format!("{slip}{}", &typed[1..])).unwrap();
    musubi(dir, &format!("enrol --dir o --invitation slip {at}")).fails(1, "invitation-group");
    musubi(dir, &format!("enrol --dir o --invitation 1379900010 {at}")).fails(1, "enrol-code");
    let without = musubi(dir, "enrol --dir o --invitation 1379900028");
    assert_eq!((without.code, &without.json()["error"]["code"]), (2, &"enrol-no-place".into()));
    musubi(dir, "enrol --dir o --invitation 1379900028 --at 127.0.0.1:9").fails(1, "enrol-unreachable");

    let enrolled = done(dir, &format!("enrol --dir o --invitation 1379900028 {at}")).json();
    assert_eq!(enrolled["office"], "1379900028");
    // Again, as after a cable that was pulled at the wrong moment.
    let again = done(dir, &format!("enrol --dir o --invitation 1379900028 {at}")).json();
    assert_eq!(again["installed"]["items"][0]["outcome"], "known");
    // Another PC with the same letter.
    init(dir, "p", "1379900028", "21");
    musubi(dir, &format!("enrol --dir p --invitation 1379900028 {at}")).fails(1, "enrol-code-used");
    // What people at the authority do goes through the one that serves, and needs no passphrase there.
    let mut line = command(dir, "authority list --dir a");
    line.env_remove("MUSUBI_PASSPHRASE");
    let while_serving = support::finish(line).json();
    musubi(dir, "authority approve --dir a 0123456789").fails(1, "authority-no-application");
    musubi(dir, "authority revoke --dir a 1379900036 --reason unspecified").fails(1, "authority-unknown");
    serving.stop();

    let list = done(dir, "authority list --dir a").json();
    assert_eq!(list, while_serving);
    assert_eq!((list.as_array().unwrap().len(), &list[0]["office"]), (1, &"1379900028".into()));
    let audit = done(dir, "authority audit --dir a").json();
    let deeds: Vec<&str> = audit.as_array().unwrap().iter().map(|entry| entry["deed"].as_str().unwrap()).collect();
    assert_eq!(deeds, ["admin_added", "code", "code", "wrong_code", "issued", "granted"]);
    // A path that cannot be written costs no letter.
    musubi(dir, "authority codes --dir a 1379900010 --out no/such/letters.csv").fails(1, "file-write");
    assert_eq!(done(dir, "authority audit --dir a").json(), audit);
    assert_eq!((&audit[0]["admin"], &audit[3]["admin"]), (&"佐藤".into(), &"".into()));
}

#[test]
fn another_authority_in_its_place_hears_no_code() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    letters(dir.path());
    letters(other.path());
    let false_one = Serving::start(other.path());
    init(dir.path(), "o", "1379900028", "15");
    let line = format!("enrol --dir o --invitation 1379900028 --at 127.0.0.1:{}", false_one.port);
    musubi(dir.path(), &line).fails(1, "enrol-impostor");
    false_one.stop();
    // No try was counted there.
    let audit = done(other.path(), "authority audit --dir a").json();
    assert_eq!(audit.as_array().unwrap().len(), 3);
}

#[test]
fn a_lost_pc_is_replaced_in_one_act() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    letters(dir);
    let serving = Serving::start(dir);
    init(dir, "old", "1379900028", "15");
    done(dir, &format!("enrol --dir old --invitation 1379900028 --at 127.0.0.1:{}", serving.port));
    serving.stop();
    let old = done(dir, "authority list --dir a").json()[0]["serial"].as_str().unwrap().to_owned();
    let letter = done(dir, "authority codes --dir a 1379900028").json();
    fs::write(dir.join("second"), letter[0]["invitation"].as_str().unwrap()).unwrap();
    let serving = Serving::start(dir);
    init(dir, "new", "1379900028", "15");
    let enrol = format!("enrol --dir new --invitation second --at 127.0.0.1:{}", serving.port);
    musubi(dir, &enrol).fails(1, "enrol-overlap");
    let other = if old.starts_with("55") { "66" } else { "55" };
    musubi(dir, &format!("{enrol} --replace {other}{}", &old[2..])).fails(1, "enrol-replaces");
    done(dir, &format!("{enrol} --replace {old}"));
    serving.stop();
    let list = done(dir, "authority list --dir a").json();
    let shown = |at: usize| (list[at]["state"].as_str().unwrap(), list[at]["desk"].as_u64().unwrap());
    assert_eq!((shown(0), shown(1)), (("revoked", 1), ("valid", 1)));
    assert_eq!(list[0]["reason"], "superseded");
}

/// The verdicts of a prefecture's clerk, each by its own words and code.
#[test]
fn proofs_are_judged_without_a_node() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    letters(dir);
    init(dir, "o", "1379900028", "15");
    done(dir, "request --dir o --out r.pem");
    done(dir, "authority issue --dir a r.pem --out c.pem");
    let proof = done(dir, "authority proof --dir a 1379900028 --out p.pem").json();
    done(dir, "authority trust --dir a --out trust");
    done(dir, "authority crl --dir a --out old.pem");
    let pin = done(dir, "proof verify p.pem --trust trust --trust old.pem").json();
    assert_eq!(
        (&pin["proof"], &pin["office"], &pin["licence"]),
        (&"membership".into(), &"1379900028".into(), &"active".into())
    );
    // The text of the QR code says the same.
    let text = proof["text"].as_str().unwrap();
    let by_text = done(dir, &format!("proof verify {text} --trust trust --trust old.pem")).json();
    assert_eq!(by_text, pin);
    let root = pin["root_sha256"].as_str().unwrap();
    done(dir, &format!("proof verify p.pem --trust trust --trust old.pem --root-sha256 {root}"));
    let other = "ab".repeat(32);
    musubi(dir, &format!("proof verify p.pem --trust trust --trust old.pem --root-sha256 {other}"))
        .fails(1, "proof-bundle");

    musubi(dir, "proof verify p.pem --trust trust").fails(1, "proof-old-data");
    musubi(dir, "proof verify p.pem --trust old.pem").fails(1, "proof-no-bundle");
    musubi(dir, "proof verify p.pem --trust p.pem").fails(1, "proof-trust");
    let mut forged = text.to_owned();
    let at = forged.len() - 5;
    forged.replace_range(at..=at, if &forged[at..=at] == "A" { "B" } else { "A" });
    musubi(dir, &format!("proof verify {forged} --trust trust --trust old.pem")).fails(1, "proof-forged");
    musubi(dir, &format!("proof verify {} --trust trust --trust old.pem", &text[..60])).fails(1, "proof-malformed");

    let foreign = tempfile::tempdir().unwrap();
    letters(foreign.path());
    done(foreign.path(), "authority trust --dir a --out trust");
    done(foreign.path(), "authority crl --dir a --out crl.pem");
    let theirs = foreign.path().join("trust");
    let crl = foreign.path().join("crl.pem");
    let line = format!("proof verify p.pem --trust {} --trust {}", theirs.display(), crl.display());
    musubi(dir, &line).fails(1, "proof-unknown-issuer");

    done(dir, "authority revoke --dir a 1379900028 --reason privilegeWithdrawn");
    done(dir, "authority crl --dir a --out new.pem");
    // An older list beside the newer one changes nothing, in whichever order.
    for lists in ["--trust new.pem", "--trust old.pem --trust new.pem", "--trust new.pem --trust old.pem"] {
        let verdict = musubi(dir, &format!("proof verify p.pem --trust trust {lists}"));
        verdict.fails(1, "proof-revoked");
        assert!(verdict.json()["error"]["message"].as_str().unwrap().contains("利用をやめさせた"));
    }
    musubi(dir, "authority proof --dir a 1379900028 --out q.pem").fails(1, "authority-nothing-valid");
}

/// The words that an office reads: with the authority, without it, and before anything was exchanged.
#[test]
fn an_office_shows_that_it_takes_part() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    letters(dir);
    let serving = Serving::start(dir);
    init(dir, "o", "1379900028", "15");
    done(dir, &format!("enrol --dir o --invitation 1379900028 --at 127.0.0.1:{}", serving.port));
    musubi(dir, "proof membership --dir o --out m.pem").fails(1, "no-node");
    let mut node = command(dir, "run --dir o --listen /ip4/127.0.0.1/tcp/0 --until-stdin-ends");
    let mut node = node.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(node.stdout.take().unwrap()).read_line(&mut ready).unwrap();

    let words = |line: &str| {
        let mut command = support::musubi();
        command.current_dir(dir).args(line.split_whitespace());
        support::finish(command)
    };
    // A file that is no proof is not replaced.
    fs::write(dir.join("list"), "見本").unwrap();
    musubi(dir, "proof membership --dir o --out list").fails(1, "file-exists");
    let shown = words("proof membership --dir o --out m.pem");
    assert_eq!(shown.code, 0, "{}", shown.err);
    let flat = shown.out.replace('\n', "");
    for part in ["1379900028 みほん", "参加しています", "利用期限", "に署名した証明です", "m.pem", "MUSUBI-PROOF:"]
    {
        assert!(flat.contains(part), "{part}: {}", shown.out);
    }
    // The QR code is there whole, and would fit a usual window.
    let drawn: Vec<&str> = shown.out.lines().filter(|line| line.contains('█') || line.contains('▀')).collect();
    assert!(drawn.len() > 20 && drawn.iter().all(|line| line.chars().count() <= 80), "{}", shown.out);
    let pem = fs::read_to_string(dir.join("m.pem")).unwrap();
    assert!(pem.starts_with("-----BEGIN MUSUBI PROOF-----"), "{pem}");

    musubi(dir, "proof use --dir o --yes").fails(1, "use-nothing");
    musubi(dir, "proof use --dir o --yes --fiscal-year 2099").fails(1, "use-year");
    musubi(dir, "proof use --dir o --yes --office 1379900010").fails(1, "renew-no-desk");
    serving.stop();
    let kept = words("proof membership --dir o --out m.pem");
    assert_eq!(kept.code, 0, "{}", kept.err);
    let flat = kept.out.replace('\n', "");
    assert!(flat.contains("中央機関につながらないため") && flat.contains("保存してある証明"), "{}", kept.out);
    assert_eq!(fs::read_to_string(dir.join("m.pem")).unwrap(), pem);
    drop(node.stdin.take());
    assert!(node.wait().unwrap().success());
}

/// Names 鈴木 an administrator, whose passphrase lies in a file.
fn second(dir: &Path) {
    fs::write(dir.join("suzuki"), "もう一つの合言葉です。\n").unwrap();
    done(dir, "authority admin add --dir a 鈴木 --new-passphrase-file suzuki");
}

/// Who acts shows who he is, also where the authority serves; once there are two, a third is a matter for both.
#[test]
fn administrators_are_proven() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    done(dir, "authority init --dir a --name 見本中央機関");
    assert_eq!(done(dir, "authority admin list --dir a").json()[0]["name"], "佐藤");
    musubi(dir, "authority codes --dir a 1379900028 --admin 鈴木").fails(1, "authority-not-admin");
    musubi(dir, "authority admin remove --dir a 佐藤").fails(1, "authority-last-admin");
    let serving = Serving::start(dir);
    musubi(dir, "authority codes --dir a 1379900028 --admin 鈴木").fails(1, "authority-not-admin");
    second(dir);
    let suzuki = "--admin 鈴木 --passphrase-file suzuki";
    done(dir, &format!("authority codes --dir a 1379900028 {suzuki}"));
    musubi(dir, "authority codes --dir a 1379900028 --passphrase-file suzuki").fails(1, "authority-not-admin");
    // What is only shown needs no passphrase.
    done(dir, "authority list --dir a");

    fs::write(dir.join("takahashi"), "三つ目の合言葉です。です。\n").unwrap();
    let add = "authority admin add --dir a 高橋 --new-passphrase-file takahashi";
    musubi(dir, add).fails(1, "authority-second-admin");
    musubi(dir, &format!("{add} --second 佐藤 --second-passphrase-file suzuki")).fails(1, "authority-second-admin");
    musubi(dir, &format!("{add} --second 鈴木 --second-passphrase-file takahashi")).fails(1, "authority-passphrase");
    let taken = "authority admin add --dir a 高橋 --new-passphrase-file suzuki --second 鈴木";
    musubi(dir, &format!("{taken} --second-passphrase-file suzuki")).fails(1, "authority-admin-taken");
    let added = done(dir, &format!("{add} --second 鈴木 --second-passphrase-file suzuki")).json();
    assert_eq!(added.as_array().unwrap().len(), 3);
    // Whoever is removed opens nothing.
    let remove = "authority admin remove --dir a 鈴木 --second 高橋 --second-passphrase-file takahashi";
    assert_eq!(done(dir, remove).json().as_array().unwrap().len(), 2);
    musubi(dir, &format!("authority codes --dir a 1379900028 {suzuki}")).fails(1, "authority-not-admin");
    serving.stop();
    musubi(dir, &format!("authority codes --dir a 1379900028 {suzuki}")).fails(1, "authority-passphrase");
    // A passphrase that was changed is the same person's.
    fs::write(dir.join("new"), "新しい合言葉です。です。です。\n").unwrap();
    done(dir, "authority admin passphrase --dir a --passphrase-file takahashi --new-passphrase-file new");
    done(dir, "authority codes --dir a 1379900028 --admin 高橋 --passphrase-file new");
    let audit = done(dir, "authority audit --dir a").json();
    let whose = |deed: &str| -> Vec<&str> {
        let entries = audit.as_array().unwrap().iter().filter(|entry| entry["deed"] == deed);
        entries.map(|entry| entry["admin"].as_str().unwrap()).collect()
    };
    assert_eq!(whose("code"), ["鈴木", "高橋"]);
    assert_eq!((whose("admin_added").len(), whose("admin_removed")), (3, vec!["佐藤"]));
}

/// One person takes away the licence of a few; for more a second one has to say so.
#[test]
fn many_revocations_want_a_second_administrator() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    done(dir, "authority init --dir a --name 見本中央機関");
    fs::create_dir(dir.join("requests")).unwrap();
    let numbers: Vec<String> = (1..=7).map(|n| format!("13799001{n:02}")).collect();
    for number in &numbers {
        init(dir, number, number, "15");
        done(dir, &format!("request --dir {number} --out requests/{number}.pem"));
    }
    // A folder of requests, of which one is none.
    fs::write(dir.join("requests/note.txt"), "見本").unwrap();
    let batch = musubi(dir, "authority batch --dir a requests --out certificates");
    assert_eq!(batch.code, 1, "{}", batch.err);
    let rows = batch.json();
    let issued = rows.as_array().unwrap().iter().filter(|row| row["certificate"].is_object()).count();
    assert_eq!((issued, &rows[7]["refused"]), (7, &"authority-request".into()), "{rows}");
    done(dir, &format!("install --dir {0} certificates/{0}.pem --root-sha256 {1}", numbers[0], pin(dir)));
    // Run again, also where the authority serves, it hands out the same.
    let serving = Serving::start(dir);
    assert_eq!(musubi(dir, "authority batch --dir a requests --out certificates").json(), rows);
    serving.stop();

    fs::write(dir.join("list"), numbers.join("\n")).unwrap();
    let ordered = done(dir, "authority revoke --dir a --list list --reason cessationOfOperation").json();
    let id = ordered["ordered"]["id"].as_str().unwrap().to_owned();
    let revoked = |dir: &Path| {
        let list = done(dir, "authority list --dir a").json();
        list.as_array().unwrap().iter().filter(|row| row["state"] == "revoked").count()
    };
    assert_eq!(revoked(dir), 0);
    assert_eq!(done(dir, "authority orders --dir a").json()[0]["admin"], "佐藤");
    musubi(dir, &format!("authority confirm --dir a {id}")).fails(1, "authority-same-admin");
    // Another name alone makes nobody a second administrator.
    musubi(dir, &format!("authority confirm --dir a {id} --admin 鈴木")).fails(1, "authority-not-admin");
    assert_eq!(revoked(dir), 0);
    second(dir);
    let own = "--admin 鈴木 --passphrase-file suzuki";
    musubi(dir, &format!("authority confirm --dir a {id} --admin 佐藤 --passphrase-file suzuki"))
        .fails(1, "authority-not-admin");
    musubi(dir, &format!("authority confirm --dir a 0123456789abcdef {own}")).fails(1, "authority-no-order");
    done(dir, &format!("authority confirm --dir a {id} {own}"));
    assert_eq!(revoked(dir), 7);
    musubi(dir, &format!("authority confirm --dir a {id} {own}")).fails(1, "authority-no-order");
    // A folder's certificates do not take the requests' places.
    let same = musubi(dir, "authority batch --dir a requests --out requests");
    assert_eq!((same.code, &same.json()["error"]["code"]), (2, &"authority-batch-same".into()));
}

fn pin(dir: &Path) -> String {
    done(dir, "authority trust --dir a --out trust").json()["root_sha256"].as_str().unwrap().to_owned()
}

/// An invitation from a web page: the office waits, and a person decides while the authority serves.
#[test]
fn whoever_has_no_letter_waits_for_a_decision() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    done(dir, "authority init --dir a --name 見本中央機関");
    let serving = Serving::start(dir);
    let public = done(dir, &format!("authority invitation --dir a --at 127.0.0.1:{}", serving.port)).json();
    fs::write(dir.join("public"), public["invitation"].as_str().unwrap()).unwrap();
    let applications = |dir: &Path| done(dir, "authority applications --dir a").json().as_array().unwrap().clone();
    let mut waiting = Vec::new();
    for (name, office) in [("o", "1379900028"), ("p", "1379900011")] {
        init(dir, name, office, "15");
        let mut enrol = command(dir, &format!("enrol --dir {name} --invitation public"));
        waiting.push(enrol.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        while applications(dir).len() < waiting.len() {
            // Another process gives no event.
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }
    let of = |office: &str| applications(dir).into_iter().find(|one| one["office"] == office).unwrap();
    // The second number lacks its check digit: that is shown, and refuses nobody.
    assert_eq!((&of("1379900028")["check_digit"], &of("1379900011")["check_digit"]), (&true.into(), &false.into()));
    done(dir, &format!("authority approve --dir a {}", &of("1379900028")["id"].as_str().unwrap()[..8]));
    done(dir, &format!("authority decline --dir a {}", &of("1379900011")["id"].as_str().unwrap()[..8]));
    assert!(applications(dir).is_empty());
    for mut process in waiting {
        // Who stops waiting asks again later, with the same command.
        process.kill().unwrap();
        process.wait().unwrap();
    }
    assert_eq!(done(dir, "enrol --dir o --invitation public").json()["office"], "1379900028");
    musubi(dir, "enrol --dir p --invitation public").fails(1, "enrol-declined");
    serving.stop();
}

#[test]
fn roots_are_kept_elsewhere_and_files_are_carried() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    for number in 1..=3 {
        let line = format!(
            "authority root init --dir usb{number} --name 見本中央機関 --number {number} --out root-{number}.pem"
        );
        assert_eq!(done(dir, &line).json()["name"], format!("Musubi Root {number}"));
    }
    musubi(dir, "authority root init --dir usb1 --name x --out again.pem").fails(1, "authority-exists");
    musubi(dir, "authority init --dir a --name 見本中央機関 --root root-1.pem --out q.pem")
        .fails(2, "authority-two-roots");
    let begun = done(dir, "authority init --dir a --name 見本中央機関 --root root-1.pem --root root-2.pem --out q.pem");
    musubi(dir, "authority list --dir a").fails(1, "authority-missing");
    musubi(dir, "authority root sign --dir usb2 q.pem --out s.pem --yes").fails(1, "authority-other-root");
    // Nobody has said yes.
    assert_eq!(musubi(dir, "authority root sign --dir usb1 q.pem --out s.pem").code, 1);
    assert!(!dir.join("s.pem").exists());
    let signed = done(dir, "authority root sign --dir usb1 q.pem --out s.pem --yes").json();
    assert_eq!(signed["fingerprint"], begun.json()["request_sha256"]);
    musubi(dir, "authority root accept --dir a q.pem").fails(1, "authority-root-answer");
    let founded = done(dir, "authority root accept --dir a s.pem").json();
    let pin = founded["root_sha256"].as_str().unwrap();
    assert_eq!(done(dir, "authority root show --dir usb1").json()["root_sha256"], pin);

    // A policy waits until somebody was at the root, while the authority serves.
    fs::write(dir.join("policy.toml"), "[[term]]\nfrom = 2035-04-01\nfee = 21000\ngrace_days = 30\n").unwrap();
    let set = done(dir, "authority policy --dir a --set policy.toml").json();
    assert_eq!((&set["terms"], &set["waits_for_root"]), (&serde_json::json!([]), &true.into()));
    let serving = Serving::start(dir);
    let waits = done(dir, "authority root status --dir a").json();
    assert_eq!(waits["waiting"], serde_json::json!(["policy"]));
    done(dir, "authority root request --dir a --retire 1 --new root-3.pem --out q.pem");
    let signed = done(dir, "authority root sign --dir usb2 q.pem --out s.pem --yes").json();
    assert_eq!(signed["retired_roots"], serde_json::json!(["Musubi Root 1"]));
    let accepted = done(dir, "authority root accept --dir a s.pem").json();
    assert_eq!((&accepted["bundle"], &accepted["waiting"]), (&serde_json::json!(2), &serde_json::json!([])));
    let policy = done(dir, "authority policy --dir a").json();
    assert_eq!(policy["terms"][0]["fee"], 21_000);
    // Letters name the new root from now on, and the network is the same.
    assert_ne!(done(dir, "authority trust --dir a --out t.pem").json()["root_sha256"], pin);
    let letter = done(dir, "authority codes --dir a 1379900028").json();
    fs::write(dir.join("letter"), letter[0]["invitation"].as_str().unwrap()).unwrap();
    init(dir, "o", "1379900028", "15");
    done(dir, &format!("enrol --dir o --invitation letter --at 127.0.0.1:{}", serving.port));
    serving.stop();
    let audit = done(dir, "authority audit --dir a").json();
    let deeds: Vec<&str> = audit.as_array().unwrap().iter().map(|entry| entry["deed"].as_str().unwrap()).collect();
    assert_eq!(deeds, ["admin_added", "policy", "root_asked", "bundle", "code", "issued", "granted"]);
}
