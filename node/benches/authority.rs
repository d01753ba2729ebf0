//! The authority and its log at the size of the country: `cargo bench -p musubi-node --bench authority -- [OFFICES]`.
//!
//! Without a number 287,000 offices, which takes some minutes and 2 GB where temporary files lie. Prints a line for each
//! figure.

use std::{
    env, fs,
    path::Path,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use ed25519_dalek::SigningKey;
use musubi_config::{Overrides, Settings};
use musubi_network::enrol::EnrolLimits;
use musubi_node::{
    Clock, Node, Options,
    authority::{Authority, Doors, MAX_TOGETHER, Period, Service, Target},
    home::Home,
    keys::{Mode, Unlock},
    office::{self, Init},
    transparency,
};
use musubi_protocol::{certificate::material, crl::Reason, request::Request, time::Timestamp};
use musubi_store::keyfile::{Cost, Passphrase};
use zeroize::Zeroizing;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// The offices of the country.
const OFFICES: usize = 287_000;
/// Certificates that are issued one by one.
const SINGLE: usize = 500;
/// Requests that are handed over at once.
const PART: usize = 4_096;
/// What a process of its own is called with.
const OPEN: &str = "--open";
/// Acts of 60 days: as if a third of all offices renewed in that time, and some were revoked.
const SIXTY_DAYS: usize = 100_000;

fn main() -> Outcome<()> {
    if let Some(home) = env::args().skip_while(|arg| arg != OPEN).nth(1) {
        return open(Path::new(&home));
    }
    let offices = env::args().filter_map(|arg| arg.parse().ok()).next().unwrap_or(OFFICES);
    let dir = tempfile::tempdir()?;
    let home = dir.path().join("authority");
    let (mut rng, now) = (rand::rng(), Timestamp::now());
    let (mut authority, founded) = Authority::init(&home, "見本中央機関", &passphrase(), now, &mut rng)?;

    let requests: Vec<Vec<u8>> = (0..offices).map(request).collect::<Outcome<_>>()?;
    let (single, rest) = requests.split_at(SINGLE.min(offices / 2));
    let began = Instant::now();
    for request in single {
        authority.issue(request, Period::default(), now, &mut rng)?;
    }
    figure("issue, one by one", rate(single.len(), began.elapsed()), "certificates a second");
    let began = Instant::now();
    let mut refused = 0;
    for part in rest.chunks(PART) {
        // What comes back holds the file of each.
        refused +=
            authority.issue_all(part, Period::default(), now, &mut rng).iter().filter(|one| one.is_err()).count();
    }
    figure("issue, together", rate(rest.len() - refused, began.elapsed()), "certificates a second");
    assert_eq!(refused, 0, "all are granted");
    drop(requests);

    let twentieth: Vec<Target> =
        (0..offices / 20).map(|n| Ok(Target::Office(number(n * 20).parse()?))).collect::<Outcome<_>>()?;
    let began = Instant::now();
    for part in twentieth.chunks(MAX_TOGETHER) {
        authority.revoke_all(part, Reason::Unspecified, now)?;
    }
    figure("revoke 5 %", seconds(began), "s");
    // A day later the list is made anew, whole.
    let began = Instant::now();
    let crl = authority.crl(now.plus(90_000))?;
    figure("CRL with 5 % revoked, built and kept", seconds(began), "s");
    figure("CRL with 5 % revoked", format!("{}", der_of(&crl)), "bytes");
    let later = now.plus(90_000);
    let held = authority.crl_numbers();
    authority.revoke(Target::Office(number(1).parse()?), Reason::Unspecified, later)?;
    let began = Instant::now();
    let newer = authority.crls_newer_than(&held, later)?;
    let size: usize = newer.deltas.iter().chain(&newer.crls).map(Vec::len).sum();
    figure("delta for one more revocation", format!("{size}"), "bytes");
    figure("delta, looked up", seconds(began), "s");

    let leaves = authority.log_size();
    drop(authority);
    // A process of its own: what was needed to get here is not what an authority takes.
    let opened = Command::new(env::current_exe()?).arg(OPEN).arg(&home).status()?;
    assert!(opened.success(), "it opens");
    let authority = Authority::open(&home, &passphrase())?;

    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let clock = Clock::new(move || later);
    runtime.block_on(follow(dir.path(), authority, &founded.root_pin, leaves, clock))
}

fn passphrase() -> Passphrase {
    Passphrase::new("a bench".to_owned()).with_cost(Cost { memory_kib: 8, passes: 1, lanes: 1 })
}

/// Opens an authority and lets it serve, as a process that does nothing else.
fn open(home: &Path) -> Outcome<()> {
    let began = Instant::now();
    let authority = Authority::open(home, &passphrase())?;
    figure("open", seconds(began), "s");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let doors = Doors { strangers: vec!["/ip4/127.0.0.1/tcp/0".parse()?], ..Doors::default() };
        let clock = Clock::new(|| Timestamp::now().plus(90_000));
        let service = Service::start(authority, doors, EnrolLimits::default(), clock).await?;
        figure("memory of an authority that serves", memory(), "MiB");
        service.stop().await;
        Ok(())
    })
}

