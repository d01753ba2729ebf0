//! A test authority and the nodes that it has certified.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};

use careplan::Lang;
use musubi_config::{Overrides, Settings};
use musubi_node::{
    Clock, Node, Options,
    api::types::Row,
    attachments::{self, Upload},
    core::Event,
    home::Home,
    keys::{Mode, Unlock},
    office::{self, Init},
    outbox::{self, Order},
    rows,
};
use musubi_protocol::{
    certificate::{Grant, LeafIn, Role, Serial, material},
    crl::Reason,
    ids::{Address, MessageId},
    log::{Act, Operation},
    request::Request,
    time::{DAY, Timestamp},
    trust::{Bundle, testing::TestAuthority},
};
use tempfile::TempDir;
use zeroize::Zeroizing;

use crate::{LIMIT, place, sample, within};

/// One authority and a place for its offices.
pub struct TestNetwork {
    authority: Mutex<TestAuthority>,
    dir: TempDir,
}

/// An office that is set up and certified, and whose node does not run.
pub struct Installed {
    /// Its directory.
    pub home: Home,
    /// The machine key that opens it.
    pub machine_key: PathBuf,
    /// Its certificates, one for each desk.
    pub leaves: Vec<LeafIn>,
}

/// A running node.
pub struct TestNode {
    /// The node.
    pub node: Node,
    /// What it was started from.
    pub installed: Installed,
}

/// A clock that a test puts wrong while nodes go by it.
#[derive(Clone, Default)]
pub struct WrongClock(Arc<AtomicI64>);

impl WrongClock {
    /// Puts it so many seconds ahead, or behind, of the right time.
    pub fn shift(&self, seconds: i64) {
        self.0.store(seconds, Ordering::SeqCst);
    }

    /// What a node goes by.
    #[must_use]
    pub fn clock(&self) -> Clock {
        let shift = Arc::clone(&self.0);
        Clock::new(move || Timestamp(Timestamp::now().0.saturating_add_signed(shift.load(Ordering::SeqCst))))
    }
}

impl Default for TestNetwork {
    fn default() -> Self {
        Self::at(Timestamp::now())
    }
}

