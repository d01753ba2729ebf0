//! What administrators do, as one type: at the directory itself, and by way of the authority that serves.
//!
//! A command opens the directory where no authority serves, and else hands the same [`Act`] to it; what comes back is
//! the same [`Done`]. The web console will do the latter.

use std::path::Path;

use jiff::civil::Date;
use musubi_protocol::{
    certificate::Serial,
    crl::Reason,
    ids::{Hash, Kind, OfficeNumber},
    invitation::Place,
    policy::Policy,
    time::Timestamp,
};
use rand::CryptoRng;
use serde::{Deserialize, Serialize};

use super::{
    Admin, Application, AuditEntry, Authority, Chosen, Due, Errand, Error, Issued, Letter, Order, Period, Register,
    Revoked, RootAsked, RootTasks, Row, Target, Word, admins::check_words, check_admin, groups::Work,
};
use crate::times;

/// What is to be done or shown.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Act {
    /// [`Authority::issue`].
    Issue {
        /// The request, PEM or DER.
        request: Vec<u8>,
        /// The licence's days.
        period: Period,
    },
    /// [`Authority::revoke`].
    Revoke {
        /// What.
        target: Target,
        /// Why, by its name in RFC 5280.
        #[serde(with = "times::text")]
        reason: Reason,
    },
    /// [`Authority::revoke_all`], or an order that waits for a second administrator.
    RevokeAll {
        /// Which offices.
        offices: Vec<OfficeNumber>,
        /// Why, by its name in RFC 5280.
        #[serde(with = "times::text")]
        reason: Reason,
    },
    /// Carries out an order that another administrator has given.
    Confirm {
        /// The order's name.
        id: String,
    },
    /// [`Register::orders`].
    Orders,
    /// [`Authority::issue_all`].
    IssueAll {
        /// The requests, PEM or DER.
        requests: Vec<Vec<u8>>,
        /// The licences' days.
        period: Period,
    },
    /// [`Authority::reinstate`].
    Reinstate {
        /// Which certificate.
        #[serde(with = "times::text")]
        serial: Serial,
    },
    /// [`Authority::codes`].
    Codes {
        /// For whom.
        offices: Vec<OfficeNumber>,
        /// Where the authority is reached.
        #[serde(with = "times::optional_text")]
        place: Option<Place>,
    },
    /// [`Authority::approve`].
    Approve {
        /// The application's name, or its beginning.
        id: String,
        /// The licence's days.
        period: Period,
    },
    /// [`Authority::decline`].
    Decline {
        /// The application's name, or its beginning.
        id: String,
    },
    /// [`Authority::set_policy`].
    SetPolicy {
        /// The policy's bytes.
        policy: Vec<u8>,
    },
    /// [`Authority::require_proofs`].
    RequireProofs {
        /// From which day on, in Japan.
        #[serde(with = "times::text")]
        day: Date,
    },
    /// [`Register::proofs_required`].
    ProofsRequired,
    /// [`Authority::membership`].
    Membership {
        /// For which office.
        office: OfficeNumber,
    },
    /// [`Authority::crl`].
    Crl,
    /// [`Register::list`].
    List,
    /// [`Register::applications`].
    Applications {
        /// Which.
        chosen: Chosen,
    },
    /// [`Register::trust_file`].
    Trust,
    /// [`Register::policy`].
    Policy,
    /// [`Register::charges`].
    Charges {
        /// From when.
        since: Timestamp,
        /// Until before when.
        before: Timestamp,
    },
    /// [`Register::audit`].
    Audit,
    /// [`Register::root_tasks`].
    RootTasks,
    /// [`Authority::root_request`].
    RootRequest(RootAsked),
    /// [`Authority::accept`].
    RootAccept {
        /// The file that a root has signed.
        file: Vec<u8>,
    },
    /// [`Authority::reissue`].
    Reissue,
    /// [`Register::admins`].
    Admins,
    /// Names an administrator, by the passphrase that he has chosen. Where nobody is named, the name and passphrase of
    /// whoever acts: he is the first.
    AdminAdd(Word),
    /// Takes an administrator's name away.
    AdminRemove {
        /// The name.
        name: String,
    },
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Done {
    /// A certificate was issued.
    Issued(Box<Issued>),
    /// Certificates were revoked.
    Revoked(Revoked),
    /// More offices than one administrator revokes alone.
    Ordered(Order),
    /// The orders that wait.
    Orders(Vec<Order>),
    /// Certificates were issued, or not, in the order of the requests.
    IssuedAll(Vec<Result<Issued, Told>>),
    /// Letters were made.
    Letters(Vec<Letter>),
    /// An application was declined.
    Declined(Application),
    /// The policy in force, and the number of the trust bundle that says so.
    Policy {
        /// Its bytes.
        policy: Vec<u8>,
        /// The bundle's number.
        bundle: u64,
    },
    /// From when on certificates count only with a proof from the log, and the number of the trust bundle that says so.
    ProofsRequired {
        /// From when on; `None` for never.
        from: Option<Timestamp>,
        /// The bundle's number.
        bundle: u64,
        /// How many acts the log holds.
        size: u64,
    },
    /// A proof, as its file and as the text of its QR code.
    Proof {
        /// PEM.
        file: String,
        /// For a QR code.
        text: String,
    },
    /// A file to hand out.
    File(String),
    /// The trust bundle.
    Trust {
        /// PEM.
        file: String,
        /// Its number.
        number: u64,
        /// SHA-256 of root 1.
        root_pin: Hash,
    },
    /// Certificates.
    List(Vec<Row>),
    /// Applications.
    Applications(Vec<Application>),
    /// What is due.
    Charges(Vec<Due>),
    /// The audit log.
    Audit(Vec<AuditEntry>),
    /// What a root has to sign.
    RootTasks(RootTasks),
    /// What has to be carried to a root.
    RootRequest {
        /// PEM.
        file: String,
        /// SHA-256, to be compared on both computers.
        fingerprint: Hash,
    },
    /// The administrators.
    Admins(Vec<Admin>),
    /// Certificates were issued anew.
    Reissued {
        /// How many.
        count: u64,
        /// Office numbers that could not be helped.
        refused: Vec<OfficeNumber>,
    },
}

