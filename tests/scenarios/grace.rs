//! A licence that is over: in its days of grace everything goes on, afterwards nothing new is sealed, and nobody takes
//! what was sealed too late. What was sealed in time is never lost by it.

use musubi_node::{
    core::{Event, Standing},
    office,
    outbox::Order,
};
use musubi_protocol::{
    certificate::GRACE,
    link::{
        Log,
        frame::{Frame, Stop},
    },
    policy::Policy,
    time::{DAY, Timestamp},
};
use musubi_tests::{
    Installed, TestNetwork, TestNode, WrongClock,
    partner::{Partner, Written, envelope, sign},
    sample,
};

const MANAGER: (&str, &[&str]) = ("1379905001", &["43"]);
const HOME_VISIT: (&str, &[&str]) = ("1379900010", &["11"]);
const BUNDLES: [&str; 2] =
    ["20251024090725-B2-1379905001-43-to-1379900010-11", "20251105090409-B2-1379905001-43-to-1379900010-11"];
/// So much of the last day of grace is left when a story begins.
const LEFT: u64 = DAY / 2;

/// Sets an office up whose licence of a year ended at a moment.
fn install_over(net: &TestNetwork, name: &str, office: (&str, &[&str]), ended: Timestamp) -> Installed {
    let mut installed = net.set_up(name, &[office]);
    let now = net.authority().now;
    // As it was issued on the licence's first day.
    net.authority().now = ended.minus(365 * DAY);
    let leaf = net.issue(&installed, office.0, 365);
    net.authority().now = now;
    assert_eq!(leaf.until(), ended);
    let mut files = net.trust_files();
    files.push(leaf.der().to_vec());
    office::install(&installed.home, &files, None).unwrap();
    installed.leaves.push(leaf);
    installed
}

/// On the last day of grace, with some hours left.
fn on_the_last_day() -> Timestamp {
    Timestamp::now().minus(GRACE - LEFT)
}

/// Where the first desk of a node stands, as the node itself sees it.
fn standing(node: &TestNode) -> Standing {
    let from = node.node.core().with_desks(|desks| desks[0].addresses().next()).unwrap();
    node.node.core().may_send(from).unwrap()
}

/// Why a bundle is not sent.
async fn refused(node: &TestNode, bundle: &str) -> String {
    let rows = node.try_send(Order { files: sample::bundle(bundle), ..Order::default() }).await;
    assert_eq!((rows.len(), &rows[0].id, rows[0].state.as_str()), (1, &None, "refused"), "{rows:?}");
    rows[0].findings[0].rule.clone()
}

/// Sealed on Friday, the last day, while the partner's PC is off for a month: it comes under a licence that is long over,
/// from a desk that may seal nothing any more.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_sealed_on_the_last_day_of_grace_arrives_29_days_later() {
    let net = TestNetwork::default();
    let clock = WrongClock::default();
    let home_visit = net.start_with_clock(net.install("home-visit", &[HOME_VISIT]), &[], clock.clock()).await;
    let manager = install_over(&net, "manager", MANAGER, on_the_last_day());
    // Nobody to dial yet.
    let manager = net.start_with_clock(manager, &[], clock.clock()).await;
    assert_eq!(standing(&manager), Standing::Grace);
    let id = manager.send_sample(BUNDLES[0]).await;
    assert_eq!(manager.sent(id).state, "waiting");

    // The lists of the first day are beyond their own grace by then.
    clock.shift(29 * DAY.cast_signed());
    let lists: Vec<Vec<u8>> = {
        let mut authority = net.authority();
        authority.now = authority.now.plus(29 * DAY);
        [authority.crl(), authority.root_crl()].iter().map(|list| list.der().to_vec()).collect()
    };
    for node in [&manager, &home_visit] {
        let core = node.node.core();
        core.install(lists.clone(), None).await.unwrap();
        // What a node does by its clock, at once: judge everybody, renew what is due.
        core.tell(Event::Trust);
        core.renew().await.unwrap();
    }
    let manager = net.start_with_clock(manager.stop().await, &[&home_visit], clock.clock()).await;
    assert_eq!(standing(&manager), Standing::Ended);
    manager.until_state(id, "delivered").await;
    let files = sample::bundle(BUNDLES[0]);
    let mut came = home_visit.files(id, files.len()).await;
    let mut wanted: Vec<Vec<u8>> = files.into_iter().map(|(_, bytes)| bytes).collect();
    came.sort_unstable();
    wanted.sort_unstable();
    assert!(came == wanted);
    // Its receipts are taken by an office without a licence.
    manager.until_state(id, "opened").await;
    assert_eq!(refused(&manager, BUNDLES[1]).await, "MU-SEND-005");
    manager.stop().await;
    home_visit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_after_grace_nothing_new_is_sealed() {
    let net = TestNetwork::default();
    let clock = WrongClock::default();
    let home_visit = net.start_with_clock(net.install("home-visit", &[HOME_VISIT]), &[], clock.clock()).await;
    let manager = install_over(&net, "manager", MANAGER, on_the_last_day());
    let manager = net.start_with_clock(manager, &[&home_visit], clock.clock()).await;
    let id = manager.send_sample(BUNDLES[0]).await;
    manager.until_state(id, "delivered").await;

    clock.shift((LEFT + DAY).cast_signed());
    assert_eq!(standing(&manager), Standing::Ended);
    assert_eq!(refused(&manager, BUNDLES[1]).await, "MU-SEND-005");
    // Started anew, too.
    let manager = net.start_with_clock(manager.stop().await, &[&home_visit], clock.clock()).await;
    assert_eq!(refused(&manager, BUNDLES[1]).await, "MU-SEND-005");
    assert_eq!((manager.outbox().len(), home_visit.inbox().len()), (1, 1));
    manager.stop().await;
    home_visit.stop().await;
}

