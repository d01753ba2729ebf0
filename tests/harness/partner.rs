//! A certified partner that says on the wire whatever a test wants: the gate and the streams are real, everything that
//! runs over them is in the test's hands.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use musubi_network::{
    Config, ConnectionId, Keypair, Multiaddr, NetworkHandle, PeerId,
    event::Event,
    gate::{Gatekeeper, Judgement},
    limits::Limits,
    link,
};
use musubi_protocol::{
    cbor::{self, Ext},
    credential::Credential,
    entry::{Body, Entry, Message, Position},
    gate::Hello,
    ids::{Address, Hash, MessageId},
    link::{
        Log,
        frame::{Frame, Stop, Unattested},
    },
    proof::Attested,
    record::Record,
    seal::{self, ContentKey, Draft, Envelope, Sealed, Suite},
    signed::{Signed, Unverified},
    time::Timestamp,
    trust::{Trust, testing::TestDesk},
};
use tokio::sync::{Notify, mpsc};

use crate::{TestNode, within};

/// Shows the credentials of its desks and lets everybody in.
struct Toy {
    hello: Hello,
    crls: Mutex<Vec<Vec<u8>>>,
    learnt: Mutex<Vec<Vec<u8>>>,
}

impl Gatekeeper for Toy {
    type Admitted = ();

    fn hello(&self) -> Hello {
        self.hello.clone()
    }

    fn judge(&self, _: PeerId, _: &Hello, _: bool) -> Judgement<()> {
        Judgement::Admit(())
    }

    fn newer_crls(&self, _: &[(Hash, u64)]) -> Vec<Vec<u8>> {
        self.crls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn learn_crls(&self, crls: Vec<Vec<u8>>) {
        self.learnt.lock().unwrap_or_else(PoisonError::into_inner).extend(crls);
    }

    fn knows_address(&self, _: std::net::IpAddr) -> bool {
        false
    }

    fn knows_peer(&self, _: PeerId) -> bool {
        false
    }
}

/// What came from the node.
#[derive(Default)]
struct Heard {
    connections: VecDeque<ConnectionId>,
    open: Vec<ConnectionId>,
    refused: Vec<String>,
    entries: Vec<Unverified<Entry>>,
    records: Vec<Vec<u8>>,
    /// Offers of the node are refused.
    refusing: bool,
    /// How many have been.
    refusals: u64,
    /// What it does with the node's main stream instead of answering in good faith.
    lie: Lie,
    /// How often it has come to the end of its lie.
    lied: u64,
    /// What it answers to whoever asks for an attestation; nothing where it has none.
    attests: Option<Result<Attested, Unattested>>,
    /// How often it has been asked for one since it was last told what to answer.
    asked: u64,
}

/// What a partner does with the node's main stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lie {
    /// Answers in good faith.
    #[default]
    None,
    /// Says so many times that it has an entry that nobody wrote, and gives it when asked.
    Have(u64),
    /// Says where it stands and reads no more.
    Deaf,
    /// Takes entries and asks so many times for the envelope of each.
    Asking(u64),
}

/// The partner.
pub struct Partner {
    /// Its desks.
    pub desks: Vec<TestDesk>,
    handle: NetworkHandle<()>,
    keeper: Arc<Toy>,
    heard: Arc<Mutex<Heard>>,
    news: Arc<Notify>,
}

/// A log that the partner keeps, as far as it has come.
#[derive(Clone, Debug)]
pub struct Written {
    /// Which.
    pub log: Log,
    /// Its newest entry.
    pub head: Position,
}

/// One message, ready to be sent.
#[derive(Clone)]
pub struct Mail {
    /// Its signed entry.
    pub entry: Signed<Entry>,
    /// The content key and what the entry says of it.
    pub sealed: Sealed,
    /// An envelope for the receiver.
    pub envelope: Vec<u8>,
    /// The ciphertext.
    pub body: Vec<u8>,
}

impl Partner {
    /// Starts it with a new node key; it listens on loopback.
    pub async fn new(node: &TestNode, desks: Vec<TestDesk>) -> Self {
        Self::with_key(node, Keypair::generate_ed25519(), desks).await
    }

    /// Starts it with a node key of the test's choice.
    pub async fn with_key(node: &TestNode, keypair: Keypair, desks: Vec<TestDesk>) -> Self {
        let crls = node.node.core().trust.trust().expect("trust is installed").crl_numbers();
        Self::with_crls(node, keypair, desks, crls, Vec::new()).await
    }

