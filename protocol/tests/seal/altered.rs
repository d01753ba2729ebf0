//! Content that somebody has altered, and content that a hostile sender has made.

use std::io::{self, Cursor, Write};

use musubi_protocol::{
    cbor,
    ids::{Hash, MessageId},
    seal::{self, ContentKey, Envelope, Header, Opener, Sealer, SealingKeyPair, Suite, content, length, opener::Error},
};
use proptest::prelude::*;

use crate::support::{CHUNK, Replay, SEALED, draft, header, pattern, plaintext, seal_plaintext};

fn key() -> ContentKey {
    ContentKey::from_bytes([1; 32])
}

/// Randomness that gives [`key`].
fn fixed() -> Replay {
    Replay::new([1; 32])
}

/// Three files over four chunks.
fn sealed() -> (Vec<u8>, Header) {
    let files = [pattern(100_000), Vec::new(), pattern(100_000)];
    let (ciphertext, sealed) =
        seal::seal(draft(&[100_000, 0, 100_000]), &[&files[0], &files[1], &files[2]], &mut fixed()).unwrap();
    assert_eq!(ciphertext.len().div_ceil(SEALED), 4);
    (ciphertext, sealed.header)
}

/// Opens everything, trusting length and hash of what lies there, so that only the seal defends.
fn opened(key: &ContentKey, ciphertext: &[u8], commitment: Hash) -> Result<(), Error> {
    let header = Header { length: ciphertext.len() as u64, sha256: Hash::of(&[ciphertext]), commitment };
    Opener::new(key, Cursor::new(ciphertext), &header)?.check()
}

fn assert_refused(ciphertext: &[u8], what: &str) {
    let (_, header) = sealed();
    let outcome = opened(&key(), ciphertext, header.commitment);
    assert!(matches!(outcome, Err(Error::Key | Error::Chunk(_) | Error::Length(_))), "{what}: {outcome:?}");
    assert!(matches!(seal::open(&key(), ciphertext, &header), Err(Error::Ciphertext)), "{what}");
}

#[test]
fn an_altered_byte_is_refused_in_every_chunk() {
    let (ciphertext, header) = sealed();
    assert!(opened(&key(), &ciphertext, header.commitment).is_ok());
    for start in (0..ciphertext.len()).step_by(SEALED) {
        let end = ciphertext.len().min(start + SEALED);
        for at in [start, (start + end) / 2, end - 17, end - 16, end - 1] {
            let mut altered = ciphertext.clone();
            altered[at] ^= 1;
            assert_refused(&altered, &format!("byte {at}"));
        }
    }
}

#[test]
fn swapped_dropped_repeated_and_appended_chunks_are_refused() {
    let (ciphertext, _) = sealed();
    let chunks: Vec<&[u8]> = ciphertext.chunks(SEALED).collect();
    for one in 0..chunks.len() {
        for other in one + 1..chunks.len() {
            let mut swapped = chunks.clone();
            swapped.swap(one, other);
            assert_refused(&swapped.concat(), &format!("swap {one} and {other}"));
        }
        let mut dropped = chunks.clone();
        dropped.remove(one);
        assert_refused(&dropped.concat(), &format!("drop {one}"));
        let mut repeated = chunks.clone();
        repeated.insert(one, chunks[one]);
        assert_refused(&repeated.concat(), &format!("repeat {one}"));
        assert_refused(&[&ciphertext, chunks[one]].concat(), &format!("append {one}"));
    }
    assert_refused(&[&ciphertext[..], &[0]].concat(), "append a byte");
    assert_refused(&[&ciphertext[..], &[0; 4096]].concat(), "append zeros");
}

#[test]
fn a_shortened_ciphertext_is_refused_at_every_border() {
    let (ciphertext, _) = sealed();
    for border in (0..=ciphertext.len()).step_by(SEALED).chain([ciphertext.len(), 4112]) {
        for cut in [border.saturating_sub(17), border.saturating_sub(16), border.saturating_sub(1), border, border + 1]
        {
            if cut < ciphertext.len() {
                assert_refused(&ciphertext[..cut], &format!("cut at {cut}"));
            }
        }
    }
    // A source shorter than the header says.
    let (_, header) = sealed();
    let short = Opener::new(&key(), Cursor::new(&ciphertext[..ciphertext.len() - 1]), &header);
    assert!(matches!(short, Err(Error::Ciphertext)));
}

