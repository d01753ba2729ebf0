//! The short forms of what `musubi-faults hostile` does at full size: whoever attacks, an honest partner who was never
//! here before is served, memory stays within its bounds, and nothing is left behind.

use std::path::Path;

use musubi_tests::hostile::{self, Attack, Size};

async fn withstands(attacks: impl Fn(&Attack) -> bool) {
    let program = Path::new(env!("CARGO_BIN_EXE_musubi-under-test"));
    let attacks: Vec<Attack> = Attack::all().into_iter().filter(attacks).collect();
    assert!(!attacks.is_empty());
    hostile::run(program, &attacks, Size::SHORT, false, |_, _| {}).await.judge();
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_strangers_keep_nobody_out() {
    withstands(|attack| matches!(attack, Attack::Silent(..))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_who_push_or_flood_or_dawdle_keep_nobody_out() {
    withstands(|attack| matches!(attack, Attack::Fat(_) | Attack::Slow(_) | Attack::StrangersStreams(_))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_at_each_step_is_cut() {
    withstands(|attack| matches!(attack, Attack::Garbage | Attack::Frames | Attack::CertifiedStreams)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certified_liar_gets_nothing() {
    withstands(|attack| matches!(attack, Attack::Lies | Attack::EndlessHave | Attack::NeverReads | Attack::Bodies))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_that_open_at_one_moment_are_all_served() {
    withstands(|attack| *attack == Attack::AllAtOnce).await;
}
