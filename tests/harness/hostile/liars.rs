//! A certified peer who lies: about entries, receipts and bodies, and about what it has.

use std::time::Duration;

use musubi_protocol::{
    cbor::Ext,
    entry::{Body, By, Entry, Message, Position, Receipt, What},
    ids::{Hash, MessageId},
    link::{
        Log,
        frame::{Frame, Stop},
    },
    seal::length,
    trust::testing::TestDesk,
};
use tokio::time::timeout;

use super::{
    Size,
    siege::{Siege, target},
};
use crate::partner::{Lie, Partner, Talk, Written, header, sealed, sign};

/// Deaf partners at one time.
const DEAF: usize = 8;
/// Messages that wait for each of them, of nearly as many bytes as travel with an entry.
const WAITING: usize = 12;
const LETTER: usize = 900_000;
/// A frame that is not taken for so long is not taken.
const STUCK: Duration = Duration::from_secs(2);

/// A certified peer with a stream to the node, whose logs were offered.
struct Liar {
    partner: Partner,
    talk: Talk,
    written: Written,
}

impl Liar {
    async fn new(siege: &Siege<'_>, office: &str) -> Self {
        let desk = siege.certify(office, "11");
        let log = siege.log(&desk);
        let partner = siege.partner(vec![desk]).await;
        partner.connect(siege.address(false)).await;
        let mut talk = partner.talk().await;
        assert_eq!(talk.offer(log).await, Position::NONE);
        Self { partner, talk, written: Written::new(log) }
    }

    fn desk(&self) -> &TestDesk {
        &self.partner.desks[0]
    }

    const fn log(&self) -> Log {
        self.written.log
    }

    async fn answer(&mut self, frame: &Frame) -> Option<Frame> {
        self.talk.say(frame).await;
        self.talk.hear().await
    }

    /// Says a signed entry without a body.
    async fn entry(&mut self, entry: Entry) -> Option<Frame> {
        let frame = bare(self.log(), entry, self.desk());
        self.answer(&frame).await
    }

    /// Has an honest message delivered.
    async fn delivered(&mut self, siege: &Siege<'_>) -> MessageId {
        let record = siege.record(&self.partner).await;
        let mail = self.written.mail_for(self.desk(), &record, &[("a.txt".into(), b"musubi".to_vec())]);
        let (frame, have) = (mail.frame(self.log()), Frame::Have { log: self.log(), at: mail.entry.position() });
        assert_eq!(self.answer(&frame).await, Some(have));
        self.written.advance(&mail.entry);
        let id = mail.id();
        let receipt =
            |entry: &Entry| matches!(&entry.body, Body::Receipt(r) if (r.id, r.what) == (id, What::Delivered));
        self.partner.until_entry("a receipt", receipt).await;
        id
    }
}

fn bare(log: Log, entry: Entry, desk: &TestDesk) -> Frame {
    let entry = sign(entry, desk).bytes().to_vec();
    Frame::Entry { log, entry, envelope: Vec::new(), body: Vec::new() }
}

fn receipt(id: MessageId, what: What) -> Body {
    Body::Receipt(Receipt { id, what, code: 0, by: By::Node, ext: Ext::none() })
}