#[test]
fn the_seal_needs_its_own_key_and_commitment() {
    let (ciphertext, header) = sealed();
    let other = opened(&ContentKey::from_bytes([2; 32]), &ciphertext, header.commitment).unwrap_err();
    assert!(matches!(other, Error::Key) && other.needs_envelope());
    let commitment = opened(&key(), &ciphertext, Hash([5; 32])).unwrap_err();
    assert!(matches!(commitment, Error::Commitment) && commitment.needs_envelope());
    let mut altered = ciphertext;
    altered[0] ^= 1;
    let damaged = opened(&key(), &altered, header.commitment).unwrap_err();
    assert!(matches!(damaged, Error::Chunk(0)) && !damaged.needs_envelope());
}

#[test]
fn the_envelope_of_one_message_does_not_open_another() {
    let mut rng = rand::rng();
    let pair = SealingKeyPair::generate(Suite::XWing, &mut rng);
    let message = |id: u8, text: &[u8], rng: &mut rand::rngs::ThreadRng| {
        let (body, sealed) = seal::seal(draft(&[text.len()]), &[text], rng).unwrap();
        let id = MessageId([id; 32]);
        (id, body, sealed.header, Envelope::seal(pair.public(), &sealed.key, &id, rng).unwrap())
    };
    let (a, body_a, header_a, envelope_a) = message(1, b"a", &mut rng);
    let (b, body_b, header_b, envelope_b) = message(2, b"b", &mut rng);

    assert!(envelope_a.open([&pair], &b).is_err());
    assert!(envelope_b.open([&pair], &a).is_err());
    let (key_a, key_b) = (envelope_a.open([&pair], &a).unwrap(), envelope_b.open([&pair], &b).unwrap());
    assert!(seal::open(&key_a, &body_a, &header_a).is_ok() && seal::open(&key_b, &body_b, &header_b).is_ok());
    assert!(seal::open(&key_a, &body_b, &header_b).unwrap_err().needs_envelope());
    assert!(opened(&key_b, &body_b, header_a.commitment).unwrap_err().needs_envelope());

    // The sender puts the wrong key into an envelope for B: it opens, and the content does not.
    let wrong = Envelope::seal(pair.public(), &key_a, &b, &mut rng).unwrap().open([&pair], &b).unwrap();
    assert!(seal::open(&wrong, &body_b, &header_b).unwrap_err().needs_envelope());
}

/// A plaintext made by hand: 3,000 bytes of one file, its manifest, padding to 4,096.
fn by_hand() -> (Vec<u8>, Vec<u8>) {
    let file = pattern(3000);
    let (_, sealed) = seal::seal(draft(&[3000]), &[&file], &mut fixed()).unwrap();
    let manifest = sealed.manifest.to_vec().unwrap();
    (plaintext(&file, &manifest, 4096), manifest)
}

#[test]
fn a_hostile_layout_is_refused() {
    let (good, manifest) = by_hand();
    let judge = |plaintext: &[u8]| {
        let ciphertext = seal_plaintext(&key(), plaintext);
        opened(&key(), &ciphertext, header(&key(), &manifest, &ciphertext).commitment)
    };
    assert!(judge(&good).is_ok());
    let end = 3000 + manifest.len() as u64;
    let size = manifest.len() as u32;
    let with_end = |end: u64| [&good[..4084], &end.to_be_bytes(), &good[4092..]].concat();
    let with_size = |size: u32| [&good[..4092], &size.to_be_bytes()[..]].concat();
    for bad in [4085, u64::MAX, u64::MAX - 11, u64::MAX - 12, 0, u64::from(size) - 1] {
        assert!(matches!(judge(&with_end(bad)), Err(Error::Layout)), "end {bad}");
    }
    for bad in [size - 1, size + 1, 0] {
        assert!(matches!(judge(&with_size(bad)), Err(Error::Commitment)), "size {bad}");
    }
    for bad in [u32::MAX, end as u32 + 1] {
        assert!(matches!(judge(&with_size(bad)), Err(Error::Layout)), "size {bad}");
    }
    for bad in [end - 1, end + 1, 4084] {
        assert!(matches!(judge(&with_end(bad)), Err(Error::Commitment)), "end {bad}");
    }
    for at in [end as usize, (end as usize + 4084) / 2, 4083] {
        let mut hidden = good.clone();
        hidden[at] = 1;
        assert!(matches!(judge(&hidden), Err(Error::Padding)), "padding {at}");
    }
    // More padding than the rule gives, at a length that padding could give.
    assert!(matches!(judge(&plaintext(&good[..3000], &manifest, 4352)), Err(Error::Layout)));
    // Less: not a length of content.
    assert!(matches!(judge(&plaintext(&good[..3000], &manifest, 4095)), Err(Error::Length(4111))));
    // A file that is not what the manifest says, and sizes that do not add up.
    let mut other = good.clone();
    other[0] ^= 1;
    assert!(matches!(judge(&other), Err(Error::File(0))));
    assert!(matches!(judge(&plaintext(&good[..2999], &manifest, 4096)), Err(Error::Layout)));
    assert!(matches!(judge(&plaintext(&[&good[..3000], &[0]].concat(), &manifest, 4096)), Err(Error::Layout)));
}