/// A node fetches the log from an authority that serves, whole, and then as after 60 days.
async fn follow(
    dir: &Path,
    authority: Authority,
    pin: &musubi_protocol::ids::Hash,
    leaves: u64,
    clock: Clock,
) -> Outcome<()> {
    let doors = Doors { strangers: vec!["/ip4/127.0.0.1/tcp/0".parse()?], ..Doors::default() };
    let trust = authority.trust_file();
    let service = Arc::new(Service::start(authority, doors, EnrolLimits::default(), clock.clone()).await?);
    let port = service.listen()[0].to_string().rsplit('/').next().unwrap_or_default().to_owned();

    let home = Home::new(dir.join("office"));
    let unlock = Unlock::Passphrase(Zeroizing::new("a bench of some words".to_owned()));
    let what = Init {
        office: "1379900010".parse()?,
        kinds: vec!["11".parse()?],
        name: "みほん".to_owned(),
        mode: Mode::Attended,
        unlock: unlock.clone(),
        machine_key: None,
    };
    office::init(&home, what)?;
    office::install(&home, &[trust.into_bytes()], Some(*pin))?;
    fs::write(home.settings(), format!("[authority]\nat = \"127.0.0.1:{port}\"\n"))?;
    let overrides = Overrides { listen: vec!["/ip4/127.0.0.1/tcp/0".into()], ..Overrides::default() };
    let settings = Settings::load(home.dir(), &overrides)?;
    let options = Options { home, unlock, settings, clock: clock.clone(), tidying: None };
    let node = Node::start(options).await?;
    let began = Instant::now();
    while covered(&node)? < leaves {
        if !node.core().ask_authority().await {
            return Err("the authority does not answer".into());
        }
    }
    figure(&format!("a new node fetches the log, {leaves} leaves"), seconds(began), "s");

    // Sixty days on: one act for each renewal, here as single acts of the log by new requests.
    let more = SIXTY_DAYS.min(usize::try_from(leaves)? / 2);
    let issuing = Arc::clone(&service);
    let made = tokio::task::spawn_blocking(move || {
        let requests: Vec<Vec<u8>> = (OFFICES..OFFICES + more).filter_map(|n| request(n).ok()).collect();
        issuing.with(|authority| {
            let mut issue = |part: &[Vec<u8>]| {
                let issued = authority.issue_all(part, Period::default(), clock.now(), &mut rand::rng());
                issued.iter().filter(|one| one.is_ok()).count()
            };
            requests.chunks(PART).map(&mut issue).sum::<usize>()
        })
    });
    let made = made.await?;
    let leaves = leaves + made as u64;
    let began = Instant::now();
    while covered(&node)? < leaves {
        if !node.core().ask_authority().await {
            return Err("the authority does not answer".into());
        }
    }
    figure(&format!("a node that was off for 60 days catches up, {made} leaves"), seconds(began), "s");
    node.shutdown().await?;
    Ok(())
}

/// How many leaves the node has covered.
fn covered(node: &Node) -> Outcome<u64> {
    Ok(transparency::check(&node.core().db, node.core().trust.trust().as_ref())?.size)
}

fn number(n: usize) -> String {
    format!("{:010}", 1_000_000_000 + n)
}

fn request(n: usize) -> Outcome<Vec<u8>> {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&(n as u64 + 1).to_be_bytes());
    let key = SigningKey::from_bytes(&seed);
    let request = Request::create(number(n).parse()?, "みほん通所", &["15".parse()?], &key)?;
    Ok(material::to_pem([(material::REQUEST, request.der())]).into_bytes())
}

fn der_of(pem: &str) -> usize {
    let items = material::read(pem.as_bytes()).unwrap_or_default();
    items.iter().map(|item| item.bytes().len()).max().unwrap_or_default()
}

fn rate(count: usize, took: Duration) -> String {
    format!("{:.0}", count as f64 / took.as_secs_f64())
}

fn seconds(began: Instant) -> String {
    format!("{:.2}", began.elapsed().as_secs_f64())
}

/// Resident memory of this process in MiB; Linux only.
fn memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    let kib: u64 = line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).unwrap_or_default();
    (kib >> 10).to_string()
}

fn figure(what: &str, value: impl std::fmt::Display, unit: &str) {
    println!("{what}: {value} {unit}");
}