impl TestNetwork {
    /// Founds an authority at a moment.
    ///
    /// # Panics
    /// If there is no temporary directory.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        // RUST_LOG=musubi_node=debug shows what nodes do. Another test may have set it up before.
        let filter = tracing_subscriber::EnvFilter::from_default_env();
        let _ = tracing_subscriber::fmt().with_env_filter(filter).with_test_writer().try_init();
        let dir = place();
        Self { authority: Mutex::new(TestAuthority::new(1, now)), dir }
    }

    /// The authority, for what a test does with it itself.
    pub fn authority(&self) -> MutexGuard<'_, TestAuthority> {
        self.authority.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The directory of everything.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Sets an office up, with one desk for each office number given, and certifies it for a year.
    ///
    /// # Panics
    /// If anything of it fails.
    pub fn install(&self, name: &str, offices: &[(&str, &[&str])]) -> Installed {
        let installed = self.set_up(name, offices);
        self.certify(installed, offices, 365)
    }

    /// Sets an office up without any certificate.
    ///
    /// # Panics
    /// If anything of it fails.
    pub fn set_up(&self, name: &str, offices: &[(&str, &[&str])]) -> Installed {
        let home = Home::new(self.dir().join(name));
        let machine_key = self.dir().join(format!("{name}.machine-key"));
        for (index, (office, kinds)) in offices.iter().enumerate() {
            let first = index == 0;
            let init = Init {
                office: office.parse().expect("an office number"),
                kinds: kinds.iter().map(|kind| kind.parse().expect("a kind")).collect(),
                name: format!("みほん{office}"),
                mode: Mode::Unattended,
                unlock: if first {
                    Unlock::Passphrase(Zeroizing::new("correct horse battery".into()))
                } else {
                    Unlock::Machine(Some(machine_key.clone()))
                },
                machine_key: Some(machine_key.clone()),
            };
            office::init(&home, init).expect("an office can be set up");
        }
        Installed { home, machine_key, leaves: Vec::new() }
    }

    /// Certifies an office that is set up, for `days` from now, and installs bundle, lists and certificates.
    ///
    /// # Panics
    /// If anything of it fails.
    pub fn certify(&self, mut installed: Installed, offices: &[(&str, &[&str])], days: u64) -> Installed {
        let mut files = self.trust_files();
        for (office, _) in offices {
            let leaf = self.issue(&installed, office, days);
            files.push(leaf.der().to_vec());
            installed.leaves.push(leaf);
        }
        office::install(&installed.home, &files, None).expect("what the authority gives can be installed");
        installed
    }

    /// Issues a certificate on a request of the office.
    ///
    /// # Panics
    /// If anything of it fails.
    pub fn issue(&self, installed: &Installed, office: &str, days: u64) -> LeafIn {
        let unlock = Unlock::Machine(Some(installed.machine_key.clone()));
        let office = Some(office.parse().expect("an office number"));
        let (_, pem) = office::request(&installed.home, &unlock, office).expect("a request can be made");
        let items = material::read(pem.as_bytes()).expect("a request is material");
        let [material::Material::Request(request)] = items.as_slice() else { panic!("one request") };
        self.issue_for(request, days)
    }

    /// Issues a certificate for a request.
    ///
    /// # Panics
    /// If the authority cannot.
    pub fn issue_for(&self, request: &Request, days: u64) -> LeafIn {
        let mut authority = self.authority();
        let authority = &mut *authority;
        let now = authority.now;
        let issue_number = authority.number;
        authority.number += 1;
        let grant =
            Grant { role: Role::Office, desk: 1, class: 0, from: now, until: now.plus(days * DAY), issue_number };
        let serial = Serial::random(&mut authority.rng);
        let leaf = authority.issuing.issue(request, &grant, serial, now).expect("a certificate can be issued");
        authority.note(Act::about(&leaf, Operation::Issue, now));
        leaf
    }

    /// Trust bundle and CRL as files.
    pub fn trust_files(&self) -> Vec<Vec<u8>> {
        let mut authority = self.authority();
        let bundle = authority.bundle();
        let bundle = authority.sign(bundle);
        vec![bundle, authority.crl().der().to_vec()]
    }

    /// What shows that the log holds a certificate, as a file.
    ///
    /// # Panics
    /// If it does not.
    pub fn proof(&self, leaf: &LeafIn) -> Vec<u8> {
        self.authority().inclusion(leaf).to_file(leaf.hash()).expect("a proof has a form")
    }

    /// A trust bundle that wants proofs from the log from a moment on.
    pub fn wanting_proofs(&self, from: Timestamp) -> Vec<u8> {
        let mut authority = self.authority();
        let bundle = Bundle { enforce_from: from, ..authority.bundle() };
        authority.sign(bundle)
    }

    /// Revokes a certificate and gives the new CRL.
    pub fn revoke(&self, leaf: &LeafIn) -> Vec<u8> {
        let mut authority = self.authority();
        authority.revoke(leaf, Reason::KeyCompromise);
        authority.crl().der().to_vec()
    }

    /// Starts a node that listens on loopback and dials `peers`.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start(&self, installed: Installed, peers: &[&TestNode]) -> TestNode {
        self.start_with_clock(installed, peers, Clock::system()).await
    }

    /// As [`Self::start`] with another clock on the wall.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start_with_clock(&self, installed: Installed, peers: &[&TestNode], clock: Clock) -> TestNode {
        let peers = peers.iter().flat_map(|peer| peer.node.listen().into_iter().next()).collect();
        self.start_at(installed, &["/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"], peers, clock).await
    }

    /// Starts a node at chosen addresses.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start_with(&self, installed: Installed, listen: &[&str], peers: Vec<String>) -> TestNode {
        self.start_at(installed, listen, peers, Clock::system()).await
    }

    async fn start_at(&self, installed: Installed, listen: &[&str], peers: Vec<String>, clock: Clock) -> TestNode {
        let listen = listen.iter().map(ToString::to_string).collect();
        let overrides = Overrides { listen, peers, api: Some("127.0.0.1:0".into()), log: None };
        let settings = Settings::load(installed.home.dir(), &overrides).expect("good settings");
        let unlock = Unlock::Machine(Some(installed.machine_key.clone()));
        let options = Options { home: installed.home.clone(), unlock, settings, clock, tidying: None };
        let node = within("a start", Node::start(options)).await.expect("a node starts");
        TestNode { node, installed }
    }
}

