//! How fast a large month is checked, read, reconciled and written: `cargo bench -p careplan --bench speed`.
#![allow(missing_docs, reason = "criterion's own functions")]

mod support;

use std::hint::black_box;

use careplan::{Collection, Contents, Ledger, Sorted, reconcile::Reconciliation};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// 50 MB of a plan.
const LARGE: usize = 10_600;
/// People of a very large office.
const PEOPLE: usize = 10_000;

fn sort(name: &str, bytes: &[u8]) -> Sorted {
    let mut collection = Collection::new();
    collection.add(name, bytes);
    collection.sort()
}

fn contents(name: &str, bytes: &[u8]) -> Contents {
    let sorted = sort(name, bytes);
    Contents::read(&sorted.units[0], |_| bytes).expect("a plan or actuals").contents
}

fn check(c: &mut Criterion) {
    let bytes = support::month(0..LARGE, false);
    let mut group = c.benchmark_group("check");
    group.throughput(Throughput::Bytes(bytes.len() as u64)).sample_size(10);
    group.bench_function("a plan of 50 MB", |b| b.iter(|| black_box(sort(support::PLAN, &bytes))));
    group.finish();
}

fn reconcile(c: &mut Criterion) {
    let plan = support::month(0..PEOPLE, false);
    let actual = support::month(0..PEOPLE, true);
    let (plan, actual) = (contents(support::PLAN, &plan), contents(support::ACTUAL, &actual));
    let mut ledger = Ledger::new();
    ledger.apply(plan);
    ledger.apply(actual);
    let mut group = c.benchmark_group("reconcile");
    group.throughput(Throughput::Elements(PEOPLE as u64)).sample_size(10);
    group.bench_function("10,000 people, 30 rows each", |b| {
        b.iter(|| black_box(Reconciliation::of_ledgers(&ledger, &ledger)));
    });
    group.finish();
}

fn model(c: &mut Criterion) {
    let bytes = support::month(0..1_000, false);
    let sorted = sort(support::PLAN, &bytes);
    let contents = contents(support::PLAN, &bytes);
    let mut group = c.benchmark_group("model");
    group.throughput(Throughput::Bytes(bytes.len() as u64)).sample_size(20);
    group.bench_function("read a plan of 1,000 people", |b| {
        b.iter(|| black_box(Contents::read(&sorted.units[0], |_| &bytes)));
    });
    group.bench_function("write it", |b| b.iter(|| black_box(contents.write())));
    group.finish();
}

criterion_group!(benches, check, reconcile, model);
criterion_main!(benches);
