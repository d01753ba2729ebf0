//! The command itself, run as a person or a script runs it: words, streams, exit codes.

use std::process::{Command, Output};

struct Run {
    out: String,
    err: String,
    code: i32,
}

fn musubi(args: &[&str], env: &[(&str, &str)]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_musubi"));
    for name in
        ["MUSUBI_LANG", "MUSUBI_DIR", "MUSUBI_PASSPHRASE", "LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE", "COLUMNS"]
    {
        command.env_remove(name);
    }
    let Output { status, stdout, stderr } = command.args(args).envs(env.iter().copied()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { out: text(stdout), err: text(stderr), code: status.code().unwrap() }
}

/// Runs it in both languages; the fault must be told in each, on stderr only, with exit code 2.
fn wrong(args: &[&str], ja: &str, en: &str) {
    for (lang, expected) in [("ja", ja), ("en", en)] {
        let run = musubi(args, &[("MUSUBI_LANG", lang)]);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{args:?}: {}", run.err);
        assert!(run.err.replace('\n', " ").contains(expected), "{args:?}: {}", run.err);
        assert!(!run.err.contains('\u{1b}'), "colours in a pipe: {}", run.err);
        // Nothing of clap's own words.
        for word in ["error: unexpected", "Usage:", "For more information", "tip:"] {
            assert!(!run.err.contains(word), "{args:?}: {}", run.err);
        }
    }
}

#[test]
fn every_fault_has_words() {
    wrong(&["sned"], "「sned」というコマンドはありません", "no command \"sned\"");
    wrong(&["sned"], "もしかして: send", "Did you mean: send");
    wrong(&["inbox", "--jsn"], "「--jsn」という指定はありません", "no option \"--jsn\"");
    wrong(&["inbox", "--jsn"], "もしかして: --json", "Did you mean: --json");
    wrong(&["inbox", "extra"], "「extra」という指定はありません", "no option \"extra\"");
    wrong(&["send"], "足りません: <ファイルかフォルダ>...", "missing: <file or folder>...");
    wrong(&["request"], "足りません: --out <ファイル>", "missing: --out <file>");
    wrong(&["request", "--out"], "「--out <ファイル>」に値がありません", "\"--out <file>\" has no value");
    wrong(&["diff", "a", "b", "--format", "text"], "足りません: --out <書き込み先>", "missing: --out <out>");
    let sheets = ["reconcile", "--plan", "a", "--actual", "b", "--sheets", "rows"];
    wrong(&sheets, "足りません: --out <書き込み先>", "missing: --out <out>");
    wrong(&["render", "a", "--form", "table6,x"], "table1, table2, table3", "support");
    wrong(&["send", "x", "--to-kind", "1"], "サービス種類は数字か英大文字の2文字", "A service kind is two");
    wrong(&["ping", "1379900010"], "宛先は、事業所番号と", "An address is an office number");
    wrong(&["ping", "1379900010"], "書き方: musubi ping", "How to write it: musubi ping");
    wrong(&["run", "--listen", "x"], "通信先は /ip4/", "An address looks like /ip4/");
    wrong(&["run", "--listen", "/dns4/a.jp/tcp/1"], "待ち受ける場所は", "Where to listen is");
    wrong(&["run", "--api", "0.0.0.0:1"], "127.0.0.1 か [::1]", "for this computer only");
    wrong(&["show", "abc"], "8文字から52文字", "8 to 52 characters");
    wrong(&["send", "x", "--wait", "opened"], "delivered=60", "delivered=60");
    wrong(&["key", "remove", "x"], "数で書いてください", "Use a number");
    wrong(&["authority", "issue", "r", "--out", "o", "--until", "2026-02-30"], "日付は", "A date is written");
    wrong(&["authority", "revoke", "--reason", "superseded"], "足りません", "missing");
    wrong(&["authority", "revoke", "1379900010", "--reason", "stolen"], "keyCompromise, superseded", "keyCompromise");
    wrong(
        &["authority", "revoke", "1379900010", "--serial", "1", "--reason", "superseded"],
        "一緒には",
        "do not go together",
    );
    wrong(&["inbox", "--dir", "a", "--dir", "b"], "2回指定", "given twice");
    wrong(&["install", "x", "--root-sha256", "ab"], "16進数の64文字", "64 hexadecimal");
    wrong(&["inbox", "--lang", "fr"], "選べる値: ja, en", "Possible values: ja, en");
    wrong(&["check"], "足りません: <ファイルかフォルダ>...", "missing: <file or folder>...");
    wrong(&["reconcile", "--plan", "x"], "足りません: --actual", "missing: --actual");
    wrong(&["reconcile", "--plan", "x", "--actual", "x", "--month", "202513"], "年月は 202511", "A month is written");
    wrong(&["reconcile", "--plan", "x", "--actual", "x", "--office", "1"], "事業所番号は10文字", "An office number");
    wrong(&["diff", "x"], "足りません", "missing");
    wrong(&["check", SAMPLE, "--fix", SAMPLE], "何も書いていません", "Nothing was written");
    wrong(&["help", "sned"], "「sned」というコマンドはありません", "no command \"sned\"");
}

/// A month between offices, as files.
const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../protocol/careplan/samples/aoba-202511/bundles");

#[test]
fn files_are_checked_and_compared_without_a_node() {
    let out = tempfile::tempdir().unwrap();
    let fixed = out.path().join("fixed");
    let bundle = |name: &str| format!("{SAMPLE}/{name}");
    let (old, new) = (
        bundle("20251024090725-B2-1379905001-43-to-1379900010-11"),
        bundle("20251112091403-B2-1379905001-43-to-1379900010-11"),
    );
    let none = out.path().join("none");
    std::fs::create_dir(&none).unwrap();
    let none = none.to_str().unwrap();
    for (args, code) in [
        (&["check", &old][..], 0),
        (&["check", SAMPLE, "--received"], 0),
        (&["check", SAMPLE, "--fix", fixed.to_str().unwrap()], 0),
        (&["check", none], 1),
        (&["reconcile", "--plan", SAMPLE, "--actual", SAMPLE], 1),
        (&["reconcile", "--plan", SAMPLE, "--actual", SAMPLE, "--office", "1379900069"], 0),
        (&["diff", &old, &new], 1),
        (&["diff", &old, &old], 0),
    ] {
        // Nothing of a data directory is looked for.
        let env = [("MUSUBI_DIR", "/nowhere")];
        if args != ["check", none] && !args.contains(&"--fix") {
            let run = musubi(args, &env);
            assert_eq!((run.code, run.err.as_str()), (code, ""), "{args:?}: {}", run.out);
            assert!(!run.out.contains('\u{1b}'), "colours in a pipe: {}", run.out);
        }
        let run = musubi(&[args, &["--json"]].concat(), &env);
        assert_eq!(run.code, code, "{args:?}: {}", run.err);
        assert_eq!(run.out.lines().count(), 1, "{args:?}: {}", run.out);
        assert!(serde_json::from_str::<serde_json::Value>(&run.out).is_ok());
    }
    assert_eq!(std::fs::read_dir(&fixed).unwrap().count(), std::fs::read_dir(SAMPLE).unwrap().count());
}

#[test]
fn nothing_said_gets_the_help_on_stderr() {
    for args in [&[][..], &["authority"], &["key"]] {
        let run = musubi(args, &[]);
        assert_eq!((run.code, run.out.as_str()), (2, ""));
        assert!(run.err.contains("使い方"), "{}", run.err);
    }
}

#[test]
fn help_and_version_go_to_stdout() {
    let run = musubi(&["--version"], &[]);
    assert_eq!((run.code, run.out), (0, format!("musubi {}\n", env!("CARGO_PKG_VERSION"))));
    let by_word = musubi(&["help", "authority", "issue"], &[]);
    let by_option = musubi(&["authority", "issue", "--help"], &[]);
    assert_eq!((by_word.code, by_word.err.as_str()), (0, ""));
    assert_eq!(by_word.out, by_option.out);
    assert!(by_word.out.contains("musubi authority issue --out <ファイル> [オプション] <ファイル>"), "{}", by_word.out);
    let english = musubi(&["send", "-h"], &[("LANG", "en_US.UTF-8")]);
    assert!(english.out.starts_with("Sends plans"), "{}", english.out);
}

#[test]
fn the_language_is_chosen_before_parsing() {
    assert!(musubi(&["--lang", "en", "sned"], &[("MUSUBI_LANG", "ja")]).err.starts_with("error:"));
    assert!(musubi(&["sned"], &[("LANG", "C")]).err.starts_with("エラー:"));
    assert!(musubi(&["sned", "--lang=ja"], &[("LC_ALL", "en_US.UTF-8")]).err.starts_with("エラー:"));
}

#[test]
fn scripts_get_one_json_value_also_when_it_fails() {
    for (args, code) in [
        (&["ping", "x", "--json"][..], "usage-value"),
        (&["sned", "--json"], "usage-subcommand"),
        (&["--json"], "usage-no-subcommand"),
    ] {
        let run = musubi(args, &[]);
        assert_eq!(run.code, 2);
        assert_eq!(run.out.lines().count(), 1, "{}", run.out);
        let value: serde_json::Value = serde_json::from_str(&run.out).unwrap();
        assert_eq!(value["error"]["code"], code);
        assert_eq!(value["error"]["kind"], "usage");
        assert!(value["error"]["hint"].as_str().is_some_and(|hint| !hint.is_empty()));
    }
    let help = musubi(&["help", "--json"], &[]);
    let value: serde_json::Value = serde_json::from_str(&help.out).unwrap();
    assert!(value["text"].as_str().unwrap().contains("musubi"));
}
