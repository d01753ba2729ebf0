//! What befalls an authority: put back from a backup, away for weeks, its root stolen. Offices go on.

use std::{fs, net::TcpListener};

use musubi_protocol::certificate::material::{self, Material};
use musubi_tests::process::{copy_dir, put_clock};
use serde_json::{Value, json};

use crate::authority::{ACTUAL, DAY, DAY_CARE, HOME_VISIT, MANAGER, PLAN, SECOND_PLAN, World, serial};

const LATECOMER: &str = "1379900036";

/// Ports that were free a moment ago.
fn free_ports() -> [u16; 2] {
    let listening = [(); 2].map(|()| TcpListener::bind(("127.0.0.1", 0)).unwrap());
    listening.map(|listener| listener.local_addr().unwrap().port())
}

fn crl(world: &World, name: &str) -> Value {
    world.done(&format!("status --dir {name}"))["crl"]["number"].clone()
}

/// The highest number among the lists that the authority hands out.
fn list_number(world: &World) -> u64 {
    world.done("authority crl --dir a --out crl.pem");
    let items = material::read(&fs::read(world.path().join("crl.pem")).unwrap()).unwrap();
    let number = |item: Material| match item {
        Material::Crl(crl) => crl.number(),
        other => panic!("{}", other.label()),
    };
    items.into_iter().map(number).max().unwrap()
}

fn log_size(world: &World, name: &str) -> u64 {
    world.done(&format!("status --dir {name}"))["log"].as_u64().unwrap_or_default()
}

/// Yesterday's backup: what was issued and revoked since comes back from offices, and no number is used twice.
#[test]
fn an_authority_put_back_from_a_backup_reads_back_what_it_has_signed() {
    let world = World::new();
    world.found(&[MANAGER, HOME_VISIT, DAY_CARE]);
    let ports = free_ports();
    let (serving, at) = world.serve_at(ports);
    let manager = world.join("manager", MANAGER, "43", &at, &[]);
    let to_manager = manager.text("listen");
    let home_visit = world.join("home-visit", HOME_VISIT, "11", &at, &[&to_manager]);
    serving.stop();
    let (home, backup) = (world.path().join("a"), world.path().join("backup"));
    copy_dir(&home, &backup);

    // After the backup one office joins, one is revoked, and the policy changes.
    let (serving, at) = world.serve_at(ports);
    let day_care = world.join("day-care", DAY_CARE, "15", &at, &[&to_manager]);
    world.done(&format!("authority revoke --dir a {HOME_VISIT} --reason cessationOfOperation"));
    fs::write(world.path().join("policy.toml"), "[[term]]\nfrom = 2035-04-01\nfee = 21000\ngrace_days = 30\n").unwrap();
    world.done("authority policy --dir a --set policy.toml");
    let before = world.done("authority list --dir a");
    let joined = serial(&before, DAY_CARE);
    for name in ["manager", "day-care"] {
        world.done(&format!("renew --dir {name}"));
        world.until("the log", |world| log_size(world, name) >= 5);
    }
    let (newest, whole) = (list_number(&world), world.done("log verify --dir manager"));
    serving.stop();

    // The disk is gone, and the backup is put back: it signs nothing.
    fs::remove_dir_all(&home).unwrap();
    copy_dir(&backup, &home);
    let refused = |line: &str| {
        let (code, error) = world.run(line);
        assert_eq!((code, &error["error"]["code"]), (1, &json!("authority-restored")), "{line}: {error}");
    };
    // Off is the office that was revoked: it would tell less than the others.
    home_visit.stop();
    refused("authority serve --dir a --listen /ip4/127.0.0.1/tcp/0");
    refused(&format!("authority codes --dir a {LATECOMER}"));
    assert_eq!(world.done("authority list --dir a").as_array().unwrap().len(), 3);
    let back = world.done(&format!("authority recover --dir a --members /ip4/127.0.0.1/tcp/{} --nodes 2", ports[1]));
    assert_eq!((&back["offices"], &back["acts"], &back["lost"]), (&json!(2), &json!(2), &json!([])), "{back}");
    let after = world.done("authority list --dir a");
    assert_eq!(serial(&after, DAY_CARE), joined);
    let of = |rows: &Value, office: &str| rows.as_array().unwrap().iter().find(|row| row["office"] == office).cloned();
    assert_eq!(of(&after, HOME_VISIT), of(&before, HOME_VISIT));
    assert_eq!(world.done("authority policy --dir a")["terms"][0]["fee"], 21_000);

    // It goes on behind all that was: another office joins, and nodes see one log.
    world.letters(&[LATECOMER]);
    let (serving, at) = world.serve_at(ports);
    let latecomer = world.join("latecomer", LATECOMER, "15", &at, &[&to_manager]);
    let numbers = |rows: &Value| -> Vec<u64> {
        rows.as_array().unwrap().iter().map(|row| row["issue_number"].as_u64().unwrap()).collect()
    };
    let rows = world.done("authority list --dir a");
    let latest = of(&rows, LATECOMER).unwrap()["issue_number"].as_u64().unwrap();
    assert!(numbers(&before).iter().all(|number| *number < latest));
    world.done("renew --dir manager");
    assert!(newest < list_number(&world));
    let log = world.done("log verify --dir manager");
    assert_eq!((&log["whole"], &log["fork"], &log["foreign"]), (&json!(true), &json!(false), &json!([])), "{log}");
    assert!(whole["size"].as_u64() < log["size"].as_u64());
    world.until("the others", |world| world.connected("manager").len() == 2);
    for running in [day_care, latecomer, manager, serving] {
        running.stop();
    }
    let audit = world.done("authority audit --dir a");
    let recovered = audit.as_array().unwrap().iter().find(|entry| entry["deed"] == "recovered").unwrap();
    assert_eq!(recovered["admin"], "佐藤");
}