/// Why an act was not done, as far as a person is to be told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Told {
    /// [`Error::code`].
    pub code: String,
    /// Kinds that another desk holds.
    pub kinds: Vec<Kind>,
    /// That desk's number.
    pub desk: u16,
    /// The moment in question.
    pub at: Timestamp,
    /// What lies below, in the words of the library that found it.
    pub cause: Option<String>,
}

impl Error {
    /// What a person is told.
    #[must_use]
    pub fn told(&self) -> Told {
        let (kinds, desk) = match self {
            Self::Overlap { kinds, desk } => (kinds.clone(), *desk),
            _ => (Vec::new(), 0),
        };
        let at = match self {
            Self::ClockBehind { newest } => *newest,
            Self::TooEarly { from } => *from,
            Self::TooSoon { first } => *first,
            _ => Timestamp(0),
        };
        let more = matches!(self, Self::Damaged(_)) || std::error::Error::source(self).is_some();
        Told { code: self.code().to_owned(), kinds, desk, at, cause: more.then(|| chain(self)) }
    }
}

fn ordered(outcome: Result<Revoked, Order>) -> Done {
    match outcome {
        Ok(revoked) => Done::Revoked(revoked),
        Err(order) => Done::Ordered(order),
    }
}

/// An error and what lies below it, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut parts = vec![error.to_string()];
    let mut source = error.source();
    while let Some(below) = source {
        parts.push(below.to_string());
        source = below.source();
    }
    parts.dedup();
    parts.join(": ")
}

impl Act {
    /// What is only shown, or signed again and says nothing new, needs no name.
    pub(super) const fn is_nameless(&self) -> bool {
        matches!(
            self,
            Self::Crl
                | Self::Membership { .. }
                | Self::List
                | Self::Orders
                | Self::Applications { .. }
                | Self::Trust
                | Self::Policy
                | Self::ProofsRequired
                | Self::Charges { .. }
                | Self::Audit
                | Self::RootTasks
                | Self::Admins
        )
    }
}

impl Register {
    /// Shows what can be shown without keys; `None` for what needs them.
    ///
    /// # Errors
    /// What the store refuses.
    pub fn look(&self, act: &Act, now: Timestamp) -> Result<Option<Done>, Error> {
        Ok(Some(match act {
            Act::List => Done::List(self.list(now)?),
            Act::Applications { chosen } => Done::Applications(self.applications(*chosen)?),
            Act::Trust => {
                Done::Trust { file: self.trust_file(), number: self.bundle_number(), root_pin: self.root_pin() }
            }
            Act::Policy => Done::Policy { policy: self.policy().to_bytes()?, bundle: self.bundle_number() },
            Act::ProofsRequired => self.shown_log(),
            Act::Charges { since, before } => Done::Charges(self.charges(*since, *before)?),
            Act::Audit => Done::Audit(self.audit()?),
            Act::Orders => Done::Orders(self.orders(now)?),
            Act::RootTasks => Done::RootTasks(self.root_tasks(now)?),
            Act::Admins => Done::Admins(self.admins()?),
            Act::Crl => match self.fresh_crl(now) {
                Some(file) => Done::File(file),
                None => return Ok(None),
            },
            _ => return Ok(None),
        }))
    }
}

