//! From the letter to a certificate, and what a prefecture reads out of a proof: as people type it.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::Value;

const PASSPHRASE: &str = "みほんの長い合言葉です。";

struct Run {
    out: String,
    err: String,
    code: i32,
}

impl Run {
    fn json(&self) -> Value {
        assert_eq!(self.out.lines().count(), 1, "{}{}", self.out, self.err);
        serde_json::from_str(&self.out).unwrap()
    }

    #[track_caller]
    fn done(self) -> Self {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self
    }

    #[track_caller]
    fn fails(&self, name: &str) {
        assert_eq!(self.code, 1, "{}{}", self.out, self.err);
        assert_eq!(self.json()["error"]["code"], name, "{}", self.err);
    }
}

fn command(dir: &Path, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_musubi"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("MUSUBI_") {
            command.env_remove(name);
        }
    }
    command.current_dir(dir).args(line.split_whitespace()).arg("--json");
    command.env("MUSUBI_LANG", "ja").env("MUSUBI_ADMIN", "佐藤").env("MUSUBI_PASSPHRASE", PASSPHRASE);
    command.stdin(Stdio::null());
    command
}

fn musubi(dir: &Path, line: &str) -> Run {
    let output = command(dir, line).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { out: text(output.stdout), err: text(output.stderr), code: output.status.code().unwrap() }
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
    musubi(dir, "authority init --dir a --name 見本中央機関").done();
    let letters = musubi(dir, "authority codes --dir a 1379900028 1379900010").done().json();
    for letter in letters.as_array().unwrap() {
        fs::write(dir.join(letter["office"].as_str().unwrap()), letter["invitation"].as_str().unwrap()).unwrap();
    }
}

fn init(dir: &Path, name: &str, office: &str, kind: &str) {
    let line = format!("init --dir {name} --office {office} --kind {kind} --name みほん --recovery-out {name}.sheet");
    musubi(dir, &line).done();
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
    musubi(dir, &format!("enrol --dir o --invitation slip {at}")).fails("invitation-group");
    musubi(dir, &format!("enrol --dir o --invitation 1379900010 {at}")).fails("enrol-code");
    let without = musubi(dir, "enrol --dir o --invitation 1379900028");
    assert_eq!((without.code, &without.json()["error"]["code"]), (2, &"enrol-no-place".into()));
    musubi(dir, "enrol --dir o --invitation 1379900028 --at 127.0.0.1:9").fails("enrol-unreachable");

    let enrolled = musubi(dir, &format!("enrol --dir o --invitation 1379900028 {at}")).done().json();
    assert_eq!(enrolled["office"], "1379900028");
    // Again, as after a cable that was pulled at the wrong moment.
    let again = musubi(dir, &format!("enrol --dir o --invitation 1379900028 {at}")).done().json();
    assert_eq!(again["installed"]["items"][0]["outcome"], "known");
    // Another PC with the same letter.
    init(dir, "p", "1379900028", "21");
    musubi(dir, &format!("enrol --dir p --invitation 1379900028 {at}")).fails("enrol-code-used");
    // The authority is taken while it serves.
    musubi(dir, "authority list --dir a").fails("authority-in-use");
    serving.stop();

    let list = musubi(dir, "authority list --dir a").done().json();
    assert_eq!((list.as_array().unwrap().len(), &list[0]["office"]), (1, &"1379900028".into()));
    let audit = musubi(dir, "authority audit --dir a").done().json();
    let deeds: Vec<&str> = audit.as_array().unwrap().iter().map(|entry| entry["deed"].as_str().unwrap()).collect();
    assert_eq!(deeds, ["code", "code", "wrong_code", "issued", "granted"]);
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
    musubi(dir.path(), &line).fails("enrol-impostor");
    false_one.stop();
    // No try was counted there.
    let audit = musubi(other.path(), "authority audit --dir a").done().json();
    assert_eq!(audit.as_array().unwrap().len(), 2);
}

