//! `musubi bench` in a tiny form: every figure is there, and every document arrived. How good the figures are is no
//! business of a test.

use std::process::{Command, Stdio};

use serde_json::Value;

fn bench(more: &[&str]) -> (Value, String) {
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_musubi"));
    command.args(["bench", "--json", "--lang", "en", "--documents", "20", "--size", "2000", "--rounds", "1"]);
    command.args(["--singles", "3", "--attachment", "2000000", "--transfer", "3000000"]).args(more);
    // What is left behind would be seen here.
    command.env("TMPDIR", dir.path()).stdin(Stdio::null());
    let output = command.output().unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{out}{err}");
    assert_eq!(out.lines().count(), 1, "{out}");
    #[cfg(unix)]
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is left behind");
    (serde_json::from_str(&out).unwrap(), err)
}

/// The figures that need nothing but Musubi.
#[track_caller]
fn is_complete(figures: &Value) {
    for name in [
        "documents_per_s",
        "documents_s",
        "attachment_mb_s",
        "delivery_p50_ms",
        "delivery_p99_ms",
        "delivery_command_p50_ms",
        "delivery_during_transfer_p50_ms",
        "delivery_during_transfer_p99_ms",
        "transfer_s",
        "seal_mb_s",
    ] {
        assert!(figures[name].as_f64().is_some_and(|figure| figure > 0.0), "{name} in {figures}");
    }
    for name in ["idle_mib", "attachment_extra_mib", "sender_peak_mib", "receiver_peak_mib"] {
        let told = figures[name].as_f64().is_some();
        assert!(told || !cfg!(target_os = "linux"), "{name} in {figures}");
    }
    assert_eq!(figures["documents"], 20);
    // One to begin with, twice three one by one, twenty together, one large, one larger, and those beside it.
    let beside = figures["deliveries_during_transfer"].as_u64().unwrap();
    assert!(beside > 0, "{figures}");
    for name in ["messages", "delivered", "received"] {
        assert_eq!(figures[name].as_u64(), Some(29 + beside), "{name} in {figures}");
    }
    assert_eq!(figures["nodes_stopped_in_order"], true);
}

#[test]
fn without_a_comparison_every_figure_of_ours_is_there() {
    let (figures, _) = bench(&[]);
    is_complete(&figures);
    for name in ["documents_vs_rsync", "attachment_vs_rsync", "documents_rsync_s", "compared_with", "compare_missing"] {
        assert!(figures[name].is_null(), "{name} in {figures}");
    }
}

#[test]
fn beside_rsync_both_sides_are_told_or_what_is_missing() {
    let (figures, err) = bench(&["--compare"]);
    is_complete(&figures);
    if let Some(tool) = figures["compare_missing"].as_str() {
        // Said in words, and gone on without.
        assert!(err.contains(tool), "{err}");
        assert!(figures["documents_vs_rsync"].is_null() && figures["attachment_vs_rsync"].is_null(), "{figures}");
        assert!(std::env::var_os("MUSUBI_REQUIRE_TOOLS").is_none_or(|value| value != "1"), "{tool}: {err}");
        println!("SKIPPED beside_rsync_both_sides_are_told_or_what_is_missing: {tool}");
        return;
    }
    for name in ["documents_vs_rsync", "attachment_vs_rsync", "documents_rsync_s", "attachment_rsync_s"] {
        assert!(figures[name].as_f64().is_some_and(|figure| figure > 0.0), "{name} in {figures}");
    }
    assert!(figures["compared_with"].as_str().unwrap().starts_with("rsync"), "{figures}");
}
