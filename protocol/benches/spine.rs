//! What one message costs on its way, part by part: `cargo bench -p musubi-protocol --bench spine`.
#![allow(missing_docs, reason = "criterion's own functions")]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use ed25519_dalek::SigningKey;
use musubi_protocol::{
    cbor::Ext,
    entry::{Entry, Message},
    ids::{Hash, MessageId},
    link::{
        Log,
        book::{self, Arrival, Change, Voice},
    },
    seal::{self, Draft, Envelope, Opener, SealingKeyPair, Suite},
    signed::{Signed, Unverified},
    time::Timestamp,
};
use rand::{SeedableRng, rngs::StdRng};

use self::kept::Kept;

#[path = "../tests/link_pair/kept.rs"]
mod kept;

const DOCUMENT: usize = 20_000;
const LARGE: usize = 16 << 20;
const NOW: Timestamp = Timestamp(1_761_000_000);

fn draft(bytes: usize) -> Draft {
    Draft { files: vec![("a.dat".into(), bytes as u64)], ..Draft::default() }
}

fn content(c: &mut Criterion) {
    let mut rng = StdRng::seed_from_u64(1);
    let mut group = c.benchmark_group("content");
    for (name, size) in [("20 kB", DOCUMENT), ("16 MiB", LARGE)] {
        let file = vec![7; size];
        group.throughput(Throughput::Bytes(size as u64)).sample_size(20);
        group.bench_function(format!("seal {name}"), |b| {
            b.iter(|| black_box(seal::seal(draft(size), &[&file], &mut rng)));
        });
        let (ciphertext, sealed) = seal::seal(draft(size), &[&file], &mut rng).expect("a draft of one file");
        group.bench_function(format!("open the tail of {name}"), |b| {
            b.iter(|| Opener::new(&sealed.key, std::io::Cursor::new(&ciphertext), &sealed.header).map(|_| ()));
        });
        group.bench_function(format!("open {name}"), |b| {
            b.iter(|| black_box(seal::open(&sealed.key, &ciphertext, &sealed.header)));
        });
    }
    group.finish();
}

fn envelope(c: &mut Criterion) {
    let mut rng = StdRng::seed_from_u64(2);
    let (_, sealed) = seal::seal(draft(1), &[b"x"], &mut rng).expect("a draft of one file");
    let id = MessageId([2; 32]);
    let mut group = c.benchmark_group("envelope");
    for (name, suite) in [("X-Wing", Suite::XWing), ("X25519", Suite::X25519)] {
        let pair = SealingKeyPair::generate(suite, &mut rng);
        group.bench_function(format!("seal, {name}"), |b| {
            b.iter(|| black_box(Envelope::seal(pair.public(), &sealed.key, &id, &mut rng)));
        });
        let envelope = Envelope::seal(pair.public(), &sealed.key, &id, &mut rng).expect("a good key");
        group.bench_function(format!("open, {name}"), |b| b.iter(|| black_box(envelope.open([&pair], &id))));
    }
    group.finish();
}

fn entries(c: &mut Criterion) {
    let (ours, theirs) = (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]));
    let voice = |key| Voice { key, certificate: Hash([1; 32]), log: (0, Hash::ZERO) };
    let log = Log::new("1379905001-43".parse().expect("an address"), "1379900010-11".parse().expect("an address"));
    let header =
        || Message { suite: 1, length: 24_592, sha256: Hash([3; 32]), commitment: Hash([4; 32]), ext: Ext::none() };
    let mut group = c.benchmark_group("entry");
    group.bench_function("announce: decide and sign", |b| {
        let sender = Kept::default();
        b.iter(|| black_box(book::announce(&sender, log, header(), voice(&ours), NOW)));
    });
    let mut sender = Kept::default();
    let (_, changes) = book::announce(&sender, log, header(), voice(&ours), NOW).expect("a first entry");
    let entry: Signed<Entry> = changes
        .iter()
        .find_map(|change| if let Change::Append(entry) = change { Some((**entry).clone()) } else { None })
        .expect("an entry");
    sender.write(changes).expect("a first entry");
    group.bench_function("read and verify", |b| {
        b.iter(|| {
            let entry = Unverified::<Entry>::from_bytes(entry.bytes()).expect("our own");
            black_box(entry.verify(&ours.verifying_key()))
        });
    });
    group.bench_function("take: decide and sign the receipt", |b| {
        let arrival = Arrival { body: true, envelope: true };
        b.iter_batched(
            || (Kept::default(), entry.clone()),
            |(receiver, entry)| black_box(book::take(&receiver, entry, arrival, voice(&theirs), NOW)),
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

criterion_group!(benches, content, envelope, entries);
criterion_main!(benches);
