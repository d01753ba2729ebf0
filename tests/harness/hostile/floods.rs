//! Strangers and partners who open or push as much as they can.

use std::{io, time::Duration};

use futures::{AsyncReadExt, AsyncWriteExt};
use libp2p::{core::muxing::SubstreamBox, identity::Keypair};
use musubi_network::link::protocol_name;
use musubi_protocol::gate::{Answer, Crls, HELLO_MAX, Hello, MAGIC, PREAMBLE, VERSION};
use tokio::time::{Instant, timeout};

use super::{
    Size,
    crowd::{Caller, Crowd, Source, Stranger},
    siege::Siege,
};
use crate::raw::Raw;

/// What one stranger pushes, if it is let.
const FAT: usize = 32 << 20;
/// An opener that waits so long for a substream begins anew.
const STUCK: Duration = Duration::from_millis(500);
/// Certified peers that flood at one time.
const PEERS: usize = 8;
/// Words that begin a negotiation and name nothing that is known.
const UNKNOWN: &[u8] = b"\x13/multistream/1.0.0\n\x09/unknown\n";

/// Strangers who begin a hello and push whatever flow control lets them, into each place of the gate.
pub async fn fat(siege: &Siege<'_>, stranger: Stranger, size: Size) {
    let address = siege.address(stranger == Stranger::Quic);
    let crowd = Crowd::gather(size.few, |number, seen| {
        let address = address.clone();
        async move {
            let mut caller = Caller::new(stranger, Source::Many.of(number)).await;
            let mut words = Vec::from(MAGIC);
            words.push(VERSION);
            words.extend(u32::try_from(HELLO_MAX).expect("small").to_be_bytes());
            loop {
                seen.begin();
                let Ok(mut raw) = caller.dial(&address).await else {
                    seen.fail();
                    continue;
                };
                let pushed = async {
                    let Ok(stream) = raw.open().await else { return };
                    raw.run(push(stream, &words)).await;
                };
                seen.hold(pushed).await;
            }
        }
    });
    crowd.until_begun(2 * size.few).await;
    siege.newcomer().await;
    settle(size.flood).await;
    let longest = crowd.seen.longest();
    siege.ended(crowd.seen.begun(), format!("refused and cut, after {:.1} s at most", longest.as_secs_f64()));
    siege.expect(longest < Duration::from_secs(12), || format!("one was held for {longest:?}"));
}

async fn push(mut stream: SubstreamBox, words: &[u8]) {
    let block = vec![0x5a; 64 << 10];
    let pushing = async {
        stream.write_all(words).await?;
        for _ in 0..FAT / block.len() {
            stream.write_all(&block).await?;
        }
        io::Result::Ok(())
    };
    // Refused in the middle of it.
    let _ = pushing.await;
    let _ = stream.read_to_end(&mut Vec::new()).await;
}

/// Strangers who open substream after substream before the gate.
pub async fn streams_of_strangers(siege: &Siege<'_>, stranger: Stranger, size: Size) {
    let address = siege.address(stranger == Stranger::Quic);
    let crowd = Crowd::gather(size.few, |number, seen| {
        let address = address.clone();
        async move {
            let mut caller = Caller::new(stranger, Source::Many.of(number)).await;
            loop {
                seen.begin();
                match caller.dial(&address).await {
                    Ok(mut raw) => drop(seen.hold(open_all(&mut raw, UNKNOWN, None)).await),
                    Err(_) => seen.fail(),
                }
            }
        }
    });
    crowd.until_begun(2 * size.few).await;
    siege.newcomer().await;
    settle(size.flood).await;
    let longest = crowd.seen.longest();
    siege.ended(crowd.seen.begun(), format!("cut after {:.1} s at most", longest.as_secs_f64()));
    siege.expect(longest < Duration::from_secs(8), || format!("one was held for {longest:?}"));
}