#[test]
fn a_hostile_manifest_is_refused_although_committed_to() {
    type Raw = ([(); 0], [(); 0], [(); 0], [(); 0], Vec<(String, u64, Hash)>, [(); 0]);
    let judge = |raw: &Raw, files: &[u8]| {
        let manifest = cbor::to_vec(raw).unwrap();
        let ciphertext = seal_plaintext(&key(), &plaintext(files, &manifest, 4096));
        opened(&key(), &ciphertext, header(&key(), &manifest, &ciphertext).commitment)
    };
    let raw = |files: &[(&str, u64)]| -> Raw {
        let entry = |(name, size): &(&str, u64)| ((*name).into(), *size, Hash::of(&[b"ab"]));
        ([], [], [], [], files.iter().map(entry).collect(), [])
    };
    assert!(judge(&raw(&[("a.csv", 2)]), b"ab").is_ok());
    for files in [
        &[("../a.csv", 2)][..],
        &[("/etc/a", 2)],
        &[("C:\\a", 2)],
        &[("NUL.csv", 2)],
        &[("a.csv", 1), ("A.CSV", 1)],
        &[("a.csv", u64::MAX), ("b.csv", 3)],
        &[],
    ] {
        assert!(matches!(judge(&raw(files), b"ab"), Err(Error::Manifest(_))), "{files:?}");
    }
    let ciphertext = seal_plaintext(&key(), &plaintext(b"ab", b"\x86garbage", 4096));
    let outcome = opened(&key(), &ciphertext, header(&key(), b"\x86garbage", &ciphertext).commitment);
    assert!(matches!(outcome, Err(Error::Manifest(_))));
}

#[test]
fn files_that_change_while_they_are_sealed_end_it() {
    let begin = || Sealer::new(draft(&[2, 2]), Vec::new(), &mut fixed()).unwrap();
    let mut longer = begin();
    assert!(matches!(longer.write(b"abc"), Err(content::Error::Size { index: 0 })));
    let mut shorter = begin();
    shorter.write(b"a").unwrap();
    assert!(matches!(shorter.end_file(), Err(content::Error::Size { index: 0 })));
    // What follows an error does not mend it.
    assert!(matches!(shorter.write(b"ab"), Err(content::Error::Failed)));
    let mut shifted = begin();
    assert!(matches!(shifted.file(&b"a"[..]), Err(content::Error::Size { index: 0 })));
    let mut missing = begin();
    missing.file(&b"ab"[..]).unwrap();
    assert!(matches!(missing.finish(), Err(content::Error::Missing(1))));
    let mut surplus = begin();
    surplus.file(&b"ab"[..]).unwrap();
    surplus.file(&b"cd"[..]).unwrap();
    assert!(matches!(surplus.write(b"e"), Err(content::Error::Surplus)));
    assert!(matches!(surplus.finish(), Err(content::Error::Failed)));
    assert!(matches!(Sealer::new(draft(&[]), Vec::new(), &mut fixed()), Err(content::Error::Manifest(_))));
}