    /// Starts it with CRLs of the test's choice: the numbers that it claims, and what it hands over when asked.
    ///
    /// # Panics
    /// If it cannot listen.
    pub async fn with_crls(
        node: &TestNode,
        keypair: Keypair,
        desks: Vec<TestDesk>,
        crls: Vec<(Hash, u64)>,
        handed: Vec<Vec<u8>>,
    ) -> Self {
        let trust = node.node.core().trust.trust().expect("trust is installed");
        Self::certified(&trust, keypair, desks, crls, handed).await
    }

    /// Starts it with what the authority has published, for a node in a process of its own.
    ///
    /// # Panics
    /// If it cannot listen.
    pub async fn certified(
        trust: &Trust,
        keypair: Keypair,
        desks: Vec<TestDesk>,
        crls: Vec<(Hash, u64)>,
        handed: Vec<Vec<u8>>,
    ) -> Self {
        let hello = Self::hello(trust, &keypair, &desks, crls);
        let keeper = Arc::new(Toy { hello, crls: Mutex::new(handed), learnt: Mutex::default() });
        let listen = vec!["/ip4/127.0.0.1/tcp/0".parse().expect("an address")];
        let config = Config { keypair, listen, network: trust.network_id(), limits: Limits::default() };
        let (handle, events) = musubi_network::start(config, keeper.clone()).await.expect("a network");
        let (heard, news) = (Arc::<Mutex<Heard>>::default(), Arc::<Notify>::default());
        tokio::spawn(listen_to(events, Arc::clone(&heard), Arc::clone(&news)));
        Self { desks, handle, keeper, heard, news }
    }

    /// What a node with this key and these desks says in the gate.
    ///
    /// # Panics
    /// If it has no encoding.
    #[must_use]
    pub fn hello(trust: &Trust, keypair: &Keypair, desks: &[TestDesk], crls: Vec<(Hash, u64)>) -> Hello {
        let peer = keypair.public().to_peer_id();
        let now = Timestamp::now();
        let credential = |desk: &TestDesk| {
            let credential = Credential::new(&desk.leaf, desk.issuer, &peer, &desk.key, now).expect("a credential");
            cbor::to_vec(&credential).expect("an encoding").into()
        };
        Hello {
            network: trust.network_id(),
            trust: trust.bundle().number,
            crls,
            log_size: 0,
            credentials: desks.iter().map(credential).collect(),
        }
    }

    /// Where it listens, with its name.
    #[must_use]
    pub fn listening(&self) -> Multiaddr {
        self.handle.listen_addrs()[0].clone()
    }