/// Certified peers who open substream after substream, most under names that nobody knows, and drop them.
pub async fn streams_of_a_peer(siege: &Siege<'_>, size: Size) {
    let address = siege.address(false);
    let name = protocol_name(&siege.trust().network_id());
    let known = [UNKNOWN.get(..20).expect("a header"), &lp(&name)].concat();
    let peers: Vec<(Keypair, Hello)> = (0..PEERS)
        .map(|number| {
            let keypair = Keypair::generate_ed25519();
            let desk = siege.certify(&format!("13799{:05}", 70_000 + number), "11");
            let hello = siege.hello(&keypair, &[desk]);
            (keypair, hello)
        })
        .collect();
    let crowd = Crowd::gather(PEERS, |number, seen| {
        let (address, known, (keypair, hello)) = (address.clone(), known.clone(), peers[number].clone());
        async move {
            let source = Source::One.of(number);
            let mut caller = Caller::with_key(Stranger::Noise, source, keypair).await;
            // Half of them flood the name that is known.
            let words = if number % 2 == 0 { UNKNOWN } else { &known };
            loop {
                seen.begin();
                let Ok(mut raw) = caller.dial(&address).await else {
                    seen.fail();
                    continue;
                };
                if pass(&mut raw, &hello).await.is_err() {
                    seen.fail();
                    continue;
                }
                let opened = seen.hold(open_all(&mut raw, words, Some(Duration::from_secs(3)))).await;
                if opened == 0 {
                    seen.fail();
                }
            }
        }
    });
    crowd.until_begun(PEERS).await;
    siege.newcomer().await;
    settle(size.flood).await;
    let (begun, failed) = (crowd.seen.begun(), crowd.seen.failed());
    siege.ended(begun, "streams reset or answered busy");
    siege.expect(failed < begun, || "no certified peer got in to flood".into());
}

/// Lets a flood go on.
async fn settle(time: Duration) {
    tokio::time::sleep(time).await;
}

/// Opens substreams and says the same on each, until the connection is lost, stuck or time is up; gives how many.
async fn open_all(raw: &mut Raw, words: &[u8], most: Option<Duration>) -> u64 {
    let end = most.map(|most| Instant::now() + most);
    let mut opened = 0;
    while end.is_none_or(|end| Instant::now() < end) {
        let Ok(Ok(mut stream)) = timeout(STUCK, raw.open()).await else { break };
        opened += 1;
        let saying = async {
            stream.write_all(words).await?;
            stream.flush().await
        };
        match timeout(STUCK, raw.run(saying)).await {
            Ok(Some(Ok(()))) => {}
            _ => break,
        }
    }
    opened
}

/// A line of multistream-select.
fn lp(name: &str) -> Vec<u8> {
    let mut line = vec![u8::try_from(name.len() + 1).expect("a short name")];
    line.extend(name.as_bytes());
    line.push(b'\n');
    line
}

/// Passes the gate as the dialer whose hello this is.
///
/// # Errors
/// The node refuses, or the connection is lost.
pub async fn pass(raw: &mut Raw, hello: &Hello) -> io::Result<()> {
    let words = hello.frame().map_err(io::Error::other)?;
    let stream = raw.open().await?;
    raw.run(talk(stream, words)).await.unwrap_or_else(|| Err(io::ErrorKind::ConnectionAborted.into()))
}

async fn talk(mut stream: SubstreamBox, words: Vec<u8>) -> io::Result<()> {
    stream.write_all(&words).await?;
    stream.flush().await?;
    let mut byte = [0];
    stream.read_exact(&mut byte).await?;
    if Answer::from_byte(byte[0]) == Answer::SendCrls {
        stream.write_all(&Crls::fitting(Vec::new()).frame().map_err(io::Error::other)?).await?;
        stream.flush().await?;
        stream.read_exact(&mut byte).await?;
    }
    if Answer::from_byte(byte[0]) != Answer::Accepted {
        return Err(io::Error::other(format!("refused with {}", byte[0])));
    }
    stream.read_exact(&mut [0; PREAMBLE]).await?;
    list(&mut stream).await?;
    stream.read_exact(&mut byte).await?;
    if byte[0] == 1 {
        list(&mut stream).await?;
    }
    stream.write_all(&[Answer::Accepted.byte()]).await?;
    stream.close().await?;
    stream.read_to_end(&mut Vec::new()).await?;
    Ok(())
}

/// Reads a length and as many bytes.
async fn list(stream: &mut SubstreamBox) -> io::Result<()> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).await?;
    let length = usize::try_from(u32::from_be_bytes(length)).map_err(io::Error::other)?;
    stream.read_exact(&mut vec![0; length]).await
}
