//! Administrators, and what a killed process leaves of one.

use std::{fs, path::Path};

use musubi_node::authority::{Act, Authority, Done, Errand, Error, Word, change_passphrase};
use musubi_store::keyfile::{KeyFile, Locks, Opener, OpenerId};
use tempfile::TempDir;

use super::support::*;

fn word(admin: &str, passphrase: &str) -> Word {
    Word { admin: admin.to_owned(), passphrase: passphrase.to_owned() }
}

/// Has an act done as a command does it where no authority serves.
fn perform(dir: &Path, act: Act, words: &[Word]) -> Result<Done, Error> {
    let mut authority = Authority::open(dir, &passphrase(&words[0].passphrase))?;
    let errand = Errand { admin: words[0].admin.clone(), act, words: words.to_vec() };
    authority.perform_proven(dir, errand, NOW, &mut rng(9))
}

/// Something that only an administrator does.
fn act() -> Act {
    Act::Codes { offices: vec!["1379900010".parse().unwrap()], place: None }
}

fn add(name: &str, passphrase: &str) -> Act {
    Act::AdminAdd(word(name, passphrase))
}

fn remove(name: &str) -> Act {
    Act::AdminRemove { name: name.to_owned() }
}

/// An authority of which 佐藤 is the first administrator.
fn founded_by_sato() -> TempDir {
    let (dir, mut authority) = authority();
    authority.first_admin(dir.path(), "佐藤", &passphrase("right"), NOW).unwrap();
    dir
}

fn names(dir: &Path) -> Vec<String> {
    let authority = Authority::open(dir, &passphrase("right")).unwrap();
    authority.admins().unwrap().into_iter().map(|admin| admin.name).collect()
}

/// How the audit log tells of what was left over.
fn healed(dir: &Path) -> Vec<(String, String)> {
    let authority = Authority::open(dir, &passphrase("right")).unwrap();
    let entries = authority.audit().unwrap();
    let healed = entries.iter().filter(|entry| entry.deed().as_str() == "opener_removed");
    healed.map(|entry| (entry.admin().to_owned(), entry.detail().to_owned())).collect()
}

fn keys(dir: &Path) -> KeyFile {
    KeyFile::open(&dir.join("keys")).unwrap()
}

fn openers(dir: &Path) -> Vec<u32> {
    keys(dir).openers().iter().map(|info| info.id.0).collect()
}

fn typed(text: &str) -> Opener {
    Opener::Passphrase(passphrase(text))
}

/// The half of an addition that a process does before it is killed: the passphrase opens, and nobody is named.
fn half_added(dir: &Path, text: &str) -> OpenerId {
    let mut keys = keys(dir);
    let roots = keys.unlock_with(&typed("right")).unwrap();
    keys.add(&roots, &typed(text), Locks::BOTH).unwrap()
}

#[test]
fn administrators_come_and_go_with_their_passphrases() {
    let dir = founded_by_sato();
    let (dir, sato) = (dir.path(), word("佐藤", "right"));
    // Without words nobody is named or removed.
    let mut authority = Authority::open(dir, &passphrase("right")).unwrap();
    assert!(matches!(authority.perform("佐藤", add("鈴木", "other"), NOW, &mut rng(3)), Err(Error::Unproven)));
    drop(authority);
    let added = perform(dir, add("鈴木", "other"), std::slice::from_ref(&sato)).unwrap();
    assert!(matches!(added, Done::Admins(admins) if admins.len() == 2));
    assert_eq!(openers(dir), [1, 2]);
    let suzuki = word("鈴木", "other");
    let both = [sato.clone(), suzuki.clone()];
    assert!(matches!(perform(dir, add("高橋", "other"), &both), Err(Error::AdminTaken)));
    assert!(matches!(perform(dir, add("鈴木", "third"), &both), Err(Error::AdminTaken)));
    assert!(matches!(perform(dir, remove("佐藤"), std::slice::from_ref(&suzuki)), Err(Error::SecondAdmin)));
    // What was refused leaves no opener.
    assert_eq!(openers(dir), [1, 2]);
    perform(dir, remove("鈴木"), &both).unwrap();
    assert_eq!((openers(dir), names(dir)), (vec![1], vec!["佐藤".to_owned()]));
    assert!(matches!(perform(dir, act(), &[suzuki]), Err(Error::WrongPassphrase)));
    assert!(matches!(perform(dir, remove("佐藤"), &[sato]), Err(Error::LastAdmin)));
    assert!(healed(dir).is_empty());
}

#[test]
fn a_passphrase_that_opens_and_belongs_to_nobody_is_taken_away() {
    let dir = founded_by_sato();
    let dir = dir.path();
    let OpenerId(left) = half_added(dir, "half");
    // It opens nothing, whoever it says it is, and is told so.
    for name in ["佐藤", "鈴木"] {
        let refused = perform(dir, act(), &[word(name, "half")]);
        assert!(matches!(refused, Err(Error::Ownerless)), "{refused:?}");
    }
    assert!(matches!(Authority::open(dir, &passphrase("half")), Err(Error::Ownerless)));
    assert_eq!(openers(dir), [1, left]);
    // With the next act of an administrator it is gone.
    perform(dir, act(), &[word("佐藤", "right")]).unwrap();
    assert_eq!(openers(dir), [1]);
    assert!(matches!(perform(dir, act(), &[word("鈴木", "half")]), Err(Error::WrongPassphrase)));
    assert_eq!(healed(dir), [(String::new(), left.to_string())]);
    // And whoever was to be named can be named with the same passphrase.
    perform(dir, add("鈴木", "half"), &[word("佐藤", "right")]).unwrap();
    perform(dir, act(), &[word("鈴木", "half")]).unwrap();
}

