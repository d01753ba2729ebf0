//! Where a desk stands with the authority.

use musubi_protocol::{time::Timestamp, trust::Distrust};

use crate::{desk::Desk, trust::TrustKeeper};

/// Where a desk stands with the authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// No certificate is installed.
    NoCertificate,
    /// The licence has not begun.
    NotYetValid,
    /// All is well.
    Active,
    /// The licence is over; in its days of grace exchange goes on.
    Grace,
    /// Grace is over: receives and collects, sends nothing new.
    Ended,
    /// The certificate has expired.
    Expired,
    /// The certificate is revoked.
    Revoked,
}

impl Standing {
    /// The name that scripts see.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoCertificate => "no_certificate",
            Self::NotYetValid => "not_yet_valid",
            Self::Active => "active",
            Self::Grace => "grace",
            Self::Ended => "ended",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }

    /// May seal something new.
    #[must_use]
    pub const fn may_send(self) -> bool {
        matches!(self, Self::Active | Self::Grace)
    }

    /// May deliver what was sealed in time.
    #[must_use]
    pub const fn may_deliver(self) -> bool {
        matches!(self, Self::NotYetValid | Self::Active | Self::Grace | Self::Ended)
    }

    /// May show itself and receive: for that a certificate is enough, whatever the licence.
    #[must_use]
    pub const fn may_receive(self) -> bool {
        self.may_deliver()
    }
}

/// Where a desk stands.
#[must_use]
pub fn standing(desk: &Desk, trust: &TrustKeeper, now: Timestamp) -> Standing {
    let (Some((issuer, leaf)), true) = (desk.certificate(), trust.trust().is_some()) else {
        return Standing::NoCertificate;
    };
    match trust.certificate(leaf.der(), issuer) {
        Err(Distrust::Revoked) => Standing::Revoked,
        Err(Distrust::NotYetValid) => Standing::NotYetValid,
        Err(Distrust::Expired) => Standing::Expired,
        Err(_) if leaf.not_after() < now => Standing::Expired,
        // With a list of our own that is old or missing, others judge by theirs, and say so.
        _ if now < leaf.from() => Standing::NotYetValid,
        _ if now <= leaf.until() => Standing::Active,
        _ if trust.covers(leaf, now) => Standing::Grace,
        _ => Standing::Ended,
    }
}
