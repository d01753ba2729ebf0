//! Answering a request with a certificate.

use std::collections::BTreeSet;

use musubi_network::PeerId;
use musubi_protocol::{
    certificate::{
        Grant, LeafIn, Role, Serial, Subject,
        material::{self, Material},
    },
    crl::{Reason, Revoked},
    enrol::{Answer, ProofRequest, Refusal, Renewal, State},
    ids::OfficeNumber,
    proof::{Membership, Proof},
    signed::Unverified,
    time::{DAY, Timestamp},
};
use rand::CryptoRng;
use serde::{Deserialize, Serialize};

use super::{
    Authority, Error, Period, Register, Row,
    audit::Deed,
    charges,
    draft::Draft,
    identity::OWN_NUMBER,
    licensing::{self, Former, RENEW, Wish},
    publish,
    records::{self, Issued as Record},
    recover,
};

/// How old a renewal may be, or how far ahead its clock.
const RENEWAL_AGE: u64 = 2 * DAY;
/// The same for who asks for a proof.
const PROOF_REQUEST_AGE: u64 = RENEWAL_AGE;

/// What was issued.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Issued {
    /// The file for the office: leaf, issuing CA, both roots, CRLs of issuing CA and root, trust bundle, log head, and the
    /// proof that the leaf stands in the log.
    pub pem: String,
    /// The certificate as the list shows it.
    pub row: Row,
    /// The key had a certificate before: the same desk goes on.
    pub renewal: bool,
    /// What is due for the licence, in yen.
    pub fee: u32,
}

/// A certificate in an act that is not durable yet.
pub(super) struct Granted {
    pub(super) record: Record,
    pub(super) renewal: bool,
    pub(super) fee: u32,
}

impl Granted {
    /// A certificate that was issued before and says all that is asked for.
    pub(super) const fn before(record: Record) -> Self {
        Self { record, renewal: true, fee: 0 }
    }
}

