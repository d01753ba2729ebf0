//! A sealer that learns names and sizes as they come seals the same bytes as one that knew them.

use musubi_protocol::seal::{
    self, Draft, Sealer,
    content::Error,
    manifest::{self, MAX_FILES},
    name,
};

use crate::support::{Replay, pattern};

fn growing(draft: Draft) -> Result<Sealer<Vec<u8>>, Error> {
    Sealer::growing(draft, Vec::new(), &mut Replay::new([2; 32]))
}

#[test]
fn it_gives_the_same_bytes() {
    let files = [("写真 1.jpg", pattern(150_000)), ("空.txt", pattern(0)), ("a.pdf", pattern(65_536))];
    let note = Some("よろしく".to_owned());
    let listed = files.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.len() as u64)).collect();
    let known = Draft { note: note.clone(), files: listed, ..Draft::default() };
    let parts: Vec<&[u8]> = files.iter().map(|(_, bytes)| bytes.as_slice()).collect();
    let (expected, sealed) = seal::seal(known, &parts, &mut Replay::new([2; 32])).unwrap();

    let mut sealer = growing(Draft { note, ..Draft::default() }).unwrap();
    for (name, bytes) in &files {
        sealer.begin_file(name).unwrap();
        for piece in bytes.chunks(1000) {
            sealer.write(piece).unwrap();
        }
        sealer.end_file().unwrap();
    }
    let (grown, ciphertext) = sealer.finish().unwrap();
    assert!(grown == sealed && ciphertext == expected);
    let (manifest, opened) = seal::open(&grown.key, &ciphertext, &grown.header).unwrap();
    assert_eq!(manifest.note(), Some("よろしく"));
    assert_eq!(opened.iter().map(|file| file.as_slice()).collect::<Vec<_>>(), parts);
}

#[test]
fn a_bad_name_is_told_and_the_next_may_come() {
    let mut sealer = growing(Draft::default()).unwrap();
    let at = |index, error| manifest::Error::Name { index, error };
    let mut refused = |name: &str, expected| match sealer.begin_file(name) {
        Err(Error::Manifest(error)) => assert_eq!(error, expected),
        other => panic!("{name}: {other:?}"),
    };
    refused("../a", at(0, name::Error::Character));
    sealer.begin_file("a").unwrap();
    sealer.end_file().unwrap();
    assert!(matches!(sealer.begin_file("A"), Err(Error::Manifest(manifest::Error::SameName { index: 1 }))));
    for n in 1..MAX_FILES {
        sealer.begin_file(&format!("{n}.csv")).unwrap();
        sealer.end_file().unwrap();
    }
    assert!(matches!(sealer.begin_file("more"), Err(Error::Manifest(manifest::Error::Count(1001)))));
    assert_eq!(sealer.finish().unwrap().0.manifest.files().len(), MAX_FILES);
}

#[test]
fn what_is_out_of_turn_is_final() {
    let mut sealer = growing(Draft::default()).unwrap();
    assert!(matches!(sealer.write(b"x"), Err(Error::Surplus)));
    assert!(matches!(sealer.begin_file("a"), Err(Error::Failed)));
    let mut sealer = growing(Draft::default()).unwrap();
    sealer.begin_file("a").unwrap();
    assert!(matches!(sealer.begin_file("b"), Err(Error::Surplus)));
    let mut sealer = growing(Draft::default()).unwrap();
    sealer.begin_file("a").unwrap();
    assert!(matches!(sealer.finish(), Err(Error::Missing(1))));
    assert!(matches!(growing(Draft::default()).unwrap().finish(), Err(Error::Manifest(manifest::Error::Count(0)))));
    // What is known from the start is checked from the start.
    let listed = Draft { files: vec![("a".into(), 1)], ..Draft::default() };
    assert!(matches!(growing(listed), Err(Error::Surplus)));
    let noted = Draft { note: Some(String::new()), ..Draft::default() };
    assert!(matches!(growing(noted), Err(Error::Manifest(manifest::Error::Note))));
    let mut known =
        Sealer::new(Draft { files: vec![("a".into(), 1)], ..Draft::default() }, Vec::new(), &mut Replay::new([2; 32]))
            .unwrap();
    assert!(matches!(known.begin_file("b"), Err(Error::Surplus)));
}