/// Somebody says that nothing is missing, and is wrong: the first member that connects shows it, and the authority ends.
#[test]
fn an_authority_that_lags_behind_its_members_ends() {
    let world = World::new();
    world.found(&[MANAGER, HOME_VISIT]);
    let ports = free_ports();
    let (serving, at) = world.serve_at(ports);
    let manager = world.join("manager", MANAGER, "43", &at, &[]);
    serving.stop();
    let (home, backup) = (world.path().join("a"), world.path().join("backup"));
    copy_dir(&home, &backup);
    let (serving, at) = world.serve_at(ports);
    let home_visit = world.join("home-visit", HOME_VISIT, "11", &at, &[]);
    world.done(&format!("authority revoke --dir a {HOME_VISIT} --reason keyCompromise"));
    world.done("renew --dir manager");
    world.until("the log", |world| log_size(world, "manager") >= 4);
    serving.stop();
    fs::remove_dir_all(&home).unwrap();
    copy_dir(&backup, &home);
    world.done("authority recover --dir a --alone --yes");
    let mut serving = world.serve_at(ports).0;
    assert_eq!(serving.ended(), Some(1));
    // Read back it serves again. The office that was revoked is off: it would tell less than the other.
    home_visit.stop();
    let back = world.done(&format!("authority recover --dir a --members /ip4/127.0.0.1/tcp/{} --nodes 1", ports[1]));
    assert_eq!((&back["acts"], &back["lost"]), (&json!(2), &json!([HOME_VISIT])), "{back}");
    let (code, error) = world.run(&format!("authority proof --dir a {HOME_VISIT} --out p.pem"));
    assert_eq!((code, &error["error"]["code"]), (1, &json!("authority-unknown")), "{error}");
    let (serving, _) = world.serve_at(ports);
    let home_visit = world.node("home-visit", &[]);
    world.until("the word at the office itself", |world| world.desk("home-visit")["state"] == "revoked");
    for running in [home_visit, manager, serving] {
        running.stop();
    }
}

