//! Commands of an office that need no partner, run as a person or a script runs them.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;

mod support;

use support::{PASSPHRASE, Run, finish};

fn command(dir: &Path, args: &[&str]) -> Command {
    let mut command = support::musubi();
    command.current_dir(dir).args(args);
    command
}

/// With the passphrase.
fn musubi(dir: &Path, args: &[&str]) -> Run {
    let mut command = command(dir, args);
    command.env("MUSUBI_PASSPHRASE", PASSPHRASE);
    finish(command)
}

/// With nobody to ask and nothing given.
fn alone(dir: &Path, args: &[&str]) -> Run {
    finish(command(dir, args))
}

const INIT: [&str; 11] =
    ["init", "--dir", "o", "--office", "1379900028", "--kind", "15", "--kind", "21", "--name", "みほん通所"];

fn with<'a>(base: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [base, more].concat()
}

/// A directory with the office `o`, its recovery sheet in `sheet`.
fn office() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let run = musubi(dir.path(), &with(&INIT, &["--recovery-out", "sheet"]));
    assert_eq!(run.code, 0, "{}", run.err);
    dir
}

#[test]
fn an_office_is_set_up_and_asks_for_its_certificate() {
    let dir = tempfile::tempdir().unwrap();
    let made = musubi(dir.path(), &with(&INIT, &["--recovery-out", "sheet", "--json"]));
    assert_eq!(made.code, 0, "{}", made.err);
    let made = made.json();
    assert_eq!((&made["office"], &made["mode"]), (&"1379900028".into(), &"attended".into()));
    assert_eq!(made["kinds"], serde_json::json!(["15", "21"]));
    let sheet = fs::read_to_string(dir.path().join("sheet")).unwrap();
    assert!(sheet.contains("みほん通所 1379900028"), "{sheet}");

    let asked = musubi(dir.path(), &["request", "--dir", "o", "--out", "r.pem"]);
    assert_eq!(asked.code, 0, "{}", asked.err);
    assert!(asked.out.contains("中央機関に送って"), "{}", asked.out);
    let pem = fs::read_to_string(dir.path().join("r.pem")).unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE REQUEST-----"), "{pem}");

    musubi(dir.path(), &with(&INIT, &["--json"])).fails(1, "office-exists");
    let second = ["init", "--dir", "o", "--office", "1379900010", "--kind", "11", "--name", "訪問", "--json"];
    assert_eq!(musubi(dir.path(), &second).json()["desks"], 2);
    musubi(dir.path(), &["request", "--dir", "o", "--out", "r.pem", "--json"]).fails(2, "office-which");
    let named = ["request", "--dir", "o", "--office", "1379900010", "--out", "r2.pem", "--json"];
    assert_eq!(musubi(dir.path(), &named).json()["office"], "1379900010");
}

#[test]
fn without_a_passphrase_and_a_terminal_it_is_wrong_usage() {
    let empty = tempfile::tempdir().unwrap();
    let init = with(&INIT, &["--recovery-out", "sheet", "--json"]);
    alone(empty.path(), &init).fails(2, "passphrase-missing");
    assert_eq!(fs::read_dir(empty.path()).unwrap().count(), 0, "nothing was begun");

    let dir = office();
    for args in [&["request", "--dir", "o", "--out", "r", "--json"][..], &["run", "--dir", "o", "--json"]] {
        alone(dir.path(), args).fails(2, "passphrase-missing");
    }
    let mut wrong = command(dir.path(), &["request", "--dir", "o", "--out", "r", "--json"]);
    wrong.env("MUSUBI_PASSPHRASE", "another");
    finish(wrong).fails(1, "passphrase-wrong");
}

#[test]
fn the_sheet_needs_a_place_before_keys_are_made() {
    let dir = tempfile::tempdir().unwrap();
    musubi(dir.path(), &with(&INIT, &["--json"])).fails(2, "sheet-nowhere");
    fs::write(dir.path().join("sheet"), "kept").unwrap();
    musubi(dir.path(), &with(&INIT, &["--recovery-out", "sheet", "--json"])).fails(1, "file-exists");
    assert!(!dir.path().join("o").exists());
    // Without a file it stands on the screen.
    let shown = musubi(dir.path(), &INIT);
    assert_eq!(shown.code, 0, "{}", shown.err);
    assert!(shown.out.contains("復旧用紙"), "{}", shown.out);
}

