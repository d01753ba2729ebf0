//! What is altered on its way, or signed by a certified partner who lies, is never delivered; the honest message that
//! follows is.

use musubi_protocol::{
    entry::{Body, Entry, Message, What},
    ids::{Hash, MessageId},
    link::{
        Log,
        frame::{Frame, Stop},
    },
    seal::{Sealed, length},
    signed::{Signed, Unverified},
};
use musubi_tests::{
    TestNetwork, TestNode,
    partner::{Mail, Partner, Talk, Written, envelope, header, sealed, sign},
};

const OFFICE: (&str, &[&str]) = ("1379905001", &["43"]);
const GUEST: &str = "1379900010";
const OTHER: &str = "1379900028";
/// A sealed chunk.
const CHUNK: usize = (length::CHUNK + length::TAG) as usize;

/// A node, and a partner with two desks on one connection; the first one writes.
struct Scene {
    /// It holds the directories.
    _net: TestNetwork,
    node: TestNode,
    partner: Partner,
    talk: Talk,
    written: Written,
}

impl Scene {
    async fn new() -> Self {
        let net = TestNetwork::default();
        let node = net.start(net.install("office", &[OFFICE]), &[]).await;
        let desks = [(GUEST, "11"), (OTHER, "15")].map(|(office, kind)| net.authority().issue(office, &[kind]));
        let partner = Partner::new(&node, desks.to_vec()).await;
        partner.connect(node.node.listen()[0].parse().unwrap()).await;
        let mut talk = partner.talk().await;
        let log = partner.log(0, &node);
        assert_eq!(talk.offer(log).await, (0, 0));
        Self { _net: net, node, partner, talk, written: Written::new(log) }
    }

    const fn log(&self) -> Log {
        self.written.log
    }

    fn mail(&self, files: &[(String, Vec<u8>)]) -> Mail {
        self.written.mail(&self.partner.desks[0], &self.node, files)
    }

    /// A message as its sender would write it who signs `header` for this body.
    fn lie(&self, header: Message, sealed: Sealed, body: Vec<u8>) -> Mail {
        self.written.mail_of(&self.partner.desks[0], &self.node, header, sealed, body)
    }

    async fn answer(&mut self, frame: &Frame) -> Frame {
        self.talk.say(frame).await;
        self.talk.hear().await.expect("the node goes on listening")
    }

    /// Says a frame that must be refused, and sees that nothing has come of it.
    async fn refused(&mut self, what: &str, frame: &Frame) {
        let expected = Frame::Stop { log: self.log(), reason: Stop::Invalid };
        assert_eq!(self.answer(frame).await, expected, "{what}");
        assert_eq!(self.talk.offer(self.log()).await, self.written.head.at(), "{what}");
        assert_eq!(self.node.inbox().len(), self.node.inbox().iter().filter(|row| row.id.is_some()).count());
    }

    /// Says an entry whose content cannot be what it commits to: it is kept, another envelope asked for, and it is not
    /// delivered.
    async fn not_delivered(&mut self, what: &str, mail: &Mail) {
        let (log, id) = (self.log(), mail.id());
        let have = Frame::Have { log, at: mail.entry.position().at() };
        assert_eq!(self.answer(&mail.frame(log)).await, have, "{what}");
        assert_eq!(self.talk.hear().await, Some(Frame::NeedEnvelope { log, id }), "{what}");
        self.written.advance(&mail.entry);
        // The same envelope again changes nothing: the answer to the ping comes, and none to the envelope.
        self.talk.say(&Frame::Envelope { log, id, envelope: mail.envelope.clone() }).await;
        assert_eq!(self.answer(&Frame::Ping(7)).await, Frame::Pong(7), "{what}");
        assert!(self.receipts(id).is_empty(), "{what}");
        assert!(!self.is_in_inbox(id), "{what}");
    }

    /// Says an honest message and sees it delivered and readable.
    async fn delivered(&mut self, mail: &Mail, files: &[(String, Vec<u8>)]) {
        let (log, id) = (self.log(), mail.id());
        let have = Frame::Have { log, at: mail.entry.position().at() };
        assert_eq!(self.answer(&mail.frame(log)).await, have);
        self.written.advance(&mail.entry);
        self.is_readable(id, files).await;
    }