    /// CRLs that the node has handed over.
    #[must_use]
    pub fn learnt(&self) -> Vec<Vec<u8>> {
        self.keeper.learnt.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn heard<T>(&self, look: impl FnOnce(&mut Heard) -> T) -> T {
        look(&mut self.heard.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until `look` finds something in what came from the node.
    async fn until<T>(&self, what: &str, mut look: impl FnMut(&mut Heard) -> Option<T>) -> T {
        within(what, async {
            loop {
                let news = self.news.notified();
                tokio::pin!(news);
                news.as_mut().enable();
                if let Some(found) = self.heard(&mut look) {
                    return found;
                }
                news.await;
            }
        })
        .await
    }

    /// Dials and waits until both sides have let each other in.
    ///
    /// # Panics
    /// If the node refuses.
    pub async fn connect(&self, address: Multiaddr) -> ConnectionId {
        match self.try_connect(address).await {
            Ok(connection) => connection,
            Err(reason) => panic!("not let in: {reason}"),
        }
    }

    /// Dials and waits for the outcome: the connection, or the reason in words.
    ///
    /// # Errors
    /// Why the node did not let it in.
    ///
    /// # Panics
    /// If the dial cannot be begun.
    pub async fn try_connect(&self, address: Multiaddr) -> Result<ConnectionId, String> {
        let dialed = self.handle.dial(address).await.expect("a dial");
        self.until("an answer of the gate", |heard| match heard.connections.iter().position(|c| *c == dialed) {
            Some(at) => heard.connections.remove(at).map(Ok),
            None => heard.refused.pop().map(Err),
        })
        .await
    }

    /// Opens a stream on its newest connection.
    ///
    /// # Panics
    /// If none opens.
    pub async fn talk(&self) -> Talk {
        let connection = self.until("a connection", |heard| heard.open.last().copied()).await;
        let stream = within("a stream", self.handle.open(connection)).await.expect("a stream");
        Talk(stream)
    }

    /// Closes all its connections and stops.
    pub async fn leave(&self) {
        within("leaving", self.handle.shutdown()).await;
    }

    /// Waits until the node has closed every connection.
    pub async fn until_cut(&self) {
        self.until("the end of all connections", |heard| heard.open.is_empty().then_some(())).await;
    }

    /// Says what it answers from now on to whoever asks for an attestation.
    pub fn attests(&self, answer: Result<Attested, Unattested>) {
        self.heard(|heard| (heard.attests, heard.asked) = (Some(answer), 0));
    }

    /// Waits until it has been asked for an attestation since then.
    pub async fn until_asked(&self) {
        self.until("a question", |heard| (heard.asked > 0).then_some(())).await;
    }

    /// From now on lies on the node's main stream.
    pub fn lie(&self, lie: Lie) {
        self.heard(|heard| heard.lie = lie);
    }

    /// Waits until it has lied to the end, or the node would hear no more.
    pub async fn until_lied(&self) {
        self.until("the end of a lie", |heard| (heard.lied > 0).then_some(())).await;
    }

    /// From now on refuses every log that the node offers, or none.
    pub fn refuse(&self, refusing: bool) {
        self.heard(|heard| heard.refusing = refusing);
    }

    /// Waits until an offer of the node was refused.
    pub async fn until_refusal(&self) {
        self.until("a refusal", |heard| (heard.refusals > 0).then_some(())).await;
    }

    /// Waits for a receipt or message of the node that `wanted` accepts.
    pub async fn until_entry(&self, what: &str, wanted: impl Fn(&Entry) -> bool) -> Unverified<Entry> {
        self.until(what, |heard| heard.entries.iter().find(|entry| wanted(entry.claim())).cloned()).await
    }

    /// Waits for a record of the node.
    pub async fn until_record(&self) -> Vec<u8> {
        self.until("a record", |heard| heard.records.first().cloned()).await
    }

    /// Entries of the node so far.
    #[must_use]
    pub fn entries(&self) -> Vec<Unverified<Entry>> {
        self.heard(|heard| heard.entries.clone())
    }

    /// The log that one of its desks keeps towards the node's first address.
    ///
    /// # Panics
    /// If the node has no desk.
    #[must_use]
    pub fn log(&self, desk: usize, node: &TestNode) -> Log {
        let to = node.node.core().with_desks(|desks| desks[0].addresses().next());
        Log::new(self.desks[desk].address(), to.expect("a desk has an address"))
    }
}

async fn listen_to(mut events: mpsc::Receiver<Event<()>>, heard: Arc<Mutex<Heard>>, news: Arc<Notify>) {
    let mine = Arc::clone(&heard);
    while let Some(event) = events.recv().await {
        {
            let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
            match event {
                Event::Connected { connection, .. } => {
                    heard.connections.push_back(connection);
                    heard.open.push(connection);
                }
                Event::Closed { connection, .. } => heard.open.retain(|open| *open != connection),
                Event::DialFailed { reason, .. } => heard.refused.push(reason.to_string()),
                Event::Inbound { stream, .. } => {
                    tokio::spawn(take_all(Talk(stream), Arc::clone(&mine), Arc::clone(&news)));
                }
                _ => {}
            }
        }
        news.notify_waiters();
    }
}

/// Takes all that the node says on its main stream: every entry is noted, every ping answered.
async fn take_all(mut talk: Talk, heard: Arc<Mutex<Heard>>, news: Arc<Notify>) {
    while let Ok(bytes) = hear(&mut talk.0).await {
        match Frame::decode(&bytes) {
            Ok(Frame::Offer(log)) => {
                let (refusing, lie) = {
                    let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
                    heard.refusals += u64::from(heard.refusing);
                    (heard.refusing, heard.lie)
                };
                match lie {
                    Lie::None | Lie::Asking(_) => {}
                    Lie::Have(times) => {
                        have_without_end(&mut talk, log, times).await;
                        heard.lock().unwrap_or_else(PoisonError::into_inner).lied += 1;
                        news.notify_waiters();
                        continue;
                    }
                    Lie::Deaf => {
                        talk.say(&Frame::Have { log, at: Position::NONE }).await;
                        // Held until the connection goes.
                        return std::future::pending().await;
                    }
                }
                let answer = match refusing {
                    true => Frame::Stop { log, reason: Stop::NotAdmitted },
                    false => Frame::Have { log, at: Position::NONE },
                };
                talk.say(&answer).await;
                news.notify_waiters();
            }
            Ok(Frame::Ping(number)) => talk.say(&Frame::Pong(number)).await,
            Ok(Frame::Attest { log, fiscal_year }) => {
                let attests = {
                    let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
                    heard.asked += 1;
                    heard.attests.clone()
                };
                news.notify_waiters();
                if let Some(answer) = attests {
                    talk.say(&Frame::Attested { log, fiscal_year, answer }).await;
                    talk.finish().await;
                }
                return;
            }
            Ok(Frame::Entry { log, entry, .. }) => {
                let entry = Unverified::<Entry>::from_bytes(&entry).expect("the node writes entries");
                let (at, id) = (entry.position(), entry.id());
                let lie = {
                    let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
                    heard.entries.push(entry);
                    heard.lie
                };
                news.notify_waiters();
                talk.say(&Frame::Have { log, at }).await;
                if let Lie::Asking(times) = lie {
                    for _ in 0..times {
                        talk.say(&Frame::NeedEnvelope { log, id }).await;
                    }
                }
            }
            Ok(Frame::Record(record)) => {
                heard.lock().unwrap_or_else(PoisonError::into_inner).records.push(record);
                news.notify_waiters();
            }
            // A body stream, or something that needs no answer.
            _ => {}
        }
    }
}

/// Says what cannot be, until the node ends the stream.
async fn have_without_end(talk: &mut Talk, log: Log, times: u64) {
    let now = Timestamp::now().0;
    for number in 0..times {
        let at = Position { epoch: now + number, seq: number + 1, hash: Hash::of(&[&number.to_be_bytes()]) };
        let have = Frame::Have { log, at }.encode().expect("a frame");
        // What it would give back if it were asked: nothing that is an entry.
        let yours = Frame::Yours { log, entry: vec![0x5a; 1000] }.encode().expect("a frame");
        if talk.try_say(&have).await.is_err() || (number % 64 == 63 && talk.try_say(&yours).await.is_err()) {
            return;
        }
    }
}

/// A stream with frames on it.
pub struct Talk(link::Stream);

impl Talk {
    /// Says a frame.
    ///
    /// # Panics
    /// If the stream is broken.
    pub async fn say(&mut self, frame: &Frame) {
        self.try_say(&frame.encode().expect("a frame")).await.expect("the node listens");
    }

    /// Says bytes with a length before them.
    ///
    /// # Errors
    /// The stream is broken.
    pub async fn try_say(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let length = u32::try_from(bytes.len()).map_err(std::io::Error::other)?;
        within("saying a frame", say(&mut self.0, length, bytes)).await
    }

    /// Announces a length and says what follows.
    ///
    /// # Errors
    /// The stream is broken.
    pub async fn announce(&mut self, length: u32, bytes: &[u8]) -> std::io::Result<()> {
        within("saying bytes", say(&mut self.0, length, bytes)).await
    }

    /// Says bytes as they are.
    ///
    /// # Errors
    /// The stream is broken.
    pub async fn raw(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let saying = async {
            self.0.write_all(bytes).await?;
            self.0.flush().await
        };
        within("saying bytes", saying).await
    }

    /// Hears the next frame; `None` if the node has ended the stream.
    ///
    /// # Panics
    /// If it is no frame.
    pub async fn hear(&mut self) -> Option<Frame> {
        within("hearing a frame", hear(&mut self.0)).await.ok().map(|bytes| Frame::decode(&bytes).expect("a frame"))
    }

    /// Offers a log and hears where the node stands.
    ///
    /// # Panics
    /// If it says something else.
    pub async fn offer(&mut self, log: Log) -> Position {
        self.say(&Frame::Offer(log)).await;
        match self.hear().await {
            Some(Frame::Have { log: answered, at }) if answered == log => at,
            other => panic!("{other:?} instead of a place"),
        }
    }

    /// Ends its own half, as after the last byte of a body.
    ///
    /// # Panics
    /// If the stream is broken.
    pub async fn finish(&mut self) {
        self.try_finish().await.expect("the node listens");
    }

    /// The same where the node may have ended the stream before.
    ///
    /// # Errors
    /// The stream is broken.
    pub async fn try_finish(&mut self) -> std::io::Result<()> {
        within("ending a stream", self.0.close()).await
    }
}

async fn say(stream: &mut (impl AsyncWrite + Unpin), length: u32, bytes: &[u8]) -> std::io::Result<()> {
    stream.write_all(&length.to_be_bytes()).await?;
    stream.write_all(bytes).await?;
    stream.flush().await
}

async fn hear(stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).await?;
    let mut bytes = vec![0; u32::from_be_bytes(length) as usize];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}

impl Written {
    /// A log without entries.
    #[must_use]
    pub const fn new(log: Log) -> Self {
        Self { log, head: Position::NONE }
    }

    /// The entry that comes next, before it is signed.
    #[must_use]
    pub fn next(&self, desk: &TestDesk, body: Body) -> Entry {
        let now = Timestamp::now();
        let first = self.head == Position::NONE;
        Entry {
            from: self.log.from,
            to: self.log.to,
            epoch: if first { now.0 } else { self.head.epoch },
            seq: self.head.seq + 1,
            prev: self.head.hash,
            peer: Position::NONE,
            log_size: 0,
            log_root: Hash::ZERO,
            time: now,
            signer: desk.leaf.hash(),
            body,
            ext: Ext::none(),
        }
    }

    /// Goes on behind an entry.
    pub fn advance(&mut self, entry: &Signed<Entry>) {
        self.head = entry.position();
    }

    /// Seals files for the receiver, and signs.
    ///
    /// # Panics
    /// If the node has no record.
    #[must_use]
    pub fn mail(&self, desk: &TestDesk, node: &TestNode, files: &[(String, Vec<u8>)]) -> Mail {
        let (body, sealed) = sealed(files);
        self.mail_of(desk, node, header(&sealed), sealed, body)
    }

    /// Seals files for whoever made this record, and signs.
    ///
    /// # Panics
    /// If the record is of no use.
    #[must_use]
    pub fn mail_for(&self, desk: &TestDesk, record: &Record, files: &[(String, Vec<u8>)]) -> Mail {
        let (body, sealed) = sealed(files);
        let entry = sign(self.next(desk, Body::Message(header(&sealed))), desk);
        let envelope = envelope_for(record, &sealed.key, &entry.id());
        Mail { entry, sealed, envelope, body }
    }

    /// Signs a header of the test's choice; the envelope holds the content key of `sealed`.
    ///
    /// # Panics
    /// If the node has no record.
    #[must_use]
    pub fn mail_of(&self, desk: &TestDesk, node: &TestNode, header: Message, sealed: Sealed, body: Vec<u8>) -> Mail {
        let entry = sign(self.next(desk, Body::Message(header)), desk);
        let envelope = envelope(node, self.log.to, &sealed, &entry.id());
        Mail { entry, sealed, envelope, body }
    }
}

impl Mail {
    /// The message's id.
    #[must_use]
    pub fn id(&self) -> MessageId {
        self.entry.id()
    }

    /// The frame with everything in it.
    #[must_use]
    pub fn frame(&self, log: Log) -> Frame {
        let (entry, envelope, body) = (self.entry.bytes().to_vec(), self.envelope.clone(), self.body.clone());
        Frame::Entry { log, entry, envelope, body }
    }
}

/// Signs an entry.
///
/// # Panics
/// If it has no encoding.
#[must_use]
pub fn sign(entry: Entry, desk: &TestDesk) -> Signed<Entry> {
    Signed::sign(entry, &desk.key).expect("an entry can be signed")
}

/// Seals files as they are.
///
/// # Panics
/// If they cannot be.
#[must_use]
pub fn sealed(files: &[(String, Vec<u8>)]) -> (Vec<u8>, Sealed) {
    let draft = Draft {
        serial: Some("20251020090308".into()),
        files: files.iter().map(|(name, bytes)| (name.clone(), bytes.len() as u64)).collect(),
        ..Draft::default()
    };
    let bytes: Vec<&[u8]> = files.iter().map(|(_, bytes)| bytes.as_slice()).collect();
    seal::seal(draft, &bytes, &mut rand::rng()).expect("files can be sealed")
}

/// The header that an honest sender signs.
#[must_use]
pub fn header(sealed: &Sealed) -> Message {
    let seal::Header { length, sha256, commitment } = sealed.header;
    Message { suite: Suite::XWing.number(), length, sha256, commitment, ext: Ext::none() }
}

fn envelope_for(record: &Record, key: &ContentKey, id: &MessageId) -> Vec<u8> {
    let to = record.key_for(&Suite::ORDER, Timestamp::now()).expect("a key to seal for");
    Envelope::seal(&to, key, id, &mut rand::rng()).expect("an envelope").to_vec().expect("its bytes")
}

/// An envelope for an address of the node.
///
/// # Panics
/// If the node has no record for it.
#[must_use]
pub fn envelope(node: &TestNode, to: Address, sealed: &Sealed, id: &MessageId) -> Vec<u8> {
    let record = node.node.core().record_of(to).expect("a readable store").expect("a record");
    envelope_for(&record, &sealed.key, id)
}