/// A partner whose program does not keep to it is stopped by the other side.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_dated_after_grace_is_not_taken() {
    let net = TestNetwork::default();
    let node = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let ended = Timestamp::now().minus(GRACE + DAY);
    let desk = {
        let mut authority = net.authority();
        let key = authority.issue(HOME_VISIT.0, HOME_VISIT.1).key;
        authority.issue_for(HOME_VISIT.0, HOME_VISIT.1, key, ended.minus(365 * DAY), ended)
    };
    let last = ended.plus(GRACE);
    assert_eq!(Policy::none().grace(desk.leaf.from()), GRACE);
    let partner = Partner::new(&node, vec![desk]).await;
    // For the gate the certificate is enough.
    partner.connect(node.node.listen()[0].parse().unwrap()).await;
    let mut talk = partner.talk().await;
    let log = partner.log(0, &node);
    let files = vec![("a.csv".to_owned(), vec![7; 1000])];
    let mail = Written::new(log).mail(&partner.desks[0], &node, &files);
    let dated = |time| {
        let mut entry = mail.entry.value().clone();
        entry.time = time;
        let entry = sign(entry, &partner.desks[0]);
        let envelope = envelope(&node, log.to, &mail.sealed, &entry.id());
        let frame = Frame::Entry { log, entry: entry.bytes().to_vec(), envelope, body: mail.body.clone() };
        (frame, entry)
    };
    let stopped = |log: Log| Some(Frame::Stop { log, reason: Stop::Licence });
    let start = talk.offer(log).await;
    // Today, which is a day too late, and one second too late.
    for late in [Timestamp::now(), last.plus(1)] {
        talk.say(&dated(late).0).await;
        assert_eq!(talk.hear().await, stopped(log), "{late}");
        // Nothing of it was kept, and the log goes on where it was.
        assert_eq!(talk.offer(log).await, start);
        assert!(node.inbox().is_empty());
    }
    let (frame, entry) = dated(last);
    talk.say(&frame).await;
    assert_eq!(talk.hear().await, Some(Frame::Have { log, at: entry.position() }));
    let id = entry.id();
    node.until("the arrival", |node| node.inbox().iter().any(|row| row.times.contains_key("delivered"))).await;
    assert_eq!(node.files(id, 1).await, [files[0].1.clone()]);

    // Once more behind it: what was taken opens no door for what is late.
    let mut written = Written::new(log);
    written.advance(&entry);
    talk.say(&written.mail(&partner.desks[0], &node, &files).frame(log)).await;
    assert_eq!(talk.hear().await, stopped(log));
    partner.leave().await;
    node.stop().await;
}
