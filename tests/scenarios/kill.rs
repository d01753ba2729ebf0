//! `kill -9` between any two steps of sending and receiving: delivered once, one receipt of each kind.

use std::path::Path;

use musubi_tests::faults::{
    HOME_VISIT, MANAGER,
    kills::{STEPS, STEPS_OF_A_BODY, Stage, large, small},
};

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_musubi-under-test"))
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_two_nodes() {
    let stage = Stage::between_two_nodes(program(), (MANAGER, HOME_VISIT), small());
    stage.kill_everywhere("two nodes", 3, &STEPS, false).await.judge();
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_a_long_body_is_on_its_way() {
    let stage = Stage::between_two_nodes(program(), (HOME_VISIT, MANAGER), large());
    let steps = [&STEPS[..], &STEPS_OF_A_BODY].concat();
    stage.kill_everywhere("two nodes, a body of 3 MiB", 2, &steps, false).await.judge();
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_with_both_desks_on_one_node() {
    let stage = Stage::on_one_node(program(), (MANAGER, HOME_VISIT), small());
    stage.kill_everywhere("two desks of one node", 2, &STEPS, false).await.judge();
}
