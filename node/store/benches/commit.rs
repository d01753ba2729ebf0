//! Durable commits of one and of many who wait together: `cargo bench -p musubi-store --bench commit`. It writes where
//! temporary files lie; on a disk in memory it says nothing.
#![allow(missing_docs, reason = "criterion's own functions")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use musubi_store::{Batch, Options, Space, Store};

const SPACE: Space = Space::new(16, "bench");
/// What one message writes on arrival: a body, and small things about it.
const BODY: usize = 24_592;
const SMALL: [usize; 8] = [400, 400, 300, 1300, 80, 120, 60, 60];

fn batch(number: u64) -> Batch {
    let mut batch = Batch::new();
    for (at, size) in [BODY].iter().chain(&SMALL).enumerate() {
        // Not compressible, and different each time.
        let value: Vec<u8> =
            (0..*size as u64).map(|at| ((at + number).wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        batch.put(SPACE, &[&[at as u8], number.to_be_bytes().as_slice()].concat(), 1, &value).expect("small enough");
    }
    batch
}

fn commits(c: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let store = Store::open(dir.path(), Options::default()).expect("a new store");
    let mut number = 0;
    let mut group = c.benchmark_group("commit");
    group.sample_size(20);
    for waiting in [1, 16, 64, 256] {
        group.throughput(Throughput::Elements(waiting));
        group.bench_function(format!("{waiting} messages together"), |b| {
            b.iter(|| {
                let mut last = None;
                for _ in 0..waiting {
                    number += 1;
                    last = Some(store.apply(batch(number)).expect("a store in order"));
                }
                // Batches become durable in order.
                last.expect("at least one").durable_blocking()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, commits);
criterion_main!(benches);