    /// Offers the log again and passes over what the node lacks of it.
    async fn go_on(&mut self) {
        self.talk.offer(self.written.log).await;
        self.talk.say(&Frame::Ping(99)).await;
        while self.talk.hear().await != Some(Frame::Pong(99)) {}
    }

    async fn is_readable(&self, id: MessageId, files: &[(String, Vec<u8>)]) {
        self.until_receipt(id, What::Delivered).await;
        let bytes: Vec<Vec<u8>> = files.iter().map(|(_, bytes)| bytes.clone()).collect();
        assert_eq!(self.node.files(id, files.len()).await, bytes);
        self.until_receipt(id, What::Opened).await;
        assert_eq!(self.receipts(id), [What::Delivered, What::Opened]);
    }

    async fn until_receipt(&self, id: MessageId, what: What) -> Unverified<Entry> {
        let wanted = |entry: &Entry| matches!(&entry.body, Body::Receipt(r) if (r.id, r.what) == (id, what));
        self.partner.until_entry("a receipt", wanted).await
    }

    /// Receipts about a message that have reached the partner.
    fn receipts(&self, id: MessageId) -> Vec<What> {
        let told = self.partner.entries().into_iter().filter_map(|entry| match &entry.claim().body {
            Body::Receipt(receipt) if receipt.id == id => Some(receipt.what),
            _ => None,
        });
        told.collect()
    }

    fn is_in_inbox(&self, id: MessageId) -> bool {
        let id = id.to_string();
        self.node.inbox().iter().any(|row| row.id.as_ref() == Some(&id) && row.times.contains_key("delivered"))
    }

    async fn end(self) {
        self.node.stop().await;
    }
}

