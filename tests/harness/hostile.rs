//! Hostile peers as programs: each attack runs against a node in a process of its own, whose memory and processor time
//! are measured apart from the attacker's, while an honest partner that was never here before opens and sends.
//!
//! Short forms are ordinary tests; `musubi-faults hostile` runs all at full size and prints the table.

pub mod crowd;
pub mod floods;
pub mod frames;
pub mod gauge;
pub mod liars;
pub mod openings;
pub mod siege;
pub mod steps;

use std::{path::Path, time::Duration};

use self::{
    crowd::{Source, Stranger},
    siege::{Outcome, Siege},
};
use crate::faults::Report;

/// Longest time that an honest partner may be kept out.
pub const KEPT_OUT: Duration = Duration::from_secs(5);
/// Most processor time in a quiet second after an attack.
pub const QUIET: Duration = Duration::from_millis(150);

/// Descriptors that the attackers of the full size need here.
pub const DESCRIPTORS: u64 = 8192;

/// How much of everything.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Places of the gate in all, and for one address; none for what is usual. Few strangers fill few places.
    pub places: Option<(usize, usize)>,
    /// Strangers at one time.
    pub strangers: usize,
    /// Of strangers that try something in the handshake or the gate, at one time.
    pub few: usize,
    /// Certified partners that open at one moment.
    pub partners: usize,
    /// Rounds of what a liar says over and over.
    pub rounds: u64,
    /// How long a flood goes on at least.
    pub flood: Duration,
}

impl Size {
    /// What `musubi-faults hostile` runs.
    pub const FULL: Self =
        Self { places: None, strangers: 1000, few: 400, partners: 300, rounds: 20_000, flood: Duration::from_secs(6) };
    /// What the tests run.
    pub const SHORT: Self = Self {
        places: Some((64, 16)),
        strangers: 200,
        few: 60,
        partners: 40,
        rounds: 1000,
        flood: Duration::from_millis(500),
    };
}

/// One attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attack {
    /// Nobody attacks: what an honest partner takes by itself.
    Nobody,
    /// Strangers who connect, say so much, and then nothing.
    Silent(Stranger, Source),
    /// Strangers who push as much as flow control lets them.
    Fat(Stranger),
    /// Strangers who say one byte at a time, from this step on.
    Slow(steps::Step),
    /// Strangers who open substreams as fast as they can.
    StrangersStreams(Stranger),
    /// A certified peer who does.
    CertifiedStreams,
    /// Garbage, too much and too little at each step.
    Garbage,
    /// Frames of a certified peer that are too long, too short, out of place, or come a byte at a time.
    Frames,
    /// Lies about entries, receipts and bodies.
    Lies,
    /// A receiver who says without end that he has what nobody wrote.
    EndlessHave,
    /// A partner who asks and asks, and never reads the answers.
    NeverReads,
    /// A partner who announces bodies and never serves them, or serves more than announced, or never ends.
    Bodies,
    /// Many certified peers that open at one moment.
    AllAtOnce,
}

impl Attack {
    /// All attacks, each once.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut all = vec![Self::Nobody];
        for source in [Source::Many, Source::One] {
            all.extend(Stranger::ALL.map(|stranger| Self::Silent(stranger, source)));
        }
        all.push(Self::Silent(Stranger::Tcp, Source::Beside));
        all.extend([Stranger::Noise, Stranger::Quic].map(Self::Fat));
        all.extend(steps::Step::SLOW.map(Self::Slow));
        all.extend([Stranger::Noise, Stranger::Quic].map(Self::StrangersStreams));
        all.extend([Self::CertifiedStreams, Self::Garbage, Self::Frames, Self::Lies, Self::EndlessHave]);
        all.extend([Self::NeverReads, Self::Bodies, Self::AllAtOnce]);
        all
    }

    /// The name in the table.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Nobody => "nobody".into(),
            Self::Silent(stranger, source) => format!("silent {} from {}", stranger.name(), source.name()),
            Self::Fat(stranger) => format!("fat, {}", stranger.name()),
            Self::Slow(step) => format!("a byte at a time: {}", step.name()),
            Self::StrangersStreams(stranger) => format!("stream flood of strangers, {}", stranger.name()),
            Self::CertifiedStreams => "stream flood of a certified peer".into(),
            Self::Garbage => "garbage at each step".into(),
            Self::Frames => "bad frames of a certified peer".into(),
            Self::Lies => "lies".into(),
            Self::EndlessHave => "have without end".into(),
            Self::NeverReads => "never reads".into(),
            Self::Bodies => "bodies without end".into(),
            Self::AllAtOnce => "certified peers at one moment".into(),
        }
    }

    /// Most memory by which the node may grow meanwhile, in MiB.
    ///
    /// What strangers can have the node hold is a place for each of 384, with a connection's buffers; of those who push,
    /// a window each. Over QUIC a connection that was cut is kept for some seconds more, as the protocol wants it, so
    /// that what they hold follows from how fast they can come. What a partner can is the window of its streams and the
    /// frames on their way.
    #[must_use]
    pub const fn most_mib(self) -> u64 {
        match self {
            Self::Fat(_)
            | Self::Silent(Stranger::Quic, _)
            | Self::StrangersStreams(Stranger::Quic)
            | Self::Slow(steps::Step::HelloQuic) => 256,
            Self::AllAtOnce => 160,
            _ => 96,
        }
    }
}

