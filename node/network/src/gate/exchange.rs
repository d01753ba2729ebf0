//! The words of the gate over one substream, both roles.

use std::{
    io,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use libp2p::PeerId;
use musubi_protocol::gate::{self, Answer, Crls, Hello, Refusal};
use tokio::time::{Instant, timeout, timeout_at};

use super::{Error, Gatekeeper, Judgement};
use crate::{limits::Limits, pending::Place};

/// One gate: who is asked, about whom, and the time that is left.
pub(super) struct Exchange<'a, G> {
    pub(super) keeper: &'a G,
    pub(super) peer: PeerId,
    pub(super) clock: Clock,
    /// Set when the listener has accepted: from then on the dialer may go on at any moment.
    pub(super) settled: &'a AtomicBool,
    /// The place of an incoming connection.
    pub(super) place: Option<&'a Place>,
}

/// A verdict and what it was about, so that it can be judged again.
#[derive(Debug)]
pub(super) struct Verdict<A> {
    pub(super) admitted: A,
    pub(super) hello: Hello,
}

/// The time limits of one gate.
#[derive(Clone, Copy)]
pub(super) struct Clock {
    first_byte: Instant,
    end: Instant,
    /// Time for all exchange of CRLs together; none once it has begun.
    catch_up: Option<Duration>,
    linger: Duration,
}

impl Clock {
    pub(super) fn start(limits: &Limits) -> Self {
        let now = Instant::now();
        Self {
            first_byte: now + limits.first_byte,
            end: now + limits.gate,
            catch_up: Some(limits.catch_up),
            linger: limits.linger,
        }
    }

    /// Runs what has to end before the first byte is late.
    pub(super) async fn first<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        timeout_at(self.first_byte, work).await.map_err(|_| Error::Silent)?
    }

    async fn run<T, E: Into<Error>>(&self, work: impl Future<Output = Result<T, E>>) -> Result<T, Error> {
        timeout_at(self.end, work).await.map_err(|_| Error::TooSlow)?.map_err(Into::into)
    }

    fn begin_catch_up(&mut self) {
        if let Some(catch_up) = self.catch_up.take() {
            self.end = Instant::now() + catch_up;
        }
    }
}

/// What was read is not the protocol: the answer says so.
fn misread(error: &gate::Error) -> Error {
    Error::Refused(error.refusal())
}

