//! Folders of settings files: each valid one loads, each invalid one fails at the place and for
//! the reason that its first line names (`# line 3: message`).

use std::path::{Path, PathBuf};

use musubi_config::{Error, Overrides, Settings};

fn samples(folder: &str) -> Vec<(PathBuf, String)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let mut paths: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect()
}

fn read(text: &str) -> Result<Settings, Error> {
    Settings::from_text(Path::new("musubi.toml"), text, &Overrides::default())
}

#[test]
fn valid_files_load() {
    for (path, text) in samples("valid") {
        read(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
}

#[test]
fn invalid_files_name_line_and_key() {
    for (path, text) in samples("invalid") {
        let expected = text.lines().next().unwrap().trim_start_matches("# ");
        let error = read(&text).expect_err(&path.display().to_string());
        let error = error.to_string();
        assert!(error.starts_with(&format!("musubi.toml, {expected}")), "{}: {error}", path.display());
    }
}

#[test]
fn without_a_file_the_defaults_hold() {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings::load(dir.path(), &Overrides::default()).unwrap();
    assert_eq!(settings.api.listen, "127.0.0.1:0");
    assert_eq!(settings, read(musubi_config::DEFAULTS).unwrap());
}

#[test]
fn the_file_changes_only_what_it_says() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("musubi.toml"), "[limits]\npending = 100\n").unwrap();
    let settings = Settings::load(dir.path(), &Overrides::default()).unwrap();
    assert_eq!(settings.limits.pending, 100);
    assert_eq!(settings.limits.pending_per_ip, 64);
}

#[test]
fn the_command_line_wins() {
    let overrides = Overrides {
        listen: vec!["/ip4/127.0.0.1/tcp/0".into()],
        peers: vec!["/ip4/127.0.0.1/tcp/4".into()],
        api: Some("127.0.0.1:9".into()),
        log: Some("debug".into()),
    };
    let text = "[network]\nlisten = [\"/ip4/0.0.0.0/tcp/1\"]\npeers = [\"/ip4/127.0.0.1/tcp/3\"]\n";
    let settings = Settings::from_text(Path::new("musubi.toml"), text, &overrides).unwrap();
    assert_eq!(settings.network.listen, overrides.listen);
    assert_eq!(settings.network.peers, overrides.peers);
    assert_eq!(settings.api.listen, "127.0.0.1:9");
    assert_eq!(settings.log.filter, "debug");
}

#[test]
fn a_wrong_option_is_not_blamed_on_the_file() {
    let overrides = Overrides { api: Some("0.0.0.0:80".into()), ..Overrides::default() };
    let error = Settings::from_text(Path::new("musubi.toml"), "", &overrides).unwrap_err();
    assert!(matches!(error, Error::Option { .. }), "{error}");
}

#[test]
fn a_folder_in_the_files_place_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("musubi.toml")).unwrap();
    assert!(matches!(Settings::load(dir.path(), &Overrides::default()), Err(Error::Read { .. })));
}