#[test]
fn whoever_was_half_removed_opens_nothing() {
    let dir = founded_by_sato();
    let dir = dir.path();
    perform(dir, add("鈴木", "other"), &[word("佐藤", "right")]).unwrap();
    // The record goes first; the opener is what a killed process leaves.
    let before = fs::read(dir.join("keys")).unwrap();
    perform(dir, remove("鈴木"), &[word("佐藤", "right"), word("鈴木", "other")]).unwrap();
    fs::write(dir.join("keys"), before).unwrap();
    assert_eq!(openers(dir), [1, 2]);
    assert!(matches!(perform(dir, act(), &[word("鈴木", "other")]), Err(Error::Ownerless)));
    perform(dir, act(), &[word("佐藤", "right")]).unwrap();
    assert_eq!((openers(dir), healed(dir).len()), (vec![1], 1));
}

#[test]
fn what_is_no_passphrase_stays() {
    let dir = founded_by_sato();
    let dir = dir.path();
    let sheet = musubi_store::keyfile::RecoveryCode::generate().unwrap();
    let mut file = keys(dir);
    let roots = file.unlock_with(&typed("right")).unwrap();
    file.add(&roots, &Opener::Recovery(sheet.clone()), Locks::BOTH).unwrap();
    let OpenerId(left) = half_added(dir, "half");
    perform(dir, act(), &[word("佐藤", "right")]).unwrap();
    assert!(!openers(dir).contains(&left));
    keys(dir).unlock_with(&Opener::Recovery(sheet)).unwrap();
}

#[test]
fn a_founder_who_was_killed_is_named_by_his_passphrase() {
    // The keys and the authority are there, and nobody is named.
    let (dir, authority) = authority();
    drop(authority);
    let dir = dir.path();
    assert!(matches!(perform(dir, add("佐藤", "wrong"), &[word("佐藤", "wrong")]), Err(Error::WrongPassphrase)));
    // Nor does anybody act under a name that nothing shows.
    let mut authority = Authority::open(dir, &passphrase("right")).unwrap();
    let errand = Errand { admin: "佐藤".to_owned(), act: act(), words: Vec::new() };
    assert!(matches!(authority.perform_proven(dir, errand, NOW, &mut rng(9)), Err(Error::Unproven)));
    drop(authority);
    let named = perform(dir, add("佐藤", "right"), &[word("佐藤", "right")]).unwrap();
    assert!(matches!(named, Done::Admins(admins) if admins.len() == 1));
    assert_eq!((openers(dir), names(dir)), (vec![1], vec!["佐藤".to_owned()]));
    assert!(matches!(perform(dir, act(), &[word("鈴木", "right")]), Err(Error::NotAdmin)));
    perform(dir, act(), &[word("佐藤", "right")]).unwrap();
}

#[test]
fn a_founder_who_was_killed_is_named_by_whatever_he_does_next() {
    let (dir, authority) = authority();
    drop(authority);
    let dir = dir.path();
    // Which of two passphrases is the founder's nobody knows before one of them opens.
    half_added(dir, "half");
    perform(dir, act(), &[word("佐藤", "right")]).unwrap();
    assert_eq!((openers(dir), names(dir)), (vec![1], vec!["佐藤".to_owned()]));
    // And another one with him at once.
    let (dir, authority) = crate::support::authority();
    drop(authority);
    perform(dir.path(), add("鈴木", "other"), &[word("佐藤", "right")]).unwrap();
    assert_eq!(names(dir.path()).len(), 2);
    perform(dir.path(), act(), &[word("鈴木", "other")]).unwrap();
}

#[test]
fn a_half_changed_passphrase_leaves_nothing_of_the_former_one() {
    let dir = founded_by_sato();
    let dir = dir.path();
    let before = fs::read(dir.join("keys")).unwrap();
    change_passphrase(dir, &passphrase("right"), &passphrase("new")).unwrap();
    // Killed between the two slots: what was newest before is still in its own.
    let after = fs::read(dir.join("keys")).unwrap();
    let half = after.len() / 2;
    fs::write(dir.join("keys"), [&after[..half], &before[half..]].concat()).unwrap();
    assert_eq!(keys(dir).left_over().unwrap(), [OpenerId(1)]);
    assert!(matches!(perform(dir, act(), &[word("佐藤", "right")]), Err(Error::WrongPassphrase)));
    perform(dir, act(), &[word("佐藤", "new")]).unwrap();
    assert!(keys(dir).left_over().unwrap().is_empty());
    let authority = Authority::open(dir, &passphrase("new")).unwrap();
    let entries = authority.audit().unwrap();
    assert!(entries.iter().any(|entry| entry.deed().as_str() == "opener_removed" && entry.detail() == "1 former"));
}

#[test]
fn a_key_file_that_knows_nobody_keeps_nobody_out() {
    // The store comes from an older backup than the key file: its names open nothing.
    let dir = founded_by_sato();
    let dir = dir.path();
    half_added(dir, "later");
    keys(dir).remove(OpenerId(1)).unwrap();
    perform(dir, act(), &[word("鈴木", "later")]).unwrap();
    // A name that nothing opens is no second administrator, and can be taken away.
    perform(dir, remove("佐藤"), &[word("鈴木", "later")]).unwrap();
    assert_eq!(openers(dir), [2]);
    assert!(matches!(perform(dir, remove("鈴木"), &[word("鈴木", "later")]), Err(Error::LastAdmin)));
}
