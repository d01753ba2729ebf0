//! The group commit: one thread makes durable what many callers applied.
//!
//! A commit that is asked for while another runs waits for the next one, which takes everything applied until then.
//! So the disk is synced as often as it can be, and never once per caller.

use std::collections::VecDeque;
use std::io;
use std::mem;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::{oneshot, watch};

use crate::crash;
use crate::quiet::caught;
use crate::store::StoreError;

/// A commit that took so many is followed by one that waits for as many, but no longer than that.
const BUSY: u64 = 8;
const LINGER: Duration = Duration::from_millis(2);

/// A claim on durability for one applied batch.
///
/// Dropping it undoes nothing: the batch stays visible and becomes durable with a later commit.
#[derive(Clone)]
#[must_use = "an applied batch is lost in a power cut until its ticket is durable"]
pub struct Ticket {
    shared: Arc<Shared>,
    number: u64,
}

impl Ticket {
    /// Waits until the batch survives a power cut.
    ///
    /// Cancel safe: the commit goes on without the caller.
    ///
    /// # Errors
    /// [`StoreError::SyncFailed`] if the disk refused; nothing may be promised about the batch then.
    pub async fn durable(&self) -> Result<(), StoreError> {
        let done = {
            let mut state = self.shared.lock();
            if let Some(outcome) = state.outcome(self.number) {
                return outcome;
            }
            // A channel of its own: a commit wakes those it carried, and not the ones that wait for the next.
            let (tell, done) = oneshot::channel();
            state.waiting.push((self.number, tell));
            self.shared.want(&mut state, self.number);
            done
        };
        done.await.map_err(|_| StoreError::SyncFailed)
    }

    /// Has a commit begin that carries the batch, without waiting for it.
    pub(crate) fn begin(&self) {
        self.shared.want(&mut self.shared.lock(), self.number);
    }

    /// As [`durable`](Self::durable), holding the calling thread. Not for async tasks.
    ///
    /// # Errors
    /// As [`durable`](Self::durable).
    pub fn durable_blocking(&self) -> Result<(), StoreError> {
        let mut state = self.shared.lock();
        self.shared.want(&mut state, self.number);
        loop {
            if let Some(outcome) = state.outcome(self.number) {
                return outcome;
            }
            state = self.shared.done.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Owns the commit thread; dropping it commits what is left and waits for the thread.
pub(crate) struct Committer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
    work: Condvar,
    done: Condvar,
    failed: watch::Sender<bool>,
}

#[derive(Default)]
struct State {
    /// Batches taken so far; the number of the newest ticket.
    applied: u64,
    /// The newest ticket somebody waits for.
    wanted: u64,
    durable: u64,
    /// How many batches the last commit took.
    last: u64,
    /// The next one waits for as many.
    lingering: bool,
    failed: bool,
    closing: bool,
    /// Tasks to wake, with what they wait for. Dropping a sender tells its task that the commit failed.
    waiting: Vec<(u64, oneshot::Sender<()>)>,
    /// What to do as soon as a batch is durable, in the order of the batches. Dropped if the commit fails.
    then: VecDeque<(u64, Then)>,
    /// Files to remove once everything applied is durable.
    rubbish: Vec<PathBuf>,
}

/// Called on the commit thread, which it must not hold up.
pub(crate) type Then = Box<dyn FnOnce() + Send>;

impl State {
    fn is_waiting_for_more(&self) -> bool {
        self.lingering && self.applied - self.durable < self.last
    }

    /// Tells how a ticket fared; none while that is open.
    fn outcome(&self, number: u64) -> Option<Result<(), StoreError>> {
        if number <= self.durable { Some(Ok(())) } else { self.failed.then_some(Err(StoreError::SyncFailed)) }
    }
}

impl Committer {
    /// Starts the thread. `sync` returns when everything numbered before the call survives a power cut.
    pub(crate) fn start(sync: impl FnMut() -> io::Result<()> + Send + 'static) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            work: Condvar::new(),
            done: Condvar::new(),
            failed: watch::Sender::default(),
        });
        let worker = Arc::clone(&shared);
        let thread = thread::Builder::new().name("musubi-commit".to_owned()).spawn(move || worker.run(sync))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Numbers a batch that was put: the next `sync` puts it on the disk.
    pub(crate) fn applied(&self, rubbish: impl IntoIterator<Item = PathBuf>, then: Option<Then>) -> Ticket {
        let mut state = self.shared.lock();
        state.applied += 1;
        state.rubbish.extend(rubbish);
        let number = state.applied;
        // After a failure nobody would come for it.
        if !state.failed {
            state.then.extend(then.map(|then| (number, then)));
        }
        Ticket { shared: Arc::clone(&self.shared), number }
    }

    /// Returns a ticket for everything applied so far.
    pub(crate) fn newest(&self) -> Ticket {
        self.for_settling().ticket()
    }

    pub(crate) fn has_failed(&self) -> bool {
        *self.shared.failed.borrow()
    }

    /// A handle with which others can declare the store failed.
    pub(crate) fn failer(&self) -> Failer {
        Failer(Arc::clone(&self.shared))
    }

    /// A handle for the thread that settles.
    pub(crate) fn for_settling(&self) -> Newest {
        Newest(Arc::clone(&self.shared))
    }

    /// Waits until the store has failed, which in a healthy node is for ever.
    pub(crate) async fn failed(&self) {
        // An error would mean that the sender is gone, but `self` holds it.
        let _ = self.shared.failed.subscribe().wait_for(|failed| *failed).await;
    }
}

/// Declares the store failed, for syncs outside of commits: everybody who waits is told, and nothing is taken any more.
#[derive(Clone)]
pub(crate) struct Failer(Arc<Shared>);

impl Failer {
    pub(crate) fn fail(&self) {
        self.0.fail();
    }
}

/// Gives tickets for everything applied so far, and declares the store failed.
pub(crate) struct Newest(Arc<Shared>);

impl Newest {
    pub(crate) fn ticket(&self) -> Ticket {
        Ticket { shared: Arc::clone(&self.0), number: self.number() }
    }

