//! Desks: one office key with its certificate, and the sealing keys behind it.

use ed25519_dalek::SigningKey;
use musubi_protocol::{
    certificate::LeafIn,
    ids::{Address, Hash, Kind, OfficeNumber},
    seal::{SealingKeyPair, Suite, keys},
    time::Timestamp,
};
use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::{
    db::{Db, DbError, Writes},
    keys::{KeyError, Keys, Label},
    trust::TrustKeeper,
};

/// A desk as kept. Numbers, kinds and the office's name are public.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept(Fields);

#[derive(Clone, Debug, PartialEq, Eq, serde_tuple::Serialize_tuple, serde_tuple::Deserialize_tuple)]
struct Fields {
    number: u16,
    office: OfficeNumber,
    kinds: Vec<Kind>,
    name: String,
    public: Hash,
    wrapped: ByteBuf,
    certificates: Vec<Hash>,
}

/// A sealing key as kept.
#[derive(Clone, Debug, serde_tuple::Serialize_tuple, serde_tuple::Deserialize_tuple)]
struct KeptSealing {
    suite: u16,
    id: ByteBuf,
    made: Timestamp,
    wrapped: ByteBuf,
}

/// A sealing key at hand.
pub struct Sealing {
    /// When it was made.
    pub made: Timestamp,
    /// The key.
    pub pair: SealingKeyPair,
}

/// A desk with its office key unlocked.
pub struct Desk {
    kept: Kept,
    key: SigningKey,
    /// Its certificates, newest issue last, with their issuers' ids.
    pub certificates: Vec<(Hash, LeafIn)>,
    /// The one of them that speaks.
    speaks: Option<(Hash, LeafIn)>,
    /// Its sealing keys; empty while the reading lock is closed.
    pub sealing: Vec<Sealing>,
}

/// Why a desk could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeskError {
    /// The store refused.
    #[error(transparent)]
    Db(#[from] DbError),
    /// A key does not open.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl Kept {
    /// A new desk; the office key is wrapped here.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn new(
        number: u16,
        office: OfficeNumber,
        kinds: Vec<Kind>,
        name: String,
        key: &SigningKey,
        keys: &Keys,
    ) -> Result<Self, KeyError> {
        let wrapped = keys.wrap(Label::OfficeKey, &number.to_be_bytes(), key.as_bytes())?;
        let public = Hash(key.verifying_key().to_bytes());
        let wrapped = ByteBuf::from(wrapped);
        Ok(Self(Fields { number, office, kinds, name, public, wrapped, certificates: Vec::new() }))
    }

    /// Its number in this directory.
    #[must_use]
    pub const fn number(&self) -> u16 {
        self.0.number
    }

    /// The office number.
    #[must_use]
    pub const fn office(&self) -> OfficeNumber {
        self.0.office
    }

    /// The kinds, as asked for.
    #[must_use]
    pub fn kinds(&self) -> &[Kind] {
        &self.0.kinds
    }

    /// The office's name, as asked for.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Hashes of its certificates, oldest first.
    #[must_use]
    pub fn certificates(&self) -> &[Hash] {
        &self.0.certificates
    }

    /// Whether a certificate answers this desk's request: same key, number and kinds.
    #[must_use]
    pub fn matches(&self, leaf: &LeafIn) -> bool {
        let sorted = |kinds: &[Kind]| {
            let mut kinds = kinds.to_vec();
            kinds.sort_unstable();
            kinds
        };
        leaf.key().to_bytes() == self.0.public.0
            && leaf.office() == self.0.office
            && sorted(leaf.kinds()) == sorted(&self.0.kinds)
    }

    /// Notes a certificate; false if it was known.
    pub fn add_certificate(&mut self, hash: Hash) -> bool {
        let new = !self.0.certificates.contains(&hash);
        if new {
            self.0.certificates.push(hash);
        }
        new
    }

    /// The office key.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn key(&self, keys: &Keys) -> Result<SigningKey, KeyError> {
        let secret = keys.unwrap_key(Label::OfficeKey, &self.0.number.to_be_bytes(), &self.0.wrapped)?;
        Ok(SigningKey::from_bytes(&secret))
    }
}

