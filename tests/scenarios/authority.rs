//! The authority as people run it: processes, typed commands, and offices that hear of it.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use musubi_node::{
    db::{Db, Writes},
    home::Home,
    times,
};
use musubi_protocol::time::Timestamp;
use musubi_tests::{process::put_clock, sample};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_musubi-under-test");
const PASSPHRASE: &str = "みほんの長い合言葉です。";
pub(crate) const MANAGER: &str = "1379905001";
pub(crate) const HOME_VISIT: &str = "1379900010";
pub(crate) const DAY_CARE: &str = "1379900028";
pub(crate) const PLAN: &str = "20251024090725-B2-1379905001-43-to-1379900010-11";
pub(crate) const SECOND_PLAN: &str = "20251105090409-B2-1379905001-43-to-1379900010-11";
pub(crate) const ACTUAL: &str = "20251202091006-B5-1379900010-11-to-1379905001-43";
/// Within this time a revocation counts everywhere where a path leads to a node that knows.
const PROMISED: Duration = Duration::from_secs(60);
pub(crate) const DAY: i64 = 86_400;

/// A folder with an authority and offices, whose clocks all show the same.
pub(crate) struct World {
    dir: tempfile::TempDir,
    pub(crate) clock: PathBuf,
}

/// A process that ends with its stdin.
pub(crate) struct Running {
    child: Child,
    ready: Value,
}

impl Running {
    pub(crate) fn text(&self, name: &str) -> String {
        self.ready[name][0].as_str().unwrap().to_owned()
    }

