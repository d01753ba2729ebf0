//! Many certified peers that open at one moment, as after a power cut in a town.

use std::time::Duration;

use futures::future::join_all;
use musubi_protocol::{
    entry::{Body, Entry, Position, What},
    link::frame::Frame,
};
use rand::RngExt;
use tokio::time::Instant;

use super::{Size, siege::Siege};
use crate::partner::{Partner, Written};

/// As nodes pause between dials.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// Each opens, is answered, and has a message delivered; the honest newcomer is one more.
pub async fn all_at_once(siege: &Siege<'_>, size: Size) {
    let mut partners = Vec::new();
    for number in 0..size.partners {
        let desk = siege.certify(&format!("13799{:05}", 80_000 + number), "11");
        partners.push(siege.partner(vec![desk]).await);
    }
    let began = Instant::now();
    let all = join_all(partners.iter().map(|partner| open(siege, partner, began)));
    let (served, ()) = tokio::join!(all, siege.newcomer());
    let last = |of: fn(&Served) -> Duration| served.iter().map(of).max().unwrap_or_default().as_secs_f64();
    let dials: u64 = served.iter().map(|served| served.dials).sum();
    let how = format!("all served, ready by {:.1} s, delivered by {:.1} s", last(|s| s.ready), last(|s| s.delivered));
    siege.ended(dials, how);
    let ready = last(|served| served.ready);
    siege.expect(ready < 20.0, || format!("the last one was ready after {ready} s"));
    join_all(partners.iter().map(Partner::leave)).await;
}

/// When, from the common moment on.
struct Served {
    dials: u64,
    ready: Duration,
    delivered: Duration,
}

async fn open(siege: &Siege<'_>, partner: &Partner, began: Instant) -> Served {
    let (mut dials, mut pause) = (1, FIRST_PAUSE);
    while partner.try_connect(siege.address(false)).await.is_err() {
        tokio::time::sleep(pause.mul_f64(rand::rng().random_range(0.75..1.25))).await;
        (dials, pause) = (dials + 1, pause * 2);
    }
    let mut talk = partner.talk().await;
    let desk = &partner.desks[0];
    let log = siege.log(desk);
    let at = talk.offer(log).await;
    assert_eq!(at, Position::NONE);
    let ready = began.elapsed();
    let record = siege.record(partner).await;
    let mail = Written::new(log).mail_for(desk, &record, &[("a.txt".into(), b"musubi".to_vec())]);
    talk.say(&mail.frame(log)).await;
    assert_eq!(talk.hear().await, Some(Frame::Have { log, at: mail.entry.position() }));
    let id = mail.id();
    let receipt = |entry: &Entry| matches!(&entry.body, Body::Receipt(r) if (r.id, r.what) == (id, What::Delivered));
    partner.until_entry("a receipt", receipt).await;
    Served { dials, ready, delivered: began.elapsed() }
}