impl Desk {
    /// Unlocks a desk: its key, certificates and, with the reading lock open, sealing keys.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn load(db: &Db, keys: &Keys, kept: Kept) -> Result<Self, DeskError> {
        let key = kept.key(keys)?;
        let certificates = certificates(db, &kept)?;
        let mut sealing = Vec::new();
        if keys.reading.is_some() {
            for row in db.sealing_keys::<KeptSealing>(kept.number())? {
                let Ok(suite) = Suite::try_from(row.suite) else { continue };
                let private = keys.unwrap_key(Label::SealingKey, &row.id, &row.wrapped)?;
                sealing.push(Sealing { made: row.made, pair: SealingKeyPair::from_private(suite, &private) });
            }
        }
        Ok(Self { kept, key, certificates, speaks: None, sealing })
    }

    /// The desk as kept.
    #[must_use]
    pub const fn kept(&self) -> &Kept {
        &self.kept
    }

    /// Takes the desk as kept anew, with a certificate more; [`Desk::choose`] follows.
    pub fn refresh(&mut self, kept: Kept, certificates: Vec<(Hash, LeafIn)>) {
        self.kept = kept;
        self.certificates = certificates;
    }

    /// Chooses the certificate that speaks: of those that are good now and whose licence has begun, the one with the
    /// highest issue number. A renewal for later must not silence the desk today, nor one that is not `shown` yet to be in
    /// the public log, where that is wanted. True if another speaks from now on.
    pub fn choose(&mut self, trust: &TrustKeeper, now: Timestamp, shown: impl Fn(&LeafIn) -> bool) -> bool {
        let rank = |(issuer, leaf): &(Hash, LeafIn)| {
            // With an old list of our own we cannot tell; others judge by theirs.
            let judged = trust.certificate(leaf.der(), issuer);
            let bad = judged.is_err_and(|reason| !reason.is_about_the_list());
            (!bad, leaf.from() <= now, shown(leaf), leaf.issue_number())
        };
        let speaks = self.certificates.iter().max_by_key(|certificate| rank(certificate)).cloned();
        let changed = speaks.as_ref().map(|(_, leaf)| leaf.hash()) != self.speaks.as_ref().map(|(_, leaf)| leaf.hash());
        self.speaks = speaks;
        changed
    }

    /// The office key.
    #[must_use]
    pub const fn key(&self) -> &SigningKey {
        &self.key
    }

    /// The certificate that speaks, with its issuer's id, as [`Desk::choose`] has left it.
    #[must_use]
    pub const fn certificate(&self) -> Option<&(Hash, LeafIn)> {
        self.speaks.as_ref()
    }

    /// Whether it holds an address.
    #[must_use]
    pub fn holds(&self, address: Address) -> bool {
        self.kept.office() == address.office && self.kept.kinds().contains(&address.kind)
    }

    /// Its addresses.
    pub fn addresses(&self) -> impl Iterator<Item = Address> + '_ {
        let office = self.kept.office();
        self.kept.kinds().iter().map(move |kind| Address::new(office, *kind))
    }

    /// Makes and keeps new sealing keys if the newest is 7 days old. False if nothing was due.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn renew_sealing_keys(
        &mut self,
        keys: &Keys,
        writes: &mut Writes,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<bool, DeskError> {
        // Keys that a wrong clock has dated into the future are no reason to make one each day.
        let newest =
            self.sealing.iter().map(|sealing| sealing.made).filter(|made| keys::is_plausible(*made, now)).max();
        if keys.reading.is_none() || !keys::should_make_new(newest, now) {
            return Ok(false);
        }
        for suite in [Suite::XWing, Suite::X25519] {
            let pair = SealingKeyPair::generate(suite, rng);
            let id = pair.public().id();
            let wrapped = keys.wrap(Label::SealingKey, &id.0, pair.private().as_slice())?;
            let row = KeptSealing {
                suite: suite.number(),
                id: ByteBuf::from(id.0.to_vec()),
                made: now,
                wrapped: ByteBuf::from(wrapped),
            };
            writes.sealing_key(self.kept.number(), &id.0, &row)?;
            self.sealing.push(Sealing { made: now, pair });
        }
        Ok(true)
    }

    /// Destroys sealing keys past their time. `trusted` is trusted time: a wrong clock destroys
    /// nothing. Returns how many went.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn destroy_sealing_keys(&mut self, writes: &mut Writes, trusted: Timestamp) -> Result<usize, DeskError> {
        let over = |sealing: &Sealing| keys::destroy_after(sealing.made) < trusted;
        let number = self.kept.number();
        for sealing in self.sealing.iter().filter(|sealing| over(sealing)) {
            writes.forget_sealing_key(number, &sealing.pair.public().id().0)?;
        }
        let before = self.sealing.len();
        self.sealing.retain(|sealing| !over(sealing));
        Ok(before - self.sealing.len())
    }
}

