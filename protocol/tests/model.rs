//! The rules of a link, checked in every order in which a few things can happen.
//!
//! Two nodes that forget, in a crash, what was not durable, are put back to an earlier day, and whose connection breaks,
//! repeats and swaps. Within a [`Scope`] every state is visited, breadth first; from each of them the two are also left
//! to come to rest. What must never happen is in `pair.rs`. A second part breaks one rule after the other and sees that
//! this is found: the shortest way there is printed.
//!
//! `MUSUBI_MODEL=wide` goes through larger scopes, which takes minutes.

#[path = "link_pair/kept.rs"]
mod kept;
#[path = "model/pair.rs"]
mod pair;
#[path = "model/rules.rs"]
mod rules;
#[path = "model/search.rs"]
mod search;

use pair::Scope;
use rules::Broken;
use search::search;

/// One message each way, and nothing goes wrong.
const CALM: Scope = Scope {
    sends: [1, 1],
    opens: 0,
    losses: 0,
    duplicates: 0,
    reorders: 0,
    crashes: 0,
    backups: 0,
    restores: 0,
    retries: 1,
    faults: 0,
    inline: true,
};

/// Each fault once, but only one of them in all; a rollback to a backup or to nothing.
const ONE_FAULT: Scope =
    Scope { losses: 1, duplicates: 1, reorders: 1, crashes: 1, backups: 1, restores: 1, faults: 1, ..CALM };

/// Two rollbacks, of one side or both.
const TWO_ROLLBACKS: Scope = Scope { backups: 1, restores: 2, faults: 2, ..CALM };

/// More steps than any way through these scopes takes.
const DEPTH: usize = 100;

/// A clock that stands still makes two runs of a log begin in one epoch; one that moves does not.
const CLOCKS: [u64; 2] = [0, 1_000];

fn holds(name: &str, scope: Scope) {
    for clock in CLOCKS {
        let report = search(scope, clock, None, DEPTH);
        println!("{name}, clock {clock}: {report}");
        assert!(report.found.is_none(), "{name}: {report}");
        assert!(report.depth < DEPTH, "{name} is not bounded");
    }
}

#[test]
fn messages_both_ways_and_one_fault() {
    holds("both ways", ONE_FAULT);
}

#[test]
fn two_messages_one_way_and_one_fault() {
    holds("one way", Scope { sends: [2, 0], ..ONE_FAULT });
}

#[test]
fn a_message_that_is_opened_and_one_fault() {
    holds("opened", Scope { sends: [1, 0], opens: 1, ..ONE_FAULT });
}

#[test]
fn a_message_whose_body_comes_later_and_two_faults() {
    holds("body later", Scope { sends: [1, 0], inline: false, faults: 2, ..ONE_FAULT });
}

#[test]
fn one_message_and_three_faults() {
    holds("three faults", Scope { sends: [1, 0], faults: 3, ..ONE_FAULT });
}

#[test]
fn one_message_and_two_rollbacks() {
    holds("two rollbacks", Scope { sends: [1, 0], backups: 2, ..TWO_ROLLBACKS });
}

/// Found here once: what came back in another order was taken without its beginning, and said again.
#[test]
fn a_rollback_and_what_comes_back_out_of_order() {
    holds("out of order", Scope { reorders: 1, restores: 1, faults: 2, ..CALM });
}

/// Larger scopes, only if asked for.
mod wide {
    use super::*;

    fn holds(name: &str, scope: Scope) {
        match std::env::var("MUSUBI_MODEL").as_deref() {
            Ok("wide") => super::holds(name, scope),
            _ => println!("{name}: only with MUSUBI_MODEL=wide"),
        }
    }

    #[test]
    fn both_ways_and_two_faults() {
        holds("both ways, two faults", Scope { faults: 2, ..ONE_FAULT });
    }

    #[test]
    fn one_way_and_two_faults() {
        holds("one way, two faults", Scope { sends: [2, 0], faults: 2, ..ONE_FAULT });
    }

    #[test]
    fn bodies_that_come_later() {
        holds("bodies later", Scope { inline: false, ..ONE_FAULT });
    }

    #[test]
    fn opened_and_two_faults() {
        holds("opened, two faults", Scope { opens: 1, sends: [1, 0], faults: 2, ..ONE_FAULT });
    }

    #[test]
    fn two_rollbacks_and_bodies_that_come_later() {
        holds("two rollbacks, bodies later", Scope { sends: [1, 0], inline: false, backups: 2, ..TWO_ROLLBACKS });
    }

    #[test]
    fn two_rollbacks_both_ways() {
        holds("two rollbacks, both ways", Scope { backups: 0, ..TWO_ROLLBACKS });
    }
}

/// Sees that a broken rule is found, and by what.
fn is_found(broken: Broken, clock: u64, scope: Scope, what: &str) {
    let report = search(scope, clock, Some(broken), DEPTH);
    println!("{broken:?}: {report}");
    let found = report.found.as_ref().map(|(_, what)| what.as_str());
    assert!(found.is_some_and(|found| found.contains(what)), "{broken:?}: {report}");
}

#[test]
fn have_before_the_commit_is_found() {
    is_found(Broken::EarlyHave, 0, ONE_FAULT, "says that it has what is not durable");
}

#[test]
fn a_receipt_before_the_commit_is_found() {
    is_found(Broken::EarlyEntry, 0, ONE_FAULT, "sends an entry that is not durable");
    is_found(Broken::EarlyEntryUnseen, 0, ONE_FAULT, "two different entries");
}

#[test]
fn a_log_that_is_not_taken_back_is_found() {
    is_found(Broken::NotTakenBack, 0, ONE_FAULT, "do not come to rest");
}

#[test]
fn going_on_in_the_same_epoch_is_found() {
    is_found(Broken::SameEpoch, 0, ONE_FAULT, "two different entries");
}

#[test]
fn forgetting_what_was_said_is_found() {
    is_found(Broken::NothingSaid, 0, ONE_FAULT, "one receipt is twice in a log");
}

#[test]
fn taking_an_entry_behind_a_gap_is_found() {
    is_found(Broken::GapTaken, 0, ONE_FAULT, "refuses an honest log");
}

#[test]
fn taking_an_entry_twice_is_found() {
    is_found(Broken::KnownTaken, 0, ONE_FAULT, "one receipt is twice in a log");
}

#[test]
fn not_writing_again_what_was_written_unaware_is_found() {
    is_found(Broken::NotWrittenAgain, 0, ONE_FAULT, "different receipts");
    // Without receipts of the other direction, the message itself is missed.
    let one_way = Scope { sends: [2, 0], restores: 1, faults: 1, ..CALM };
    is_found(Broken::NotWrittenAgain, 0, one_way, "is unknown to its receiver");
}

#[test]
fn announcing_once_more_what_came_back_is_found() {
    is_found(Broken::AnnouncedTwice, 1_000, Scope { sends: [2, 0], ..TWO_ROLLBACKS }, "one content is twice");
}

#[test]
fn waiting_for_what_is_nowhere_any_more_is_found() {
    is_found(Broken::NotGivenUp, 0, Scope { sends: [1, 0], ..TWO_ROLLBACKS }, "do not come to rest");
}
