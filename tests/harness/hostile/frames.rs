//! Frames of a certified peer that are too long, too short, unknown or out of place, and such that come a byte at a
//! time.

use std::time::Duration;

use musubi_protocol::{
    entry::Position,
    ids::MessageId,
    link::frame::{Frame, MAX_FRAME},
};

use super::siege::Siege;
use crate::partner::Talk;

/// Between two bytes of a slow frame.
const SLOWLY: Duration = Duration::from_millis(20);

/// Says each of them on a stream of its own, which the node has to end; then a slow one, which it takes.
pub async fn bad(siege: &Siege<'_>) {
    let desk = siege.certify("1379970000", "11");
    let log = siege.log(&desk);
    let partner = siege.partner(vec![desk]).await;
    partner.connect(siege.address(false)).await;
    let most = u32::try_from(MAX_FRAME).expect("small");
    let id = MessageId([7; 32]);
    let framed = |frame: Frame| {
        let bytes = frame.encode().expect("a frame");
        [&u32::try_from(bytes.len()).expect("small").to_be_bytes()[..], &bytes].concat()
    };
    let length = |length: u32, rest: &[u8]| [&length.to_be_bytes()[..], rest].concat();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("a length above the limit", length(most + 1, &[1; 100])),
        ("the greatest length", length(u32::MAX, &[1; 100])),
        ("an empty frame", length(0, &[])),
        ("an unknown type", length(4, &[99, 0x81, 0x01, 0x01])),
        ("no CBOR", length(5, &[1, 0xff, 0xff, 0xff, 0xff])),
        ("trailing bytes", [length(9, &framed(Frame::Ping(1))[4..]), vec![0; 9]].concat()),
        ("a frame that is cut short", length(1000, &[1; 500])),
        ("half a length", vec![0, 0]),
        ("a word of the receiver", framed(Frame::Have { log, at: Position::NONE })),
        ("another one", framed(Frame::Want { log, id, offset: 0 })),
        ("an answer to no question", framed(Frame::Pong(7))),
        ("a body of no message", framed(Frame::Body { log, id, offset: 0, length: 1 << 30 })),
        (
            "a body in the middle of a session",
            [framed(Frame::Ping(1)), framed(Frame::Body { log, id, offset: 0, length: 9 })].concat(),
        ),
        ("garbage", vec![0x5a; 50_000]),
    ];
    let count = cases.len();
    for (what, bytes) in cases {
        let mut talk = partner.talk().await;
        // The node may end it in the middle of it.
        let _ = talk.raw(&bytes).await;
        let _ = talk.try_finish().await;
        let ended = until_end(&mut talk).await;
        siege.expect(ended, || format!("{what}: the stream goes on"));
    }
    // Slow is no fault: nothing else waits for it.
    let mut slow = partner.talk().await;
    let ping = framed(Frame::Ping(5));
    let (last, first) = ping.split_last().expect("a frame");
    for byte in first {
        slow.raw(&[*byte]).await.expect("a slow frame is taken");
        tokio::time::sleep(SLOWLY).await;
    }
    siege.newcomer().await;
    slow.raw(&[*last]).await.expect("a slow frame is taken");
    let answer = slow.hear().await;
    siege.expect(answer == Some(Frame::Pong(5)), || format!("a slow frame was answered {answer:?}"));
    siege.ended(1, format!("{count} streams ended, the connection stays"));
    partner.leave().await;
}

/// Whether the node ends the stream; it may answer what was good before.
async fn until_end(talk: &mut Talk) -> bool {
    for _ in 0..4 {
        if talk.hear().await.is_none() {
            return true;
        }
    }
    false
}
