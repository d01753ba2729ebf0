//! A lost computer: mail for the one in its place waits until the public log has shown it for a day, or until somebody
//! has telephoned.

use std::fs;

use musubi_node::{
    attachments::Order,
    core::{Confirmed, NewKey},
};
use musubi_protocol::{
    ids::{Address, OfficeNumber},
    link::Log,
};
use musubi_tests::{
    TestNetwork, TestNode,
    partner::{Lie, Partner},
    process::put_clock,
    sample,
};
use serde_json::Value;

use crate::authority::{HOME_VISIT, MANAGER, PLAN, Running, SECOND_PLAN, World, serial};
use crate::commands::musubi;

const THIRD_PLAN: &str = "20251112091403-B2-1379905001-43-to-1379900010-11";
const HOUR: i64 = 3_600;

/// Sends without waiting for anything.
fn put_out(world: &World, bundle: &str) {
    let dir = world.path().join(bundle);
    fs::create_dir_all(&dir).unwrap();
    for (file, bytes) in sample::bundle(bundle) {
        fs::write(dir.join(file), bytes).unwrap();
    }
    world.done(&format!("send --dir manager {bundle}"));
}

/// The office comes back on a new computer, by a new letter, in place of the one that is lost.
fn replaced(world: &World, name: &str, at: &str) -> Running {
    let lost = serial(&world.done("authority list --dir a"), HOME_VISIT);
    world.letters(&[HOME_VISIT]);
    world.done(&format!("init --dir {name} --office {HOME_VISIT} --kind 11 --name みほん --recovery-out {name}.sheet"));
    world.done(&format!("enrol --dir {name} --invitation {HOME_VISIT} --at {at} --replace {lost}"));
    let manager = world.done("status --dir manager")["listen"][0].clone();
    world.node(name, &[manager.as_str().unwrap()])
}

/// What the manager's messages wait for.
fn why(world: &World) -> Vec<String> {
    let outbox = world.done("outbox --dir manager");
    let rows = outbox.as_array().unwrap().iter();
    rows.filter_map(|row| row["why"].as_str().map(str::to_owned)).collect()
}

fn new_keys(world: &World) -> Vec<Value> {
    world.done("status --dir manager")["new_keys"].as_array().unwrap().clone()
}

fn inbox(world: &World, name: &str) -> usize {
    world.done(&format!("inbox --dir {name}")).as_array().unwrap().len()
}

#[test]
fn mail_for_a_new_computer_waits_for_a_day_or_a_call() {
    let world = World::new();
    world.found(&[MANAGER, HOME_VISIT]);
    let (serving, at) = world.serve();
    let manager = world.join("manager", MANAGER, "43", &at, &[]);
    let home_visit = world.join("home-visit", HOME_VISIT, "11", &at, &[&manager.text("listen")]);
    world.until("the partner", |world| world.connected("manager").len() == 1);
    assert_eq!(world.send("manager", PLAN).0, 0);
    assert_eq!(new_keys(&world), [] as [Value; 0], "the first key is nobody else's");

    // Lost while a plan is on its way.
    home_visit.stop();
    put_out(&world, SECOND_PLAN);
    let second = replaced(&world, "second", &at);
    world.until("the new key", |world| why(world) == ["new_key"]);
    // Neither what waits nor what the lost computer had is sealed for it.
    world.until("the leaf", |world| new_keys(world).iter().any(|key| key["awaits"] == "time"));
    assert!(new_keys(&world)[0]["goes_from"].is_string());
    assert_eq!(inbox(&world, "second"), 0);
    let (code, error) = world.run(&format!("partner confirm --dir manager {HOME_VISIT}"));
    assert_eq!((code, &error["error"]["code"]), (2, &"partner-unanswered".into()), "{error}");
    let (code, error) = world.run(&format!("partner confirm --dir manager {MANAGER}"));
    assert_eq!((code, &error["error"]["code"]), (1, &"partner-no-new-key".into()), "{error}");
    let wrong = format!("partner confirm --dir manager {HOME_VISIT} --number 0000-1111-2222-3333-4444");
    let (code, error) = world.run(&wrong);
    assert_eq!((code, &error["error"]["code"]), (1, &"partner-number".into()), "{error}");
    assert_eq!((inbox(&world, "second"), why(&world)), (0, vec!["new_key".to_owned()]));

    // They telephone.
    let number = world.done("partner list --dir second")["own"][0]["key_number"].as_str().unwrap().replace(' ', "-");
    let confirmed = world.done(&format!("partner confirm --dir manager {HOME_VISIT} --number {number}"));
    assert_eq!(confirmed["addresses"], serde_json::json!([format!("{HOME_VISIT}-11")]));
    world.until("both plans", |world| inbox(world, "second") == 2);
    assert_eq!(new_keys(&world), [] as [Value; 0]);
    assert_eq!(world.done("partner list --dir manager")["partners"][0]["new_key"], Value::Null);

    // Lost again, and nobody telephones.
    second.stop();
    put_out(&world, THIRD_PLAN);
    let third = replaced(&world, "third", &at);
    world.until("the new key", |world| why(world) == ["new_key"]);
    let mut running = (serving, manager, third);
    for (hours, waits) in [(23, true), (25, false)] {
        let (serving, manager, third) = running;
        for node in [third, manager, serving] {
            node.stop();
        }
        put_clock(&world.clock, hours * HOUR);
        let (serving, at) = world.serve();
        for name in ["manager", "third"] {
            fs::write(world.path().join(name).join("musubi.toml"), format!("[authority]\nat = \"{at}\"\n")).unwrap();
        }
        let manager = world.node("manager", &[]);
        let third = world.node("third", &[&manager.text("listen")]);
        world.until("the partner", |world| world.connected("manager").len() == 1);
        // With the newest list, and so the time, that there is.
        world.done("renew --dir manager");
        if waits {
            assert_eq!(why(&world), ["new_key"], "after {hours} h");
            assert_eq!(new_keys(&world)[0]["awaits"], "time");
            assert_eq!(inbox(&world, "third"), 0);
        } else {
            world.until("all plans", |world| inbox(world, "third") == 3);
            assert_eq!(new_keys(&world), [] as [Value; 0]);
        }
        running = (serving, manager, third);
    }
    let (serving, manager, third) = running;
    for node in [third, manager, serving] {
        node.stop();
    }
}