impl Authority {
    /// Issues a certificate for a request (the file's bytes, PEM or DER). Whether the office is who it says has been
    /// decided before.
    ///
    /// A key that has a certificate of this office number keeps its desk: that is a renewal, with a higher issue
    /// number. Kinds that another desk holds, whose certificate is neither revoked nor expired, are refused.
    ///
    /// Without days in `period` the certificate carries the licence that runs for the office number; one that ends
    /// within [`RENEW`] is renewed for a key that has a certificate, and where none runs a new one begins.
    ///
    /// # Errors
    /// [`Error::Request`], [`Error::NotOneRequest`], [`Error::PeriodOrder`], [`Error::PeriodPast`],
    /// [`Error::PeriodTooLong`], [`Error::Overlap`], [`Error::KeyOfOtherOffice`], [`Error::KeyCompromised`],
    /// [`Error::SerialTaken`], [`Error::ClockBehind`], and what the store refuses.
    pub fn issue(
        &mut self,
        request: &[u8],
        period: Period,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Issued, Error> {
        let request = match <[Material; 1]>::try_from(material::read(request)?) {
            Ok([Material::Request(request)]) => request,
            _ => return Err(Error::NotOneRequest),
        };
        let wish = (period != Period::default()).then_some(Wish::Days(period));
        let granted = self.act(now, |draft, now| grant(draft, &request, wish, None, now, rng))?;
        self.issued(granted, now)
    }

    /// Undoes a revocation in error: a new certificate for the same key, name and kinds, with the licence that runs.
    ///
    /// # Errors
    /// [`Error::Unknown`], [`Error::NotRevoked`], [`Error::KeyCompromised`], [`Error::Overlap`] if another desk has
    /// taken the kinds over, and what [`Authority::issue`] refuses.
    pub fn reinstate(&mut self, serial: &Serial, now: Timestamp, rng: &mut impl CryptoRng) -> Result<Issued, Error> {
        let granted = self.act(now, |draft, now| {
            let former = records::certificate(draft.store(), serial)?.ok_or(Error::Unknown)?;
            // The authority's own node makes itself a new one.
            if former.leaf.role() != Role::Office {
                return Err(Error::Unknown);
            }
            if former.revoked.is_none() {
                return Err(Error::NotRevoked);
            }
            // A licence that was withdrawn in error runs again as it was.
            let leaf = &former.leaf;
            let licence = licensing::Licence { from: leaf.from(), until: leaf.until(), class: leaf.class() };
            let wish = (now <= licence.until).then_some(Wish::Same(licence));
            grant(draft, leaf, wish, None, now, rng)
        })?;
        self.issued(granted, now)
    }

    /// One more year for a certificate, as its office asks by a signed [`Renewal`] (its bytes).
    ///
    /// # Errors
    /// [`Error::ClockBehind`], and what the store refuses. What speaks against it is an answer and no error.
    pub fn renew(&mut self, renewal: &[u8], now: Timestamp, rng: &mut impl CryptoRng) -> Result<State, Error> {
        let refused = |refusal| Ok(State::Refused(refusal));
        let Ok(renewal) = Unverified::<Renewal>::from_bytes(renewal) else { return refused(Refusal::Malformed) };
        let certificate = renewal.claim().certificate;
        let Some(serial) = records::serial_of(&self.store, &certificate)? else {
            return refused(Refusal::Certificate);
        };
        let held = records::certificate(&self.store, &serial)?.ok_or(Error::Damaged("certificate"))?;
        let Ok(renewal) = renewal.verify(held.leaf.key()) else { return refused(Refusal::Certificate) };
        let agreed = renewal.into_value();
        match self.newest_for(&certificate, now)? {
            // Renewed already: the same question gets the same answer.
            State::Granted { certificate: newest, issuer, proof } if is_later(&newest, &held.leaf) => {
                return Ok(State::Granted { certificate: newest, issuer, proof });
            }
            _ if !held.is_live(now) || held.leaf.role() != Role::Office => return refused(Refusal::Certificate),
            // One that somebody has kept, or a clock that is wrong: what was agreed to then may not be meant now.
            _ if now.since(agreed.time).max(agreed.time.since(now)) > RENEWAL_AGE => return refused(Refusal::Other),
            _ if RENEW < held.leaf.until().since(now) => return refused(Refusal::Early),
            _ => {}
        }
        let office = held.leaf.office();
        let former = history(records::certificates(&self.store, Some(&office)))?;
        let granted = licensing::decide(&former, Wish::Renewal, self.policy(), now).and_then(|decision| {
            if agreed.fee < decision.fee {
                return Ok(Err(State::Fee(decision.fee)));
            }
            let granted = self.act(now, |draft, now| {
                draft.deed(Deed::Renewed, Some(office), agreed.fee.to_string());
                grant(draft, &held.leaf, Some(Wish::Renewal), None, now, rng)
            });
            granted.map(Ok)
        });
        match granted {
            Ok(Ok(granted)) => self.granted(&granted.record.leaf.serial()),
            Ok(Err(state)) => Ok(state),
            Err(Error::TooEarly { .. }) => refused(Refusal::Early),
            Err(Error::Overlap { .. } | Error::TooManyDesks | Error::Lost) => refused(Refusal::Overlap),
            Err(Error::KeyOfOtherOffice | Error::KeyCompromised) => refused(Refusal::Key),
            Err(error @ (Error::PeriodPast | Error::PeriodOrder | Error::PeriodTooLong | Error::Date(_))) => {
                tracing::warn!(%error, "a renewal cannot be granted");
                refused(Refusal::Other)
            }
            Err(error) => Err(error),
        }
    }

    pub(super) fn issued(&self, granted: Granted, now: Timestamp) -> Result<Issued, Error> {
        let Granted { record, renewal, fee } = granted;
        let proof = self.register.inclusion(&record.leaf.hash())?;
        let pem = publish::certificate_file(&self.register.standing, &record, proof.as_ref())?;
        Ok(Issued { pem, row: Row::new(&self.register.standing, &record, true, now), renewal, fee })
    }

    /// A proof of membership for an office number: signed by the CA of the certificate that speaks for it.
    ///
    /// # Errors
    /// [`Error::Unknown`] for an office number without a certificate, [`Error::NothingValid`] if all of its certificates
    /// are revoked or expired.
    pub fn membership(&self, office: &OfficeNumber, now: Timestamp) -> Result<Proof, Error> {
        let issued: Vec<Record> = records::certificates(&self.store, Some(office)).collect::<Result<_, _>>()?;
        let joined = issued.iter().map(|issued| issued.leaf.from()).min().ok_or(Error::Unknown)?;
        let live = issued.iter().filter(|issued| issued.is_live(now));
        let newest = live
            .max_by_key(|issued| (issued.leaf.from() <= now, issued.leaf.issue_number()))
            .ok_or(Error::NothingValid)?;
        let ca = self.keys.get(&newest.ca).ok_or(Error::Damaged("CA"))?;
        Ok(Proof::membership(Membership::of(&newest.leaf, joined, now), ca.ca(), ca.key())?)
    }

    /// A proof of membership, as its office asks for it by a signed [`ProofRequest`] (its bytes) at the end `asker` of a
    /// connection. Nobody else is given one: whoever holds it can show it.
    ///
    /// # Errors
    /// As [`Authority::membership`]. What speaks against the question itself is an answer and no error.
    pub fn prove(&self, request: &[u8], asker: &PeerId, now: Timestamp) -> Result<Answer, Error> {
        let refused = |refusal| Ok(Answer::State(State::Refused(refusal)));
        let Ok(request) = Unverified::<ProofRequest>::from_bytes(request) else { return refused(Refusal::Malformed) };
        let Some(serial) = records::serial_of(&self.store, &request.claim().certificate)? else {
            return refused(Refusal::Certificate);
        };
        let held = records::certificate(&self.store, &serial)?.ok_or(Error::Damaged("certificate"))?;
        let Ok(request) = request.verify(held.leaf.key()) else { return refused(Refusal::Certificate) };
        let ProofRequest { asker: named, time, .. } = request.into_value();
        // Whoever else was told it at the end of another connection cannot pass it on.
        if named != asker.to_bytes() || held.leaf.role() != Role::Office || !held.is_live(now) {
            return refused(Refusal::Certificate);
        }
        if now.since(time).max(time.since(now)) > PROOF_REQUEST_AGE {
            return refused(Refusal::Clock);
        }
        Ok(Answer::Membership { proof: self.membership(&held.leaf.office(), now)?.to_bytes()? })
    }
}

impl Register {
    /// What a licence that is asked for now would cost an office number, in yen; 0 where one runs already that is not
    /// to be renewed yet.
    ///
    /// # Errors
    /// What the store refuses.
    pub fn fee_for(&self, office: &OfficeNumber, now: Timestamp) -> Result<u32, Error> {
        let history = history(records::certificates(&self.store, Some(office)))?;
        let wish = wish(&history, true, now);
        Ok(licensing::decide(&history, wish, &self.standing.public.policy, now)?.fee)
    }
}

/// Issues a certificate within an act. Without a wish, what runs goes on, is renewed, or begins.
pub(super) fn grant<'a>(
    draft: &mut Draft<'_>,
    subject: impl Into<Subject<'a>>,
    wish: Option<Wish>,
    replaces: Option<&Serial>,
    now: Timestamp,
    rng: &mut impl CryptoRng,
) -> Result<Granted, Error> {
    let subject = subject.into();
    let Place { desk, renewal, replaced } = admit(draft.store(), &subject, replaces, now)?;
    let history = history(records::certificates(draft.store(), Some(&subject.office)))?;
    let wish = wish.unwrap_or_else(|| self::wish(&history, renewal, now));
    let decision = licensing::decide(&history, wish, &draft.standing.public.policy, now)?;
    let licence = decision.licence;
    let (ca, signer) = draft.issuing_for(licence.until, now, rng)?;
    let lists: BTreeSet<u32> = replaced.iter().map(|replaced| replaced.ca).collect();
    for mut replaced in replaced {
        let entry = Revoked { serial: replaced.leaf.serial(), at: now, reason: Reason::Superseded };
        replaced.revoked = Some(entry);
        draft.revoked(&replaced, entry)?;
        draft.deed(Deed::Revoked, Some(subject.office), format!("{} {}", entry.serial, entry.reason));
    }
    for ca in lists {
        draft.new_crl(ca, now)?;
    }
    draft.refresh_crls(now)?;
    let issue_number = draft.standing.issued + 1;
    let class = licence.class;
    let grant = Grant { role: Role::Office, desk, class, from: licence.from, until: licence.until, issue_number };
    let serial = Serial::random(rng);
    if records::certificate(draft.store(), &serial)?.is_some() {
        return Err(Error::SerialTaken);
    }
    let office = subject.office;
    let leaf = signer.issue(subject, &grant, serial, now)?;
    let record = Record { ca, leaf, revoked: None };
    draft.issued(&record, now)?;
    charges::note(draft, office, issue_number, &decision, now)?;
    draft.deed(Deed::Issued, Some(office), serial.to_string());
    Ok(Granted { record, renewal, fee: decision.fee })
}