#[test]
fn a_sink_that_fails_once_ends_the_sealing() {
    struct FailsOnce(bool);
    impl Write for FailsOnce {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if std::mem::replace(&mut self.0, true) { Ok(bytes.len()) } else { Err(io::ErrorKind::StorageFull.into()) }
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut sealer = Sealer::new(draft(&[CHUNK + 1]), FailsOnce(false), &mut fixed()).unwrap();
    assert!(matches!(sealer.write(&pattern(CHUNK + 1)), Err(content::Error::Sink(_))));
    assert!(matches!(sealer.end_file(), Err(content::Error::Failed)));
    assert!(matches!(sealer.finish(), Err(content::Error::Failed)));
}

#[test]
fn a_single_file_is_read_without_the_others() {
    let (ciphertext, header) = sealed();
    let mut damaged = ciphertext;
    damaged[0] ^= 1; // chunk 0 holds only the first file
    let mut opener = Opener::new(&key(), Cursor::new(damaged), &header).unwrap();
    let mut third = Vec::new();
    opener.file(2, &mut third).unwrap();
    assert_eq!(third, pattern(100_000));
    opener.file(1, io::sink()).unwrap();
    assert!(matches!(opener.file(0, io::sink()), Err(Error::Chunk(0))));
    assert!(matches!(opener.file(3, io::sink()), Err(Error::NoFile(3))));
}

/// Sizes around nothing, the smallest total and the borders of chunks.
fn size() -> impl Strategy<Value = usize> {
    prop_oneof![0..10_usize, 3_900..4_100_usize, CHUNK - 300..CHUNK + 300, 0..3 * CHUNK]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_sealed_opens_again(sizes in proptest::collection::vec(size(), 1..5), piece in 1..100_000_usize) {
        let files: Vec<Vec<u8>> = sizes.iter().map(|size| pattern(*size)).collect();
        let predicted = draft(&sizes).ciphertext_len().unwrap();
        let mut sealer = Sealer::new(draft(&sizes), Vec::new(), &mut fixed()).unwrap();
        for file in &files {
            for part in file.chunks(piece) {
                sealer.write(part).unwrap();
            }
            sealer.end_file().unwrap();
        }
        let (sealed, ciphertext) = sealer.finish().unwrap();
        prop_assert!(sealed.key == key());
        prop_assert_eq!(predicted, ciphertext.len() as u64);

        let manifest = sealed.manifest.to_vec().unwrap();
        let total = length::plaintext_len(predicted).unwrap() as usize;
        let by_hand = seal_plaintext(&key(), &plaintext(&files.concat(), &manifest, total));
        prop_assert!(by_hand == ciphertext);
        prop_assert_eq!(header(&key(), &manifest, &ciphertext), sealed.header);
        prop_assert!(key().opening().proves(&manifest, sealed.header.commitment));

        let (read, contents) = seal::open(&key(), &ciphertext, &sealed.header).unwrap();
        prop_assert_eq!(read, sealed.manifest);
        prop_assert!(contents.iter().zip(&files).all(|(content, file)| **content == *file));
    }

    #[test]
    fn hostile_plaintexts_never_panic(
        head in proptest::collection::vec(any::<u8>(), 0..200),
        end in prop_oneof![any::<u64>(), 0..5_000_u64],
        size in prop_oneof![any::<u32>(), 0..5_000_u32],
    ) {
        let mut plaintext = head;
        plaintext.resize(4084, 0);
        plaintext.extend(end.to_be_bytes());
        plaintext.extend(size.to_be_bytes());
        let manifest = usize::try_from(end).ok().and_then(|end| {
            plaintext.get(end.checked_sub(size as usize)?..end).map(<[u8]>::to_vec)
        });
        let ciphertext = seal_plaintext(&key(), &plaintext);
        let header = header(&key(), &manifest.unwrap_or_default(), &ciphertext);
        prop_assert!(opened(&key(), &ciphertext, header.commitment).is_err());
    }

    #[test]
    fn hostile_ciphertexts_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..5_000), claimed: u64) {
        prop_assert!(opened(&key(), &bytes, Hash::ZERO).is_err());
        let header = Header { length: claimed, sha256: Hash::ZERO, commitment: Hash::ZERO };
        prop_assert!(Opener::new(&key(), Cursor::new(bytes), &header).is_err());
    }
}