/// The certificates of a desk that are kept, with their issuers' ids.
///
/// # Errors
/// [`DbError`].
pub fn certificates(db: &Db, kept: &Kept) -> Result<Vec<(Hash, LeafIn)>, DbError> {
    let mut certificates = Vec::new();
    for hash in kept.certificates() {
        if let Some((issuer, der)) = db.certificate(hash)?
            && let Ok(leaf) = LeafIn::parse(&der)
        {
            certificates.push((issuer, leaf));
        }
    }
    Ok(certificates)
}

#[cfg(test)]
mod tests {
    use musubi_store::wrap::{Keyring, Root};
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;

    fn keys() -> Keys {
        let ring = || Keyring { current: Root::generate(1).unwrap(), previous: None };
        Keys { signing: ring(), reading: Some(ring()) }
    }

    fn desk(keys: &Keys) -> Desk {
        let key = SigningKey::from_bytes(&[3; 32]);
        let kinds = vec!["15".parse().unwrap(), "21".parse().unwrap()];
        let kept = Kept::new(1, "1379900028".parse().unwrap(), kinds, "みほん".into(), &key, keys).unwrap();
        Desk { key: kept.key(keys).unwrap(), kept, certificates: Vec::new(), speaks: None, sealing: Vec::new() }
    }

    #[test]
    fn sealing_keys_rise_weekly_and_die_by_trusted_time_only() {
        const DAY: u64 = musubi_protocol::time::DAY;
        let keys = keys();
        let mut desk = desk(&keys);
        let mut rng = StdRng::seed_from_u64(1);
        let start = Timestamp(1_000_000);
        let mut renew =
            |desk: &mut Desk, now| desk.renew_sealing_keys(&keys, &mut Writes::new(), now, &mut rng).unwrap();
        assert!(renew(&mut desk, start));
        assert!(!renew(&mut desk, start.plus(6 * DAY)));
        assert!(renew(&mut desk, start.plus(7 * DAY)));
        assert_eq!(desk.sealing.len(), 4);
        let mut writes = Writes::new();
        assert_eq!(desk.destroy_sealing_keys(&mut writes, start.plus(44 * DAY)).unwrap(), 0);
        assert_eq!(desk.destroy_sealing_keys(&mut writes, start.plus(46 * DAY)).unwrap(), 2);
        assert_eq!(desk.sealing.len(), 2);
    }

    #[test]
    fn an_office_key_comes_back_only_under_its_own_root() {
        let own = keys();
        let desk = desk(&own);
        assert_eq!(desk.kept().key(&own).unwrap().to_bytes(), [3; 32]);
        assert!(desk.kept().key(&keys()).is_err());
        assert!(desk.holds("1379900028-21".parse().unwrap()));
        assert!(!desk.holds("1379900028-43".parse().unwrap()));
    }
}