/// Whether a certificate was issued after another.
fn is_later(certificate: &[u8], than: &LeafIn) -> bool {
    LeafIn::parse(certificate).is_ok_and(|leaf| than.issue_number() < leaf.issue_number())
}

/// What is meant where nothing is said: a key that has a certificate renews a licence that ends soon.
pub(super) fn wish(history: &[Former], renewal: bool, now: Timestamp) -> Wish {
    let soon = licensing::running(history, now).is_some_and(|licence| licence.until.since(now) <= RENEW);
    if renewal && soon { Wish::Renewal } else { Wish::Certificate }
}

pub(super) fn history(certificates: impl Iterator<Item = Result<Record, Error>>) -> Result<Vec<Former>, Error> {
    certificates
        .map(|issued| {
            let Record { leaf, revoked, .. } = issued?;
            let licence = licensing::Licence { from: leaf.from(), until: leaf.until(), class: leaf.class() };
            Ok(Former { licence, revoked: revoked.map(|revoked| revoked.reason) })
        })
        .collect()
}

/// Where a certificate belongs.
pub(super) struct Place {
    /// The desk's number.
    pub(super) desk: u16,
    /// The key had a certificate before.
    pub(super) renewal: bool,
    /// What goes when this comes: all that is in force of the key of a PC that is gone.
    pub(super) replaced: Vec<Record>,
}