/// Forged receipts, a forked log, entries again and out of order, wrong hashes; each many times.
pub async fn lie(siege: &Siege<'_>, size: Size) {
    let mut liar = Liar::new(siege, "1379970000").await;
    liar.delivered(siege).await;
    let stop = |log, reason| Some(Frame::Stop { log, reason });
    let unknown = MessageId([9; 32]);
    let newcomer = siege.newcomer();
    let lying = async {
        for round in 0..size.rounds / 100 + 1 {
            let (log, head) = (liar.log(), liar.written.head);
            let desk = liar.desk().clone();
            let have = Some(Frame::Have { log, at: head });
            let next = liar.written.next(&desk, receipt(unknown, What::Delivered));
            // In the name of an office that is not here, of the node itself, and of the guest.
            for absent in ["1379900044-11", "1379900010-11"] {
                let forged = Log::new(absent.parse().expect("an address"), target());
                let entry = Entry { from: forged.from, ..next.clone() };
                let said = liar.answer(&bare(forged, entry, &desk)).await;
                siege.expect(said == stop(forged, Stop::NotAdmitted), || format!("a receipt of {absent}: {said:?}"));
            }
            // Each refusal stops the log until it is offered again.
            for (what, entry, expected) in [
                (
                    "under a key that is not the certificate's",
                    Entry { signer: Hash([5; 32]), ..next.clone() },
                    Stop::Invalid,
                ),
                ("another prev", Entry { prev: Hash([6; 32]), ..next.clone() }, Stop::Fork),
                (
                    "a fork",
                    Entry { seq: 1, prev: Hash::ZERO, epoch: head.epoch, time: next.time, ..next.clone() },
                    Stop::Fork,
                ),
                (
                    "an epoch without restart",
                    Entry { seq: 1, prev: Hash::ZERO, epoch: head.epoch + 10, ..next.clone() },
                    Stop::Restart,
                ),
            ] {
                let said = liar.entry(entry).await;
                siege.expect(said == stop(log, expected), || format!("{what}: {said:?}"));
                let at = liar.talk.offer(log).await;
                siege.expect(at == head, || format!("{what}: the node stands at {at:?}"));
            }
            let said = liar.entry(Entry { seq: head.seq + 5, ..next.clone() }).await;
            let missing = Some(Frame::Missing { log, at: (head.epoch, head.seq) });
            siege.expect(said == missing, || format!("a gap: {said:?}"));
            // A body that is not what its header says.
            let (mut body, seal) = sealed(&[("b.txt".into(), b"musubi".to_vec())]);
            let message = Entry { body: Body::Message(header(&seal)), ..next.clone() };
            body[9] ^= 1;
            let entry = sign(message, &desk).bytes().to_vec();
            let said = liar.answer(&Frame::Entry { log, entry, envelope: Vec::new(), body }).await;
            siege.expect(said == stop(log, Stop::Invalid), || format!("a wrong hash: {said:?}"));
            assert_eq!(liar.talk.offer(log).await, head);
            // A receipt about nothing is taken into the log and means nothing; again, it is known.
            let signed = sign(next, &desk);
            for _ in 0..3 {
                let frame =
                    Frame::Entry { log, entry: signed.bytes().to_vec(), envelope: Vec::new(), body: Vec::new() };
                let said = liar.answer(&frame).await;
                let known = Some(Frame::Have { log, at: signed.position() });
                siege.expect(said == known, || format!("round {round}, a receipt about nothing: {said:?}"));
            }
            liar.written.advance(&signed);
            drop(have);
        }
    };
    tokio::join!(lying, newcomer);
    // It gets on where it is honest.
    liar.delivered(siege).await;
    let status = siege.target.status().await;
    siege.expect(!status.connected.is_empty(), || "nobody is connected".into());
    siege.ended(1, "each lie refused by name, the connection stays");
    liar.partner.leave().await;
}

/// The node's own log is said to be at places where it never was, and what is given back is no entry.
pub async fn have_without_end(siege: &Siege<'_>, size: Size) {
    let mut liar = Liar::new(siege, "1379970000").await;
    // The node keeps a log towards it now: of receipts.
    liar.delivered(siege).await;
    liar.partner.leave().await;
    let partner = siege.partner(liar.partner.desks.clone()).await;
    partner.lie(Lie::Have(size.rounds));
    partner.connect(siege.address(false)).await;
    siege.newcomer().await;
    let cut = timeout(Duration::from_secs(60), partner.until_lied()).await;
    siege.expect(cut.is_ok(), || "the lie did not come to an end".into());
    siege.ended(2, "the node's log stays as it was");
    partner.leave().await;
    // In good faith it goes on where it stood.
    let again = siege.partner(liar.partner.desks.clone()).await;
    again.connect(siege.address(false)).await;
    let receipts = again.until_entry("the receipt once more", |entry| matches!(entry.body, Body::Receipt(_))).await;
    siege.expect(receipts.claim().seq == 1, || format!("the log begins with {:?}", receipts.position()));
    again.leave().await;
}

