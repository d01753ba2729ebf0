//! Proofs of membership and of use: what an office gets from the authority and from its partners, and what a stranger, a
//! liar and an office that was revoked get.

use std::{fs, time::Duration};

use musubi_node::{
    core::Event,
    proofs::gather::{Gathered, Outcome, gather, partners},
};
use musubi_protocol::{
    cbor::Ext,
    certificate::{CaName, Serial, material},
    ids::OfficeNumber,
    link::{
        Log,
        frame::{Frame, Unattested},
    },
    proof::{Attestation, Attested, Fact, Months, Proof, exchange::FiscalYear, verify_attested},
    signed::Signed,
    time::{DAY, Timestamp},
    trust::testing::TestDesk,
};
use musubi_tests::{
    TestNetwork, TestNode,
    partner::{Partner, Written},
    process::put_clock,
    within,
};
use serde_json::Value;

use crate::authority::World;

const MANAGER: (&str, &[&str]) = ("1379905001", &["43"]);
const HOME_VISIT: (&str, &[&str]) = ("1379900010", &["11"]);
const DAY_CARE: (&str, &[&str]) = ("1379900028", &["15", "21"]);
const TO_HOME_VISIT: &str = "20251024090725-B2-1379905001-43-to-1379900010-11";
const FROM_HOME_VISIT: &str = "20251202091006-B5-1379900010-11-to-1379905001-43";
const TO_DAY_CARE: &str = "20251024090755-B2-1379905001-43-to-1379900028-15";

fn office(text: &str) -> OfficeNumber {
    text.parse().unwrap()
}

fn year() -> FiscalYear {
    FiscalYear::of(Timestamp::now()).unwrap()
}

/// This month; tests that run over its end see two.
fn this_month() -> Months {
    Months::default().with(year().month_of(Timestamp::now()).unwrap())
}

async fn asked(node: &TestNode, of: (&str, &[&str]), wait: u64) -> Gathered {
    let gathering = gather(node.node.core(), node.node.wire(), office(of.0), year(), Duration::from_secs(wait));
    within("the proof", gathering).await.unwrap()
}

fn outcome(gathered: &Gathered, of: (&str, &[&str])) -> Option<Outcome> {
    gathered.partners.iter().find(|(partner, _)| *partner == office(of.0)).map(|(_, outcome)| *outcome)
}