impl Register {
    fn shown_log(&self) -> Done {
        Done::ProofsRequired { from: self.proofs_required(), bundle: self.bundle_number(), size: self.log_size() }
    }
}

impl Authority {
    /// As [`Authority::perform`], by an administrator who has shown that it is he. `dir` is the authority's directory.
    ///
    /// # Errors
    /// Those of the act; [`Error::Unproven`], [`Error::NotAdmin`], [`Error::SecondAdmin`], [`Error::WrongPassphrase`].
    pub fn perform_proven(
        &mut self,
        dir: &Path,
        errand: Errand,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Done, Error> {
        if !errand.act.is_nameless() {
            self.sweep(dir, now);
        }
        let mut proven = check_words(&self.store, dir, errand)?;
        loop {
            if let Some(done) = self.carry_out(dir, &mut proven, now, rng)? {
                return Ok(done);
            }
        }
    }

    /// Does what a named administrator wants. The name stands in the audit log; looking needs none.
    ///
    /// # Errors
    /// Those of the act; [`Error::Unproven`] for what concerns administrators themselves, which takes words.
    pub fn perform(&mut self, admin: &str, act: Act, now: Timestamp, rng: &mut impl CryptoRng) -> Result<Done, Error> {
        if let Some(shown) = self.look(&act, now)? {
            return Ok(shown);
        }
        let act = match Work::of(act) {
            Ok(mut work) => loop {
                if let Some(done) = self.next_group(admin, &mut work, now, rng)? {
                    return Ok(done);
                }
            },
            Err(act) => act,
        };
        let admin = if act.is_nameless() { String::new() } else { check_admin(admin)? };
        self.by(admin, |authority| authority.performed(act, now, rng))
    }

    fn performed(&mut self, act: Act, now: Timestamp, rng: &mut impl CryptoRng) -> Result<Done, Error> {
        Ok(match act {
            Act::Issue { request, period } => Done::Issued(Box::new(self.issue(&request, period, now, rng)?)),
            Act::Reinstate { serial } => Done::Issued(Box::new(self.reinstate(&serial, now, rng)?)),
            Act::Approve { id, period } => Done::Issued(Box::new(self.approve(&id, period, now, rng)?)),
            Act::Decline { id } => Done::Declined(self.decline(&id, now)?),
            Act::Revoke { target, reason } => ordered(self.order(&[target], reason, now)?),
            Act::RevokeAll { offices, reason } => {
                // Each once, however often it stands in the list.
                let offices: std::collections::BTreeSet<OfficeNumber> = offices.into_iter().collect();
                let targets: Vec<Target> = offices.into_iter().map(Target::Office).collect();
                ordered(self.order(&targets, reason, now)?)
            }
            Act::Confirm { id } => Done::Revoked(self.confirm(&id, now)?),
            Act::SetPolicy { policy } => {
                let policy = Policy::from_bytes(&policy).map_err(|_| Error::PolicyChanged)?;
                let bundle = self.set_policy(policy, now)?;
                Done::Policy { policy: self.policy().to_bytes()?, bundle }
            }
            Act::RequireProofs { day } => {
                self.require_proofs(day, now)?;
                self.shown_log()
            }
            Act::Membership { office } => {
                let proof = self.membership(&office, now)?;
                Done::Proof { file: proof.to_pem()?, text: proof.to_text()? }
            }
            Act::Crl => Done::File(self.crl(now)?),
            Act::RootRequest(asked) => {
                let request = self.root_request(&asked, now, rng)?;
                Done::RootRequest { file: request.to_pem()?, fingerprint: request.fingerprint()? }
            }
            Act::RootAccept { file } => {
                self.accept(&file, now)?;
                Done::RootTasks(self.root_tasks(now)?)
            }
            Act::AdminAdd(_) | Act::AdminRemove { .. } => return Err(Error::Unproven),
            // Shown, or done in groups, before.
            Act::IssueAll { .. }
            | Act::Reissue
            | Act::Codes { .. }
            | Act::List
            | Act::Orders
            | Act::Applications { .. }
            | Act::Trust
            | Act::Policy
            | Act::ProofsRequired
            | Act::Charges { .. }
            | Act::RootTasks
            | Act::Admins
            | Act::Audit => return Err(Error::Unknown),
        })
    }
}