/// Partners who have a lot to get, ask for all of it again and again, and read nothing.
pub async fn never_read(siege: &Siege<'_>, size: Size) {
    let mut deaf = Vec::new();
    for number in 0..DEAF {
        let desk = siege.certify(&format!("13799{:05}", 71_000 + number), "11");
        let to = desk.address().to_string();
        for letter in 0..WAITING {
            let rows = siege.target.attach(&to, &format!("{letter}.txt"), vec![b'a' + 1; LETTER]).await;
            siege.expect(rows.iter().all(|row| row.id.is_some()), || format!("not taken: {rows:?}"));
        }
        let partner = siege.partner(vec![desk]).await;
        partner.lie(Lie::Deaf);
        deaf.push(partner);
    }
    // The node has sealed all of it by now, and keeps pages of its store.
    siege.begin_here();
    let asking = deaf.iter().map(|partner| async {
        partner.connect(siege.address(false)).await;
        let log = siege.log(&partner.desks[0]);
        let mut talk = partner.talk().await;
        let mut asked = 0;
        let words = Frame::Offer(log).encode().expect("a frame");
        while asked < size.rounds * 10 {
            match timeout(STUCK, talk.try_say(&words)).await {
                Ok(Ok(())) => asked += 1,
                // It is not read any more: neither are we. Or it was ended.
                Ok(Err(_)) | Err(_) => break,
            }
        }
        (talk, asked)
    });
    let (held, ()) = tokio::join!(futures::future::join_all(asking), siege.newcomer());
    tokio::time::sleep(size.flood).await;
    let asked: u64 = held.iter().map(|(_, asked)| asked).sum();
    siege.ended(DEAF as u64, format!("{asked} questions, then the node reads no more of it"));
    drop(held);
    futures::future::join_all(deaf.iter().map(Partner::leave)).await;
}

/// Bodies that never come, are longer than announced, break off, or trickle.
pub async fn bodies(siege: &Siege<'_>, size: Size) {
    let mut liar = Liar::new(siege, "1379970000").await;
    let (log, desk) = (liar.log(), liar.desk().clone());
    let (_, seal) = sealed(&[("a.txt".into(), b"musubi".to_vec())]);
    let long = length::ciphertext_len(length::padme(3 << 20));
    let announce = |written: &Written, number: u64| {
        let header = Message { length: long, sha256: Hash::of(&[&number.to_be_bytes()]), ..header(&seal) };
        sign(written.next(&desk, Body::Message(header)), &desk)
    };
    let mut ids = Vec::new();
    let busy = loop {
        let entry = announce(&liar.written, ids.len() as u64);
        let frame = Frame::Entry { log, entry: entry.bytes().to_vec(), envelope: Vec::new(), body: Vec::new() };
        match liar.answer(&frame).await {
            Some(Frame::Have { at, .. }) if at == entry.position() => {
                liar.written.advance(&entry);
                ids.push(entry.id());
                // Wanted, with an envelope.
                liar.talk.hear().await;
                liar.talk.hear().await;
            }
            other => break other,
        }
        if ids.len() > 200 {
            break None;
        }
    };
    siege.expect(busy == Some(Frame::Stop { log, reason: Stop::Busy }), || format!("after {}: {busy:?}", ids.len()));
    let newcomer = siege.newcomer();
    let sending = async {
        let piece = vec![0x5a; 256 << 10];
        let whole = usize::try_from(long).expect("small");
        for (what, bytes) in [("longer than announced", whole + (64 << 20)), ("wrong", whole), ("cut short", whole / 2)]
        {
            let mut stream = liar.partner.talk().await;
            stream.say(&Frame::Body { log, id: ids[0], offset: 0, length: long }).await;
            let mut sent = 0;
            while sent < bytes {
                let next = &piece[..piece.len().min(bytes - sent)];
                // Ended by the node in the middle of it.
                if stream.try_say(next).await.is_err() {
                    break;
                }
                sent += next.len();
            }
            let _ = stream.try_finish().await;
            let end = stream.hear().await;
            siege.expect(end.is_none(), || format!("{what}: {end:?}"));
        }
        // Two that hardly move: everything else goes on.
        let mut slow = Vec::new();
        for id in &ids[1..3] {
            let mut stream = liar.partner.talk().await;
            stream.say(&Frame::Body { log, id: *id, offset: 0, length: long }).await;
            slow.push(stream);
        }
        for _ in 0..size.rounds.min(200) {
            for stream in &mut slow {
                let _ = stream.try_say(&[0x5a]).await;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        slow
    };
    let (slow, ()) = tokio::join!(sending, newcomer);
    siege.ended(1, format!("{} announced, then busy; bad bodies end their stream", ids.len()));
    drop(slow);
    liar.partner.leave().await;
}