#[test]
fn an_unattended_office_needs_no_person() {
    let dir = tempfile::tempdir().unwrap();
    let unattended = with(&INIT, &["--mode", "unattended", "--recovery-out", "sheet", "--json"]);
    musubi(dir.path(), &with(&unattended, &["--machine-key", "o/key"])).fails(2, "machine-key-inside");
    let made = musubi(dir.path(), &with(&unattended, &["--machine-key", "machine.key"]));
    assert_eq!(made.json()["mode"], "unattended", "{}", made.err);
    let request = ["request", "--dir", "o", "--out", "r", "--json"];
    alone(dir.path(), &request).fails(1, "machine-key-needed");
    assert_eq!(alone(dir.path(), &with(&request, &["--machine-key", "machine.key"])).code, 0);
    let mut by_variable = command(dir.path(), &request);
    by_variable.env("MUSUBI_MACHINE_KEY", "machine.key");
    assert_eq!(finish(by_variable).code, 0);
    assert_eq!(musubi(dir.path(), &request).code, 0, "the passphrase opens it too");
}

#[test]
fn without_a_node_every_command_says_what_to_do() {
    let dir = office();
    fs::write(dir.path().join("a.csv"), "x").unwrap();
    let commands: [&[&str]; 7] = [
        &["inbox"],
        &["outbox"],
        &["status"],
        &["show", "abcdefgh"],
        &["export", "abcdefgh", "--to", "x"],
        &["ping", "1379900010-11"],
        &["send", "a.csv"],
    ];
    for stale in [false, true] {
        if stale {
            // What a power cut leaves behind; nobody listens on port 1.
            fs::write(dir.path().join("o/api.json"), r#"{"url":"http://127.0.0.1:1","pid":1}"#).unwrap();
            fs::write(dir.path().join("o/api-token"), "t").unwrap();
        }
        for command in commands {
            alone(dir.path(), &with(command, &["--dir", "o", "--json"])).fails(1, "no-node");
        }
    }
    let words = alone(dir.path(), &["inbox", "--dir", "o"]);
    assert!(words.out.is_empty() && words.err.contains("musubi run"), "{}", words.err);
    assert!(!dir.path().join("x").exists());
}

#[test]
fn a_directory_without_an_office_is_told() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("f"), "x").unwrap();
    for command in [&["run"][..], &["request", "--out", "r"], &["install", "f"], &["key", "list"]] {
        musubi(dir.path(), &with(command, &["--dir", "o", "--json"])).fails(1, "not-set-up");
    }
    let doctor = musubi(dir.path(), &["doctor", "--dir", "o", "--json"]);
    assert_eq!((doctor.code, doctor.json()["ok"].clone()), (1, false.into()));
    assert!(!dir.path().join("o").exists());
}

#[test]
fn what_is_no_certificate_is_not_installed() {
    let dir = office();
    fs::write(dir.path().join("photo.jpg"), [0xff, 0xd8, 0xff]).unwrap();
    musubi(dir.path(), &["install", "--dir", "o", "photo.jpg", "--json"]).fails(1, "install-unreadable");
    musubi(dir.path(), &["install", "--dir", "o", "missing", "--json"]).fails(1, "file-missing");
    let named = musubi(dir.path(), &["install", "--dir", "o", "photo.jpg"]);
    assert!(named.err.contains("photo.jpg"), "{}", named.err);
    // A request is told from a certificate.
    musubi(dir.path(), &["request", "--dir", "o", "--out", "r.pem"]);
    let request = musubi(dir.path(), &["install", "--dir", "o", "r.pem"]);
    assert_eq!(request.code, 1);
    assert!(request.out.contains("申請ファイル"), "{}", request.out);
}

