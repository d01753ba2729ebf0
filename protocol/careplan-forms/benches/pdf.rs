//! How fast a month of a large office becomes a PDF, and how large it is: `cargo bench -p careplan-forms --bench pdf`.
#![allow(missing_docs, reason = "criterion's own functions")]

#[path = "../tests/invented/mod.rs"]
mod invented;

use std::hint::black_box;

use careplan_forms::pdf::{Options, pdf};
use criterion::{Criterion, criterion_group, criterion_main};

fn month(c: &mut Criterion) {
    let pack = invented::month(45);
    let options = Options::default();
    let made = pdf(&pack, &options).unwrap();
    println!("45 people, tables 6 and 7: {} pages, {} bytes", made.pages, made.bytes.len());
    let mut group = c.benchmark_group("pdf");
    group.sample_size(10);
    group.bench_function("45 people, tables 6 and 7", |b| b.iter(|| black_box(pdf(&pack, &options).unwrap())));
    group.finish();
}

criterion_group!(benches, month);
criterion_main!(benches);
