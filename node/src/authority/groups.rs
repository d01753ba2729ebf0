//! Acts that are too long to keep everybody else waiting: at the size of a country they take minutes, and a revocation
//! must not.
//!
//! Such an act is done group by group. Each group is an act of its own, durable and in the audit log like any other, and
//! between two of them whoever waits for the authority has it. So nothing that was read for one group is taken for true
//! in the next. What was interrupted is begun again and goes on: what is done already is seen and left as it is.

use std::collections::{BTreeSet, VecDeque};

use musubi_protocol::{
    certificate::{
        LeafIn, Serial,
        material::{self, Material},
    },
    crl::{Reason, Revoked},
    ids::OfficeNumber,
    invitation::Place,
    request::Request,
    time::Timestamp,
};
use rand::CryptoRng;

use super::{
    Authority, Error, Issued, Letter, Period,
    acts::{Act, Done},
    check_admin, codes,
    identity::OWN_NUMBER,
    issue::{self, Granted, grant},
    licensing::{self, Licence, Wish},
    records::{self, Issued as Record},
};

/// Certificates in one group: some half a megabyte for the store, and a fraction of a second.
const GROUP: usize = 256;
/// Certificates that are looked through in one group.
const LOOKED_AT: usize = 4_096;

/// A long act under way.
pub(super) enum Work {
    /// [`Authority::issue_all`].
    IssueAll(Box<IssueAll>),
    /// [`Authority::reissue`].
    Reissue(Reissue),
    /// [`Authority::codes`].
    Codes(Codes),
}

impl Work {
    /// Takes what is long; the rest comes back.
    pub(super) fn of(act: Act) -> Result<Self, Act> {
        match act {
            Act::IssueAll { requests, period } => Ok(Self::IssueAll(Box::new(IssueAll::new(requests, period)))),
            Act::Reissue => Ok(Self::Reissue(Reissue::new())),
            Act::Codes { offices, place } => Ok(Self::Codes(Codes::new(&offices, place))),
            other => Err(other),
        }
    }
}

/// Certificates for many requests.
pub(super) struct IssueAll {
    requests: std::vec::IntoIter<Vec<u8>>,
    wish: Option<Wish>,
    /// What was read and belongs to a later group.
    held: Option<Result<Request, Error>>,
    /// Requests of a group of which one was refused: each is decided by itself.
    single: VecDeque<Request>,
    outcomes: Vec<Result<Issued, Error>>,
    size: usize,
}

impl IssueAll {
    fn new(requests: Vec<Vec<u8>>, period: Period) -> Self {
        let wish = (period != Period::default()).then_some(Wish::Days(period));
        let outcomes = Vec::with_capacity(requests.len());
        Self { requests: requests.into_iter(), wish, held: None, single: VecDeque::new(), outcomes, size: GROUP }
    }

    /// Decides nothing more; how many requests are left.
    fn end(&mut self) -> usize {
        let left = self.single.len() + usize::from(self.held.is_some()) + self.requests.len();
        (self.held, self.requests) = (None, Vec::new().into_iter());
        self.single.clear();
        left
    }

    /// Requests of different offices, as many as come one after the other; none: all are decided.
    fn next(&mut self) -> Vec<Request> {
        if let Some(request) = self.single.pop_front() {
            return vec![request];
        }
        let mut group: Vec<Request> = Vec::new();
        loop {
            let next = self.held.take().or_else(|| self.requests.next().map(|bytes| read(&bytes)));
            match next {
                None => return group,
                Some(Err(error)) if group.is_empty() => self.outcomes.push(Err(error)),
                Some(Ok(request)) if group.len() < self.size && !group.iter().any(|other| meet(other, &request)) => {
                    group.push(request);
                }
                later => {
                    self.held = later;
                    return group;
                }
            }
        }
    }
}

/// Whether it is one certificate's fault that an act for several was refused: its licence may reach beyond what an issuing CA
/// serves, too.
const fn is_of_one(error: &Error) -> bool {
    error.is_refusal() || matches!(error, Error::RootNeeded)
}

/// An act does not see what it has done itself.
fn meet(one: &Request, other: &Request) -> bool {
    one.office() == other.office() || one.key() == other.key()
}

fn read(bytes: &[u8]) -> Result<Request, Error> {
    match <[Material; 1]>::try_from(material::read(bytes)?) {
        Ok([Material::Request(request)]) => Ok(request),
        _ => Err(Error::NotOneRequest),
    }
}

/// New certificates for those of revoked CAs.
pub(super) struct Reissue {
    /// Behind which certificate, by its place in the list, is to be looked; none: all were looked at.
    after: Option<Vec<u8>>,
    found: VecDeque<Vec<(Serial, OfficeNumber)>>,
    count: u64,
    refused: Vec<OfficeNumber>,
    size: usize,
}