    /// Waits until it ends by itself, for a while.
    pub(crate) fn ended(&mut self) -> Option<i32> {
        let began = Instant::now();
        while began.elapsed() < PROMISED {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        None
    }

    pub(crate) fn stop(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // After a failed assertion; gone already otherwise.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl World {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = dir.path().join("clock");
        put_clock(&clock, 0);
        Self { dir, clock }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(PROGRAM);
        command.current_dir(self.path()).args(line.split_whitespace()).arg("--json").stdin(Stdio::null());
        command.env("MUSUBI_PASSPHRASE", PASSPHRASE).env("MUSUBI_ADMIN", "佐藤").env("MUSUBI_LANG", "ja");
        command.env("MUSUBI_TEST_CLOCK", &self.clock);
        command
    }

    pub(crate) fn run(&self, line: &str) -> (i32, Value) {
        let output = self.command(line).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let value = serde_json::from_str(&text);
        (output.status.code().unwrap(), value.unwrap_or_else(|_| panic!("{line}: {text}")))
    }

    #[track_caller]
    pub(crate) fn done(&self, line: &str) -> Value {
        let (code, value) = self.run(line);
        assert_eq!(code, 0, "{line}: {value}");
        value
    }

    pub(crate) fn start(&self, line: &str) -> Running {
        let mut command = self.command(&format!("{line} --until-stdin-ends"));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let ready = serde_json::from_str(&first).unwrap_or_else(|_| panic!("{line}: {first}"));
        Running { child, ready }
    }

    /// The authority, with a letter for each office.
    pub(crate) fn found(&self, offices: &[&str]) {
        self.done("authority init --dir a --name 見本中央機関");
        self.letters(offices);
    }

    pub(crate) fn letters(&self, offices: &[&str]) {
        let letters = self.done(&format!("authority codes --dir a {}", offices.join(" ")));
        for letter in letters.as_array().unwrap() {
            let path = self.path().join(letter["office"].as_str().unwrap());
            fs::write(path, letter["invitation"].as_str().unwrap()).unwrap();
        }
    }

    pub(crate) fn serve(&self) -> (Running, String) {
        self.serve_at([0, 0])
    }

    /// At ports for strangers and for members, who come back there.
    pub(crate) fn serve_at(&self, [strangers, members]: [u16; 2]) -> (Running, String) {
        let serving = self.start(&format!(
            "authority serve --dir a --listen /ip4/127.0.0.1/tcp/{strangers} --members /ip4/127.0.0.1/tcp/{members}"
        ));
        let port = serving.text("listen").rsplit('/').next().unwrap().to_owned();
        (serving, format!("127.0.0.1:{port}"))
    }

    /// Three commands: init, enrol, run.
    pub(crate) fn join(&self, name: &str, office: &str, kind: &str, at: &str, peers: &[&str]) -> Running {
        self.done(&format!(
            "init --dir {name} --office {office} --kind {kind} --name みほん --recovery-out {name}.sheet"
        ));
        self.done(&format!("enrol --dir {name} --invitation {office} --at {at}"));
        self.node(name, peers)
    }

    pub(crate) fn node(&self, name: &str, peers: &[&str]) -> Running {
        let peers: String = peers.iter().map(|peer| format!(" --peer {peer}")).collect();
        self.start(&format!("run --dir {name} --listen /ip4/127.0.0.1/tcp/0{peers}"))
    }

    pub(crate) fn send(&self, name: &str, bundle: &str) -> (i32, Value) {
        let dir = self.path().join(format!("{name}-{bundle}"));
        fs::create_dir_all(&dir).unwrap();
        for (file, bytes) in sample::bundle(bundle) {
            fs::write(dir.join(file), bytes).unwrap();
        }
        self.run(&format!("send --dir {name} --wait delivered=30 {}", dir.display()))
    }

    pub(crate) fn desk(&self, name: &str) -> Value {
        self.done(&format!("status --dir {name}"))["desks"][0].clone()
    }

    pub(crate) fn connected(&self, name: &str) -> Vec<String> {
        let status = self.done(&format!("status --dir {name}"));
        status["connected"].as_array().unwrap().iter().map(|address| address.as_str().unwrap().to_owned()).collect()
    }

    /// Looks until it is so; gives how long that took.
    #[track_caller]
    pub(crate) fn until(&self, what: &str, so: impl Fn(&Self) -> bool) -> Duration {
        let began = Instant::now();
        while !so(self) {
            assert!(began.elapsed() < PROMISED, "{what} did not come");
            std::thread::sleep(Duration::from_millis(50));
        }
        began.elapsed()
    }
}

pub(crate) fn serial(rows: &Value, office: &str) -> String {
    let of = |row: &&Value| row["office"] == office && row["current"] == true;
    rows.as_array().unwrap().iter().find(of).unwrap()["serial"].as_str().unwrap().to_owned()
}

/// Joining, exchange, renewal, revocation, and its undoing, as people type it.
#[test]
fn three_offices_join_exchange_renew_and_one_is_revoked() {
    let world = World::new();
    world.found(&[MANAGER, HOME_VISIT, DAY_CARE]);
    let (serving, at) = world.serve();
    let manager = world.join("manager", MANAGER, "43", &at, &[]);
    let to_manager = manager.text("listen");
    let home_visit = world.join("home-visit", HOME_VISIT, "11", &at, &[&to_manager]);
    let day_care = world.join("day-care", DAY_CARE, "15", &at, &[&to_manager]);
    let both = |world: &World| world.connected("manager").len() == 2;
    world.until("both partners", both);
    assert_eq!(world.send("manager", PLAN).0, 0);
    assert_eq!(world.send("home-visit", ACTUAL).0, 0);

    // That office is revoked while it is connected.
    let began = Instant::now();
    let revoked = world.done(&format!("authority revoke --dir a {HOME_VISIT} --reason keyCompromise"));
    assert_eq!(revoked["revoked"].as_array().unwrap().len(), 1);
    world.until("the cut at the manager", |world| world.connected("manager") == [format!("{DAY_CARE}-15")]);
    let newest = |world: &World, name: &str| world.done(&format!("status --dir {name}"))["crl"]["number"].clone();
    world.until("the list at the third", |world| newest(world, "day-care") == newest(world, "manager"));
    world.until("the word at the office itself", |world| world.desk("home-visit")["state"] == "revoked");
    assert!(began.elapsed() < PROMISED, "{:?}", began.elapsed());
    let (code, held) = world.send("manager", SECOND_PLAN);
    assert_eq!((code, &held[0]["state"], &held[0]["why"]), (1, &"held".into(), &"revoked".into()), "{held}");
    let (code, refused) = world.send("home-visit", ACTUAL);
    assert_eq!((code, &refused[0]["findings"][0]["rule"]), (1, &"MU-SEND-006".into()), "{refused}");

    // A key that may be in other hands stays out; a letter brings a new PC in, for which the mail waits.
    let rows = world.done("authority list --dir a");
    let old = rows.as_array().unwrap().iter().find(|row| row["office"] == HOME_VISIT).unwrap()["serial"].clone();
    let (code, error) = world.run(&format!("authority reinstate --dir a {} --out back.pem", old.as_str().unwrap()));
    assert_eq!((code, &error["error"]["code"]), (1, &"authority-key-compromised".into()));

    // The third office is revoked in error, and that is undone in one step.
    let third = serial(&world.done("authority list --dir a"), DAY_CARE);
    world.done(&format!("authority revoke --dir a --serial {third} --reason unspecified"));
    world.until("the cut", |world| world.connected("manager").is_empty());
    world.done(&format!("authority reinstate --dir a {third} --out back.pem"));
    world.done("renew --dir day-care");
    assert_eq!(world.desk("day-care")["state"], "active");
    world.until("the third again", |world| world.connected("manager") == [format!("{DAY_CARE}-15")]);

    // Somebody gets a certificate for the third's number: its own node sees that in the log.
    assert_eq!(world.done("log verify --dir day-care")["foreign"], Value::Array(Vec::new()));
    world.done(&format!("init --dir other --office {DAY_CARE} --kind 72 --name みほん --recovery-out other.sheet"));
    world.done("request --dir other --out other.pem");
    let silent = world.done("authority issue --dir a other.pem --out other-c.pem");
    world.done("renew --dir day-care");
    let status = world.done("status --dir day-care");
    assert_eq!(status["foreign"], 1);
    let (code, log) = world.run("log verify --dir day-care");
    assert_eq!((code, &log["whole"], &log["fork"]), (1, &true.into(), &false.into()), "{log}");
    assert_eq!(log["foreign"][0]["issue_number"], silent["issue_number"]);
    assert_eq!(log["foreign"][0]["office"], DAY_CARE);
    // It is another PC of the same office, a person says.
    let known = world.done(&format!("log known --dir day-care {}", silent["issue_number"]));
    assert_eq!((&known["size"], &known["foreign"]), (&log["size"], &Value::Array(Vec::new())));
    world.done("renew --dir manager");
    assert_eq!(world.done("status --dir manager")["foreign"], 0);

    // What is kept of the log was changed on the disk: the node sees it and fetches all of it again.
    day_care.stop();
    {
        let store = Home::new(world.path().join("day-care")).open_store(8 << 20).unwrap();
        let (db, mut writes) = (Db::new(store), Writes::new());
        let mut chunk = db.log_chunk(0).unwrap();
        chunk[70] ^= 1;
        writes.log_chunk(0, &chunk).unwrap();
        db.store().commit_blocking(writes.into_batch()).unwrap();
    }
    let day_care = world.node("day-care", &[&to_manager]);
    world.done("renew --dir day-care");
    let fetched = world.done("log verify --dir day-care");
    assert_eq!((&fetched["size"], &fetched["root"]), (&known["size"], &known["root"]));

    for running in [home_visit, day_care, manager, serving] {
        running.stop();
    }
    let audit = world.done("authority audit --dir a");
    let revoked = audit.as_array().unwrap().iter().filter(|entry| entry["deed"] == "revoked");
    assert!(revoked.clone().all(|entry| entry["admin"] == "佐藤") && revoked.count() == 2);
    assert!(audit.as_array().unwrap().iter().any(|entry| entry["deed"] == "announced"));
}

/// What the authority hands out is known in another house by then: a loss of its disk leaves no certificate behind that nobody
/// knows of.
#[test]
fn no_certificate_goes_out_before_its_leaf() {
    let world = World::new();
    world.found(&[MANAGER]);
    let (serving, at) = world.serve();
    let manager = world.join("manager", MANAGER, "43", &at, &[]);
    let log = |world: &World| world.done("status --dir manager")["log"].as_u64().unwrap();
    let issued = |world: &World, n: u64| {
        let office = 1_379_900_100 + n;
        world.done(&format!("init --dir o{n} --office {office} --kind 11 --name みほん --recovery-out o{n}.sheet"));
        world.done(&format!("request --dir o{n} --out {n}.pem"));
        world.done(&format!("authority issue --dir a {n}.pem --out {n}-c.pem"));
    };
    // The authority's own node has a certificate too.
    world.until("two leaves", |world| log(world) == 2);
    // By now it may not be connected yet; once it is, it is told.
    issued(&world, 1);
    world.until("the third leaf", |world| log(world) == 3);
    for n in 2..6 {
        issued(&world, n);
        assert_eq!(log(&world), n + 2);
    }
    for running in [manager, serving] {
        running.stop();
    }
}

/// Ten months later: lists that are long past, a licence that is free, and one that costs.
#[test]
fn licences_are_renewed_when_it_is_time_and_a_fee_wants_a_word() {
    let world = World::new();
    world.found(&[MANAGER, HOME_VISIT]);
    let (serving, at) = world.serve();
    let manager = world.join("manager", MANAGER, "43", &at, &[]);
    let to_manager = manager.text("listen");
    let home_visit = world.join("home-visit", HOME_VISIT, "11", &at, &[&to_manager]);
    world.until("the partner", |world| world.connected("manager").len() == 1);
    let early = world.done("renew --dir manager");
    assert_eq!((&early[0]["renewal"], &early[0]["next_until"]), (&Value::Null, &Value::Null));

    // The clocks of all move on by 310 days: the lists held are long past, and everybody starts anew.
    for running in [home_visit, manager, serving] {
        running.stop();
    }
    put_clock(&world.clock, 310 * DAY);
    let (serving, at_later) = world.serve();
    for name in ["manager", "home-visit"] {
        fs::write(world.path().join(name).join("musubi.toml"), format!("[authority]\nat = \"{at_later}\"\n")).unwrap();
    }
    let manager = world.node("manager", &[]);
    let to_manager = manager.text("listen");
    let until = world.desk("manager")["until"].clone();
    // Free of charge: it has renewed itself at the start, or does so now.
    let renewed = world.done("renew --dir manager");
    assert_eq!(renewed[0]["until"], until);
    assert!(renewed[0]["next_until"].as_str().unwrap() > until.as_str().unwrap(), "{renewed}");

    // From now on it costs, and nothing is agreed to without a person.
    fs::write(world.path().join("policy.toml"), "[[term]]\nfrom = 2023-04-01\nfee = 21000\ngrace_days = 30\n").unwrap();
    world.done("authority policy --dir a --set policy.toml");
    let home_visit = world.node("home-visit", &[&to_manager]);
    let (code, due) = world.run("renew --dir home-visit --agree 20000");
    assert_eq!((code, &due[0]["renewal"]["fee"]), (1, &21_000.into()), "{due}");
    assert_eq!(world.desk("home-visit")["renewal"]["fee"], 21_000);
    assert_eq!(due[0]["renewal"]["asked"], 1);
    let renewed = world.done("renew --dir home-visit --agree 21000");
    assert!(renewed[0]["next_until"].is_string(), "{renewed}");
    let fees = world.done("authority fees --dir a");
    let rows = fees["charges"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[0]["office"], &rows[0]["fee"]), (1, &HOME_VISIT.into(), &21_000.into()), "{fees}");

