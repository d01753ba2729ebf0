//! What strangers say wrongly at each step of a handshake: garbage, too much, too little, a byte at a time.

use std::{io, net::SocketAddr, time::Duration};

use futures::{AsyncReadExt as _, AsyncWriteExt as _, StreamExt, stream};
use libp2p::identity::Keypair;
use musubi_protocol::gate::{HELLO_MAX, Hello, MAGIC, PREAMBLE, VERSION};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
    time::timeout,
};

use super::{
    Size,
    crowd::{Caller, Crowd, Source, Stranger, connect, socket_of},
    siege::Siege,
};
use crate::raw::garbage_after_noise;

/// A negotiation of Noise up to where its first message begins.
const NEGOTIATED: &[u8] = b"\x13/multistream/1.0.0\n\x07/noise\n";
/// Between two bytes of somebody slow.
const SLOWLY: Duration = Duration::from_millis(300);
/// By when the node has cut whoever says what is wrong: the longest limit before the gate is over, and time to spare
/// for a busy machine.
const CUT: Duration = Duration::from_secs(12);
/// Cases at one time.
const AT_ONCE: usize = 64;

/// A step of opening a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Negotiating the encryption.
    Multistream,
    /// The encryption.
    Noise,
    /// The hello of the gate, over TCP.
    Hello,
    /// The hello of the gate, over QUIC.
    HelloQuic,
}

impl Step {
    /// Those at which one can be slow.
    pub const SLOW: [Self; 4] = [Self::Multistream, Self::Noise, Self::Hello, Self::HelloQuic];

    /// The name in the table.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Multistream => "multistream-select",
            Self::Noise => "Noise",
            Self::Hello => "hello",
            Self::HelloQuic => "hello over QUIC",
        }
    }
}

/// Strangers who say one byte at a time.
pub async fn slow(siege: &Siege<'_>, step: Step, size: Size) {
    let address = siege.address(step == Step::HelloQuic);
    let desk = siege.certify("1379970000", "11");
    let crowd = Crowd::gather(size.few, |number, seen| {
        let (address, source) = (address.clone(), Source::Many.of(number));
        let keypair = Keypair::generate_ed25519();
        // As good as any, if it ever ended.
        let hello = siege.hello(&keypair, std::slice::from_ref(&desk)).frame().expect("a hello");
        async move {
            let quic = step == Step::HelloQuic;
            let mut caller =
                Caller::with_key(if quic { Stranger::Quic } else { Stranger::Noise }, source, keypair).await;
            loop {
                seen.begin();
                match step {
                    Step::Multistream | Step::Noise => match connect(source, socket_of(&address)).await {
                        Ok(mut stream) => {
                            let (at_once, slowly) = match step {
                                Step::Multistream => (&[][..], NEGOTIATED.to_vec()),
                                _ => (NEGOTIATED, [&[0, 32][..], &[9; 32]].concat()),
                            };
                            // The node closes in the middle of it.
                            let _ = seen.hold(trickle(&mut stream, at_once, &slowly)).await;
                        }
                        Err(_) => seen.fail(),
                    },
                    Step::Hello | Step::HelloQuic => match caller.dial(&address).await {
                        Ok(mut raw) => {
                            let trickling = async {
                                let Ok(mut stream) = raw.open().await else { return };
                                let hello = &hello;
                                let saying = async move {
                                    for byte in hello {
                                        stream.write_all(&[*byte]).await?;
                                        stream.flush().await?;
                                        tokio::time::sleep(SLOWLY).await;
                                    }
                                    io::Result::Ok(())
                                };
                                raw.run(saying).await;
                            };
                            seen.hold(trickling).await;
                        }
                        Err(_) => seen.fail(),
                    },
                }
            }
        }
    });
    crowd.until_begun(size.few).await;
    siege.newcomer().await;
    // One of them at least was cut and has come again.
    crowd.until_begun(size.few + 1).await;
    tokio::time::sleep(size.flood).await;
    let longest = crowd.seen.longest();
    siege.ended(crowd.seen.begun(), format!("cut after {:.1} s at most", longest.as_secs_f64()));
    siege.expect(longest < CUT, || format!("one was held for {longest:?}"));
}

