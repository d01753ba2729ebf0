//! How a system, a person or another program stops this one.

use std::{
    io::{self, Read},
    thread,
};

use tokio::sync::oneshot;

/// Listens from its creation on.
pub struct Stop {
    signals: system::Signals,
    /// Answers when stdin ends; `None` where that means nothing, and after it has ended.
    stdin: Option<oneshot::Receiver<()>>,
}

impl Stop {
    /// Starts to listen; from now on the system's signals no longer end the process by themselves. With `stdin` its
    /// end counts as a signal too, and what comes from it is thrown away.
    ///
    /// # Errors
    /// What the system says.
    pub fn listen(stdin: bool) -> io::Result<Self> {
        Ok(Self { signals: system::Signals::listen()?, stdin: if stdin { Some(end_of_stdin()?) } else { None } })
    }

    /// Waits for the next one. Cancel safe.
    pub async fn asked(&mut self) {
        match &mut self.stdin {
            None => self.signals.next().await,
            Some(ended) => {
                tokio::select! {
                    () = self.signals.next() => return,
                    _ = ended => {}
                }
                self.stdin = None;
            }
        }
    }
}

/// Reads stdin to its end in a thread of its own: a read of a terminal or pipe cannot be called off, and must not
/// hold up the end of the process.
fn end_of_stdin() -> io::Result<oneshot::Receiver<()>> {
    let (ended, told) = oneshot::channel();
    thread::Builder::new().name("stdin".into()).spawn(move || {
        let mut bytes = [0; 256];
        let mut stdin = io::stdin().lock();
        loop {
            match stdin.read(&mut bytes) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        // Nobody listens any more if the process is ending already.
        let _ = ended.send(());
    })?;
    Ok(told)
}

#[cfg(unix)]
mod system {
    //! SIGHUP keeps its meaning: it ends the process, unless `nohup` has had it ignored.

    use tokio::signal::unix::{Signal, SignalKind, signal};

    use super::io;

    pub(super) struct Signals {
        interrupt: Signal,
        terminate: Signal,
    }

    impl Signals {
        pub(super) fn listen() -> io::Result<Self> {
            Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
        }

        pub(super) async fn next(&mut self) {
            tokio::select! {
                _ = self.interrupt.recv() => {}
                _ = self.terminate.recv() => {}
            }
        }
    }
}

#[cfg(windows)]
mod system {
    //! Written from the documentation; neither compiled nor run.

    use tokio::signal::windows::{
        CtrlBreak, CtrlC, CtrlClose, CtrlLogoff, CtrlShutdown, ctrl_break, ctrl_c, ctrl_close, ctrl_logoff,
        ctrl_shutdown,
    };

    use super::io;

    pub(super) struct Signals {
        interrupt: CtrlC,
        stop: CtrlBreak,
        close: CtrlClose,
        logoff: CtrlLogoff,
        shutdown: CtrlShutdown,
    }

    impl Signals {
        pub(super) fn listen() -> io::Result<Self> {
            Ok(Self {
                interrupt: ctrl_c()?,
                stop: ctrl_break()?,
                close: ctrl_close()?,
                logoff: ctrl_logoff()?,
                shutdown: ctrl_shutdown()?,
            })
        }

        pub(super) async fn next(&mut self) {
            tokio::select! {
                _ = self.interrupt.recv() => {}
                _ = self.stop.recv() => {}
                _ = self.close.recv() => {}
                _ = self.logoff.recv() => {}
                _ = self.shutdown.recv() => {}
            }
        }
    }
}