    // With fresh lists the two exchange as before.
    world.until("the partner", |world| world.connected("manager").len() == 1);
    assert_eq!(world.send("manager", PLAN).0, 0);
    for running in [home_visit, manager, serving] {
        running.stop();
    }
}

/// The day comes from which certificates count only with a proof from the public log: whoever is there goes on by itself,
/// and an office without Internet joins by its file.
#[test]
fn the_day_from_which_the_log_counts_comes_and_goes_unnoticed() {
    let day = |days: i64| times::rfc3339(Timestamp::now().plus((days * DAY) as u64))[..10].to_owned();
    let world = World::new();
    world.found(&[MANAGER, HOME_VISIT]);
    let (serving, at) = world.serve();
    let manager = world.join("manager", MANAGER, "43", &at, &[]);
    let to_manager = manager.text("listen");
    let home_visit = world.join("home-visit", HOME_VISIT, "11", &at, &[&to_manager]);
    world.until("the partner", |world| world.connected("manager").len() == 1);
    // Each has its proof from the start; no day is set.
    let status = world.done("status --dir manager");
    assert_eq!((&status["desks"][0]["in_log"], &status["log_required"]), (&true.into(), &Value::Null), "{status}");
    assert_eq!(world.done("authority log --dir a")["required_from"], Value::Null);
    let (code, error) = world.run(&format!("authority log --dir a --required-from {}", day(59)));
    assert_eq!((code, &error["error"]["code"]), (1, &"authority-proofs-soon".into()), "{error}");
    let set = world.done(&format!("authority log --dir a --required-from {}", day(62)));
    assert_eq!(set["required_from"], day(62));
    world.until("word of the day", |world| world.done("status --dir manager")["log_required"].is_string());

    for running in [home_visit, manager, serving] {
        running.stop();
    }
    put_clock(&world.clock, 63 * DAY);
    let (serving, at) = world.serve();
    for name in ["manager", "home-visit"] {
        fs::write(world.path().join(name).join("musubi.toml"), format!("[authority]\nat = \"{at}\"\n")).unwrap();
    }
    let manager = world.node("manager", &[]);
    let to_manager = manager.text("listen");
    let home_visit = world.node("home-visit", &[&to_manager]);
    world.until("the partner", |world| world.connected("manager").len() == 1);
    assert_eq!(world.send("manager", PLAN).0, 0);
    assert_eq!(world.run("doctor --dir manager").0, 0);

    // By file: request and certificate are all that is carried.
    world.done(&format!("init --dir late --office {DAY_CARE} --kind 15 --name みほん --recovery-out late.sheet"));
    world.done("request --dir late --out late.pem");
    world.done("authority issue --dir a late.pem --out late-c.pem");
    let root = world.done("authority trust --dir a --out trust-bundle")["root_sha256"].clone();
    world.done(&format!("install --dir late late-c.pem --root-sha256 {}", root.as_str().unwrap()));
    let late = world.node("late", &[&to_manager]);
    world.until("the newcomer", |world| world.connected("manager").len() == 2);
    assert_eq!(world.desk("late")["in_log"], true);
    for running in [late, home_visit, manager, serving] {
        running.stop();
    }
    let audit = world.done("authority audit --dir a");
    assert!(audit.as_array().unwrap().iter().any(|entry| entry["deed"] == "log_required"));
}

