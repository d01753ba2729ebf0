//! The thread that has the engine get what the journal made durable.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::commit::Newest;
use crate::engine::Engine;
use crate::quiet::caught;
use crate::store::StoreError;

/// How long nothing may have been applied for the node to be at rest: what makes mail durable needs the processor more.
const REST: Duration = Duration::from_millis(300);

/// Owns the thread; dropping it settles what is left and waits for the thread.
pub(crate) struct Settler {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    wanted: bool,
    /// Not only when there is nothing else to do.
    urgent: bool,
    closing: bool,
    /// How often it came to an end, well or not.
    rounds: u64,
    failed: bool,
}

impl Settler {
    /// Starts the thread. `newest` gives tickets for all that was applied, and hears of failure.
    pub(crate) fn start(engine: Arc<Engine>, newest: Newest) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let worker = Arc::clone(&shared);
        let thread =
            thread::Builder::new().name("musubi-settle".to_owned()).spawn(move || worker.run(&engine, &newest))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Has it begin, without waiting: as soon as nothing has been applied for a moment, or with `urgent` at once.
    pub(crate) fn begin(&self, urgent: bool) {
        let mut state = self.shared.lock();
        if !state.wanted || (urgent && !state.urgent) {
            state.wanted = true;
            state.urgent |= urgent;
            self.shared.changed.notify_all();
        }
    }

    /// Has it begin at once, and waits until it has come to an end once more.
    ///
    /// # Errors
    /// [`StoreError::SyncFailed`]: the store is finished.
    pub(crate) fn wait(&self) -> Result<(), StoreError> {
        let mut state = self.shared.lock();
        let rounds = state.rounds;
        (state.wanted, state.urgent) = (true, true);
        self.shared.changed.notify_all();
        while state.rounds == rounds && !state.failed {
            state = self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.failed { Err(StoreError::SyncFailed) } else { Ok(()) }
    }
}

impl Drop for Settler {
    fn drop(&mut self) {
        self.shared.lock().closing = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // Its panics are caught inside.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Whole after every statement.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, engine: &Engine, newest: &Newest) {
        loop {
            let closing = {
                let mut state = self.lock();
                while !state.wanted && !state.closing {
                    state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
                while !state.urgent && !state.closing {
                    let before = newest.number();
                    let more = |state: &mut State| !state.urgent && !state.closing;
                    let waited = self.changed.wait_timeout_while(state, REST, more);
                    state = waited.unwrap_or_else(PoisonError::into_inner).0;
                    if newest.number() == before {
                        break;
                    }
                }
                (state.wanted, state.urgent) = (false, false);
                state.closing
            };
            let settled = caught(|| engine.settle(|| newest.ticket().durable_blocking()));
            let failed = match settled {
                Ok(Ok(())) => false,
                // The disk refused a commit: that is told already.
                Ok(Err(StoreError::SyncFailed)) => true,
                Ok(Err(error)) => {
                    tracing::error!(%error, "the storage engine did not take what is durable");
                    true
                }
                Err(_) => {
                    tracing::error!("the storage engine panicked");
                    true
                }
            };
            if failed {
                newest.fail();
            }
            {
                let mut state = self.lock();
                state.rounds += 1;
                state.failed = failed;
            }
            self.changed.notify_all();
            if failed || closing {
                return;
            }
        }
    }
}