/// What somebody reads out of a file, without a node.
fn shown(node: &TestNode, gathered: &Gathered) -> (u32, Vec<String>) {
    let file = gathered.proof.as_ref().unwrap().0.to_pem().unwrap();
    let proof = Proof::read(file.as_bytes()).unwrap();
    let shown = proof.verify(&node.node.core().trust.trust().unwrap(), Timestamp::now()).unwrap();
    let Fact::User { statement, partners, .. } = shown.fact else { panic!("{shown:?}") };
    (statement.partners, partners.unwrap().iter().map(ToString::to_string).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn partners_that_exchanged_confirm_it_and_no_one_else() {
    let net = TestNetwork::default();
    let manager = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let home_visit = net.start(net.install("home-visit", &[HOME_VISIT]), &[&manager]).await;
    let day_care = net.start(net.install("day-care", &[DAY_CARE]), &[&manager]).await;
    let id = home_visit.send_sample(FROM_HOME_VISIT).await;
    home_visit.until_state(id, "delivered").await;
    manager.until_connected("1379900028-15").await;

    // Nobody here has acted towards anybody: there is nothing to prove, and nobody is asked.
    let nothing = asked(&manager, MANAGER, 30).await;
    assert!(nothing.partners.is_empty() && nothing.proof.is_none());
    let id = manager.send_sample(TO_HOME_VISIT).await;
    manager.until_state(id, "delivered").await;
    let gathered = asked(&manager, MANAGER, 30).await;
    assert_eq!(outcome(&gathered, HOME_VISIT), Some(Outcome::Attested(this_month())));
    // With that one nothing was exchanged.
    assert_eq!(outcome(&gathered, DAY_CARE), None);
    assert_eq!(shown(&manager, &gathered), (1, vec![HOME_VISIT.0.to_owned()]));

    // What came there and nobody has looked at makes no partner of a stranger.
    let id = manager.send_sample(TO_DAY_CARE).await;
    manager.until_state(id, "delivered").await;
    assert_eq!(outcome(&asked(&manager, MANAGER, 30).await, DAY_CARE), Some(Outcome::Nothing));
    let row = &day_care.inbox()[0];
    day_care.files(id, row.files.len()).await;
    let gathered = asked(&manager, MANAGER, 30).await;
    assert_eq!(outcome(&gathered, DAY_CARE), Some(Outcome::Attested(this_month())));
    assert_eq!(shown(&manager, &gathered), (2, vec![HOME_VISIT.0.to_owned(), DAY_CARE.0.to_owned()]));
    // The other side proves it by the manager's word: whoever is connected needs no waiting.
    let theirs = asked(&day_care, DAY_CARE, 0).await;
    assert_eq!(shown(&day_care, &theirs), (1, vec![MANAGER.0.to_owned()]));
    for node in [manager, home_visit, day_care] {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_away_is_named_and_confirms_later() {
    let net = TestNetwork::default();
    let manager = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let home_visit = net.start(net.install("home-visit", &[HOME_VISIT]), &[&manager]).await;
    let day_care = net.start(net.install("day-care", &[DAY_CARE]), &[&manager]).await;
    for (node, bundle) in [(&manager, TO_HOME_VISIT), (&manager, TO_DAY_CARE), (&home_visit, FROM_HOME_VISIT)] {
        let id = node.send_sample(bundle).await;
        node.until_state(id, "delivered").await;
    }
    let id = day_care.inbox()[0].id.as_ref().unwrap().parse().unwrap();
    day_care.files(id, day_care.inbox()[0].files.len()).await;

    let away = day_care.stop().await;
    manager.until("one to be gone", |node| node.node.core().partners.peers().len() == 1).await;
    let gathered = asked(&manager, MANAGER, 1).await;
    assert_eq!(outcome(&gathered, HOME_VISIT), Some(Outcome::Attested(this_month())));
    assert_eq!(outcome(&gathered, DAY_CARE), Some(Outcome::NotConnected));
    assert_eq!(shown(&manager, &gathered).0, 1);

    // Now it is the other that is away: what it has confirmed was kept, over a restart too. The one that was missing
    // comes while it is waited for.
    let home_visit = home_visit.stop().await;
    let manager = net.start(manager.stop().await, &[]).await;
    let waiting = asked(&manager, MANAGER, 50);
    let coming = async { net.start(away, &[&manager]).await };
    let (gathered, day_care) = tokio::join!(waiting, coming);
    assert_eq!(shown(&manager, &gathered), (2, vec![HOME_VISIT.0.to_owned(), DAY_CARE.0.to_owned()]));
    drop(home_visit);
    manager.stop().await;
    day_care.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn desks_of_one_node_confirm_to_each_other() {
    let net = TestNetwork::default();
    let node = net.start(net.install("all", &[MANAGER, HOME_VISIT]), &[]).await;
    for bundle in [TO_HOME_VISIT, FROM_HOME_VISIT] {
        let id = node.send_sample(bundle).await;
        node.until_state(id, "delivered").await;
    }
    for (of, by) in [(MANAGER, HOME_VISIT), (HOME_VISIT, MANAGER)] {
        assert_eq!(shown(&node, &asked(&node, of, 0).await), (1, vec![by.0.to_owned()]));
    }
    node.stop().await;
}

/// What a node answers a peer on an attestation stream; nothing where it says nothing.
async fn answered(partner: &Partner, log: Log, fiscal_year: u16) -> Option<Result<Attested, Unattested>> {
    let mut talk = partner.talk().await;
    talk.say(&Frame::Attest { log, fiscal_year }).await;
    match talk.hear().await {
        Some(Frame::Attested { log: of, fiscal_year: in_year, answer }) => {
            assert_eq!((of, in_year), (log, fiscal_year));
            Some(answer)
        }
        None => None,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_and_the_revoked_get_nothing() {
    let net = TestNetwork::default();
    let node = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let [desk, beside] = [HOME_VISIT, DAY_CARE].map(|(office, kinds)| net.authority().issue(office, kinds));
    let partner = Partner::new(&node, vec![desk.clone(), beside.clone()]).await;
    partner.connect(node.node.listen()[0].parse().unwrap()).await;
    let (log, running) = (partner.log(0, &node), year().number());
    let nothing = Some(Err(Unattested::Nothing));
    assert_eq!(answered(&partner, log, running).await, nothing);
    // Not in another's name, nor about an office that is not here.
    let other = "1379900036-15".parse().unwrap();
    let refused = Some(Err(Unattested::NotAdmitted));
    assert_eq!(answered(&partner, Log::new(other, log.to), running).await, refused);
    assert_eq!(answered(&partner, Log::new(log.from, other), running).await, refused);

    // Its mail comes, and nobody here has looked at it.
    let mut talk = partner.talk().await;
    talk.offer(log).await;
    let mail = Written::new(log).mail(&partner.desks[0], &node, &[("a.csv".to_owned(), vec![7; 1000])]);
    talk.say(&mail.frame(log)).await;
    node.until("the arrival", |node| node.inbox().iter().any(|row| row.times.contains_key("delivered"))).await;
    assert_eq!(answered(&partner, log, running).await, nothing);
    // Looked at, it is a partner's: this year's months, and no others.
    node.files(mail.id(), 1).await;
    for other in [0, running - 1, running + 1, u16::MAX] {
        assert_eq!(answered(&partner, log, other).await, nothing, "{other}");
    }
    let given = answered(&partner, log, running).await.unwrap().unwrap();
    let trust = node.node.core().trust.trust().unwrap();
    let (about, now) = (office(HOME_VISIT.0), Timestamp::now());
    assert_eq!(verify_attested(&given, &about, running, &trust, now), Ok((office(MANAGER.0), this_month())));
    // It says nothing but office, year and months.
    assert!(given.attestation.len() < 200, "{}", given.attestation.len());
    // Asked on and on, it does not work on and on.
    let busy = async { while answered(&partner, log, running).await != Some(Err(Unattested::Busy)) {} };
    within("a busy answer", busy).await;

    // The desk is revoked: the other keeps the connection, and neither gets anything by it.
    let crl = net.revoke(&desk.leaf);
    node.node.core().install(vec![crl], None).await.unwrap();
    let gone = |node: &TestNode| !node.node.core().partners.is_connected(desk.address());
    node.until("the end of the desk", gone).await;
    assert_eq!(answered(&partner, log, running).await, refused);
    assert_eq!(answered(&partner, Log::new(beside.address(), log.to), running).await, nothing);
    let crl = net.revoke(&beside.leaf);
    node.node.core().install(vec![crl], None).await.unwrap();
    partner.until_cut().await;
    let reason = partner.try_connect(node.node.listen()[0].parse().unwrap()).await.unwrap_err();
    assert!(reason.contains("revoked"), "{reason}");
    node.stop().await;
}

fn attested(desk: &TestDesk, about: &str, fiscal_year: u16, months: Months) -> Attested {
    let attestation = Attestation {
        about: office(about),
        by: desk.leaf.office(),
        fiscal_year,
        months,
        certificate: desk.leaf.hash(),
        time: Timestamp::now(),
        ext: Ext::none(),
    };
    let signed = Signed::sign(attestation, &desk.key).unwrap();
    let (certificate, attestation) = (desk.leaf.der().to_vec().into(), signed.bytes().to_vec().into());
    Attested { issuer: desk.issuer, certificate, attestation }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_partner_signs_counts_only_as_far_as_it_is_known_here() {
    let net = TestNetwork::default();
    let node = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let [desk, other] = [HOME_VISIT, DAY_CARE].map(|(office, kinds)| net.authority().issue(office, kinds));
    let partner = Partner::new(&node, vec![desk.clone()]).await;
    partner.connect(node.node.listen()[0].parse().unwrap()).await;
    let log = partner.log(0, &node);
    let mut talk = partner.talk().await;
    talk.offer(log).await;
    let mail = Written::new(log).mail(&partner.desks[0], &node, &[("a.csv".to_owned(), vec![7; 1000])]);
    talk.say(&mail.frame(log)).await;
    node.until("the arrival", |node| node.inbox().iter().any(|row| row.times.contains_key("delivered"))).await;
    node.files(mail.id(), 1).await;
    assert_eq!(partners(node.node.core(), office(MANAGER.0), year()).await.unwrap().len(), 1);

    let (running, month) = (year().number(), this_month());
    let good = attested(&desk, MANAGER.0, running, month);
    let mut altered = good.clone();
    let last = altered.attestation.len() - 1;
    altered.attestation[last] ^= 1;
    let all = (1..=12).fold(Months::default(), Months::with);
    for (what, bad) in [
        ("altered", altered),
        ("of last year", attested(&desk, MANAGER.0, running - 1, month)),
        ("about another", attested(&desk, DAY_CARE.0, running, month)),
        ("by another", attested(&other, MANAGER.0, running, month)),
        ("of no month", attested(&desk, MANAGER.0, running, Months::default())),
        ("of months that nobody here knows", attested(&desk, MANAGER.0, running, all)),
    ] {
        partner.attests(Ok(bad));
        let gathered = asked(&node, MANAGER, 30).await;
        assert_eq!(outcome(&gathered, HOME_VISIT), Some(Outcome::Unfit), "{what}");
        assert!(gathered.proof.is_none(), "{what}");
    }
    partner.attests(Err(Unattested::Busy));
    assert_eq!(outcome(&asked(&node, MANAGER, 30).await, HOME_VISIT), Some(Outcome::Busy));
    // Who does not let our desk in is waited for, and may do so later on the same connection.
    partner.attests(Err(Unattested::NotAdmitted));
    assert_eq!(outcome(&asked(&node, MANAGER, 1).await, HOME_VISIT), Some(Outcome::NotAdmitted));
    partner.attests(Err(Unattested::NotAdmitted));
    let waiting = asked(&node, MANAGER, 50);
    let changing = async {
        partner.until_asked().await;
        partner.attests(Ok(good));
        // The answer before may not have come yet.
        loop {
            node.node.core().tell(Event::Connections);
            tokio::task::yield_now().await;
        }
    };
    let gathered = tokio::select! {
        gathered = waiting => gathered,
        () = changing => return,
    };
    assert_eq!(shown(&node, &gathered), (1, vec![HOME_VISIT.0.to_owned()]));

    // The issuing CA is certified anew, as after the roots have changed: what is kept counts on, under the id of today.
    let files = {
        let mut authority = net.authority();
        let name = CaName { organisation: "見本中央機関", common_name: "Musubi Test Issuing CA" };
        let (key, serial) = (authority.issuing.key().clone(), Serial::random(&mut authority.rng));
        let (from, until) = (authority.issuing.ca().not_before(), authority.issuing.ca().not_after());
        authority.issuing = authority.root1.issuing(name, key, serial, from, until).unwrap();
        let bundle = authority.bundle();
        vec![authority.sign(bundle), authority.crl().der().to_vec()]
    };
    node.node.core().install(files, None).await.unwrap();
    assert!(node.node.core().trust.trust().unwrap().issuing().all(|ca| ca.id() != desk.issuer));
    let gathered = asked(&node, MANAGER, 0).await;
    assert_eq!(shown(&node, &gathered), (1, vec![HOME_VISIT.0.to_owned()]));

    // Revoked for a bad reason, what it has said before is worth nothing either.
    let crl = net.revoke(&desk.leaf);
    node.node.core().install(vec![crl], None).await.unwrap();
    let gathered = asked(&node, MANAGER, 0).await;
    assert_eq!((outcome(&gathered, HOME_VISIT), gathered.proof.is_none()), (Some(Outcome::Revoked), true));
    node.stop().await;
}

/// As people type it: membership with and without the authority, and a proof of use, both judged by somebody who holds
/// the authority's files and no network.
#[test]
fn an_office_gets_its_proofs_and_a_prefecture_judges_them() {
    let world = World::new();
    world.found(&[MANAGER.0, HOME_VISIT.0, DAY_CARE.0]);
    let (serving, at) = world.serve();
    let manager = world.join("manager", MANAGER.0, "43", &at, &[]);
    let to_manager = manager.text("listen");
    let home_visit = world.join("home-visit", HOME_VISIT.0, "11", &at, &[&to_manager]);
    let day_care = world.join("day-care", DAY_CARE.0, "15", &at, &[&to_manager]);
    world.until("both partners", |world| world.connected("manager").len() == 2);
    let member = world.done("proof membership --dir manager --out m.pem --qr m.svg");
    assert_eq!((&member["office"], &member["kept"]), (&MANAGER.0.into(), &Value::Null), "{member}");
    assert!(fs::read_to_string(world.path().join("m.svg")).unwrap().starts_with("<svg"));

    // Nothing was exchanged yet; then with one of the two.
    let (code, error) = world.run("proof use --dir manager --yes --out u.pem");
    assert_eq!((code, &error["error"]["code"]), (1, &"use-nothing".into()));
    assert_eq!(world.send("manager", TO_HOME_VISIT).0, 0);
    assert_eq!(world.send("home-visit", FROM_HOME_VISIT).0, 0);
    let (code, error) = world.run("proof use --dir manager --out u.pem");
    assert_eq!((code, &error["error"]["code"]), (2, &"use-not-agreed".into()));
    assert!(!world.path().join("u.pem").exists());
    let next = year().number() + 1;
    let (code, error) = world.run(&format!("proof use --dir manager --yes --fiscal-year {next} --out u.pem"));
    assert_eq!((code, &error["error"]["code"]), (1, &"use-year".into()));
    let used = world.done("proof use --dir manager --yes --out u.pem");
    assert_eq!((&used["attested"], &used["enough"]), (&1.into(), &5.into()), "{used}");
    assert_eq!(used["partners"][0]["office"], HOME_VISIT.0);

    // No authority, no partner: what is kept is shown again, and what it is worth.
    world.done("authority trust --dir a --out trust");
    world.done("authority crl --dir a --out crl.pem");
    for running in [home_visit, day_care, serving] {
        running.stop();
    }
    let kept = world.done("proof membership --dir manager --out m2.pem");
    assert_eq!((&kept["kept"], &kept["signed"]), (&"unreachable".into(), &member["signed"]), "{kept}");
    let again = world.done("proof use --dir manager --yes --wait 0 --out u2.pem");
    assert_eq!(again["attested"], 1, "{again}");
    manager.stop();
    let judged = |file: &str| world.done(&format!("proof verify {file} --trust trust --trust crl.pem"));
    for file in ["m.pem", "m2.pem"] {
        let verdict = judged(file);
        assert_eq!((&verdict["proof"], &verdict["office"]), (&"membership".into(), &MANAGER.0.into()));
        assert_eq!(verdict["until"], member["until"]);
    }
    for file in ["u.pem", "u2.pem"] {
        let verdict = judged(file);
        assert_eq!((&verdict["proof"], &verdict["partners_verified"]), (&"use".into(), &true.into()), "{verdict}");
        assert_eq!(verdict["partner_offices"], serde_json::json!([HOME_VISIT.0]));
        assert_eq!(verdict["months"], used["months"]);
    }
    let text = used["text"].as_str().unwrap();
    let verdict = judged(text);
    assert_eq!((&verdict["partners"], &verdict["partners_verified"]), (&1.into(), &false.into()));
}

/// Somebody who passes on what an office has said gets no proof about it; and nothing that is kept outlives its licence.
#[test]
fn a_proof_is_for_its_office_and_for_its_time() {
    let world = World::new();
    world.found(&[MANAGER.0]);
    let (serving, at) = world.serve();
    let manager = world.join("manager", MANAGER.0, "43", &at, &[]);
    serving.stop();
    let (code, error) = world.run("proof membership --dir manager --out m.pem");
    assert_eq!((code, &error["error"]["code"]), (1, &"membership-unreachable".into()));
    assert!(!world.path().join("m.pem").exists());
    manager.stop();

    let (serving, at) = world.serve();
    fs::write(world.path().join("manager/musubi.toml"), format!("[authority]\nat = \"{at}\"\n")).unwrap();
    let manager = world.node("manager", &[]);
    let member = world.done("proof membership --dir manager --out m.pem");
    assert_eq!(member["kept"], Value::Null);
    serving.stop();
    manager.stop();
    // Two years later, without a word from the authority.
    put_clock(&world.clock, 2 * 365 * i64::try_from(DAY).unwrap());
    let manager = world.node("manager", &[]);
    let (code, error) = world.run("proof membership --dir manager --out m3.pem");
    assert_eq!(code, 1);
    let named = error["error"]["code"].as_str().unwrap();
    assert!(["membership-unreachable", "proof-no-certificate"].contains(&named), "{error}");
    manager.stop();
    let file = fs::read(world.path().join("m.pem")).unwrap();
    assert!(material::read(&file).is_err(), "a proof is a file of its own kind");
}