/// Runs attacks one after the other, each against a node of its own.
///
/// `strict` judges by the clock too, and by how quiet the node is afterwards; a busy machine would spoil that in a test.
pub async fn run(
    program: &Path,
    attacks: &[Attack],
    size: Size,
    strict: bool,
    mut tell: impl FnMut(&str, &Outcome),
) -> Report {
    let head = [
        "attack",
        "connections",
        "kept out s",
        "peak MiB",
        "growth MiB",
        "processor s",
        "quiet ms/s",
        "descriptors left",
        "ended",
    ];
    let mut report = Report::new("hostile peers", 0, &head);
    let ground = siege::Ground::new(program);
    for attack in attacks {
        let name = attack.name();
        match crate::faults::case(one(&ground, *attack, size, strict)).await {
            Ok(outcome) => {
                tell(&name, &outcome);
                let mib = |bytes: u64| bytes >> 20;
                report.row(&[
                    &name,
                    &outcome.connections,
                    &format!("{:.2}", outcome.kept_out.as_secs_f64()),
                    &mib(outcome.peak),
                    &mib(outcome.growth()),
                    &format!("{:.2}", outcome.processor.as_secs_f64()),
                    &outcome.quiet.as_millis(),
                    &outcome.left,
                    &outcome.ended,
                ]);
                report.problems.extend(outcome.problems.iter().map(|problem| format!("{name}: {problem}")));
            }
            Err(error) => report.problems.push(format!("{name}: {error}")),
        }
    }
    report
}

async fn one(ground: &siege::Ground, attack: Attack, size: Size, strict: bool) -> Outcome {
    let siege = Siege::begin(ground, &attack.name(), size.places, strict).await;
    let mut outcome = match attack {
        Attack::Nobody => siege.run(async |siege| siege.newcomer().await).await,
        Attack::Silent(stranger, source) => {
            siege.run(async |siege| crowd::silent(siege, stranger, source, size).await).await
        }
        Attack::Fat(stranger) => siege.run(async |siege| floods::fat(siege, stranger, size).await).await,
        Attack::Slow(step) => siege.run(async |siege| steps::slow(siege, step, size).await).await,
        Attack::StrangersStreams(stranger) => {
            siege.run(async |siege| floods::streams_of_strangers(siege, stranger, size).await).await
        }
        Attack::CertifiedStreams => siege.run(async |siege| floods::streams_of_a_peer(siege, size).await).await,
        Attack::Garbage => siege.run(async |siege| steps::garbage(siege, size).await).await,
        Attack::Frames => siege.run(async |siege| frames::bad(siege).await).await,
        Attack::Lies => siege.run(async |siege| liars::lie(siege, size).await).await,
        Attack::EndlessHave => siege.run(async |siege| liars::have_without_end(siege, size).await).await,
        Attack::NeverReads => siege.run(async |siege| liars::never_read(siege, size).await).await,
        Attack::Bodies => siege.run(async |siege| liars::bodies(siege, size).await).await,
        Attack::AllAtOnce => siege.run(async |siege| openings::all_at_once(siege, size).await).await,
    };
    outcome.judge(attack.most_mib(), strict);
    outcome
}
