//! `kill -9` while administrators come, go and change their passphrases: whoever is named opens the keys, and nobody else.

use std::{fs, process::Stdio};

use musubi_node::authority::Register;
use musubi_store::keyfile::KeyFile;

use super::authority::World;

/// The steps of a command that goes through, as far as keys and names are written: name, and how often it came by then.
fn steps(world: &World, line: &str) -> Vec<(String, usize)> {
    let log = world.path().join("steps");
    let _ = fs::remove_file(&log);
    let status = world.command(line).env("MUSUBI_CRASH_LOG", &log).stdout(Stdio::null()).status().unwrap();
    assert!(status.success(), "{line}");
    let mut steps: Vec<(String, usize)> = Vec::new();
    for name in fs::read_to_string(&log).unwrap().lines() {
        if name.starts_with("keyfile.") || name.starts_with("authority.") {
            let times = steps.iter().filter(|(other, _)| other == name).count();
            steps.push((name.to_owned(), times + 1));
        }
    }
    steps
}

fn kill(world: &World, line: &str, (name, times): &(String, usize)) {
    let mut killed = world.command(line);
    let ended = killed.env("MUSUBI_CRASH_AT", format!("{name}:{times}")).stdout(Stdio::null()).status().unwrap();
    assert!(!ended.success(), "{line} went through {name}");
}

/// Who is named in a directory, after the next act of 佐藤: each has his opener, there is no other, and nothing is left of
/// a former one.
fn named(world: &World, dir: &str, own: &str) -> Vec<String> {
    world.done(&format!("authority codes --dir {dir} 1379900010 {own}"));
    let dir = world.path().join(dir);
    let admins = Register::open(&dir).unwrap().admins().unwrap();
    let keys = KeyFile::open(&dir.join("keys")).unwrap();
    assert_eq!(keys.openers().len(), admins.len());
    assert!(keys.left_over().unwrap().is_empty());
    admins.into_iter().map(|admin| admin.name).collect()
}

#[test]
fn killed_while_administrators_come_and_go() {
    let world = World::new();
    fs::write(world.path().join("suzuki"), "もう一つの合言葉です。\n").unwrap();
    world.done("authority init --dir a --name 見本中央機関");
    let add = "authority admin add --dir a 鈴木 --new-passphrase-file suzuki";
    let remove = "authority admin remove --dir a 鈴木 --second 鈴木 --second-passphrase-file suzuki";
    let (adding, removing) = (steps(&world, add), steps(&world, remove));
    assert!(4 <= adding.len() && 4 <= removing.len(), "{adding:?} {removing:?}");
    let (mut came, mut left_over) = (0, 0);
    for step in &adding {
        kill(&world, add, step);
        match named(&world, "a", "").len() {
            1 => world.done(add),
            _ => {
                came += 1;
                world.done("authority list --dir a")
            }
        };
        // Named or named again, he acts.
        world.done("authority codes --dir a 1379900010 --admin 鈴木 --passphrase-file suzuki");
        world.done(remove);
    }
    for step in &removing {
        world.done(add);
        kill(&world, remove, step);
        if named(&world, "a", "").len() == 2 {
            world.done(remove);
        }
    }
    let audit = world.done("authority audit --dir a");
    for entry in audit.as_array().unwrap().iter().filter(|entry| entry["deed"] == "opener_removed") {
        assert_eq!(entry["admin"], "");
        left_over += 1;
    }
    assert!(came > 0 && left_over > 2, "{came} {left_over}");
    assert_eq!(named(&world, "a", ""), ["佐藤"]);
}

#[test]
fn killed_while_a_passphrase_changes() {
    let world = World::new();
    for (name, text) in [("old", "みほんの長い合言葉です。\n"), ("new", "新しい合言葉です。です。です。\n")]
    {
        fs::write(world.path().join(name), text).unwrap();
    }
    world.done("authority init --dir a --name 見本中央機関");
    let change = |from: &str, to: &str| {
        format!("authority admin passphrase --dir a --passphrase-file {from} --new-passphrase-file {to}")
    };
    let changing = steps(&world, &change("old", "new"));
    assert_eq!(changing.len(), 2, "one for each slot");
    for (step, (from, to)) in changing.iter().zip([("new", "old"), ("old", "new")]) {
        kill(&world, &change(from, to), step);
        // It has changed with the first slot; nothing of the former one stays.
        assert_eq!(named(&world, "a", &format!("--passphrase-file {to}")), ["佐藤"]);
    }
}

#[test]
fn killed_before_the_founder_is_named() {
    let world = World::new();
    let init = |dir: &str| format!("authority init --dir {dir} --name 見本中央機関");
    for (n, step) in (1..).zip(steps(&world, &init("a"))) {
        let dir = format!("a{n}");
        kill(&world, &init(&dir), &step);
        // It serves all the same: lists have to be had.
        world.start(&format!("authority serve --dir {dir} --listen /ip4/127.0.0.1/tcp/0")).stop();
        let before = world.done(&format!("authority admin list --dir {dir}"));
        if before.as_array().unwrap().is_empty() {
            let named = world.done(&format!("authority admin add --dir {dir} 高橋"));
            assert_eq!(named[0]["name"], "高橋");
        }
        let who = world.done(&format!("authority admin list --dir {dir}"))[0]["name"].as_str().unwrap().to_owned();
        assert_eq!(named(&world, &dir, &format!("--admin {who}")), [who]);
    }
}
