//! Orders that need a second administrator: to revoke many offices at once.
//!
//! One person in a hurry, or one whose computer is in other hands, takes away the licence of a few; for more a second one
//! has to say the same. What was revoked within the last hour counts with it, so that many small orders are one large.

use std::collections::BTreeSet;

use musubi_protocol::{
    crl::Reason,
    ids::{Hash, OfficeNumber},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use serde_tuple::{Deserialize_tuple, Serialize_tuple};

use super::{
    Authority, Error, Register, Revoked, Target,
    audit::{Deed, Entry},
    records::{self, ORDERS},
    recover,
    revoke::MAX_TOGETHER,
};
use crate::times;

/// Offices that one administrator may revoke within an hour.
pub const ALONE: usize = 5;
/// What is revoked within this many seconds counts as at once.
const TOGETHER: u64 = 3_600;
/// How long an order waits for a second administrator, in seconds.
const WAITS: u64 = 7 * 86_400;

#[derive(Serialize_tuple, Deserialize_tuple)]
struct Record {
    admin: String,
    offices: Vec<OfficeNumber>,
    /// The serial number of the one certificate that is meant, or empty: all of the offices.
    serial: ByteBuf,
    reason: u8,
    time: Timestamp,
}

/// An order that waits for a second administrator. In JSON times are RFC 3339 with +09:00.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its name.
    pub id: String,
    /// Who gave it.
    pub admin: String,
    /// The offices to be revoked.
    pub offices: Vec<OfficeNumber>,
    /// The one certificate that is meant; none: all of the offices.
    pub serial: Option<String>,
    /// Why.
    #[serde(with = "times::text")]
    pub reason: Reason,
    /// When it was given.
    #[serde(with = "times::moment")]
    pub time: Timestamp,
}

impl Record {
    fn shown(self, id: &[u8]) -> Result<Order, Error> {
        let Self { admin, offices, serial, reason, time } = self;
        let serial = (!serial.is_empty()).then(|| data_encoding::HEXLOWER.encode(&serial));
        let reason = Reason::from_code(reason).ok_or(Error::Damaged("order"))?;
        Ok(Order { id: data_encoding::HEXLOWER.encode(id), admin, offices, serial, reason, time })
    }
}

impl Register {
    /// The orders that wait, by name.
    ///
    /// # Errors
    /// What the store refuses.
    pub fn orders(&self, now: Timestamp) -> Result<Vec<Order>, Error> {
        let mut orders = Vec::new();
        for found in self.store.prefix(ORDERS, &[]) {
            let (key, value) = found?;
            let order = records::decode::<Record>(&value)?.shown(&key)?;
            if now.since(order.time) <= WAITS {
                orders.push(order);
            }
        }
        Ok(orders)
    }

    /// The offices of which a certificate was revoked within [`TOGETHER`].
    fn revoked_lately(&self, now: Timestamp) -> Result<BTreeSet<OfficeNumber>, Error> {
        let mut offices = BTreeSet::new();
        for index in (0..self.standing.audited.size).rev() {
            let bytes: ByteBuf =
                records::get(&self.store, records::AUDIT, &index.to_be_bytes())?.ok_or(Error::Damaged("audit log"))?;
            let entry = Entry::read(&bytes)?;
            if TOGETHER < now.since(entry.time()) {
                break;
            }
            // A PC that is replaced loses nobody the licence, and what was confirmed was two people's.
            let replaced = entry.detail().ends_with(Reason::Superseded.as_str());
            if entry.deed() == Deed::Revoked && !replaced && !entry.admin().is_empty() {
                offices.extend(entry.office());
            }
        }
        Ok(offices)
    }
}

impl Authority {
    /// Revokes, or notes the order where it needs a second administrator.
    ///
    /// # Errors
    /// As [`Authority::revoke`].
    pub(super) fn order(
        &mut self,
        targets: &[Target],
        reason: Reason,
        now: Timestamp,
    ) -> Result<Result<Revoked, Order>, Error> {
        if MAX_TOGETHER < targets.len() {
            return Err(Error::TooManyOffices);
        }
        let mut offices = BTreeSet::new();
        for target in targets {
            offices.insert(match target {
                Target::Office(office) => *office,
                Target::Serial(serial) => {
                    records::certificate(&self.store, serial)?.ok_or(Error::Unknown)?.leaf.office()
                }
            });
        }
        let lately = self.revoked_lately(now)?;
        if lately.union(&offices).count() <= ALONE || offices.is_subset(&lately) {
            return self.revoke_all(targets, reason, now).map(Ok);
        }
        for office in &offices {
            let mut issued = records::certificates(&self.store, Some(office)).peekable();
            if issued.peek().is_none() && !recover::has_lost(&self.store, office)? {
                return Err(Error::Unknown);
            }
        }
        let serial = match targets {
            [Target::Serial(serial)] => ByteBuf::from(serial.as_bytes().as_slice()),
            _ => ByteBuf::new(),
        };
        let offices: Vec<OfficeNumber> = offices.into_iter().collect();
        let admin = self.admin.clone();
        let record = Record { admin, offices, serial, reason: reason.code(), time: now };
        let named: Vec<&[u8]> = record.offices.iter().map(|office| office.as_str().as_bytes()).collect();
        let parts =
            [&named.concat()[..], &record.serial, &[record.reason], record.admin.as_bytes(), &now.0.to_be_bytes()];
        let id = Hash::of(&parts);
        let id = &id.0[..8];
        self.act(now, |draft, _| {
            draft.put(ORDERS, id, &record)?;
            draft.deed(Deed::Ordered, None, format!("{} {reason}", record.offices.len()));
            Ok(())
        })?;
        Ok(Err(record.shown(id)?))
    }

    /// Carries an order out that another administrator has given.
    ///
    /// # Errors
    /// [`Error::NoOrder`], [`Error::SameAdmin`], and those of [`Authority::revoke`].
    pub(super) fn confirm(&mut self, id: &str, now: Timestamp) -> Result<Revoked, Error> {
        let order = self.orders(now)?.into_iter().find(|order| order.id == id.to_ascii_lowercase());
        let order = order.ok_or(Error::NoOrder)?;
        if order.admin == self.admin {
            return Err(Error::SameAdmin);
        }
        let targets: Vec<Target> = match &order.serial {
            Some(serial) => vec![Target::Serial(serial.parse().map_err(|_| Error::Damaged("order"))?)],
            None => order.offices.iter().map(|office| Target::Office(*office)).collect(),
        };
        let key = data_encoding::HEXLOWER.decode(order.id.as_bytes()).map_err(|_| Error::NoOrder)?;
        self.revoke_for(&targets, order.reason, Some(&key), now)
    }
}