#[test]
fn a_lost_pc_is_replaced_in_one_act() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    letters(dir);
    let serving = Serving::start(dir);
    init(dir, "old", "1379900028", "15");
    musubi(dir, &format!("enrol --dir old --invitation 1379900028 --at 127.0.0.1:{}", serving.port)).done();
    serving.stop();
    let old = musubi(dir, "authority list --dir a").done().json()[0]["serial"].as_str().unwrap().to_owned();
    let letter = musubi(dir, "authority codes --dir a 1379900028").done().json();
    fs::write(dir.join("second"), letter[0]["invitation"].as_str().unwrap()).unwrap();
    let serving = Serving::start(dir);
    init(dir, "new", "1379900028", "15");
    let enrol = format!("enrol --dir new --invitation second --at 127.0.0.1:{}", serving.port);
    musubi(dir, &enrol).fails("enrol-overlap");
    musubi(dir, &format!("{enrol} --replace 55{}", &old[2..])).fails("enrol-replaces");
    musubi(dir, &format!("{enrol} --replace {old}")).done();
    serving.stop();
    let list = musubi(dir, "authority list --dir a").done().json();
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
    musubi(dir, "request --dir o --out r.pem").done();
    musubi(dir, "authority issue --dir a r.pem --out c.pem").done();
    let proof = musubi(dir, "authority proof --dir a 1379900028 --out p.pem").done().json();
    musubi(dir, "authority trust --dir a --out trust").done();
    musubi(dir, "authority crl --dir a --out old.pem").done();
    let pin = musubi(dir, "proof verify p.pem --trust trust --trust old.pem").done().json();
    assert_eq!(
        (&pin["proof"], &pin["office"], &pin["licence"]),
        (&"membership".into(), &"1379900028".into(), &"active".into())
    );
    // The text of the QR code says the same.
    let text = proof["text"].as_str().unwrap();
    let by_text = musubi(dir, &format!("proof verify {text} --trust trust --trust old.pem")).done().json();
    assert_eq!(by_text, pin);
    let root = pin["root_sha256"].as_str().unwrap();
    musubi(dir, &format!("proof verify p.pem --trust trust --trust old.pem --root-sha256 {root}")).done();
    let other = "ab".repeat(32);
    musubi(dir, &format!("proof verify p.pem --trust trust --trust old.pem --root-sha256 {other}"))
        .fails("proof-bundle");

    musubi(dir, "proof verify p.pem --trust trust").fails("proof-old-data");
    musubi(dir, "proof verify p.pem --trust old.pem").fails("proof-no-bundle");
    musubi(dir, "proof verify p.pem --trust p.pem").fails("proof-trust");
    let mut forged = text.to_owned();
    let at = forged.len() - 5;
    forged.replace_range(at..=at, if &forged[at..=at] == "A" { "B" } else { "A" });
    musubi(dir, &format!("proof verify {forged} --trust trust --trust old.pem")).fails("proof-forged");
    musubi(dir, &format!("proof verify {} --trust trust --trust old.pem", &text[..60])).fails("proof-malformed");

    let foreign = tempfile::tempdir().unwrap();
    letters(foreign.path());
    musubi(foreign.path(), "authority trust --dir a --out trust").done();
    musubi(foreign.path(), "authority crl --dir a --out crl.pem").done();
    let theirs = foreign.path().join("trust");
    let crl = foreign.path().join("crl.pem");
    let line = format!("proof verify p.pem --trust {} --trust {}", theirs.display(), crl.display());
    musubi(dir, &line).fails("proof-unknown-issuer");

    musubi(dir, "authority revoke --dir a 1379900028 --reason privilegeWithdrawn").done();
    musubi(dir, "authority crl --dir a --out new.pem").done();
    // An older list beside the newer one changes nothing, in whichever order.
    for lists in ["--trust new.pem", "--trust old.pem --trust new.pem", "--trust new.pem --trust old.pem"] {
        let verdict = musubi(dir, &format!("proof verify p.pem --trust trust {lists}"));
        verdict.fails("proof-revoked");
        assert!(verdict.json()["error"]["message"].as_str().unwrap().contains("利用をやめさせた"));
    }
    musubi(dir, "authority proof --dir a 1379900028 --out q.pem").fails("authority-nothing-valid");
}