    /// How many batches were applied so far.
    pub(crate) fn number(&self) -> u64 {
        self.0.lock().applied
    }

    pub(crate) fn fail(&self) {
        self.0.fail();
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.shared.lock().closing = true;
        self.shared.work.notify_all();
        if let Some(thread) = self.thread.take() {
            // Its panics are caught inside and already told to everyone who waits.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Plain numbers, whole after every statement: a panic elsewhere cannot leave them half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn want(&self, state: &mut State, number: u64) {
        if state.wanted < number {
            state.wanted = number;
            if !state.is_waiting_for_more() {
                self.work.notify_all();
            }
        }
    }

    fn run(&self, mut sync: impl FnMut() -> io::Result<()>) {
        while let Some((target, rubbish)) = self.next() {
            // The engine may panic; whoever waits must still hear of it.
            let outcome = caught(&mut sync).unwrap_or_else(|_| Err(io::Error::other("the storage engine panicked")));
            if let Err(error) = outcome {
                tracing::error!(%error, "the disk did not take a commit");
                self.fail();
                return;
            }
            crash::point("store.synced");
            // Before anybody hears that it is durable: whoever waited finds it done.
            let then = {
                let mut state = self.lock();
                let count = state.then.iter().take_while(|(number, _)| *number <= target).count();
                state.then.drain(..count).collect::<Vec<_>>()
            };
            for (_, then) in then {
                if caught(then).is_err() {
                    tracing::error!("what follows a commit panicked");
                }
            }
            let done: Vec<_> = {
                let mut state = self.lock();
                state.durable = target;
                state.waiting.extract_if(.., |(number, _)| *number <= target).collect()
            };
            self.done.notify_all();
            for (_, tell) in done {
                let _ = tell.send(()); // a dropped future no longer listens
            }
            for path in rubbish {
                // Left behind, it is removed at the next start.
                if let Err(error) = std::fs::remove_file(path) {
                    tracing::warn!(%error, "a body file could not be removed");
                }
            }
        }
    }

    /// Waits for something to commit; `None` when closing and all is done.
    fn next(&self) -> Option<(u64, Vec<PathBuf>)> {
        let mut state = self.lock();
        loop {
            if state.failed {
                return None;
            }
            if state.durable < state.wanted || (state.closing && state.durable < state.applied) {
                // Many come at a time: a few more are worth the wait, and nobody who sends one alone waits.
                if state.last >= BUSY && !state.closing && state.applied - state.durable < state.last {
                    state.lingering = true;
                    let few = |state: &mut State| state.is_waiting_for_more() && !state.failed && !state.closing;
                    let waited = self.work.wait_timeout_while(state, LINGER, few);
                    state = waited.unwrap_or_else(PoisonError::into_inner).0;
                    state.lingering = false;
                }
                state.last = state.applied - state.durable;
                return Some((state.applied, mem::take(&mut state.rubbish)));
            }
            if state.closing {
                return None;
            }
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn fail(&self) {
        let then = {
            let mut state = self.lock();
            state.failed = true;
            state.waiting.clear();
            mem::take(&mut state.then)
        };
        drop(then);
        self.failed.send_replace(true);
        self.done.notify_all();
        self.work.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn batches_applied_during_a_commit_ride_in_the_next_one() {
        let (started, starts) = mpsc::channel();
        let commits = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&commits);
        let (release, gate) = mpsc::channel::<()>();
        let committer = Committer::start(move || {
            count.fetch_add(1, Ordering::SeqCst);
            let _ = started.send(());
            gate.recv().map_err(io::Error::other)
        })
        .unwrap();

        let first = committer.applied([], None);
        let waiting = thread::spawn(move || first.durable_blocking());
        starts.recv().unwrap();
        let later: Vec<_> = (0..50).map(|_| committer.applied([], None)).collect();
        release.send(()).unwrap();
        waiting.join().unwrap().unwrap();
        release.send(()).unwrap();
        for ticket in &later {
            ticket.durable().await.unwrap();
        }
        assert_eq!(commits.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn what_follows_is_done_in_order_before_a_ticket_is_durable_and_never_after_a_failure() {
        let (done, seen) = mpsc::channel();
        let working = Arc::new(std::sync::atomic::AtomicBool::new(true));
        let works = Arc::clone(&working);
        let committer = Committer::start(move || match works.load(Ordering::SeqCst) {
            true => Ok(()),
            false => Err(io::Error::other("no")),
        })
        .unwrap();
        let then = |number: u32| {
            let done = done.clone();
            Some(Box::new(move || done.send(number).unwrap()) as Then)
        };
        committer.applied([], then(1)).durable_blocking().unwrap();
        let _ = committer.applied([], then(2));
        committer.applied([], Some(Box::new(|| panic!("one of them")))).durable_blocking().unwrap();
        committer.applied([], then(3)).durable_blocking().unwrap();
        assert_eq!(seen.try_iter().collect::<Vec<_>>(), [1, 2, 3]);
        working.store(false, Ordering::SeqCst);
        assert!(committer.applied([], then(4)).durable_blocking().is_err());
        assert!(committer.applied([], then(5)).durable_blocking().is_err());
        drop((committer, done));
        assert!(seen.recv().is_err());
    }

    #[tokio::test]
    async fn a_sync_error_reaches_everyone_and_stays() {
        let committer = Committer::start(|| Err(io::Error::other("no"))).unwrap();
        let (one, two) = (committer.applied([], None), committer.applied([], None));
        let (a, b) = tokio::join!(one.durable(), two.durable());
        assert!(matches!((a, b), (Err(StoreError::SyncFailed), Err(StoreError::SyncFailed))));
        assert!(matches!(one.durable_blocking(), Err(StoreError::SyncFailed)));
        committer.failed().await;
        assert!(committer.has_failed());
        let late = committer.applied([], None);
        assert!(matches!(late.durable().await, Err(StoreError::SyncFailed)));
    }

    #[test]
    fn a_panic_in_the_engine_is_a_sync_error() {
        let committer = Committer::start(|| panic!("engine")).unwrap();
        assert!(matches!(committer.applied([], None).durable_blocking(), Err(StoreError::SyncFailed)));
    }

    #[test]
    fn closing_commits_what_nobody_waited_for() {
        let commits = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&commits);
        let committer = Committer::start(move || {
            count.fetch_add(1, Ordering::SeqCst);
            Ok(())
        })
        .unwrap();
        let ticket = committer.applied([], None);
        drop(committer);
        assert_eq!(commits.load(Ordering::SeqCst), 1);
        ticket.durable_blocking().unwrap();
    }
}
