use std::fs;

use proptest::prelude::*;

use super::*;

const CHEAP: Cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text.to_owned()).with_cost(CHEAP)
}

fn typed(text: &str) -> Opener {
    Opener::Passphrase(passphrase(text))
}

fn key(ring: Option<&Keyring>) -> [u8; 32] {
    *ring.unwrap().current.key()
}

struct Office {
    dir: tempfile::TempDir,
    code: RecoveryCode,
    roots: Roots,
}

impl Office {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let code = RecoveryCode::generate().unwrap();
        let openers = [(typed("one"), Locks::BOTH), (Opener::Recovery(code.clone()), Locks::BOTH)];
        let (_, roots) = KeyFile::create(&dir.path().join("keys"), &openers).unwrap();
        Self { dir, code, roots }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("keys")
    }

    fn open(&self) -> KeyFile {
        KeyFile::open(&self.path()).unwrap()
    }
}

#[test]
fn each_opener_brings_the_same_roots() {
    let office = Office::new();
    let file = office.open();
    for opener in [typed("one"), Opener::Recovery(office.code.clone())] {
        let roots = file.unlock_with(&opener).unwrap();
        assert_eq!(key(roots.signing.as_ref()), key(office.roots.signing.as_ref()));
        assert_eq!(key(roots.reading.as_ref()), key(office.roots.reading.as_ref()));
    }
    assert_ne!(key(office.roots.signing.as_ref()), key(office.roots.reading.as_ref()));
    assert!(!platform::is_shared(&fs::File::open(office.path()).unwrap()).unwrap());
}

#[test]
fn a_wrong_secret_says_which() {
    let office = Office::new();
    let file = office.open();
    assert!(matches!(file.unlock_with(&typed("two")), Err(KeyFileError::WrongPassphrase)));
    let other = Opener::Recovery(RecoveryCode::generate().unwrap());
    assert!(matches!(file.unlock_with(&other), Err(KeyFileError::WrongRecoveryCode)));
    assert!(matches!(file.unlock_with_machine(None), Err(KeyFileError::NoSuchOpener)));
    assert!(matches!(KeyFile::create(&office.path(), &[(typed("x"), Locks::BOTH)]), Err(KeyFileError::Io(_))));
}

#[test]
fn split_mode_opens_only_signing_by_the_machine() {
    let office = Office::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let key_path = elsewhere.path().join("machine.key");
    let machine = Machine::create_key_file(&key_path, office.dir.path()).unwrap();
    let mut file = office.open();
    let id = file.add(&office.roots, &Opener::Machine(machine), Locks::SIGNING).unwrap();
    assert_eq!(
        *file.openers().last().unwrap(),
        OpenerInfo { id, kind: OpenerKind::MachineKeyFile, locks: Locks::SIGNING }
    );

    let file = office.open();
    let roots = file.unlock_with_machine(Some(&key_path)).unwrap();
    assert_eq!(key(roots.signing.as_ref()), key(office.roots.signing.as_ref()));
    assert!(roots.reading.is_none());
    // What it did not open, it cannot hand on.
    assert!(matches!(office.open().add(&roots, &typed("x"), Locks::BOTH), Err(KeyFileError::Locked)));

    let stranger = elsewhere.path().join("other.key");
    Machine::create_key_file(&stranger, office.dir.path()).unwrap();
    assert!(matches!(file.unlock_with_machine(Some(&stranger)), Err(KeyFileError::WrongMachine)));
    assert!(matches!(file.unlock_with_machine(None), Err(KeyFileError::Machine(MachineError::KeyFileNeeded))));
}

#[test]
fn the_last_opener_of_a_lock_stays() {
    let office = Office::new();
    let mut file = office.open();
    let [first, second] = file.openers()[..] else { panic!("two openers") };
    file.remove(second.id).unwrap();
    assert!(matches!(file.remove(first.id), Err(KeyFileError::LastOpener)));
    assert!(matches!(file.remove(second.id), Err(KeyFileError::NoSuchOpener)));
    // Signing alone is no replacement: nothing would open the reading lock.
    file.add(&office.roots, &typed("signing"), Locks::SIGNING).unwrap();
    assert!(matches!(file.remove(first.id), Err(KeyFileError::LastOpener)));
    let gone = office.open().unlock_with(&Opener::Recovery(office.code.clone()));
    assert!(matches!(gone, Err(KeyFileError::NoSuchOpener)));
}

#[test]
fn a_removed_opener_is_in_neither_slot() {
    let office = Office::new();
    let mut file = office.open();
    let old = file.contents.entries[1].doors[0].clone().unwrap().key;
    file.remove(OpenerId(2)).unwrap();
    let bytes = fs::read(office.path()).unwrap();
    assert!(!bytes.windows(SEALED).any(|window| window == old));
}