impl TestNode {
    /// Stops the node and keeps what it was started from.
    ///
    /// # Panics
    /// If the last commit fails.
    pub async fn stop(self) -> Installed {
        within("a stop", self.node.shutdown()).await.expect("a clean stop");
        self.installed
    }

    /// Sends files, all of which must be accepted.
    ///
    /// # Panics
    /// If one is refused.
    pub async fn send(&self, files: Vec<(String, Vec<u8>)>) -> Vec<Row> {
        let rows = self.try_send(Order { files, ..Order::default() }).await;
        for row in &rows {
            assert!(row.id.is_some(), "refused: {row:#?}");
        }
        rows
    }

    /// Sends one sample bundle and gives its id.
    ///
    /// # Panics
    /// If it is refused or is not exactly one.
    pub async fn send_sample(&self, bundle: &str) -> MessageId {
        let rows = self.send(sample::bundle(bundle)).await;
        assert_eq!(rows.len(), 1);
        rows[0].id.as_ref().expect("accepted").parse().expect("an id")
    }

    /// Sends an order as it is.
    ///
    /// # Panics
    /// If store or keys fail.
    pub async fn try_send(&self, order: Order) -> Vec<Row> {
        within("sending", outbox::send(self.node.core(), order, Lang::Ja)).await.expect("sending works")
    }

    /// Sends files as attachments, in pieces as they come over HTTP.
    ///
    /// # Panics
    /// If store or keys fail.
    pub async fn attach(&self, order: attachments::Order, files: &[(String, Vec<u8>)]) -> Vec<Row> {
        let mut upload = Upload::begin(self.node.core(), order, Lang::Ja);
        for (name, bytes) in files {
            upload.file(name).await;
            for piece in bytes.chunks(50_000) {
                upload.bytes(piece.to_vec().into()).await;
            }
        }
        within("sending", upload.finish()).await.expect("sending works")
    }

    /// All messages for addresses here.
    ///
    /// # Panics
    /// If the store fails.
    #[must_use]
    pub fn inbox(&self) -> Vec<Row> {
        rows::inbox(self.node.core()).expect("a readable inbox")
    }

    /// All messages sent from here.
    ///
    /// # Panics
    /// If the store fails.
    #[must_use]
    pub fn outbox(&self) -> Vec<Row> {
        rows::outbox(self.node.core()).expect("a readable outbox")
    }

    /// One message sent from here, also by the id that it had before it was announced anew.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn sent(&self, id: MessageId) -> Row {
        let id = self.node.core().db.newest_id(id).expect("a readable store").to_string();
        self.outbox().into_iter().find(|row| row.id.as_ref() == Some(&id)).expect("a message that was sent")
    }

    /// Waits until something holds, looking again after each event of this node.
    ///
    /// # Panics
    /// If it does not come to hold in time.
    pub async fn until(&self, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        let mut events = self.node.core().events();
        let waiting = async {
            while !holds(self) {
                // Lagging means that much has happened: look again.
                let _: Result<Event, _> = events.recv().await;
            }
        };
        if tokio::time::timeout(LIMIT, waiting).await.is_err() {
            panic!("{what} did not come to hold; outbox {:#?}, inbox {:#?}", self.outbox(), self.inbox());
        }
    }

    /// Waits until a message sent from here has a state.
    pub async fn until_state(&self, id: MessageId, state: &str) {
        self.until(state, |node| node.sent(id).state == state).await;
    }

    /// Waits until the desk of an address is connected.
    pub async fn until_connected(&self, address: &str) {
        let address: Address = address.parse().expect("an address");
        self.until("a connection", |node| node.node.core().partners.is_connected(address)).await;
    }

    /// Fetches all files of a message, as the API does.
    ///
    /// # Panics
    /// If one cannot be read.
    pub async fn files(&self, id: MessageId, count: usize) -> Vec<Vec<u8>> {
        let mut files = Vec::new();
        for index in 0..count {
            let by = Some(musubi_protocol::entry::By::Api);
            let file = async { musubi_node::inbox::hand_over(self.node.core(), id, index, by).await?.whole().await };
            files.push(within("a file", file).await.expect("a readable file"));
        }
        files
    }
}