async fn trickle(stream: &mut TcpStream, at_once: &[u8], slowly: &[u8]) -> io::Result<()> {
    stream.write_all(at_once).await?;
    for byte in slowly {
        stream.write_all(&[*byte]).await?;
        // What the node says is read, or its end seen.
        if let Ok(read) = timeout(SLOWLY, stream.read(&mut [0; 64])).await
            && read? == 0
        {
            return Ok(());
        }
    }
    while stream.read(&mut [0; 64]).await? > 0 {}
    Ok(())
}

/// What is said on a TCP connection before it is encrypted, whether the other half is closed then, and what it is.
fn plain() -> Vec<(&'static str, Vec<u8>, bool)> {
    let negotiated = |rest: &[u8]| [NEGOTIATED, rest].concat();
    vec![
        ("nothing, and closes", Vec::new(), true),
        ("garbage", vec![0x5a; 4096], false),
        ("zeros", vec![0; 4096], false),
        ("HTTP", b"GET / HTTP/1.1\r\nHost: musubi\r\n\r\n".to_vec(), false),
        ("TLS", [&[22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3][..], &[7; 506]].concat(), false),
        ("multistream: a line that is too long", vec![0xff; 4096], false),
        ("multistream: half a line", b"\x13/multistream".to_vec(), true),
        (
            "multistream: protocols without end",
            [NEGOTIATED.get(..20).unwrap_or_default(), &b"\x04/a\n\n".repeat(4000)[..]].concat(),
            false,
        ),
        ("Noise: garbage", negotiated(&[&[0x10, 0][..], &[0x5a; 4096]].concat()), false),
        ("Noise: too long", negotiated(&[&[0xff, 0xff][..], &[0x5a; 65_535]].concat()), false),
        ("Noise: empty", negotiated(&[0, 0]), false),
        ("Noise: too short", negotiated(&[0, 32, 9, 9]), true),
        ("Noise: a key of zeros", negotiated(&[&[0, 32][..], &[0; 32]].concat()), true),
    ]
}

/// What is said on the substream of the gate.
fn in_the_gate(hello: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let preamble = [&MAGIC[..], &[VERSION]].concat();
    let announced =
        |length: u32, rest: usize| [&preamble[..], &length.to_be_bytes()[..], &vec![0x5a; rest][..]].concat();
    let most = u32::try_from(HELLO_MAX).expect("small");
    vec![
        ("garbage", vec![0x5a; 300]),
        ("much garbage", vec![0x5a; 200_000]),
        ("plain libp2p", b"\x13/multistream/1.0.0\n\x07/ls/1.0\n".to_vec()),
        ("no CBOR", announced(300, 300)),
        ("too long", announced(most + 1, 300)),
        ("as long as can be", announced(u32::MAX, 300)),
        ("the longest, and more", announced(most, 100_000)),
        ("empty", announced(0, 0)),
        ("a hello that is cut short", hello[..hello.len() - 1].to_vec()),
        ("half a preamble", preamble[..4].to_vec()),
    ]
}

/// Garbage, too much and too little at each step up to the end of the gate, over TCP and QUIC.
pub async fn garbage(siege: &Siege<'_>, size: Size) {
    let (tcp, quic) = (siege.address(false), siege.address(true));
    let keypair = Keypair::generate_ed25519();
    let desk = siege.certify("1379970000", "11");
    let hello = siege.hello(&keypair, &[desk]);
    let words = hello.frame().expect("a hello");
    let rounds = size.few.div_ceil(40);
    let mut cases = Vec::new();
    for round in 0..rounds {
        let source = Source::Many.of(round);
        cases.extend(plain().into_iter().map(|(what, words, closes)| Case::Plain(source, what, words, closes)));
        for stranger in [Stranger::Noise, Stranger::Quic] {
            let said = in_the_gate(&words).into_iter();
            cases.extend(said.map(|(what, words)| Case::Gate(stranger, source, what, words)));
            cases.extend([0x77_u8, 1].map(|verdict| Case::Welcome(stranger, source, verdict)));
        }
        cases.push(Case::Yamux);
    }
    let count = cases.len();
    let newcomer = siege.newcomer();
    let trying = async {
        let udp = noise_over_udp(socket_of(&quic), 200 * rounds);
        let tries = stream::iter(cases).map(|case| {
            let (tcp, quic, keypair, hello) = (tcp.clone(), quic.clone(), keypair.clone(), hello.clone());
            async move {
                let what = case.what();
                let done = timeout(CUT, case.run(tcp, quic, keypair, hello)).await;
                (what, done.unwrap_or_else(|_| Err("was not cut in time".into())))
            }
        });
        tokio::join!(tries.buffer_unordered(AT_ONCE).collect::<Vec<_>>(), udp).0
    };
    let (done, ()) = tokio::join!(trying, newcomer);
    for (what, outcome) in done {
        if let Err(error) = outcome {
            siege.problem(format!("{what}: {error}"));
        }
    }
    siege.ended(u64::try_from(count).unwrap_or(u64::MAX), "refused by a byte or cut");
}

