//! Panics of the storage engine: caught, and told in the log instead of on the screen.
//!
//! On damage and on a full disk the engine panics, in our threads and in its own. Whoever sits at the keyboard gets a
//! sentence from us; the engine's words are for the log.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;
use std::thread;

thread_local! {
    /// Whether a panic of this thread is caught by [`caught`].
    static CATCHING: Cell<bool> = const { Cell::new(false) };
}

static HOOK: Once = Once::new();

/// Names of the engine's own threads begin so; it catches their panics itself.
const ENGINE: &str = "sled-";

/// The work panicked; why stands in the log.
#[derive(Debug)]
pub(crate) struct Panicked;

/// Runs work on the engine and turns a panic into an error, without a word on the screen.
///
/// What the work may have left half done must not be used any more, or be able to bear it: the engine marks itself as
/// broken.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    HOOK.call_once(install);
    let before = CATCHING.replace(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(work));
    CATCHING.set(before);
    outcome.map_err(|_| Panicked)
}

fn install() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let of_engine = || thread::current().name().is_some_and(|name| name.starts_with(ENGINE));
        if CATCHING.get() || of_engine() {
            let words = info.payload_as_str().unwrap_or_default();
            let place = info.location().map(ToString::to_string).unwrap_or_default();
            tracing::debug!(words, place, "the storage engine panicked");
        } else {
            usual(info);
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_and_the_next_one_is_loud_again() {
        assert!(caught(|| panic!("not on the screen")).is_err());
        assert_eq!(caught(|| 7).unwrap(), 7);
        assert!(!CATCHING.get());
        assert!(caught(|| caught(|| panic!("within"))).unwrap().is_err());
        assert!(!CATCHING.get());
    }
}