#[test]
fn a_changed_passphrase_replaces_the_old_one() {
    let office = Office::new();
    let mut file = office.open();
    assert!(matches!(
        file.change_passphrase(&passphrase("no"), &passphrase("two")),
        Err(KeyFileError::WrongPassphrase)
    ));
    let before = file.openers();
    file.change_passphrase(&passphrase("one"), &passphrase("two")).unwrap();
    assert_eq!(file.openers(), before);
    let file = office.open();
    assert!(matches!(file.unlock_with(&typed("one")), Err(KeyFileError::WrongPassphrase)));
    let roots = file.unlock_with(&typed("two")).unwrap();
    assert_eq!(key(roots.reading.as_ref()), key(office.roots.reading.as_ref()));
}

#[test]
fn a_root_is_replaced_for_every_opener() {
    let office = Office::new();
    let wrapped = office.roots.reading.as_ref().unwrap().wrap("x", b"", b"secret").unwrap();
    let mut file = office.open();
    let roots = file.begin_rotation(&office.roots, Lock::Reading).unwrap();
    assert!(matches!(file.begin_rotation(&roots, Lock::Reading), Err(KeyFileError::RotationPending)));

    // After a crash here both roots are at hand, through the opener nobody touched too.
    let mut file = office.open();
    assert!(file.is_rotating(Lock::Reading) && !file.is_rotating(Lock::Signing));
    let again = file.unlock_with(&Opener::Recovery(office.code.clone())).unwrap();
    let ring = again.reading.as_ref().unwrap();
    assert_eq!(ring.current.key(), roots.reading.as_ref().unwrap().current.key());
    assert!(ring.is_stale(&wrapped).unwrap());
    let renewed = ring.wrap("x", b"", &ring.unwrap("x", b"", &wrapped).unwrap()).unwrap();
    // An opener added now opens both as well.
    file.add(&again, &typed("late"), Locks::BOTH).unwrap();
    assert!(file.unlock_with(&typed("late")).unwrap().reading.unwrap().unwrap("x", b"", &wrapped).is_ok());

    file.finish_rotation(Lock::Reading).unwrap();
    file.finish_rotation(Lock::Reading).unwrap();
    for opener in [typed("one"), typed("late"), Opener::Recovery(office.code.clone())] {
        let ring = office.open().unlock_with(&opener).unwrap().reading.unwrap();
        assert!(ring.unwrap("x", b"", &renewed).is_ok());
        assert!(ring.unwrap("x", b"", &wrapped).is_err());
    }
    // Roots from before the replacement no longer change the file.
    assert!(matches!(file.add(&office.roots, &typed("x"), Locks::BOTH), Err(KeyFileError::Locked)));
}

#[test]
fn a_torn_write_leaves_the_generation_before() {
    let office = Office::new();
    let before = fs::read(office.path()).unwrap();
    let mut file = office.open();
    file.add(&office.roots, &typed("two"), Locks::BOTH).unwrap();
    let after = fs::read(office.path()).unwrap();
    assert_eq!(office.open().openers().len(), 3);

    let mut padded = before.clone();
    padded.resize(after.len(), 0);
    let changed: Vec<usize> = (0..after.len()).filter(|&at| padded[at] != after[at]).collect();
    // Torn anywhere: the first part new and the rest old, or the other way round. A sector is 512 bytes.
    for cut in (0..=after.len()).step_by(512) {
        for (front, back) in [(&after, &padded), (&padded, &after)] {
            let torn = [&front[..cut], &back[cut..]].concat();
            fs::write(office.path(), &torn).unwrap();
            let openers = office.open().openers().len();
            let whole = torn == after;
            assert_eq!(openers, if whole { 3 } else { 2 }, "cut at {cut} of {}", changed.len());
        }
    }
}

#[test]
fn a_handle_that_is_behind_learns_so() {
    let office = Office::new();
    let (mut one, mut two) = (office.open(), office.open());
    one.add(&office.roots, &typed("two"), Locks::BOTH).unwrap();
    assert!(matches!(two.remove(OpenerId(1)), Err(KeyFileError::Changed)));
    assert_eq!(two.openers().len(), 3);
    two.remove(OpenerId(1)).unwrap();
}

#[test]
fn a_key_file_has_an_end() {
    let office = Office::new();
    let mut file = office.open();
    for at in 2..MAX_OPENERS {
        file.add(&office.roots, &typed(&at.to_string()), Locks::BOTH).unwrap();
    }
    assert!(matches!(file.add(&office.roots, &typed("x"), Locks::BOTH), Err(KeyFileError::Full)));
    assert_eq!(office.open().openers().len(), MAX_OPENERS);
}