/// Files of `size` bytes in all that no compression or padding could hide a change in.
fn files(size: usize) -> Vec<(String, Vec<u8>)> {
    let byte = |at: usize| u8::try_from(at * 7 % 251).unwrap();
    vec![("a.csv".into(), (0..size / 2).map(byte).collect()), ("b.csv".into(), (size / 2..size).map(byte).collect())]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_entry_cannot_be_altered() {
    let mut scene = Scene::new().await;
    let files = files(1000);
    let mail = scene.mail(&files);
    let bytes = mail.entry.bytes().to_vec();
    for at in 0..bytes.len() {
        let mut altered = bytes.clone();
        altered[at] ^= 1;
        let frame =
            Frame::Entry { log: scene.log(), entry: altered, envelope: mail.envelope.clone(), body: mail.body.clone() };
        scene.refused(&format!("byte {at}"), &frame).await;
    }
    // Each field of the header by name, under the honest signature of the honest header.
    let honest = match mail.entry.value().body.clone() {
        Body::Message(header) => header,
        other => panic!("{other:?}"),
    };
    let other = Hash([7; 32]);
    let altered = [
        ("suite", Message { suite: 2, ..honest.clone() }),
        ("length", Message { length: length::ciphertext_len(8192), ..honest.clone() }),
        ("hash", Message { sha256: other, ..honest.clone() }),
        ("commitment", Message { commitment: other, ..honest }),
    ];
    let signature = &bytes[bytes.len() - 64..];
    for (field, header) in altered {
        let mut entry = mail.entry.value().clone();
        entry.body = Body::Message(header);
        let signed = sign(entry, &scene.partner.desks[0]);
        let mut forged = signed.bytes().to_vec();
        let end = forged.len() - 64;
        forged[end..].copy_from_slice(signature);
        let frame =
            Frame::Entry { log: scene.log(), entry: forged, envelope: mail.envelope.clone(), body: mail.body.clone() };
        scene.refused(field, &frame).await;
    }
    scene.delivered(&mail, &files).await;
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_that_lies_is_refused() {
    let mut scene = Scene::new().await;
    let files = files(1000);
    let (body, sealed) = sealed(&files);
    let honest = header(&sealed);
    let other = Hash([7; 32]);
    for (what, header) in [
        ("a length that no content has", Message { length: honest.length + 1, ..honest.clone() }),
        ("another length", Message { length: length::ciphertext_len(8192), ..honest.clone() }),
        ("another hash", Message { sha256: other, ..honest.clone() }),
    ] {
        let mail = scene.lie(header, sealed.clone(), body.clone());
        let frame = mail.frame(scene.log());
        scene.refused(what, &frame).await;
    }
    let header = Message { commitment: other, ..honest };
    let mail = scene.lie(header, sealed.clone(), body.clone());
    scene.not_delivered("another commitment", &mail).await;
    let mail = scene.mail(&files);
    scene.delivered(&mail, &files).await;
    scene.end().await;
}

/// Each way to alter a body of several chunks.
fn alterations(body: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let chunks: Vec<&[u8]> = body.chunks(CHUNK).collect();
    assert!(chunks.len() >= 3);
    let last = chunks.len() - 1;
    let flip = |chunk: usize| {
        let mut altered = body.to_vec();
        altered[chunk * CHUNK + 9] ^= 1;
        altered
    };
    let order = |order: Vec<usize>| order.into_iter().flat_map(|at| chunks[at].to_vec()).collect::<Vec<u8>>();
    let swapped = [1, 0].into_iter().chain(2..=last).collect();
    vec![
        ("first chunk altered", flip(0)),
        ("middle chunk altered", flip(last / 2)),
        ("last chunk altered", flip(last)),
        ("chunks swapped", order(swapped)),
        ("first chunk dropped", order((1..=last).collect())),
        ("last chunk dropped", order((0..last).collect())),
        ("a chunk repeated", order([0].into_iter().chain(0..=last).collect())),
        ("bytes appended", [body, &[0; 16]].concat()),
        ("shortened by a byte", body[..body.len() - 1].to_vec()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_altered_body_is_refused() {
    let mut scene = Scene::new().await;
    let files = files(5 * CHUNK / 2);
    let mail = scene.mail(&files);
    for (what, body) in alterations(&mail.body) {
        let frame = Mail { body, ..mail.clone() }.frame(scene.log());
        scene.refused(what, &frame).await;
    }
    scene.delivered(&mail, &files).await;
    scene.end().await;
}

/// A certified partner who signs for what he has altered can be believed in nothing: either the message is not
/// delivered, or it is and its files cannot be read, and no file that was altered is handed over.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_altered_by_its_own_signer_hands_over_no_altered_file() {
    let mut scene = Scene::new().await;
    let files = files(5 * CHUNK / 2);
    let (body, sealed) = sealed(&files);
    for (what, body) in alterations(&body) {
        let header = Message { length: body.len() as u64, sha256: Hash::of(&[&body]), ..header(&sealed) };
        let mail = scene.lie(header, sealed.clone(), body);
        let answer = scene.answer(&mail.frame(scene.log())).await;
        if answer == (Frame::Stop { log: scene.log(), reason: Stop::Invalid }) {
            // Not a length of content. What was stopped goes on when it is offered again.
            scene.go_on().await;
            continue;
        }
        assert_eq!(answer, Frame::Have { log: scene.log(), at: mail.entry.position().at() }, "{what}");
        scene.written.advance(&mail.entry);
        let id = mail.id();
        if !scene.is_in_inbox(id) {
            assert_eq!(scene.talk.hear().await, Some(Frame::NeedEnvelope { log: scene.log(), id }), "{what}");
            continue;
        }
        for (index, (name, honest)) in files.iter().enumerate() {
            let by = Some(musubi_protocol::entry::By::Api);
            let core = scene.node.node.core();
            let file = async { musubi_node::inbox::hand_over(core, id, index, by).await?.whole().await }.await;
            assert!(file.is_err() || file.is_ok_and(|file| file == *honest), "{what}: {name} was handed over altered");
        }
    }
    let mail = scene.mail(&files);
    scene.delivered(&mail, &files).await;
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_envelope_of_one_message_opens_no_other() {
    let mut scene = Scene::new().await;
    let (files_a, files_b) = (files(1000), files(2000));
    let a = scene.mail(&files_a);
    scene.delivered(&a, &files_a).await;
    let mut b = scene.mail(&files_b);
    let honest = std::mem::replace(&mut b.envelope, a.envelope.clone());
    scene.not_delivered("envelope of A on body B", &b).await;
    // Even one that opens, to the key of A: the commitment is to the key of B.
    let key_of_a = envelope(&scene.node, scene.log().to, &a.sealed, &b.id());
    let log = scene.log();
    scene.talk.say(&Frame::Envelope { log, id: b.id(), envelope: key_of_a }).await;
    assert_eq!(scene.answer(&Frame::Ping(8)).await, Frame::Pong(8));
    assert!(!scene.is_in_inbox(b.id()));
    // The control: its own.
    scene.talk.say(&Frame::Envelope { log, id: b.id(), envelope: honest }).await;
    scene.is_readable(b.id(), &files_b).await;
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_counts_only_under_its_own_desks_key() {
    let mut scene = Scene::new().await;
    let files = files(1000);
    let mail = scene.mail(&files);
    let (own, other) = (scene.partner.desks[0].clone(), scene.partner.desks[1].clone());
    let entry = mail.entry.value().clone();
    let frame = |signed: &Signed<Entry>, log: Log| Frame::Entry {
        log,
        entry: signed.bytes().to_vec(),
        envelope: mail.envelope.clone(),
        body: mail.body.clone(),
    };
    let log = scene.log();
    // The other desk is admitted on this very connection, and the node has its certificate.
    scene.talk.say(&Frame::Certificate(other.leaf.der().to_vec())).await;
    let pretending = Signed::sign(entry.clone(), &other.key).unwrap();
    scene.refused("under our certificate, with another desk's key", &frame(&pretending, log)).await;
    let theirs = Signed::sign(Entry { signer: other.leaf.hash(), ..entry.clone() }, &other.key).unwrap();
    scene.refused("by another admitted desk", &frame(&theirs, log)).await;
    let unknown = Signed::sign(Entry { signer: Hash([9; 32]), ..entry.clone() }, &own.key).unwrap();
    scene.refused("under a certificate that nobody has shown", &frame(&unknown, log)).await;
    let of_other_log = Log::new(other.address(), log.to);
    let answer = scene.answer(&frame(&mail.entry, of_other_log)).await;
    assert_eq!(answer, Frame::Stop { log: of_other_log, reason: Stop::Invalid }, "in another desk's log");
    // From or to somebody who is not here.
    for absent in
        [Log::new("1379900036-11".parse().unwrap(), log.to), Log::new(log.from, "1379900036-11".parse().unwrap())]
    {
        let entry = Entry { from: absent.from, to: absent.to, ..entry.clone() };
        let answer = scene.answer(&frame(&sign(entry, &own), absent)).await;
        assert_eq!(answer, Frame::Stop { log: absent, reason: Stop::NotAdmitted });
    }
    scene.delivered(&mail, &files).await;
    scene.end().await;
}

/// Sends a body, or what is passed off as one, on a stream of its own; the node ends it.
async fn send_body(scene: &Scene, id: MessageId, offset: u64, length: u64, bytes: &[u8]) {
    let mut stream = scene.partner.talk().await;
    stream.say(&Frame::Body { log: scene.log(), id, offset, length }).await;
    for piece in bytes.chunks(CHUNK) {
        stream.try_say(piece).await.expect("the node takes what was announced");
    }
    stream.finish().await;
    assert_eq!(stream.hear().await, None);
}

/// Bodies above 1 MiB travel on a stream of their own.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_body_that_was_altered_is_asked_for_again() {
    let mut scene = Scene::new().await;
    let files = files(3 << 19);
    let mail = scene.mail(&files);
    let (log, id, length) = (scene.log(), mail.id(), mail.body.len() as u64);
    let announced = Mail { body: Vec::new(), ..mail.clone() };
    assert_eq!(scene.answer(&announced.frame(log)).await, Frame::Have { log, at: mail.entry.position().at() });
    scene.written.advance(&mail.entry);
    let from = |offset| Some(Frame::Want { log, id, offset });
    for (what, body) in alterations(&mail.body).into_iter().filter(|(_, body)| body.len() as u64 == length) {
        assert_eq!(scene.talk.hear().await, from(0), "{what}");
        send_body(&scene, id, 0, length, &body).await;
        assert!(!scene.is_in_inbox(id), "{what}");
    }
    // Four times in vain is enough for now; the answer to an offer says it again.
    assert_eq!(scene.answer(&Frame::Ping(9)).await, Frame::Pong(9));
    assert_eq!(scene.talk.offer(log).await, mail.entry.position().at());
    assert_eq!(scene.talk.hear().await, from(0));
    // One that breaks off is asked for from where it broke off, and then it is whole.
    let most = length - 1000;
    send_body(&scene, id, 0, length, &mail.body[..mail.body.len() - 1000]).await;
    assert_eq!(scene.talk.hear().await, from(most));
    send_body(&scene, id, most, 1000, &mail.body[mail.body.len() - 1000..]).await;
    scene.is_readable(id, &files).await;
    scene.end().await;
}
