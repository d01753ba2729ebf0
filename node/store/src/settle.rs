//! The thread that has the engine get what the journal made durable.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use crate::commit::Newest;
use crate::engine::Engine;
use crate::quiet::caught;
use crate::store::StoreError;

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

    /// Has it begin, without waiting.
    pub(crate) fn begin(&self) {
        let mut state = self.shared.lock();
        if !state.wanted {
            state.wanted = true;
            self.shared.changed.notify_all();
        }
    }

    /// Has it begin, and waits until it has come to an end once more.
    ///
    /// # Errors
    /// [`StoreError::SyncFailed`]: the store is finished.
    pub(crate) fn wait(&self) -> Result<(), StoreError> {
        let mut state = self.shared.lock();
        let rounds = state.rounds;
        state.wanted = true;
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
                state.wanted = false;
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
