//! Why the authority did not act.

use std::io;

use musubi_protocol::{
    cbor,
    certificate::{IssueError, ProfileError, material},
    ids::Kind,
    signed,
    time::Timestamp,
    trust::BundleError,
};
use musubi_store::{OpenError, StoreError, bodies::BodyError, keyfile::KeyFileError, wrap::WrapError};

/// Why the authority did not act. Nothing has changed then, except after [`Error::Store`] with a failed disk.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The directory holds an authority already.
    #[error("the directory holds an authority already")]
    Exists,
    /// The directory holds no authority.
    #[error("the directory holds no authority")]
    NoAuthority,
    /// The passphrase does not open the keys.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// Another process has the directory open.
    #[error("another process is using this authority")]
    InUse,
    /// The authority's name does not fit a certificate.
    #[error("the authority's name does not fit a certificate")]
    Name(#[source] ProfileError),
    /// The file is no request, or not a sound one.
    #[error("the request cannot be read")]
    Request(#[from] material::Error),
    /// The file holds something else than exactly one request.
    #[error("the file holds something else than one request")]
    NotOneRequest,
    /// The licence would end before it begins.
    #[error("the licence would end before it begins")]
    PeriodOrder,
    /// The licence would have ended already.
    #[error("the licence would have ended already")]
    PeriodPast,
    /// The licence would end later than [`MAX_LICENCE`](super::MAX_LICENCE) from now.
    #[error("the licence would end too far in the future")]
    PeriodTooLong,
    /// Kinds of the request belong to another desk of this office number, whose certificate is still valid.
    #[error("desk {desk} of this office number holds some of these kinds")]
    Overlap {
        /// The kinds in question.
        kinds: Vec<Kind>,
        /// The desk that holds them.
        desk: u16,
    },
    /// The key is another office's.
    #[error("the key in the request is already in use by another office")]
    KeyOfOtherOffice,
    /// A certificate of this key was revoked because the key may be in other hands.
    #[error("the key in the request was revoked as compromised")]
    KeyCompromised,
    /// The office has as many desks as there are numbers.
    #[error("the office has too many desks")]
    TooManyDesks,
    /// The serial number drawn was drawn before: the source of random numbers is broken.
    #[error("the source of random numbers repeats itself")]
    SerialTaken,
    /// Nothing was ever issued to this office number or under this serial number.
    #[error("no such certificate")]
    Unknown,
    /// All that is meant has expired or been revoked before.
    #[error("there is nothing left to revoke")]
    NothingToRevoke,
    /// The certificate is not revoked.
    #[error("the certificate is not revoked")]
    NotRevoked,
    /// All certificates of the office number are revoked or expired.
    #[error("the office number has no certificate that is in force")]
    NothingValid,
    /// The certificate to be replaced is none of this office number, or not in force, or of the same key.
    #[error("the certificate to be replaced is none of this office number that is in force")]
    NothingToReplace,
    /// A renewal is possible later.
    #[error("the licence cannot be renewed yet")]
    TooEarly {
        /// From when on.
        from: Timestamp,
    },
    /// No application has this name, or several begin with it.
    #[error("no such application, or several")]
    NoApplication,
    /// The application was granted before.
    #[error("the application was granted before")]
    AlreadyGranted,
    /// More applications wait than people can look at.
    #[error("too many applications wait")]
    TooManyApplications,
    /// The administrator's name cannot stand in the audit log.
    #[error("the administrator's name is empty, too long or not printable")]
    Admin,
    /// Terms that have begun would be changed.
    #[error("the licence policy would change terms that have begun")]
    PolicyChanged,
    /// Certificates would count only with a proof from the log before all offices can have one.
    #[error("the day from which proofs are required is too soon")]
    TooSoon {
        /// The first moment that is possible.
        first: Timestamp,
    },
    /// The clock is behind what this authority has signed: its signatures would contradict each other.
    #[error("the clock is behind the newest signature")]
    ClockBehind {
        /// The time of the newest signature.
        newest: Timestamp,
    },
    /// A date outside the calendar.
    #[error("a date outside the calendar")]
    Date(#[from] jiff::Error),
    /// What is kept is not what was written.
    #[error("the authority's records are damaged: {0}")]
    Damaged(&'static str),
    /// A newer version of the program wrote the records.
    #[error("a newer version wrote the authority's records")]
    TooNew,
    /// A certificate or CRL could not be made.
    #[error("a certificate or revocation list could not be made")]
    Issue(#[from] IssueError),
    /// A trust bundle or log head could not be made.
    #[error("a trust bundle or log head could not be made")]
    Sign(#[from] signed::Error),
    /// What was founded does not hold together.
    #[error("the trust bundle does not hold together")]
    Bundle(#[from] BundleError),
    /// The number stands in the certificate of the authority's own node and is no office's.
    #[error("this number is the authority's own")]
    OwnNumber,
    /// More than [`MAX_TOGETHER`](super::MAX_TOGETHER) offices in one act.
    #[error("too many offices for one act")]
    TooManyOffices,
    /// No order of this name waits.
    #[error("no order of this name waits")]
    NoOrder,
    /// The administrator who gave an order cannot confirm it.
    #[error("the administrator who gave an order cannot confirm it")]
    SameAdmin,
    /// The directory holds no root, or the file is none.
    #[error("no root")]
    NoRoot,
    /// What is to be done needs a root, which is kept elsewhere.
    #[error("a root has to sign first")]
    RootNeeded,
    /// The roots' keys are here: nothing has to be carried to them.
    #[error("the roots' keys are in the authority's own directory")]
    RootHere,
    /// The request to a root is not sound.
    #[error("the request to a root is not sound")]
    RootRequest,
    /// Another root has to sign this.
    #[error("another root has to sign this")]
    OtherRoot,
    /// What a root has signed is not what this authority asks for, or was overtaken.
    #[error("this is not what the authority has asked a root for")]
    RootAnswer,
    /// No CA of this name that could be revoked.
    #[error("no issuing CA of this name")]
    NoCa,
    /// The directory is a copy, or nodes hold what this authority has signed and does not know: it must not sign before it
    /// has read that back.
    #[error("this authority was put back from a backup, and has to read back what it has signed since")]
    Restored,
    /// An issuing CA was made since the backup, and its key is lost.
    #[error("the key of an issuing CA is lost")]
    LostCa,
    /// Certificates of this office number were issued since the backup and have not been seen again.
    #[error("certificates of this office number are not seen again yet")]
    Lost,
    /// Who acts has to show who he is.
    #[error("who acts has to show who he is")]
    Unproven,
    /// The name is no administrator's, or the passphrase is another's.
    #[error("this passphrase is not that of an administrator of this name")]
    NotAdmin,
    /// The passphrase opens the keys and belongs to no administrator: somebody was to be named, or was removed, when a process
    /// was killed.
    #[error("this passphrase belongs to no administrator")]
    Ownerless,
    /// Two administrators have to agree.
    #[error("a second administrator has to agree")]
    SecondAdmin,
    /// The name or the passphrase is another administrator's already.
    #[error("the name or the passphrase is another administrator's")]
    AdminTaken,
    /// No administrator of this name.
    #[error("no administrator of this name")]
    NoAdmin,
    /// The last administrator cannot be removed.
    #[error("the last administrator cannot be removed")]
    LastAdmin,
    /// The work was ended by a shutdown.
    #[error("the authority is shutting down")]
    Stopped,
    /// A record could not be encoded or decoded.
    #[error("a record of the authority cannot be read or written")]
    Record(#[from] cbor::Error),
    /// A private key could not be wrapped or unwrapped.
    #[error("a private key cannot be opened")]
    Wrap(#[from] WrapError),
    /// The key file could not be used.
    #[error("the key file could not be used")]
    KeyFile(#[source] KeyFileError),
    /// The store could not be opened.
    #[error("the authority's store could not be opened")]
    Open(#[source] OpenError),
    /// The store could not be read or written.
    #[error("the authority's store could not be used")]
    Store(#[from] StoreError),
    /// A large record could not be read or written.
    #[error("the authority's store could not be used")]
    Body(#[from] BodyError),
    /// The file system refused.
    #[error("the authority's directory could not be used")]
    Io(#[from] io::Error),
}

impl Error {
    /// Names the case for message files and scripts.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Exists => "exists",
            Self::NoAuthority => "no_authority",
            Self::WrongPassphrase => "wrong_passphrase",
            Self::InUse => "in_use",
            Self::Name(_) => "name",
            Self::Request(_) => "request",
            Self::NotOneRequest => "not_one_request",
            Self::PeriodOrder => "period_order",
            Self::PeriodPast => "period_past",
            Self::PeriodTooLong => "period_too_long",
            Self::Overlap { .. } => "overlap",
            Self::KeyOfOtherOffice => "key_of_other_office",
            Self::KeyCompromised => "key_compromised",
            Self::TooManyDesks => "too_many_desks",
            Self::SerialTaken => "serial_taken",
            Self::Unknown => "unknown",
            Self::NothingToRevoke => "nothing_to_revoke",
            Self::ClockBehind { .. } => "clock_behind",
            Self::NotRevoked => "not_revoked",
            Self::NothingValid => "nothing_valid",
            Self::NothingToReplace => "nothing_to_replace",
            Self::TooEarly { .. } => "too_early",
            Self::NoApplication => "no_application",
            Self::AlreadyGranted => "already_granted",
            Self::TooManyApplications => "too_many_applications",
            Self::Admin => "admin",
            Self::PolicyChanged => "policy_changed",
            Self::TooSoon { .. } => "proofs_too_soon",
            Self::Date(_) => "date",
            Self::Stopped => "stopped",
            Self::Unproven => "unproven",
            Self::NotAdmin => "not_admin",
            Self::Ownerless => "ownerless",
            Self::SecondAdmin => "second_admin",
            Self::AdminTaken => "admin_taken",
            Self::NoAdmin => "no_admin",
            Self::LastAdmin => "last_admin",
            Self::Restored => "restored",
            Self::LostCa => "lost_ca",
            Self::Lost => "lost",
            Self::NoRoot => "no_root",
            Self::RootNeeded => "root_needed",
            Self::RootHere => "root_here",
            Self::RootRequest => "root_request",
            Self::OtherRoot => "other_root",
            Self::RootAnswer => "root_answer",
            Self::NoCa => "no_ca",
            Self::NoOrder => "no_order",
            Self::TooManyOffices => "too_many_offices",
            Self::SameAdmin => "same_admin",
            Self::OwnNumber => "own_number",
            Self::TooNew => "too_new",
            Self::Damaged(_) | Self::Record(_) | Self::Wrap(_) | Self::Bundle(_) => "damaged",
            Self::Issue(_) | Self::Sign(_) => "issue",
            Self::KeyFile(_) => "key_file",
            Self::Open(_) | Self::Store(_) | Self::Body(_) | Self::Io(_) => "store",
        }
    }
}

impl Error {
    /// Whether it speaks against one request, and says nothing of others.
    pub(super) const fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Overlap { .. }
                | Self::KeyOfOtherOffice
                | Self::KeyCompromised
                | Self::TooManyDesks
                | Self::OwnNumber
                | Self::Lost
                | Self::PeriodPast
                | Self::PeriodOrder
                | Self::PeriodTooLong
                | Self::TooEarly { .. }
                | Self::Date(_)
                | Self::SerialTaken
                | Self::NothingToReplace
                | Self::Issue(_)
        )
    }
}

impl From<KeyFileError> for Error {
    fn from(error: KeyFileError) -> Self {
        match error {
            KeyFileError::WrongPassphrase => Self::WrongPassphrase,
            other => Self::KeyFile(other),
        }
    }
}

impl From<OpenError> for Error {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::InUse => Self::InUse,
            OpenError::TooNew { .. } => Self::TooNew,
            other => Self::Open(other),
        }
    }
}