#[test]
fn a_newer_format_is_refused_even_beside_an_older_slot() {
    use sha2::{Digest, Sha256};
    let office = Office::new();
    office.open().add(&office.roots, &typed("two"), Locks::BOTH).unwrap();
    let mut bytes = fs::read(office.path()).unwrap();
    let body = slots::SLOT - 32;
    bytes[9] = 2;
    let checksum = Sha256::digest(&bytes[..body]);
    bytes[body..slots::SLOT].copy_from_slice(&checksum);
    fs::write(office.path(), bytes).unwrap();
    assert!(matches!(KeyFile::open(&office.path()), Err(KeyFileError::TooNew { found: 2 })));
}

#[test]
fn the_standard_cost_is_what_the_design_says() {
    let dir = tempfile::tempdir().unwrap();
    let opener = Opener::Passphrase(Passphrase::new("long enough".to_owned()));
    let (file, _) = KeyFile::create(&dir.path().join("keys"), &[(opener.clone(), Locks::BOTH)]).unwrap();
    let Method::Passphrase { cost, .. } = file.contents.entries[0].method else { panic!("a passphrase") };
    assert_eq!(cost, Cost { memory_kib: 65536, passes: 3, lanes: 1 });
    file.unlock_with(&opener).unwrap();
}

#[test]
fn a_key_file_of_format_1_stays_readable() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys");
    fs::write(&path, include_bytes!("../../tests/recorded/keyfile-1.bin")).unwrap();
    let file = KeyFile::open(&path).unwrap();
    let code = RecoveryCode::parse(include_str!("../../tests/recorded/recovery-1.txt")).unwrap();
    for opener in [typed("結び"), Opener::Recovery(code)] {
        let roots = file.unlock_with(&opener).unwrap();
        let wrapped = include_bytes!("../../tests/recorded/keyfile-1-wrapped.bin");
        assert_eq!(&**roots.reading.unwrap().unwrap("label", b"place", wrapped).unwrap(), b"musubi");
    }
}

#[test]
fn nothing_prints_a_secret() {
    let office = Office::new();
    let text = format!("{:?} {:?} {:?} {:?}", office.roots, typed("geheim"), office.code, office.open().openers());
    assert!(!text.contains("geheim") && !text.contains(&*office.code.to_text()), "{text}");
}

fn sample() -> Vec<u8> {
    static BYTES: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    BYTES
        .get_or_init(|| {
            let office = Office::new();
            office.open().add(&office.roots, &typed("two"), Locks::SIGNING).unwrap();
            fs::read(office.path()).unwrap()
        })
        .clone()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_flipped_bit_never_panics_nor_shows_a_state_that_never_was(at in 0_usize..32 * 1024 * 8) {
        let mut bytes = sample();
        bytes[at / 8] ^= 1 << (at % 8);
        let (generation, contents) = slots::newest(&bytes).unwrap();
        prop_assert_eq!(contents.entries.len() as u64, generation + 1);
    }

    #[test]
    fn a_cut_file_never_panics(len in 0_usize..32 * 1024) {
        match slots::newest(&sample()[..len]) {
            Ok((generation, contents)) => prop_assert_eq!((generation, contents.entries.len()), (2, 3)),
            Err(error) => prop_assert!(matches!(error, KeyFileError::Damaged)),
        }
    }

    #[test]
    fn contents_from_anywhere_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        if let Ok(contents) = Contents::decode(&bytes) {
            prop_assert_eq!(contents.encode(), bytes);
        }
    }

    #[test]
    fn damaged_contents_never_panic(at in 0_usize..2000, byte: u8, len in 0_usize..2000) {
        let mut bytes = slots::newest(&sample()).unwrap().1.encode();
        bytes.truncate(len);
        if let Some(place) = bytes.get_mut(at) {
            *place = byte;
        }
        if let Ok(contents) = Contents::decode(&bytes) {
            prop_assert_eq!(contents.encode(), bytes);
        }
    }
}

#[test]
fn what_a_half_made_change_left_is_seen_and_cleared() {
    let office = Office::new();
    let before = fs::read(office.path()).unwrap();
    assert_eq!(office.open().left_over().unwrap(), []);
    let mut file = office.open();
    file.change_passphrase(&passphrase("one"), &passphrase("two")).unwrap();
    assert_eq!(office.open().left_over().unwrap(), []);
    // As if the process had ended between the two slots: the newest of before lies where it lay.
    let mut half = fs::read(office.path()).unwrap();
    half[slots::SLOT..].copy_from_slice(&before[slots::SLOT..]);
    fs::write(office.path(), &half).unwrap();

    let mut file = office.open();
    assert_eq!(file.left_over().unwrap(), [OpenerId(1)]);
    assert!(matches!(file.unlock_with(&typed("one")), Err(KeyFileError::WrongPassphrase)));
    file.clear_left_over().unwrap();
    assert_eq!(file.left_over().unwrap(), []);
    file.unlock_with(&typed("two")).unwrap();
    // An opener that was added leaves the state before it, in which nothing lies that is not here.
    file.add(&office.roots, &typed("three"), Locks::BOTH).unwrap();
    assert_eq!(file.left_over().unwrap(), []);
}