/// `kill -9` at each step of an issue: it has happened with its leaf, or not at all.
#[test]
fn killed_while_it_issues() {
    let world = World::new();
    world.done("authority init --dir a --name 見本中央機関");
    let request = |n: usize| {
        world.done(&format!(
            "init --dir o{n} --office {:010} --kind 11 --name みほん --recovery-out o{n}.sheet",
            1_379_900_100 + n
        ));
        world.done(&format!("request --dir o{n} --out {n}.pem"));
    };
    // The steps, as one passes that is not killed.
    request(0);
    let log = world.path().join("steps");
    let mut whole = world.command("authority issue --dir a 0.pem --out 0-c.pem");
    assert!(whole.env("MUSUBI_CRASH_LOG", &log).stdout(Stdio::null()).status().unwrap().success());
    let passed = fs::read_to_string(&log).unwrap();
    let mut steps: Vec<(&str, usize)> = Vec::new();
    for name in passed.lines() {
        let times = steps.iter().filter(|(other, _)| *other == name).count();
        steps.push((name, times + 1));
    }
    assert!(steps.iter().any(|(name, _)| *name == "store.synced"), "{steps:?}");

    let (mut kept, mut lost) = (0, 0);
    for (n, (name, times)) in (1..).zip(steps) {
        request(n);
        let before = register(&world);
        let mut killed = world.command(&format!("authority issue --dir a {n}.pem --out {n}-c.pem"));
        let ended = killed.env("MUSUBI_CRASH_AT", format!("{name}:{times}")).stdout(Stdio::null()).status().unwrap();
        assert!(!ended.success(), "{name} was passed");
        let after = register(&world);
        assert_eq!(after.0 as u64, after.1, "every certificate has its leaf, and no leaf lacks one");
        match after.0 - before.0 {
            0 => lost += 1,
            1 => kept += 1,
            more => panic!("{more} certificates at {name}"),
        }
        // Asked again it is issued, with a higher number if it was before.
        world.done(&format!("authority issue --dir a {n}.pem --out {n}-c.pem"));
    }
    assert!(kept > 0 && lost > 0, "{kept} kept, {lost} not");
    let audit = world.done("authority audit --dir a");
    let issued = audit.as_array().unwrap().iter().filter(|entry| entry["deed"] == "issued").count();
    assert_eq!(issued, register(&world).0, "each stands in the audit log");
}

/// How many certificates there are, and how many acts the log holds.
fn register(world: &World) -> (usize, u64) {
    let register = musubi_node::authority::Register::open(&world.path().join("a")).unwrap();
    (register.list(Timestamp::now()).unwrap().len(), register.log_size())
}