impl Reissue {
    const fn new() -> Self {
        Self { after: Some(Vec::new()), found: VecDeque::new(), count: 0, refused: Vec::new(), size: GROUP }
    }
}

/// Codes for letters. Those of one that was interrupted are in nobody's hands, and are withdrawn when codes are made again.
pub(super) struct Codes {
    /// Each once.
    offices: Vec<OfficeNumber>,
    place: Option<Place>,
    letters: Vec<Letter>,
}

impl Codes {
    fn new(offices: &[OfficeNumber], place: Option<Place>) -> Self {
        let mut seen = BTreeSet::new();
        let offices: Vec<OfficeNumber> = offices.iter().copied().filter(|office| seen.insert(*office)).collect();
        let letters = Vec::with_capacity(offices.len());
        Self { offices, place, letters }
    }
}

impl Authority {
    /// Issues certificates for many requests, many in one act: what cannot be granted is refused by itself, and the rest
    /// goes on. Two requests of one office number are decided one after the other.
    ///
    /// A request whose key has the certificate already that it would get is answered with that one: so what was interrupted
    /// goes on when this is called again, and nobody has two.
    pub fn issue_all(
        &mut self,
        requests: &[Vec<u8>],
        period: Period,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Vec<Result<Issued, Error>> {
        let mut work = IssueAll::new(requests.to_vec(), period);
        while self.issue_some(&mut work, now, rng) {}
        work.outcomes
    }

    /// Issues anew what revoked CAs have issued and is in force, with the licences that run: how many certificates, and which
    /// office numbers could not be helped. What was interrupted goes on when this is called again.
    ///
    /// # Errors
    /// [`Error::RootNeeded`] where the newest CA is revoked itself, [`Error::ClockBehind`], and what the store refuses.
    pub fn reissue(&mut self, now: Timestamp, rng: &mut impl CryptoRng) -> Result<(u64, Vec<OfficeNumber>), Error> {
        let mut work = Reissue::new();
        while self.reissue_some(&mut work, now, rng)? {}
        Ok((work.count, work.refused))
    }

    /// Does the next group of a long act under an administrator's name; nothing comes back while more is to be done.
    ///
    /// # Errors
    /// [`Error::Admin`], and those of the act: groups before this one stay done.
    pub(super) fn next_group(
        &mut self,
        admin: &str,
        work: &mut Work,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Option<Done>, Error> {
        let admin = check_admin(admin)?;
        self.by(admin, |authority| match work {
            Work::IssueAll(work) => {
                let more = authority.issue_some(work, now, rng);
                Ok((!more).then(|| {
                    let outcomes = std::mem::take(&mut work.outcomes).into_iter();
                    Done::IssuedAll(outcomes.map(|issued| issued.map_err(|error| error.told())).collect())
                }))
            }
            Work::Reissue(work) => {
                let more = authority.reissue_some(work, now, rng)?;
                let done = || Done::Reissued { count: work.count, refused: std::mem::take(&mut work.refused) };
                Ok((!more).then(done))
            }
            Work::Codes(Codes { offices, place, letters }) => {
                let group = offices.get(letters.len()..).unwrap_or_default().iter().take(codes::TOGETHER);
                let group: Vec<OfficeNumber> = group.copied().collect();
                letters.extend(authority.codes(&group, place.as_ref(), now, rng)?);
                Ok((letters.len() == offices.len()).then(|| Done::Letters(std::mem::take(letters))))
            }
        })
    }

    /// Decides the next requests; whether there may be more.
    fn issue_some(&mut self, work: &mut IssueAll, now: Timestamp, rng: &mut impl CryptoRng) -> bool {
        let group = work.next();
        if group.is_empty() {
            return false;
        }
        match self.issue_group(&group, work.wish, now, rng) {
            Err(error) if is_of_one(&error) && 1 < group.len() => work.single.extend(group),
            Ok(granted) => {
                work.outcomes.extend(granted.into_iter().map(|granted| self.issued(granted, now)));
            }
            Err(error) => {
                // The disk, or the clock: that is no request's fault, and trying on helps none of the others.
                let others = if is_of_one(&error) { 0 } else { group.len() - 1 + work.end() };
                work.outcomes.push(Err(error));
                work.outcomes.extend((0..others).map(|_| Err(Error::Stopped)));
            }
        }
        true
    }

    /// Issues for requests of different offices in one act, all of them or none.
    fn issue_group(
        &mut self,
        group: &[Request],
        wish: Option<Wish>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<Granted>, Error> {
        let void = self.standing.revoked_cas()?;
        let held = group.iter().map(|request| self.held_for(request, wish, &void, now));
        let held: Vec<Option<Record>> = held.collect::<Result<_, _>>()?;
        if held.iter().all(Option::is_some) {
            return Ok(held.into_iter().flatten().map(Granted::before).collect());
        }
        self.act(now, |draft, now| {
            let one = |(request, held): (&Request, Option<Record>)| match held {
                Some(record) => Ok(Granted::before(record)),
                None => grant(draft, request, wish, None, now, rng),
            };
            group.iter().zip(held).map(one).collect()
        })
    }

    /// The certificate in force that says all that a new one for this request would say.
    fn held_for(
        &self,
        request: &Request,
        wish: Option<Wish>,
        void: &[u32],
        now: Timestamp,
    ) -> Result<Option<Record>, Error> {
        let all: Vec<Record> = records::certificates(&self.store, Some(&request.office())).collect::<Result<_, _>>()?;
        let own = || all.iter().filter(|issued| issued.leaf.key() == request.key());
        let bad = |issued: &Record| issued.revoked.is_some_and(|revoked| revoked.reason == Reason::KeyCompromise);
        if own().any(bad) {
            return Ok(None);
        }
        let history = issue::history(all.iter().cloned().map(Ok))?;
        let wish = wish.unwrap_or_else(|| issue::wish(&history, true, now));
        // What speaks against it is told by whoever tries to issue.
        let Ok(decision) = licensing::decide(&history, wish, self.policy(), now) else { return Ok(None) };
        let speaks = own().filter(|issued| {
            let leaf = &issued.leaf;
            let licence = Licence { from: leaf.from(), until: leaf.until(), class: leaf.class() };
            issued.is_live(now) && licence == decision.licence && !void.contains(&issued.ca)
        });
        let newest = speaks.max_by_key(|issued| issued.leaf.issue_number());
        let same = |leaf: &LeafIn| leaf.name() == request.name() && leaf.kinds() == request.kinds();
        Ok(newest.filter(|issued| same(&issued.leaf)).cloned())
    }

    /// Issues the next ones anew; whether there may be more.
    fn reissue_some(&mut self, work: &mut Reissue, now: Timestamp, rng: &mut impl CryptoRng) -> Result<bool, Error> {
        // A root may have revoked another one since the last group.
        let void = self.standing.revoked_cas()?;
        if self.standing.cas.keys().next_back().is_some_and(|newest| void.contains(newest)) {
            return Err(Error::RootNeeded);
        }
        if work.found.is_empty()
            && let Some(after) = work.after.take()
        {
            let mut found = Vec::new();
            for issued in records::certificates_after(&self.store, &after).take(LOOKED_AT) {
                let (place, issued) = issued?;
                if is_to_be_reissued(&issued, &void, now) {
                    found.push((issued.leaf.serial(), issued.leaf.office()));
                }
                work.after = Some(place);
            }
            work.found.extend(found.chunks(work.size).map(<[_]>::to_vec));
        }
        let Some(group) = work.found.pop_front() else { return Ok(work.after.is_some()) };
        match self.reissue_group(&group, &void, now, rng) {
            Ok(count) => work.count += count,
            // One that cannot be helped keeps no other waiting.
            Err(error) if is_of_one(&error) => match &group[..] {
                [(_, office)] => work.refused.push(*office),
                _ => group.iter().rev().for_each(|one| work.found.push_front(vec![*one])),
            },
            Err(error) => return Err(error),
        }
        Ok(true)
    }

    /// Issues some anew in one act: how many.
    fn reissue_group(
        &mut self,
        group: &[(Serial, OfficeNumber)],
        void: &[u32],
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<u64, Error> {
        self.act(now, |draft, now| {
            let mut count = 0;
            for (serial, _) in group {
                let mut former: Record = records::certificate(draft.store(), serial)?.ok_or(Error::Unknown)?;
                // Somebody may have revoked it since it was found.
                if !is_to_be_reissued(&former, void, now) {
                    continue;
                }
                let leaf = former.leaf.clone();
                let licence = Licence { from: leaf.from(), until: leaf.until(), class: leaf.class() };
                let _ = grant(draft, &leaf, Some(Wish::Same(licence)), None, now, rng)?;
                let entry = Revoked { serial: *serial, at: now, reason: Reason::Superseded };
                former.revoked = Some(entry);
                draft.revoked(&former, entry)?;
                count += 1;
            }
            Ok(count)
        })
    }
}

/// Whether a revoked CA has issued what an office needs, and nobody has taken it back.
fn is_to_be_reissued(issued: &Record, void: &[u32], now: Timestamp) -> bool {
    let leaf = &issued.leaf;
    void.contains(&issued.ca) && issued.is_live(now) && now <= leaf.until() && leaf.office().as_str() != OWN_NUMBER
}

#[cfg(test)]
mod tests;