/// Root 1 is stolen and root 2 retires it, while everybody works. Nobody gets a new certificate.
#[test]
fn root_2_retires_root_1_while_offices_exchange() {
    let world = World::new();
    for number in 1..=3 {
        world.done(&format!(
            "authority root init --dir usb{number} --name 見本中央機関 --number {number} --out root-{number}.pem"
        ));
    }
    world.done("authority init --dir a --name 見本中央機関 --root root-1.pem --root root-2.pem --out q.pem");
    world.done("authority root sign --dir usb1 q.pem --out s.pem --yes");
    world.done("authority root accept --dir a s.pem");
    world.letters(&[MANAGER, HOME_VISIT, DAY_CARE]);
    let (serving, at) = world.serve();
    let manager = world.join("manager", MANAGER, "43", &at, &[]);
    let to_manager = manager.text("listen");
    let home_visit = world.join("home-visit", HOME_VISIT, "11", &at, &[&to_manager]);
    let day_care = world.join("day-care", DAY_CARE, "15", &at, &[&to_manager]);
    world.until("both partners", |world| world.connected("manager").len() == 2);
    assert_eq!(world.send("manager", PLAN).0, 0);
    // One is switched off meanwhile.
    day_care.stop();

    world.done("authority root request --dir a --retire 1 --new root-3.pem --out q.pem");
    world.done("authority root sign --dir usb2 q.pem --out s.pem --yes");
    assert_eq!(world.done("authority root accept --dir a s.pem")["bundle"], 2);
    for name in ["manager", "home-visit"] {
        world.until("the new roots", |world| world.done(&format!("status --dir {name}"))["bundle"] == 2);
    }
    assert_eq!(world.send("home-visit", ACTUAL).0, 0);
    // Revocation goes on: the list travels, and counts.
    world.letters(&[LATECOMER]);
    let latecomer = world.join("latecomer", LATECOMER, "15", &at, &[&to_manager]);
    world.until("the newcomer", |world| world.connected("manager").contains(&format!("{LATECOMER}-15")));
    world.done(&format!("authority revoke --dir a {LATECOMER} --reason keyCompromise"));
    world.until("the cut", |world| !world.connected("manager").contains(&format!("{LATECOMER}-15")));

    // Whoever was away hears of it from a partner alone: the authority is gone as well.
    serving.stop();
    let day_care = world.node("day-care", &[&to_manager]);
    world.until("the one that was away", |world| world.connected("manager").contains(&format!("{DAY_CARE}-15")));
    world.until("the new roots there", |world| world.done("status --dir day-care")["bundle"] == 2);
    assert_eq!(world.desk("day-care")["state"], "active");
    for running in [home_visit, day_care, latecomer, manager] {
        running.stop();
    }
}

/// The authority is down for two weeks: partners go on. An office that was off for sixty days has its lists healed by a
/// partner, without the authority.
#[test]
fn two_weeks_without_an_authority_and_sixty_days_off() {
    let world = World::new();
    world.found(&[MANAGER, HOME_VISIT, DAY_CARE]);
    let (serving, at) = world.serve();
    let manager = world.join("manager", MANAGER, "43", &at, &[]);
    let to_manager = manager.text("listen");
    let home_visit = world.join("home-visit", HOME_VISIT, "11", &at, &[&to_manager]);
    let day_care = world.join("day-care", DAY_CARE, "15", &at, &[&to_manager]);
    world.until("both partners", |world| world.connected("manager").len() == 2);
    for running in [day_care, serving] {
        running.stop();
    }
    // Its lists are past their date, and partners know each other.
    put_clock(&world.clock, 14 * DAY);
    assert_eq!(world.send("manager", PLAN).0, 0);
    assert_eq!(world.send("home-visit", ACTUAL).0, 0);
    for running in [home_visit, manager] {
        running.stop();
    }

    // Two months on: who can ask the authority has fresh lists; then the authority is down again.
    put_clock(&world.clock, 60 * DAY);
    let (serving, at) = world.serve();
    fs::write(world.path().join("manager").join("musubi.toml"), format!("[authority]\nat = \"{at}\"\n")).unwrap();
    let manager = world.node("manager", &[]);
    world.done("renew --dir manager");
    let fresh = crl(&world, "manager");
    serving.stop();
    for (name, address) in [("home-visit", HOME_VISIT), ("day-care", DAY_CARE)] {
        assert_ne!(crl_kept(&world, name), fresh.as_u64());
        let node = world.node(name, &[&manager.text("listen")]);
        world.until("the partner", |world| world.connected("manager").iter().any(|held| held.starts_with(address)));
        assert_eq!(crl(&world, name), fresh);
        if address == HOME_VISIT {
            assert_eq!(world.send("manager", SECOND_PLAN).0, 0);
        }
        node.stop();
    }
    manager.stop();
}

/// The number of the list that a node that is off has kept.
fn crl_kept(world: &World, name: &str) -> Option<u64> {
    let store = musubi_node::home::Home::new(world.path().join(name)).open_store(8 << 20).unwrap();
    let crls = musubi_node::db::Db::new(store).crls().unwrap();
    let read = |der: &Vec<u8>| musubi_protocol::crl::CrlIn::parse(der).unwrap().number();
    crls.iter().map(read).max()
}