const AT_MANAGER: (&str, &[&str]) = (MANAGER, &["43"]);
const AT_HOME_VISIT: (&str, &[&str]) = (HOME_VISIT, &["11"]);

fn address(office: &str, kind: &str) -> Address {
    format!("{office}-{kind}").parse().unwrap()
}

fn keys(node: &TestNode) -> Vec<NewKey> {
    node.node.core().new_keys().unwrap()
}

/// Somebody gets a certificate for an office that is not his, and renews it; what waits for the office is not for him.
#[tokio::test(flavor = "multi_thread")]
async fn an_impostor_gets_nothing_and_the_office_goes_on() {
    let net = TestNetwork::default();
    let manager = net.start(net.install("manager", &[AT_MANAGER]), &[]).await;
    let home_visit = net.start(net.install("home-visit", &[AT_HOME_VISIT]), &[&manager]).await;
    let before = manager.send_sample(PLAN).await;
    manager.until_state(before, "delivered").await;
    let away = home_visit.stop().await;
    let waiting = manager.send_sample(SECOND_PLAN).await;

    let impostor = net.install("impostor", &[AT_HOME_VISIT]);
    let renewed = net.issue(&impostor, HOME_VISIT, 365);
    let impostor = net.start(impostor, &[&manager]).await;
    manager.until("the other key", |node| node.sent(waiting).why.as_deref() == Some("new_key")).await;
    // No log is held here, so nobody can say from when on.
    assert_eq!(keys(&manager).iter().map(|key| key.logged).collect::<Vec<_>>(), [None]);
    // A newer certificate does not make the key another one, or younger.
    let first = impostor.installed.leaves[0].hash();
    impostor.node.core().install(vec![renewed.der().to_vec()], None).await.unwrap();
    let impostor = net.start(impostor.stop().await, &[&manager]).await;
    let to = address(HOME_VISIT, "11");
    manager.until("the newer one", |node| node.node.core().db.partner(to).unwrap() == Some(renewed.hash())).await;
    assert_eq!(keys(&manager).iter().map(|key| key.certificate.hash()).collect::<Vec<_>>(), [first]);
    // What is sent now waits too, and started anew nothing is forgotten.
    let later = manager.send_sample(THIRD_PLAN).await;
    assert_eq!(manager.sent(later).why.as_deref(), Some("new_key"));
    let manager = net.start(manager.stop().await, &[&impostor]).await;
    manager.until_connected(&to.to_string()).await;
    assert_eq!((keys(&manager).len(), manager.sent(waiting).why.as_deref()), (1, Some("new_key")));
    let (office, other) = (to.office, "0000 1111 2222 3333 4444");
    assert_eq!(manager.node.core().confirm_key(office, other).await.unwrap(), Confirmed::OtherNumber);
    let of_another: OfficeNumber = MANAGER.parse().unwrap();
    let spoken = keys(&manager)[0].spoken.clone();
    assert_eq!(manager.node.core().confirm_key(of_another, &spoken).await.unwrap(), Confirmed::Nothing);

    // The office has seen it in the log, and the authority revokes one after the other: the age of the first is not that
    // of the second.
    let crl = net.revoke(&impostor.installed.leaves[0]);
    manager.node.core().install(vec![crl], None).await.unwrap();
    assert_eq!(keys(&manager).iter().map(|key| key.certificate.hash()).collect::<Vec<_>>(), [renewed.hash()]);
    let crl = net.revoke(&renewed);
    manager.node.core().install(vec![crl], None).await.unwrap();
    assert_eq!(keys(&manager), []);
    assert_eq!(manager.sent(waiting).state, "held");
    assert_eq!(manager.node.core().confirm_key(office, &spoken).await.unwrap(), Confirmed::Nothing);
    assert_eq!(impostor.inbox().len(), 0);
    impostor.stop().await;
    // The office itself is waited for by nobody.
    let home_visit = net.start(away, &[&manager]).await;
    for id in [waiting, later] {
        manager.until_state(id, "delivered").await;
    }
    assert_eq!(keys(&manager), []);
    home_visit.stop().await;
    manager.stop().await;
}

