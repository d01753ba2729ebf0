use std::collections::BTreeMap;

use careplan::{Adapted, Contents, Reading, Written};

use crate::sample::{self, Named};

pub fn named(written: &Written) -> Vec<Named> {
    written.files.iter().map(|file| (file.name.to_string(), file.bytes.clone())).collect()
}

/// Reads what was written; names of edition 3 hold no service kinds, so those of the contents are supplied.
pub fn read_again(written: &Written, contents: &Contents) -> Reading {
    let files = named(written);
    let mut units = sample::units(&files);
    assert_eq!(units.len(), 1);
    units[0].assume_kinds(contents.sender.kind, contents.receiver.kind);
    Contents::read(&units[0], |position| &files[position].1).unwrap()
}

/// 髙 and 﨑 have two byte pairs each, and the sample has both; the writer takes the first.
fn canonical(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let mut at = 0;
    while at + 1 < bytes.len() {
        let lead = matches!(bytes[at], 0x81..=0x9f | 0xe0..=0xfc);
        match &mut bytes[at..at + 2] {
            pair @ [0xee, 0xe0] => pair.copy_from_slice(&[0xfb, 0xfc]),
            pair @ [0xed, 0x95] => pair.copy_from_slice(&[0xfa, 0xb1]),
            _ => {}
        }
        at += if lead { 2 } else { 1 };
    }
    bytes
}

#[test]
fn the_sample_is_written_as_it_is() {
    let (mut files, mut same) = (0, 0);
    for bundle in sample::bundles() {
        let folder = &bundle.told["folder"];
        let contents = &bundle.reading.contents;
        let written = contents.write().unwrap();
        assert_eq!(written.edition.to_string(), bundle.told["edition"].as_str().unwrap(), "{folder}");
        assert!(written.missing.is_empty() && written.report.is_empty(), "{folder} {:?}", written.report);
        let given: BTreeMap<&str, &[u8]> = bundle.files.iter().map(|(name, bytes)| (&**name, &**bytes)).collect();
        let named = named(&written);
        assert_eq!(given.keys().copied().collect::<Vec<_>>(), {
            let mut names: Vec<_> = named.iter().map(|(name, _)| name.as_str()).collect();
            names.sort();
            names
        });
        for (name, bytes) in &named {
            let given = given[name.as_str()];
            let image = name.ends_with(".jpg");
            assert!(if image { bytes == given } else { *bytes == canonical(given) }, "{name}");
            files += 1;
            same += usize::from(bytes == given);
        }
        assert_eq!(read_again(&written, contents), bundle.reading, "{folder}");
    }
    println!("{same} of {files} files to the byte");
    assert!(same * 10 > files * 8);
}

#[test]
fn report_is_empty_type() {
    let _ = Adapted::LeftOut;
}