/// Decides whether a certificate may be granted beside what was issued before: the desk's number, and whether it had one.
pub(super) fn admit(
    store: &musubi_store::Store,
    subject: &Subject<'_>,
    replaces: Option<&Serial>,
    now: Timestamp,
) -> Result<Place, Error> {
    let office = subject.office;
    if office.as_str() == OWN_NUMBER {
        return Err(Error::OwnNumber);
    }
    // Their kinds are not known here, nor their keys.
    if recover::has_lost(store, &office)? {
        return Err(Error::Lost);
    }
    let former = records::office_of_key(store, subject.key.as_bytes())?;
    if former.is_some_and(|former| former != office) {
        return Err(Error::KeyOfOtherOffice);
    }
    let gone = replaces.map(|serial| records::certificate(store, serial)).transpose()?.flatten();
    let gone = gone.filter(|gone| gone.is_live(now) && gone.leaf.office() == office && gone.leaf.key() != subject.key);
    if replaces.is_some() && gone.is_none() {
        return Err(Error::NothingToReplace);
    }
    let (mut own, mut last, mut replaced) = (None, 0, Vec::new());
    for issued in records::certificates(store, Some(&office)) {
        let issued = issued?;
        let leaf = &issued.leaf;
        last = last.max(leaf.desk());
        if *leaf.key() == *subject.key {
            if issued.revoked.is_some_and(|revoked| revoked.reason == Reason::KeyCompromise) {
                return Err(Error::KeyCompromised);
            }
            own = Some(leaf.desk());
        } else if issued.is_live(now) {
            if gone.as_ref().is_some_and(|gone| gone.leaf.key() == leaf.key()) {
                replaced.push(issued);
                continue;
            }
            let kinds: Vec<_> = leaf.kinds().iter().filter(|kind| subject.kinds.contains(kind)).copied().collect();
            if !kinds.is_empty() {
                return Err(Error::Overlap { kinds, desk: leaf.desk() });
            }
        }
    }
    match (own, gone) {
        (Some(desk), _) => Ok(Place { desk, renewal: true, replaced }),
        // A new PC is the same desk under another key.
        (None, Some(gone)) => Ok(Place { desk: gone.leaf.desk(), renewal: false, replaced }),
        (None, None) => {
            let desk = last.checked_add(1).ok_or(Error::TooManyDesks)?;
            Ok(Place { desk, renewal: false, replaced })
        }
    }
}
