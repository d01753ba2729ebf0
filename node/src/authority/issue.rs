//! Answering a request with a certificate.

use musubi_protocol::{
    certificate::{
        Grant, Role, Serial,
        material::{self, Material},
    },
    crl::Reason,
    request::Request,
    time::Timestamp,
};
use rand::CryptoRng;

use super::{
    Authority, Error, Period, Row,
    draft::Draft,
    publish,
    records::{self, Issued as Record},
};

/// What was issued.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The file for the office: leaf, issuing CA, both roots, CRLs of issuing CA and root, trust bundle, log head.
    pub pem: String,
    /// The certificate as the list shows it.
    pub row: Row,
    /// The key had a certificate before: the same desk goes on.
    pub renewal: bool,
}

impl Authority {
    /// Issues a certificate for a request (the file's bytes, PEM or DER). Whether the office is who it says has been
    /// decided before.
    ///
    /// A key that has a certificate of this office number keeps its desk: that is a renewal, with a higher issue
    /// number. Kinds that another desk holds, whose certificate is neither revoked nor expired, are refused.
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
        let (record, renewal) = self.act(now, |draft, now| {
            let (from, until) = period.settle(now)?;
            let (desk, renewal) = admit(draft, &request, now)?;
            let (ca, signer) = draft.issuing_for(until, now, rng)?;
            draft.refresh_crls(now)?;
            let issue_number = draft.standing.issued + 1;
            let grant = Grant { role: Role::Office, desk, class: 0, from, until, issue_number };
            let serial = Serial::random(rng);
            if records::certificate(draft.store(), &serial)?.is_some() {
                return Err(Error::SerialTaken);
            }
            let leaf = signer.issue(&request, &grant, serial, now)?;
            let record = Record { ca, leaf, revoked: None };
            draft.issued(&record, now)?;
            Ok((record, renewal))
        })?;
        let pem = publish::certificate_file(&self.register.standing, &record)?;
        Ok(Issued { pem, row: Row::new(&self.register.standing, &record, true, now), renewal })
    }
}

/// Decides whether the request may be granted beside what was issued before: the desk's number, and whether it had one.
fn admit(draft: &Draft<'_>, request: &Request, now: Timestamp) -> Result<(u16, bool), Error> {
    let office = request.office();
    let former = records::office_of_key(draft.store(), request.key().as_bytes())?;
    if former.is_some_and(|former| former != office) {
        return Err(Error::KeyOfOtherOffice);
    }
    let (mut own, mut last) = (None, 0);
    for issued in records::certificates(draft.store(), Some(&office)) {
        let issued = issued?;
        let leaf = &issued.leaf;
        last = last.max(leaf.desk());
        if leaf.key() == request.key() {
            if issued.revoked.is_some_and(|revoked| revoked.reason == Reason::KeyCompromise) {
                return Err(Error::KeyCompromised);
            }
            own = Some(leaf.desk());
        } else if issued.is_live(now) {
            let kinds: Vec<_> = leaf.kinds().iter().filter(|kind| request.kinds().contains(kind)).copied().collect();
            if !kinds.is_empty() {
                return Err(Error::Overlap { kinds, desk: leaf.desk() });
            }
        }
    }
    match own {
        Some(desk) => Ok((desk, true)),
        None => Ok((last.checked_add(1).ok_or(Error::TooManyDesks)?, false)),
    }
}
