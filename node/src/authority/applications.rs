//! Applications: who wants to take part, and what was decided.
//!
//! A request is applied with once: its hash is the application's name, and asking again gives the same answer. With a
//! good code it is granted at once; without one it waits for a person.

use musubi_protocol::{
    certificate::Serial,
    enrol::{Refusal, State},
    ids::{Hash, Kind, OfficeNumber},
    invitation::Code,
    request::Request,
    time::Timestamp,
};
use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use serde_tuple::{Deserialize_tuple, Serialize_tuple};

use super::{
    Authority, Error, Issued, Period, Register,
    audit::Deed,
    codes::{self, Worth},
    issue::{Granted, admit, grant},
    licensing::Wish,
    records::{self, APPLICATIONS},
};
use crate::times::rfc3339;

/// The most applications that wait.
const MAX_WAITING: usize = 10_000;
/// The most of them for one office number.
const MAX_WAITING_EACH: usize = 4;
/// After how many seconds it is worth asking again while a person decides.
const AGAIN: u64 = 60;
/// The shortest beginning of an application's name that is accepted.
const MIN_PREFIX: usize = 8;

/// Where an application stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationState {
    /// A person has to decide.
    Waiting,
    /// Granted.
    Granted,
    /// Declined.
    Declined,
}

impl ApplicationState {
    const fn code(self) -> u8 {
        match self {
            Self::Waiting => 0,
            Self::Granted => 1,
            Self::Declined => 2,
        }
    }

    const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Waiting),
            1 => Some(Self::Granted),
            2 => Some(Self::Declined),
            _ => None,
        }
    }
}

/// Which applications are to be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Chosen {
    /// Those that wait.
    Waiting,
    /// All.
    All,
}

#[derive(Clone, Serialize_tuple, Deserialize_tuple)]
struct Record {
    office: OfficeNumber,
    request: ByteBuf,
    received: Timestamp,
    /// Serial number of the certificate to be replaced, or empty.
    replaces: ByteBuf,
    state: u8,
    /// When it was decided; 0 while it waits.
    decided: Timestamp,
    /// The certificate's serial number, or empty.
    certificate: ByteBuf,
}

impl Record {
    fn request(&self) -> Result<Request, Error> {
        Request::parse(&self.request).map_err(|_| Error::Damaged("application"))
    }

    fn replaces(&self) -> Result<Option<Serial>, Error> {
        match self.replaces.as_slice() {
            [] => Ok(None),
            bytes => Ok(Some(Serial::from_bytes(bytes).map_err(|_| Error::Damaged("application"))?)),
        }
    }

    fn state(&self) -> Result<ApplicationState, Error> {
        ApplicationState::from_code(self.state).ok_or(Error::Damaged("application"))
    }
}

/// An application. In JSON times are RFC 3339 with +09:00.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// Its name: SHA-256 of the request, in hexadecimal; the first 8 characters are enough for commands.
    pub id: String,
    /// The office number.
    pub office: OfficeNumber,
    /// The office's name, as the applicant writes it.
    pub name: String,
    /// The kinds.
    pub kinds: Vec<Kind>,
    /// When it came.
    pub received: String,
    /// Where it stands.
    pub state: ApplicationState,
    /// When it was decided.
    pub decided: Option<String>,
    /// The serial number of the certificate to be replaced.
    pub replaces: Option<String>,
    /// Whether the office number has the check digit that belongs to it. `false` is a reason to look twice, and no more.
    pub check_digit: bool,
}

