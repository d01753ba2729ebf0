//! A whole small network in recorded bytes: an authority, its offices, the two logs of a link, and what must be
//! refused. For whoever writes a second implementation; `tests/reader` is one.
//!
//! `MUSUBI_WRITE_VECTORS=1` writes `protocol/vectors` anew. A change there is a new version.

#[path = "network/frames.rs"]
mod frames;
#[path = "network/refused.rs"]
mod refused;
#[path = "network/story.rs"]
mod story;
#[path = "seal/support.rs"]
#[allow(dead_code, reason = "shared with the tests of sealing")]
mod support;
#[path = "network/world.rs"]
mod world;

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(name)
}

/// What is recorded.
fn kept(name: &str) -> Value {
    serde_json::from_slice(&fs::read(path(name)).unwrap()).unwrap()
}

/// Compares what is made now with what is recorded, or records it.
fn recorded(name: &str, made: &Value) {
    if std::env::var_os("MUSUBI_WRITE_VECTORS").is_some() {
        fs::write(path(name), serde_json::to_string_pretty(made).unwrap() + "\n").unwrap();
    }
    // Not `assert_eq`, whose message nobody could read.
    assert!(*made == kept(name), "{name} is not what is made now");
}