#[test]
fn openers_are_listed_added_changed_and_removed() {
    let dir = office();
    let list = || alone(dir.path(), &["key", "list", "--dir", "o", "--json"]).json();
    let kinds =
        || list().as_array().unwrap().iter().map(|o| o["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(kinds(), ["recovery", "passphrase"]);

    fs::write(dir.path().join("new"), "another long passphrase\n").unwrap();
    let change = ["key", "change", "--dir", "o", "--new-passphrase-file", "new", "--json"];
    assert_eq!(musubi(dir.path(), &change).code, 0);
    musubi(dir.path(), &["request", "--dir", "o", "--out", "r", "--json"]).fails(1, "passphrase-wrong");

    // The sheet's code in the place of a passphrase that was forgotten.
    let sheet = fs::read_to_string(dir.path().join("sheet")).unwrap();
    let code: String = sheet.lines().filter(|line| line.starts_with("     ") && line.contains("  ")).fold(
        String::new(),
        |mut code, line| {
            let groups = line.split_whitespace().filter(|word| word.len() == 5 && word.is_ascii());
            groups.for_each(|group| code.push_str(group));
            code
        },
    );
    assert_eq!(code.len(), 40, "{sheet}");
    fs::write(dir.path().join("newer"), "yet another passphrase\n").unwrap();
    let mut recover = command(dir.path(), &["key", "change", "--dir", "o", "--new-passphrase-file", "newer", "--json"]);
    recover.env("MUSUBI_PASSPHRASE", code);
    assert_eq!(finish(recover).code, 0);
    assert_eq!(kinds(), ["recovery", "passphrase"]);

    let with_newer =
        |args: &[&str]| alone(dir.path(), &with(args, &["--dir", "o", "--passphrase-file", "newer", "--json"]));
    assert_eq!(with_newer(&["key", "add", "machine", "--machine-key", "m"]).json()["kind"], "machine_key_file");
    with_newer(&["key", "add", "machine", "--machine-key", "o/m"]).fails(2, "machine-key-inside");
    with_newer(&["key", "add", "recovery"]).fails(2, "sheet-nowhere");
    assert_eq!(with_newer(&["key", "add", "recovery", "--recovery-out", "sheet2"]).json()["kind"], "recovery");
    assert!(fs::read_to_string(dir.path().join("sheet2")).unwrap().contains("1379900028"));
    with_newer(&["key", "remove", "99"]).fails(1, "opener-number");
    let mut numbers: Vec<u64> = list().as_array().unwrap().iter().map(|o| o["number"].as_u64().unwrap()).collect();
    let last = numbers.pop().unwrap().to_string();
    for number in numbers {
        assert_eq!(with_newer(&["key", "remove", &number.to_string()]).code, 0);
    }
    with_newer(&["key", "remove", &last]).fails(1, "opener-last");
}

/// A node without a certificate: it runs, answers and stops by a signal.
#[cfg(unix)]
#[test]
fn a_node_runs_until_it_is_told_to_stop() {
    let dir = office();
    let mut run = command(dir.path(), &["run", "--dir", "o", "--listen", "/ip4/127.0.0.1/tcp/0", "--json"]);
    run.env("MUSUBI_PASSPHRASE", PASSPHRASE).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut node = run.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(node.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(ready["ready"], true);
    assert!(ready["peer_id"].is_string() && ready["listen"].is_array() && ready["api"].is_string(), "{line}");

    let status = alone(dir.path(), &["status", "--dir", "o", "--json"]).json();
    assert_eq!(status["peer_id"], ready["peer_id"]);
    assert_eq!(status["desks"][0]["state"], "no_certificate");
    assert_eq!(alone(dir.path(), &["inbox", "--dir", "o", "--json"]).json(), serde_json::json!([]));
    alone(dir.path(), &["show", "--dir", "o", "abcdefgh", "--json"]).fails(1, "api-no-message");
    alone(dir.path(), &["export", "--dir", "o", "abcdefgh", "--to", "x", "--json"]).fails(1, "api-no-message");
    let ping = alone(dir.path(), &["ping", "--dir", "o", "1379900010-11", "--json"]);
    assert_eq!((ping.code, ping.json()["outcome"].clone()), (1, "unknown".into()));

    // One refused bundle: listed, and exit code 1.
    fs::write(dir.path().join("memo.csv"), "x").unwrap();
    let sent = alone(dir.path(), &["send", "--dir", "o", "memo.csv", "--json"]);
    assert_eq!(sent.code, 1, "{}", sent.err);
    let row = &sent.json()[0];
    assert_eq!((&row["id"], &row["state"]), (&Value::Null, &"refused".into()));
    assert!(row["findings"][0]["text"].as_str().is_some_and(|text| text.contains("memo.csv")));
    let words = alone(dir.path(), &["send", "--dir", "o", "memo.csv", "--lang", "en"]);
    assert!(words.out.contains("Not sent (1):") && words.out.contains("not a file of the care-plan"), "{}", words.out);

    // The store is the node's: a second node and another desk have to wait.
    musubi(dir.path(), &["run", "--dir", "o", "--json"]).fails(1, "run-already");

    let id = node.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert_eq!(node.wait().unwrap().code(), Some(0));
    alone(dir.path(), &["status", "--dir", "o", "--json"]).fails(1, "no-node");
}