/// More messages wait than a session remembers.
#[tokio::test(flavor = "multi_thread")]
async fn everything_that_waits_for_a_new_computer_goes() {
    const MANY: usize = 300;
    let net = TestNetwork::default();
    let manager = net.start(net.install("manager", &[AT_MANAGER]), &[]).await;
    let home_visit = net.start(net.install("home-visit", &[AT_HOME_VISIT]), &[&manager]).await;
    let to = address(HOME_VISIT, "11");
    manager.until_connected(&to.to_string()).await;
    let lost = home_visit.stop().await;
    let order = Order {
        from: None,
        to,
        note: None,
        each: true,
        again: false,
        programs: false,
        standard: false,
        expected: None,
    };
    for part in 0..MANY / 100 {
        let file = |n| (format!("{part}-{n}.txt"), format!("{part} {n}").into_bytes());
        let rows = manager.attach(order.clone(), &(0..100).map(file).collect::<Vec<_>>()).await;
        assert!(rows.iter().all(|row| row.state == "waiting"), "{rows:?}");
    }
    let crl = net.revoke(&lost.leaves[0]);
    manager.node.core().install(vec![crl], None).await.unwrap();
    let second = net.start(net.install("second", &[AT_HOME_VISIT]), &[&manager]).await;
    let log = Log::new(address(MANAGER, "43"), to);
    second.until("all of them", |node| node.node.core().db.incomplete(log).unwrap().len() == MANY).await;
    assert_eq!(second.inbox().len(), 0);
    let key = keys(&manager).remove(0);
    let confirmed = manager.node.core().confirm_key(to.office, &key.spoken).await.unwrap();
    assert_eq!(confirmed, Confirmed::Addresses(vec![to]));
    second.until("what waited", |node| node.inbox().len() == MANY).await;
    second.stop().await;
    manager.stop().await;
}

/// Whoever lacks an envelope asks for it every minute, and keeps the connection however long it waits.
#[tokio::test(flavor = "multi_thread")]
async fn asking_again_and_again_costs_nobody_the_connection() {
    let net = TestNetwork::default();
    let node = net.start(net.install("manager", &[AT_MANAGER]), &[]).await;
    let listening = node.node.listen()[0].parse::<musubi_network::Multiaddr>().unwrap();
    let before = net.authority().issue(HOME_VISIT, &["11"]);
    let first = Partner::new(&node, vec![before]).await;
    first.connect(listening.clone()).await;
    node.until_connected(&address(HOME_VISIT, "11").to_string()).await;
    first.leave().await;
    let new = net.authority().issue(HOME_VISIT, &["11"]);
    let second = Partner::new(&node, vec![new]).await;
    second.lie(Lie::Asking(5_000));
    second.connect(listening).await;
    node.until("the new key", |node| keys(node).len() == 1).await;
    for (bundle, seq) in [(PLAN, 1), (SECOND_PLAN, 2), (THIRD_PLAN, 3)] {
        node.send_sample(bundle).await;
        second.until_entry(bundle, |entry| entry.seq == seq).await;
    }
    // Its answer comes behind all that it has asked.
    let (code, answer) = musubi(&node, &["ping", "1379900010-11"]).await;
    assert_eq!((code, answer["outcome"].as_str()), (0, Some("connected")), "{answer}");
    node.stop().await;
}

/// A desk comes back with one kind more: what is a new key for one of its addresses is one for all.
#[tokio::test(flavor = "multi_thread")]
async fn a_further_kind_is_no_way_round() {
    let net = TestNetwork::default();
    let manager = net.start(net.install("manager", &[AT_MANAGER]), &[]).await;
    let home_visit = net.start(net.install("home-visit", &[AT_HOME_VISIT]), &[&manager]).await;
    let (known, further) = (address(HOME_VISIT, "11"), address(HOME_VISIT, "15"));
    manager.until_connected(&known.to_string()).await;
    home_visit.stop().await;
    let both = net.start(net.install("both", &[(HOME_VISIT, &["11", "15"])]), &[&manager]).await;
    manager.until_connected(&further.to_string()).await;
    manager.until("both keys", |node| keys(node).iter().map(|key| key.address).eq([known, further])).await;
    // Never met before, a kind is believed, as any partner is.
    let other = net.start(net.install("other", &[("1379900028", &["15"])]), &[&manager]).await;
    manager.until_connected("1379900028-15").await;
    assert_eq!(keys(&manager).len(), 2);
    let spoken = keys(&manager)[0].spoken.clone();
    let confirmed = manager.node.core().confirm_key(known.office, &spoken).await.unwrap();
    assert_eq!(confirmed, Confirmed::Addresses(vec![known, further]));
    for node in [other, both, manager] {
        node.stop().await;
    }
}