/// One thing that is said wrongly.
enum Case {
    Plain(std::net::IpAddr, &'static str, Vec<u8>, bool),
    Yamux,
    Gate(Stranger, std::net::IpAddr, &'static str, Vec<u8>),
    /// A byte that is no verdict, after the listener's hello.
    Welcome(Stranger, std::net::IpAddr, u8),
}

impl Case {
    fn what(&self) -> String {
        match self {
            Self::Plain(_, what, ..) => format!("TCP, {what}"),
            Self::Yamux => "Yamux, garbage".into(),
            Self::Gate(stranger, _, what, _) => format!("{}, gate, {what}", stranger.name()),
            Self::Welcome(stranger, _, verdict) => format!("{}, verdict {verdict}", stranger.name()),
        }
    }

    async fn run(
        self,
        tcp: musubi_network::Multiaddr,
        quic: musubi_network::Multiaddr,
        keypair: Keypair,
        hello: Hello,
    ) -> Result<(), String> {
        let to = |stranger| if stranger == Stranger::Quic { quic.clone() } else { tcp.clone() };
        match self {
            Self::Plain(source, _, words, closes) => {
                let mut stream = connect(source, socket_of(&tcp)).await.map_err(|error| error.to_string())?;
                // Cut in the middle of it is as good.
                let _ = stream.write_all(&words).await;
                if closes {
                    let _ = stream.shutdown().await;
                }
                // Until it is closed or reset.
                while let Ok(1..) = stream.read(&mut [0; 1024]).await {}
                Ok(())
            }
            Self::Yamux => {
                garbage_after_noise(tcp, &[0x5a; 4096]).await;
                Ok(())
            }
            Self::Gate(stranger, source, _, words) => {
                let mut caller = Caller::with_key(stranger, source, Keypair::generate_ed25519()).await;
                let mut raw = caller.dial_until(&to(stranger)).await;
                let answer = raw.say_and_close(&words).await;
                raw.hold().await;
                // Cut, or one byte that refuses.
                if answer.len() <= 1 && answer.first().is_none_or(|byte| *byte >= 2) {
                    Ok(())
                } else {
                    Err(format!("answered with {} bytes", answer.len()))
                }
            }
            Self::Welcome(stranger, source, verdict) => {
                let mut caller = Caller::with_key(stranger, source, keypair).await;
                let mut raw = caller.dial_until(&to(stranger)).await;
                let words = hello.frame().map_err(|error| error.to_string())?;
                let mut stream = raw.open().await.map_err(|error| error.to_string())?;
                let talk = async move {
                    stream.write_all(&words).await?;
                    stream.flush().await?;
                    let mut head = [0; PREAMBLE + 5];
                    stream.read_exact(&mut head).await?;
                    let length = head.last_chunk::<4>().map_or(0, |length| u32::from_be_bytes(*length));
                    let mut rest = vec![0; usize::try_from(length).map_err(io::Error::other)? + 1];
                    stream.read_exact(&mut rest).await?;
                    stream.write_all(&[verdict]).await?;
                    stream.flush().await?;
                    // The list that may follow, and then the end.
                    stream.read_to_end(&mut rest).await?;
                    io::Result::Ok(())
                };
                // Busy where four of this key are open is an end too.
                let _ = raw.run(talk).await;
                raw.hold().await;
                Ok(())
            }
        }
    }
}

/// Datagrams that are no QUIC, or break off in the middle of it.
async fn noise_over_udp(to: SocketAddr, count: usize) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a UDP socket");
    let mut packet = vec![0x5a_u8; 1200];
    for number in 0..count {
        // A first packet of version 1 with made-up ids, and then anything.
        packet[..6].copy_from_slice(&[0xc0 | u8::try_from(number % 16).expect("small"), 0, 0, 0, 1, 8]);
        packet[6] = u8::try_from(number % 251).expect("small");
        let length = if number % 3 == 0 { 1 + number % 1200 } else { 1200 };
        // A full queue drops them, as the network does.
        let _ = socket.send_to(&packet[..length], to).await;
    }
}