impl Authority {
    /// Takes an application (the request's DER) and decides it if that can be done at once.
    ///
    /// # Errors
    /// [`Error::TooManyApplications`], [`Error::ClockBehind`], and what the store refuses.
    pub fn apply(
        &mut self,
        request: &[u8],
        code: Option<&Code>,
        replaces: Option<Serial>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<State, Error> {
        let Ok(parsed) = Request::parse(request) else { return Ok(State::Refused(Refusal::Malformed)) };
        let id = Hash::of(&[request]);
        let former: Option<Record> = records::get(&self.store, APPLICATIONS, &id.0)?;
        let office = parsed.office();
        let worth = code.map(|code| codes::look(&self.store, &office, code, &id, now)).transpose()?;
        // Asked again, with the code by which it was decided or without one. Another code is another decision: a
        // letter that came after a refusal, a revocation or a year.
        if former.is_some() && matches!(worth, None | Some(Worth::Used)) {
            return self.application_state(&id);
        }
        if let Err(refusal) = admit(&self.store, &(&parsed).into(), replaces.as_ref(), now) {
            return Ok(State::Refused(refusal_for(refusal)?));
        }
        let record = |state: ApplicationState, certificate: &[u8], decided| Record {
            office,
            request: ByteBuf::from(request),
            received: former.as_ref().map_or(now, |former| former.received),
            replaces: ByteBuf::from(replaces.as_ref().map(|serial| serial.as_bytes().as_slice()).unwrap_or_default()),
            state: state.code(),
            decided,
            certificate: ByteBuf::from(certificate),
        };
        let Some(code) = code else {
            self.room_for(&office)?;
            self.act(now, |draft, _| {
                draft.put(APPLICATIONS, &id.0, &record(ApplicationState::Waiting, &[], Timestamp(0)))?;
                draft.deed(Deed::Applied, Some(office), id.to_string());
                Ok(())
            })?;
            return Ok(State::Waiting(AGAIN));
        };
        if let Some(Worth::Not { refusal, noted }) = worth {
            if noted {
                self.act(now, |draft, now| codes::mark_wrong(draft, &office, now))?;
            }
            return Ok(State::Refused(refusal));
        }
        let Granted { record, .. } = self.act(now, |draft, now| {
            codes::mark_used(draft, &office, code, &id)?;
            let granted = grant(draft, &parsed, None, replaces.as_ref(), now, rng)?;
            let serial = granted.record.leaf.serial();
            draft.put(APPLICATIONS, &id.0, &record(ApplicationState::Granted, serial.as_bytes(), now))?;
            draft.deed(Deed::Granted, Some(office), id.to_string());
            Ok(granted)
        })?;
        self.granted(&record.leaf.serial())
    }

    /// Grants an application that waits, or one that was declined. Days in `period` as for [`Authority::issue`].
    ///
    /// # Errors
    /// [`Error::NoApplication`], [`Error::AlreadyGranted`], and what [`Authority::issue`] refuses.
    pub fn approve(
        &mut self,
        id: &str,
        period: Period,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Issued, Error> {
        let (id, record) = self.application(id)?;
        if record.state()? == ApplicationState::Granted {
            return Err(Error::AlreadyGranted);
        }
        let (request, replaces) = (record.request()?, record.replaces()?);
        let wish = (period != Period::default()).then_some(Wish::Days(period));
        let granted = self.act(now, |draft, now| {
            let granted = grant(draft, &request, wish, replaces.as_ref(), now, rng)?;
            let record = Record {
                state: ApplicationState::Granted.code(),
                decided: now,
                certificate: ByteBuf::from(granted.record.leaf.serial().as_bytes().as_slice()),
                ..record
            };
            draft.put(APPLICATIONS, &id.0, &record)?;
            draft.deed(Deed::Granted, Some(request.office()), id.to_string());
            Ok(granted)
        })?;
        self.issued(granted, now)
    }

    /// Declines an application that waits.
    ///
    /// # Errors
    /// [`Error::NoApplication`], [`Error::AlreadyGranted`], and what the store refuses.
    pub fn decline(&mut self, id: &str, now: Timestamp) -> Result<Application, Error> {
        let (id, record) = self.application(id)?;
        if record.state()? == ApplicationState::Granted {
            return Err(Error::AlreadyGranted);
        }
        let office = record.request()?.office();
        let record = Record { state: ApplicationState::Declined.code(), decided: now, ..record };
        self.act(now, |draft, _| {
            draft.put(APPLICATIONS, &id.0, &record)?;
            draft.deed(Deed::Declined, Some(office), id.to_string());
            Ok(())
        })?;
        shown(&id, &record)
    }
}

impl Register {
    /// What the applicant is told about a request.
    ///
    /// # Errors
    /// What the store refuses.
    pub fn application_state(&self, request: &Hash) -> Result<State, Error> {
        let Some(record) = records::get::<Record>(&self.store, APPLICATIONS, &request.0)? else {
            return Ok(State::Unknown);
        };
        match record.state()? {
            ApplicationState::Waiting => Ok(State::Waiting(AGAIN)),
            ApplicationState::Declined => Ok(State::Refused(Refusal::Declined)),
            ApplicationState::Granted => {
                let serial = Serial::from_bytes(&record.certificate).map_err(|_| Error::Damaged("application"))?;
                self.granted(&serial)
            }
        }
    }

    /// The newest certificate in force of the key in a certificate, by that one's hash.
    ///
    /// # Errors
    /// What the store refuses.
    pub fn newest_for(&self, certificate: &Hash, now: Timestamp) -> Result<State, Error> {
        let Some(serial) = records::serial_of(&self.store, certificate)? else { return Ok(State::Unknown) };
        let held = records::certificate(&self.store, &serial)?.ok_or(Error::Damaged("certificate"))?;
        let office = held.leaf.office();
        let mut newest = None;
        for issued in records::certificates(&self.store, Some(&office)) {
            let issued = issued?;
            if issued.leaf.key() == held.leaf.key() && issued.is_live(now) {
                newest = Some(issued.leaf.serial());
            }
        }
        newest.map_or(Ok(State::Unknown), |serial| self.granted(&serial))
    }

    /// The applications, oldest first.
    ///
    /// # Errors
    /// What the store refuses.
    pub fn applications(&self, chosen: Chosen) -> Result<Vec<Application>, Error> {
        let mut found = Vec::new();
        for item in self.store.prefix(APPLICATIONS, &[]) {
            let (key, value) = item?;
            let record: Record = records::decode(&value)?;
            if chosen == Chosen::All || record.state()? == ApplicationState::Waiting {
                let id = Hash(key.as_slice().try_into().map_err(|_| Error::Damaged("application"))?);
                found.push((record.received, shown(&id, &record)?));
            }
        }
        found.sort_by(|a, b| (a.0, &a.1.id).cmp(&(b.0, &b.1.id)));
        Ok(found.into_iter().map(|(_, application)| application).collect())
    }

    pub(super) fn granted(&self, serial: &Serial) -> Result<State, Error> {
        let issued = records::certificate(&self.store, serial)?.ok_or(Error::Damaged("certificate"))?;
        let ca = self.standing.cas.get(&issued.ca).ok_or(Error::Damaged("CA"))?;
        let proof = self.inclusion(&issued.leaf.hash())?;
        Ok(State::Granted { certificate: issued.leaf.der().to_vec(), issuer: ca.ca.id(), proof })
    }

    /// Finds an application by the beginning of its name.
    fn application(&self, id: &str) -> Result<(Hash, Record), Error> {
        if id.len() < MIN_PREFIX {
            return Err(Error::NoApplication);
        }
        let mut found = None;
        for item in self.store.prefix(APPLICATIONS, &[]) {
            let (key, value) = item?;
            let name = Hash(key.as_slice().try_into().map_err(|_| Error::Damaged("application"))?);
            if name.to_string().starts_with(&id.to_ascii_lowercase()) {
                if found.is_some() {
                    return Err(Error::NoApplication);
                }
                found = Some((name, records::decode(&value)?));
            }
        }
        found.ok_or(Error::NoApplication)
    }

    /// Refuses more applications than people can look at.
    fn room_for(&self, office: &OfficeNumber) -> Result<(), Error> {
        let (mut waiting, mut each) = (0, 0);
        for item in self.store.prefix(APPLICATIONS, &[]) {
            let record: Record = records::decode(&item?.1)?;
            if record.state()? == ApplicationState::Waiting {
                waiting += 1;
                each += usize::from(record.office == *office);
            }
        }
        if MAX_WAITING <= waiting || MAX_WAITING_EACH <= each {
            return Err(Error::TooManyApplications);
        }
        Ok(())
    }
}

fn shown(id: &Hash, record: &Record) -> Result<Application, Error> {
    let request = record.request()?;
    Ok(Application {
        id: id.to_string(),
        office: request.office(),
        name: request.name().to_owned(),
        kinds: request.kinds().to_vec(),
        received: rfc3339(record.received),
        state: record.state()?,
        decided: (record.decided.0 != 0).then(|| rfc3339(record.decided)),
        replaces: record.replaces()?.map(|serial| serial.to_string()),
        check_digit: request
            .office()
            .as_str()
            .parse::<careplan::OfficeNumber>()
            .is_ok_and(|office| office.has_check_digit()),
    })
}

/// What an applicant is told of what speaks against a request.
fn refusal_for(error: Error) -> Result<Refusal, Error> {
    match error {
        Error::Overlap { .. } | Error::TooManyDesks | Error::Lost => Ok(Refusal::Overlap),
        Error::KeyOfOtherOffice | Error::KeyCompromised | Error::OwnNumber => Ok(Refusal::Key),
        Error::NothingToReplace => Ok(Refusal::Replaces),
        other => Err(other),
    }
}
