//! What commands do with a node that runs, where the demo does not lead.

use std::{fs, path::Path, process::Command};

use musubi_tests::{TestNetwork, TestNode, sample};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_musubi-under-test");
const MANAGER: (&str, &[&str]) = ("1379905001", &["43"]);
const HOME_VISIT: (&str, &[&str]) = ("1379900010", &["11"]);
const DAY_CARE: (&str, &[&str]) = ("1379900028", &["15", "21"]);
const TO_HOME_VISIT: &str = "20251024090725-B2-1379905001-43-to-1379900010-11";
const TO_DAY_CARE_21: &str = "20251024090811-B2-1379905001-43-to-1379900028-21";

/// Runs a command for a node: its exit code, and its one JSON value.
pub(crate) async fn musubi(node: &TestNode, args: &[&str]) -> (i32, Value) {
    let mut command = Command::new(PROGRAM);
    command.args(args).args(["--json", "--lang", "ja", "--dir"]).arg(node.installed.home.dir());
    let run = tokio::task::spawn_blocking(move || command.output().unwrap());
    let output = musubi_tests::within("a command", run).await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}{}", String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap(), serde_json::from_str(&text).unwrap())
}

fn write(bundle: &str, dir: &Path) {
    fs::create_dir_all(dir).unwrap();
    for (name, bytes) in sample::bundle(bundle) {
        fs::write(dir.join(name), bytes).unwrap();
    }
}

