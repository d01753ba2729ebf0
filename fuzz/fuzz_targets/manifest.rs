//! Manifests: names, sizes and hashes inside a seal.
#![no_main]

use libfuzzer_sys::fuzz_target;
use musubi_protocol::seal::{Manifest, name};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(manifest) = Manifest::from_slice(bytes) {
        assert_eq!(manifest.to_vec().expect("what was read can be written"), bytes);
        assert!(manifest.files().iter().all(|file| name::check(file.name()).is_ok()));
    }
});
