//! The audit log: who did what, and when. Each entry holds the hash of the one before it, and the length and head of
//! the log are kept apart, so that nothing is changed, left out or put in between without showing.

use std::fmt;

use musubi_protocol::{
    cbor,
    ids::{Hash, OfficeNumber},
    time::Timestamp,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_bytes::ByteBuf;
use serde_tuple::{Deserialize_tuple, Serialize_tuple};

use super::{
    Error, Register,
    records::{self, Audited},
};
use crate::times::{self, rfc3339};

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Deed {
    /// An issuing CA was made.
    NewCa,
    /// A licence policy was published.
    Policy,
    /// An administrator was named.
    AdminAdded,
    /// An administrator's name was taken away.
    AdminRemoved,
    /// A passphrase that belonged to no administrator, or a former one, was left over and opens the keys no more.
    OpenerRemoved,
    /// What was lost was read back from nodes: the log from one size to another, or a certificate.
    Recovered,
    /// A trust bundle was taken over that a root has signed elsewhere.
    Bundle,
    /// A root was asked for a trust bundle.
    RootAsked,
    /// A day was published from which certificates count only with a proof from the log.
    LogRequired,
    /// A code was made for a letter.
    Code,
    /// An application came that a person has to decide.
    Applied,
    /// An application was granted.
    Granted,
    /// An application was declined.
    Declined,
    /// An office's licence was renewed at its own request.
    Renewed,
    /// Other public nodes were published.
    Announced,
    /// A certificate was revoked, as a second administrator has confirmed.
    Confirmed,
    /// Many offices are to be revoked, if a second administrator confirms it.
    Ordered,
    /// A certificate was issued.
    Issued,
    /// A certificate was revoked.
    Revoked,
    /// A wrong code was tried.
    WrongCode,
}

impl Deed {
    /// The name that scripts see.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NewCa => "new_ca",
            Self::Policy => "policy",
            Self::AdminAdded => "admin_added",
            Self::AdminRemoved => "admin_removed",
            Self::OpenerRemoved => "opener_removed",
            Self::Recovered => "recovered",
            Self::Bundle => "bundle",
            Self::RootAsked => "root_asked",
            Self::LogRequired => "log_required",
            Self::Code => "code",
            Self::Applied => "applied",
            Self::Granted => "granted",
            Self::Declined => "declined",
            Self::Renewed => "renewed",
            Self::Announced => "announced",
            Self::Ordered => "ordered",
            Self::Confirmed => "confirmed",
            Self::Issued => "issued",
            Self::Revoked => "revoked",
            Self::WrongCode => "wrong_code",
        }
    }
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One entry. In JSON the time is RFC 3339 with +09:00.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry(Line);

#[derive(Clone, Debug, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
struct Line {
    before: Hash,
    time: Timestamp,
    admin: String,
    deed: Deed,
    #[serde(with = "cbor::optional")]
    office: Option<OfficeNumber>,
    detail: String,
}

impl Entry {
    pub(super) fn new(
        audited: &Audited,
        time: Timestamp,
        admin: &str,
        deed: Deed,
        office: Option<OfficeNumber>,
        detail: String,
    ) -> Self {
        Self(Line { before: audited.head, time, admin: admin.to_owned(), deed, office, detail })
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, Error> {
        Ok(Self(cbor::from_slice(bytes, records::MAX_RECORD)?))
    }

    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, cbor::Error> {
        cbor::to_vec(&self.0)
    }

    /// When.
    #[must_use]
    pub const fn time(&self) -> Timestamp {
        self.0.time
    }

    /// By whom; empty for what the authority decided by itself.
    #[must_use]
    pub fn admin(&self) -> &str {
        &self.0.admin
    }

    /// What.
    #[must_use]
    pub const fn deed(&self) -> Deed {
        self.0.deed
    }

    /// About which office number, if about one.
    #[must_use]
    pub const fn office(&self) -> Option<OfficeNumber> {
        self.0.office
    }

    /// What else there is to say: a serial number, a reason.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;

        let Line { before: _, time, admin, deed, office, detail } = &self.0;
        let mut out = serializer.serialize_struct("Entry", 5)?;
        out.serialize_field("time", &rfc3339(*time))?;
        out.serialize_field("admin", admin)?;
        out.serialize_field("deed", deed)?;
        out.serialize_field("office", office)?;
        out.serialize_field("detail", detail)?;
        out.end()
    }
}

impl<'de> Deserialize<'de> for Entry {
    /// Reads what an entry shows; the hash of the one before it is not shown.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Shown {
            #[serde(with = "times::moment")]
            time: Timestamp,
            admin: String,
            deed: Deed,
            office: Option<OfficeNumber>,
            detail: String,
        }

        let Shown { time, admin, deed, office, detail } = Shown::deserialize(deserializer)?;
        Ok(Self(Line { before: Hash::ZERO, time, admin, deed, office, detail }))
    }
}

/// Length and head after one more entry.
pub(super) fn after(audited: &Audited, entry: &[u8]) -> Audited {
    Audited { size: audited.size + 1, head: Hash::of(&[b"musubi/1 audit", entry]) }
}

impl Register {
    /// The audit log, checked from its first entry to its last.
    ///
    /// # Errors
    /// [`Error::Damaged`] if an entry was changed, left out or put in, and what the store refuses.
    pub fn audit(&self) -> Result<Vec<Entry>, Error> {
        let damaged = || Error::Damaged("audit log");
        let (mut audited, mut entries) = (Audited::default(), Vec::new());
        for found in self.store.prefix(records::AUDIT, &[]) {
            let (key, value) = found?;
            let bytes: ByteBuf = records::decode(&value)?;
            let line: Line = cbor::from_slice(&bytes, records::MAX_RECORD)?;
            if key != audited.size.to_be_bytes() || line.before != audited.head {
                return Err(damaged());
            }
            audited = after(&audited, &bytes);
            entries.push(Entry(line));
        }
        if audited == self.standing.audited { Ok(entries) } else { Err(damaged()) }
    }
}