impl<G: Gatekeeper> Exchange<'_, G> {
    /// Speaks as the side that dialed.
    pub(super) async fn dial<S>(mut self, stream: &mut S) -> Result<Verdict<G::Admitted>, Error>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let outcome = self.dialer_talk(stream).await;
        if let Err(Error::Refused(refusal)) = outcome {
            self.refuse(stream, refusal).await;
        }
        outcome
    }

    async fn dialer_talk<S>(&mut self, stream: &mut S) -> Result<Verdict<G::Admitted>, Error>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mine = self.keeper.hello().frame().map_err(Error::Own)?;
        self.say(stream, &mine).await?;
        let mut answer = Answer::from_byte(self.byte(stream).await?);
        if answer == Answer::SendCrls {
            self.clock.begin_catch_up();
            // Which numbers the listener holds is not known here: it gets all.
            let list = Crls::fitting(self.keeper.newer_crls(&[])).frame().map_err(Error::Own)?;
            self.say(stream, &list).await?;
            answer = Answer::from_byte(self.byte(stream).await?);
        }
        match answer {
            Answer::Accepted => {}
            Answer::SendCrls => return Err(Error::Refused(Refusal::Malformed)),
            Answer::Refused(refusal) => return Err(Error::RefusedByPeer(refusal)),
        }
        let first = self.byte(stream).await?;
        let hello = self.hello(stream, first).await?;
        let flag = self.byte(stream).await?;
        if gate::crls_follow(flag).map_err(|error| misread(&error))? {
            // Lists are for whoever is certified in all but revocation, on this side too.
            match self.keeper.judge(self.peer, &hello, false) {
                Judgement::Refuse(refusal) if !matches!(refusal, Refusal::Revoked | Refusal::Stale) => {
                    return Err(Error::Refused(refusal));
                }
                _ => self.catch_up(stream).await?,
            }
        }
        let admitted = match self.keeper.judge(self.peer, &hello, true) {
            Judgement::Admit(admitted) => admitted,
            Judgement::SendCrls => return Err(Error::Refused(Refusal::Stale)),
            Judgement::Refuse(refusal) => return Err(Error::Refused(refusal)),
        };
        self.say(stream, &[Answer::Accepted.byte()]).await?;
        self.clock.run(stream.close()).await?;
        Ok(Verdict { admitted, hello })
    }

    /// Speaks as the side that was dialed; `full` is what it says without looking further.
    pub(super) async fn listen<S>(
        mut self,
        stream: &mut S,
        full: Option<Refusal>,
    ) -> Result<Verdict<G::Admitted>, Error>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let outcome = self.listener_talk(stream, full).await;
        // After its own hello the listener has no place for a refusal: it closes.
        if let Err(Error::Refused(refusal)) = outcome
            && !self.settled.load(Ordering::Relaxed)
        {
            self.refuse(stream, refusal).await;
        }
        outcome
    }

    async fn listener_talk<S>(&mut self, stream: &mut S, full: Option<Refusal>) -> Result<Verdict<G::Admitted>, Error>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut first = [0];
        self.clock.first(async { Ok(stream.read_exact(&mut first).await?) }).await?;
        if let Some(place) = self.place {
            place.talks();
        }
        let hello = self.hello(stream, first[0]).await?;
        if let Some(refusal) = full {
            return Err(Error::Refused(refusal));
        }
        let mut judgement = self.keeper.judge(self.peer, &hello, false);
        if matches!(judgement, Judgement::SendCrls) {
            self.clock.begin_catch_up();
            if let Some(place) = self.place {
                place.catches_up();
            }
            self.say(stream, &[Answer::SendCrls.byte()]).await?;
            self.catch_up(stream).await?;
            judgement = self.keeper.judge(self.peer, &hello, true);
        }
        let admitted = match judgement {
            Judgement::Admit(admitted) => admitted,
            Judgement::SendCrls => return Err(Error::Refused(Refusal::Stale)),
            Judgement::Refuse(refusal) => return Err(Error::Refused(refusal)),
        };
        let mut words = vec![Answer::Accepted.byte()];
        words.extend(self.keeper.hello().frame().map_err(Error::Own)?);
        let newer = Crls::fitting(self.keeper.newer_crls(&hello.crls));
        words.push(u8::from(!newer.is_empty()));
        if !newer.is_empty() {
            words.extend(newer.frame().map_err(Error::Own)?);
            self.clock.begin_catch_up();
        }
        self.settled.store(true, Ordering::Relaxed);
        self.say(stream, &words).await?;
        match Answer::from_byte(self.byte(stream).await?) {
            Answer::Accepted => {}
            Answer::SendCrls => return Err(Error::Refused(Refusal::Malformed)),
            Answer::Refused(refusal) => return Err(Error::RefusedByPeer(refusal)),
        }
        if self.clock.run(stream.read(&mut [0])).await? != 0 {
            return Err(Error::Refused(Refusal::Malformed));
        }
        self.clock.run(stream.close()).await?;
        Ok(Verdict { admitted, hello })
    }

    /// Says why not, and waits a moment for the other side to close: cutting the connection at
    /// once could overtake the byte.
    async fn refuse<S>(&self, stream: &mut S, refusal: Refusal)
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let farewell = async {
            stream.write_all(&[Answer::Refused(refusal).byte()]).await?;
            stream.close().await?;
            let mut left = [0; 1024];
            let mut allowed = gate::TALK_MAX;
            while allowed > 0 {
                match stream.read(&mut left).await? {
                    0 => break,
                    read => allowed = allowed.saturating_sub(read),
                }
            }
            io::Result::Ok(())
        };
        // The other side may be gone or may not listen; it is refused all the same.
        let _ = timeout(self.clock.linger, farewell).await;
    }

    async fn say<S: AsyncWrite + Unpin>(&self, stream: &mut S, words: &[u8]) -> Result<(), Error> {
        self.clock
            .run(async {
                stream.write_all(words).await?;
                stream.flush().await
            })
            .await
    }

    async fn byte<S: AsyncRead + Unpin>(&self, stream: &mut S) -> Result<u8, Error> {
        Ok(self.array::<_, 1>(stream).await?[0])
    }

    async fn array<S: AsyncRead + Unpin, const N: usize>(&self, stream: &mut S) -> Result<[u8; N], Error> {
        let mut bytes = [0; N];
        self.clock.run(stream.read_exact(&mut bytes)).await?;
        Ok(bytes)
    }

    /// Reads a hello of which the first byte has been read.
    async fn hello<S: AsyncRead + Unpin>(&self, stream: &mut S, first: u8) -> Result<Hello, Error> {
        let mut preamble = [first; gate::PREAMBLE];
        self.clock.run(stream.read_exact(&mut preamble[1..])).await?;
        gate::check_preamble(preamble).map_err(|error| misread(&error))?;
        let body = self.frame(stream, gate::HELLO_MAX).await?;
        Hello::from_bytes(&body).map_err(|error| misread(&error))
    }

    /// Reads the other side's CRLs and takes them.
    async fn catch_up<S: AsyncRead + Unpin>(&mut self, stream: &mut S) -> Result<(), Error> {
        self.clock.begin_catch_up();
        let body = self.frame(stream, gate::CRLS_MAX).await?;
        let crls = Crls::from_bytes(&body).map_err(|error| misread(&error))?.into_ders();
        if crls.is_empty() {
            return Ok(());
        }
        self.clock
            .run(async {
                self.keeper.learn_crls(crls).await;
                Ok::<_, Error>(())
            })
            .await
    }

    /// Reads a length and as many bytes; room is made as they arrive, not as they are announced.
    async fn frame<S: AsyncRead + Unpin>(&self, stream: &mut S, limit: usize) -> Result<Vec<u8>, Error> {
        let announced = gate::length(self.array(stream).await?, limit).map_err(|error| misread(&error))?;
        let mut body = Vec::new();
        let mut part = stream.take(u64::try_from(announced).unwrap_or(u64::MAX));
        self.clock.run(part.read_to_end(&mut body)).await?;
        if body.len() == announced { Ok(body) } else { Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()) }
    }
}