fn rules(row: &Value) -> Vec<&str> {
    row["findings"].as_array().into_iter().flatten().filter_map(|finding| finding["rule"].as_str()).collect()
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn only_files_that_lie_there_are_opened() {
    let net = TestNetwork::default();
    let manager = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let home_visit = net.start(net.install("home-visit", &[HOME_VISIT]), &[&manager]).await;
    let id = manager.send_sample(TO_HOME_VISIT).await;
    manager.until_state(id, "delivered").await;
    let prefix = id.to_string()[..8].to_owned();
    // A directory in which nobody can make a file.
    let (code, error) = musubi(&home_visit, &["export", &prefix, "--to", "/proc"]).await;
    assert_eq!((code, error["error"]["kind"].as_str()), (1, Some("failed")));
    assert_eq!(home_visit.inbox()[0].state, "delivered");

    let to = net.dir().join("import");
    let (code, done) = musubi(&home_visit, &["export", &prefix, "--to", to.to_str().unwrap()]).await;
    assert_eq!((code, done["id"].as_str()), (0, Some(id.to_string().as_str())));
    for (name, bytes) in sample::bundle(TO_HOME_VISIT) {
        assert_eq!(fs::read(to.join(name)).unwrap(), bytes);
    }
    let (code, shown) = musubi(&manager, &["show", &prefix, "--wait", "opened=30"]).await;
    assert_eq!((code, shown["state"].as_str()), (0, Some("opened")));
    assert_eq!(shown["evidence"].as_array().map(Vec::len), Some(3));
    manager.stop().await;
    home_visit.stop().await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_good_does_not_keep_the_rest_from_going() {
    let net = TestNetwork::default();
    let manager = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let dir = net.dir().join("outgoing");
    write(TO_HOME_VISIT, &dir.join("good"));
    write(TO_DAY_CARE_21, &dir.join("torn"));
    let torn = fs::read_dir(dir.join("torn")).unwrap().next().unwrap().unwrap().path();
    fs::remove_file(&torn).unwrap();
    std::os::unix::fs::symlink(dir.join("gone"), &torn).unwrap();
    fs::write(dir.join("memo\u{1b}[31m.csv"), "x").unwrap();
    let (code, rows) = musubi(&manager, &["send", dir.to_str().unwrap()]).await;
    let rows = rows.as_array().unwrap();
    assert_eq!((code, rows.len()), (1, 3));
    let told: Vec<_> = rows.iter().map(|row| (row["state"].as_str().unwrap(), rules(row))).collect();
    assert!(told.contains(&("refused", vec!["MU-SEND-015"])) && told.contains(&("refused", vec!["MU-SEND-017"])));
    let sent: Vec<_> = rows.iter().filter(|row| row["id"].is_string()).collect();
    assert_eq!(sent.len(), 1);
    assert_eq!((sent[0]["to"].as_str(), sent[0]["why"].as_str()), (Some("1379900010-11"), Some("no_key")));
    let unsent = rows.iter().find(|row| rules(row) == ["MU-SEND-015"]).unwrap();
    assert_eq!(unsent["to"].as_str(), Some("1379900028-21"));
    assert_eq!(manager.outbox().len(), 1);
    manager.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn options_fill_in_names_and_do_not_overrule_them() {
    let net = TestNetwork::default();
    let manager = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let dir = net.dir().join("outgoing");
    write(TO_DAY_CARE_21, &dir);
    let path = dir.to_str().unwrap();
    for (option, value, rule) in [("--to-kind", "15", "MU-SEND-012"), ("--from", "1379905001-46", "MU-SEND-010")] {
        let (code, rows) = musubi(&manager, &["send", path, option, value]).await;
        assert_eq!((code, rules(&rows[0])), (1, vec![rule]), "{option}");
    }
    assert!(manager.outbox().is_empty());
    let (code, rows) = musubi(&manager, &["send", path, "--to-kind", "21"]).await;
    assert_eq!((code, rows[0]["to"].as_str()), (0, Some("1379900028-21")));
    manager.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whether_a_partner_answers_is_asked_and_not_remembered() {
    let net = TestNetwork::default();
    let manager = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let day_care = net.start(net.install("day-care", &[DAY_CARE]), &[&manager]).await;
    manager.until_connected("1379900028-15").await;
    let id = manager.send_sample("20251024090755-B2-1379905001-43-to-1379900028-15").await;
    manager.until_state(id, "delivered").await;
    let ping = |outcome: &'static str| (i32::from(outcome != "connected"), Some(outcome.to_owned()));
    let ask = async |node: &TestNode, address: &str| {
        let (code, answer) = musubi(node, &["ping", address]).await;
        (code, answer["outcome"].as_str().map(ToOwned::to_owned))
    };
    assert_eq!(ask(&manager, "1379900028-15").await, ping("connected"));
    assert_eq!(ask(&manager, "1379900036-17").await, ping("unknown"));
    let crl = net.revoke(&day_care.installed.leaves[0]);
    manager.node.core().install(vec![crl], None).await.unwrap();
    assert_eq!(ask(&manager, "1379900028-15").await, ping("revoked"));
    day_care.until("the cut", |node| node.node.core().partners.addresses().is_empty()).await;
    assert_eq!(ask(&day_care, "1379905001-43").await, ping("refused"));

    // The doctor of the one who is refused knows, and says whose turn it is. Whether it has heard of its own revocation
    // before it was cut off is open.
    let (code, looks) = musubi(&day_care, &["doctor"]).await;
    let wrong = looks["checks"].as_array().unwrap().iter().find(|look| look["check"] == "partners").unwrap();
    assert_eq!((code, wrong["state"].as_str()), (1, Some("wrong")));
    assert!(wrong["text"].as_str().unwrap().contains("1379905001-43"), "{wrong}");
    let (_, status) = musubi(&day_care, &["status"]).await;
    // Whoever has heard of it shows no credential.
    let refusal = status["refused"][0]["refusal"].as_str();
    assert!(matches!(refusal, Some("revoked" | "no-credential")), "{refusal:?}");

    // What is held ends a wait at once.
    let dir = net.dir().join("outgoing");
    write(TO_DAY_CARE_21, &dir);
    let (code, rows) = musubi(&manager, &["send", dir.to_str().unwrap(), "--wait", "delivered=3600"]).await;
    assert_eq!((code, rows[0]["state"].as_str()), (1, Some("held")));
    let (_, status) = musubi(&manager, &["status"]).await;
    assert_eq!((status["waiting"].as_u64(), status["held"].as_u64()), (Some(1), Some(1)));
    manager.stop().await;
    day_care.stop().await;
}

/// Attachments as a person sends and takes them: the note comes along, what runs is warned of, nothing is replaced.
#[tokio::test(flavor = "multi_thread")]
async fn attachments_go_and_come_by_commands() {
    let net = TestNetwork::default();
    let manager = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let home_visit = net.start(net.install("home-visit", &[HOME_VISIT]), &[&manager]).await;
    let dir = net.dir().join("files");
    fs::create_dir(&dir).unwrap();
    let pdf = [&b"%PDF-1.7\n"[..], &[7; 2_000_000]].concat();
    fs::write(dir.join("計画.pdf"), &pdf).unwrap();
    fs::write(dir.join("memo"), b"words").unwrap();
    fs::write(dir.join("setup.exe"), b"MZ\x90\0").unwrap();
    fs::write(dir.join("Thumbs.db"), b"x").unwrap();
    let dir = dir.to_str().unwrap();
    let to = ["send", "--to", "1379900010-11", dir, "--note", "一行目\n二行目"];

    let (code, rows) = musubi(&manager, &to).await;
    assert_eq!((code, rules(&rows[0])), (1, vec!["MU-SEND-019"]));
    assert_eq!(rows[0]["findings"][0]["file"], "setup.exe");
    let (code, rows) = musubi(&manager, &[&to[..], &["--each"]].concat()).await;
    let accepted: Vec<bool> = rows.as_array().unwrap().iter().map(|row| row["id"].is_string()).collect();
    assert_eq!((code, accepted), (1, vec![true, false, true]));

    let (code, rows) = musubi(&manager, &[&to[..], &["--allow-programs", "--wait", "delivered=30"]].concat()).await;
    assert_eq!((code, rows[0]["state"].as_str()), (0, Some("delivered")), "{rows:#}");
    let (code, again) = musubi(&manager, &[&to[..], &["--allow-programs"]].concat()).await;
    assert_eq!((code, &again[0]["already_sent"], &again[0]["id"]), (0, &Value::Bool(true), &rows[0]["id"]));

    let id = rows[0]["id"].as_str().unwrap();
    let (_, shown) = musubi(&home_visit, &["show", id]).await;
    assert_eq!(shown["note"], "一行目\n二行目");
    let import = net.dir().join("import");
    let export = ["export", id, "--to", import.to_str().unwrap()];
    let (code, done) = musubi(&home_visit, &export).await;
    assert_eq!((code, done["files"].as_array().map(Vec::len)), (0, Some(3)));
    assert_eq!(fs::read(import.join("計画.pdf")).unwrap(), pdf);
    manager.until_state(id.parse().unwrap(), "opened").await;
    fs::write(import.join("memo"), b"other words").unwrap();
    let (code, error) = musubi(&home_visit, &export).await;
    assert_eq!((code, error["error"]["code"].as_str()), (1, Some("export-exists")), "{error}");
    assert_eq!(fs::read(import.join("memo")).unwrap(), b"other words");
    // Options that say how attachments go mean nothing without an address.
    let (code, _) = musubi(&manager, &["send", dir, "--note", "x"]).await;
    assert_eq!(code, 2);
    manager.stop().await;
    home_visit.stop().await;
}
