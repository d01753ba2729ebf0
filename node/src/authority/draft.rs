//! One act in the making: changes to the standing, collected and then made durable as one.

use std::{collections::BTreeMap, sync::Arc};

use musubi_protocol::{
    cbor::Ext,
    certificate::{self, Ca, Serial, TAIL},
    crl::{self, CrlIn, Revoked},
    ids::{Hash, OfficeNumber},
    log::{Act, Head, Inclusion, Operation},
    policy::Policy,
    signed::{Signed, Unverified},
    time::Timestamp,
    trust::{Bundle, network_id},
};
use musubi_store::{Space, Store, crash, wrap::Keyring};
use rand::CryptoRng;
use serde::Serialize;
use serde_bytes::ByteBuf;

use super::{
    CRL_AGE, Error,
    audit::{self, Deed},
    bundle, dates, new_issuing,
    records::{self, CaEntry, Issued, NodeRecord, Public, ROOT, SECOND_ROOT, Standing, Wanted, WantedCa, Writer},
    wrap_key,
};

/// How long after its certificate has expired a revocation stays in the CRL: until every CRL that is still dealt with
/// is from after that moment.
const KEEP: u64 = crl::LIFETIME + crl::GRACE;

type Keys = BTreeMap<u32, Arc<certificate::Authority>>;

/// An act in the making. Dropped before [`Draft::commit`], it has not happened.
pub(super) struct Draft<'a> {
    pub(super) standing: Standing,
    writer: Writer<'a>,
    ring: &'a Keyring,
    keys: Keys,
    /// Revocations of this act, which the store does not show yet.
    revoked: Vec<(u32, Revoked)>,
    /// Offices need a new trust bundle: a CA was added, or what the bundle says has changed.
    new_bundle: bool,
    /// What waits for a root has changed.
    waits: bool,
    /// Who acts.
    admin: &'a str,
    deeds: Vec<(Deed, Option<OfficeNumber>, String)>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(store: &'a Store, ring: &'a Keyring, admin: &'a str, standing: Standing, keys: Keys) -> Self {
        let (writer, revoked, deeds) = (Writer::new(store), Vec::new(), Vec::new());
        Self { standing, writer, ring, keys, revoked, new_bundle: false, waits: false, admin, deeds }
    }

    pub(super) const fn store(&self) -> &'a Store {
        self.writer.store()
    }

    /// The issuing CA for a licence that ends at `until`: the newest, if it is of this year and lives long enough,
    /// else a new one.
    pub(super) fn issuing_for(
        &mut self,
        until: Timestamp,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<(u32, Arc<certificate::Authority>), Error> {
        let year = dates::year_of(now)?;
        let newest = self.newest_issuing()?;
        let entry = self.standing.cas.get(&newest).ok_or(Error::Damaged("CA"))?;
        let serves = until.plus(TAIL) <= entry.ca.not_after();
        // One of an earlier year serves until a root that is kept elsewhere has certified the next.
        if serves && (year <= entry.year || !self.standing.root_here) {
            return Ok((newest, self.ca(newest)?));
        }
        if !self.standing.root_here {
            return Err(Error::RootNeeded);
        }
        let earlier = self.standing.cas.values().filter(|entry| entry.year == year).count();
        let made = new_issuing(&*self.ca(ROOT)?, &self.standing.name, year, earlier, now, rng)?;
        let (number, made) = (newest + 1, Arc::new(made));
        let entry = CaEntry { ca: made.ca().clone(), year };
        self.writer.ca(number, &entry, wrap_key(self.ring, &made)?)?;
        self.standing.cas.insert(number, entry);
        self.keys.insert(number, Arc::clone(&made));
        self.new_crl(number, now)?;
        self.new_bundle = true;
        self.deed(Deed::NewCa, None, made.ca().common_name().to_owned());
        Ok((number, made))
    }

    /// Takes a new certificate in, with its leaf.
    pub(super) fn issued(&mut self, issued: &Issued, now: Timestamp) -> Result<(), Error> {
        self.standing.issued = issued.leaf.issue_number();
        self.writer.certificate(issued)?;
        self.writer.place(&issued.leaf.hash(), self.standing.tree.size())?;
        let act = Act::about(&issued.leaf, Operation::Issue, now);
        // Nodes build the leaf from the certificate: one of another moment would prove nothing.
        if act != Inclusion::act_of(&issued.leaf) {
            return Err(Error::Damaged("certificate"));
        }
        self.log(&act)
    }

    /// Takes a revocation in, with its leaf. [`Draft::new_crl`] has to follow.
    pub(super) fn revoked(&mut self, issued: &Issued, revoked: Revoked) -> Result<(), Error> {
        self.writer.certificate(issued)?;
        self.revoked.push((issued.ca, revoked));
        self.log(&Act::about(&issued.leaf, Operation::Revoke, revoked.at))
    }

    /// Takes a certificate in that stands in the log already, and was lost under this key.
    pub(super) fn again(&mut self, issued: &Issued, key: &[u8]) -> Result<(), Error> {
        self.writer.not_lost(key)?;
        self.writer.certificate(issued)
    }

    /// Takes a revocation in that stands in log and CRL already.
    pub(super) fn listed(&mut self, issued: &Issued) -> Result<(), Error> {
        self.revoked.extend(issued.revoked.map(|revoked| (issued.ca, revoked)));
        self.writer.certificate(issued)
    }

    /// The same for a certificate that is not here; `until` is when the last of its CA expires.
    pub(super) fn listed_unknown(&mut self, ca: u32, revoked: Revoked, until: Timestamp) -> Result<(), Error> {
        if records::revocation(self.store(), ca, &revoked.serial)?.is_none() {
            self.revoked.push((ca, revoked));
            self.writer.revocation(ca, revoked, until)?;
        }
        Ok(())
    }

    /// Has the next CRL of a CA be numbered so far behind the newest that is known.
    pub(super) fn skip_crls(&mut self, ca: u32, newest: u64, numbers: u64) {
        if let Some(held) = self.standing.crls.get_mut(&ca) {
            held.number = held.number.max(newest) + numbers;
        }
    }

    /// Whether this act has taken in a revocation of the certificate.
    pub(super) fn is_revoked(&self, serial: &Serial) -> bool {
        self.revoked.iter().any(|(_, revoked)| revoked.serial == *serial)
    }

    /// Has the next trust bundle, which this act signs, be numbered so far behind the newest.
    pub(super) const fn skip_bundles(&mut self, numbers: u64) {
        self.standing.bundle.number += numbers;
        self.new_bundle = true;
    }

    /// Notes from which size of the log on what was lost is being taken back; none: all of it is.
    pub(super) fn recovering(&mut self, size: Option<u64>) -> Result<(), Error> {
        self.writer.recovering(size)
    }

    /// Notes what tells this place from a copy.
    pub(super) fn home(&mut self, home: &[u8]) -> Result<(), Error> {
        self.writer.home(home)
    }

    /// Notes for the audit log what is done.
    pub(super) fn deed(&mut self, deed: Deed, office: Option<OfficeNumber>, detail: String) {
        self.deeds.push((deed, office, detail));
    }

    /// Puts a record beside what the act does otherwise.
    pub(super) fn put(&mut self, space: Space, key: &[u8], value: &impl Serialize) -> Result<(), Error> {
        self.writer.put(space, key, value)
    }

    /// Takes an administrator's name away.
    pub(super) fn no_admin(&mut self, name: &[u8]) -> Result<(), Error> {
        self.writer.no_admin(name)
    }

    /// Takes an order away that is carried out.
    pub(super) fn no_order(&mut self, id: &[u8]) -> Result<(), Error> {
        self.writer.no_order(id)
    }

    /// Takes the authority's own node in.
    pub(super) fn node(&mut self, node: &NodeRecord) -> Result<(), Error> {
        self.writer.node(node)
    }

    /// Publishes where public nodes are.
    pub(super) fn set_bootstrap(&mut self, addresses: Vec<String>) {
        self.publish(|public| public.bootstrap = addresses);
    }

    /// Wraps a secret under the authority's key.
    pub(super) fn wrap(&self, label: &str, secret: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self.ring.wrap(label, &[], secret)?)
    }

    /// Publishes from when on a certificate counts only with a proof from the log.
    pub(super) fn set_enforce(&mut self, from: Timestamp) {
        self.publish(|public| public.enforce_from = from);
    }

    /// Publishes another licence policy.
    pub(super) fn set_policy(&mut self, policy: Policy) {
        self.publish(|public| public.policy = policy);
    }

    /// Changes what the trust bundle says: the next one, or the one that waits for a root.
    fn publish(&mut self, change: impl FnOnce(&mut Public)) {
        if self.standing.root_here {
            change(&mut self.standing.public);
            self.new_bundle = true;
        } else {
            let Standing { wanted, public, .. } = &mut self.standing;
            change(&mut wanted.get_or_insert_with(|| Wanted { public: public.clone(), issuing: None }).public);
            self.waits = true;
        }
    }

    /// Has a CA wait for a root.
    pub(super) fn want(&mut self, issuing: WantedCa) {
        let Standing { wanted, public, .. } = &mut self.standing;
        wanted.get_or_insert_with(|| Wanted { public: public.clone(), issuing: None }).issuing = Some(issuing);
        self.waits = true;
    }

    /// Takes a trust bundle over that a root has signed elsewhere, with roots and issuing CAs under their numbers.
    pub(super) fn bundled(
        &mut self,
        bundle: &Signed<Bundle>,
        cas: BTreeMap<u32, (CaEntry, Option<Arc<certificate::Authority>>)>,
        root_crl: &CrlIn,
        now: Timestamp,
    ) -> Result<(), Error> {
        for (number, (entry, key)) in cas {
            let former = self.standing.cas.get(&number);
            if former.is_some_and(|former| former.ca == entry.ca) {
                continue;
            }
            let wrapped = key.as_ref().map(|key| wrap_key(self.ring, key)).transpose()?.unwrap_or_default();
            self.writer.ca(number, &entry, wrapped)?;
            self.writer.no_deltas(number)?;
            let first = former.is_none();
            if first {
                self.deed(Deed::NewCa, None, entry.ca.common_name().to_owned());
            }
            self.standing.cas.insert(number, entry);
            match key {
                Some(key) => drop(self.keys.insert(number, key)),
                None => drop(self.keys.remove(&number)),
            }
            if first && SECOND_ROOT < number {
                self.new_crl(number, now)?;
            }
        }
        let crl = self.writer.crl(ROOT, root_crl, self.standing.crls.get(&ROOT))?;
        self.standing.crls.insert(ROOT, crl);
        self.standing.public = Public::of(bundle.value())?;
        self.standing.bundle = self.writer.bundle(bundle, Some(&self.standing.bundle))?;
        let Self { standing, keys, .. } = self;
        if let Some(wanted) = &mut standing.wanted {
            wanted.issuing.take_if(|issuing| keys.values().any(|ca| ca.ca().key().as_bytes()[..] == issuing.key[..]));
        }
        standing.wanted.take_if(|wanted| wanted.issuing.is_none() && wanted.public == standing.public);
        self.waits = true;
        self.deed(Deed::Bundle, None, bundle.value().number.to_string());
        Ok(())
    }

    /// Makes the next CRL of a CA. At most once in an act for each CA.
    pub(super) fn new_crl(&mut self, ca: u32, now: Timestamp) -> Result<u64, Error> {
        let mut revoked = records::revocations(self.store(), ca, now.minus(KEEP))?;
        revoked.extend(self.revoked.iter().filter(|(of, _)| *of == ca).map(|(_, revoked)| *revoked));
        let former = self.standing.crls.get(&ca);
        let number = former.map_or(0, |former| former.number) + 1;
        let signer = self.ca(ca)?;
        let crl = signer.crl(number, now, &revoked)?;
        if let Some(former) = former {
            self.writer.lead_on(ca, signer.ca(), &former.bytes, &crl)?;
        }
        let crl = self.writer.crl(ca, &crl, former)?;
        self.standing.crls.insert(ca, crl);
        Ok(number)
    }

    /// Makes a new CRL of every CA whose newest is older than [`CRL_AGE`].
    pub(super) fn refresh_crls(&mut self, now: Timestamp) -> Result<(), Error> {
        for ca in self.standing.stale_crls(now) {
            self.new_crl(ca, now)?;
        }
        Ok(())
    }

    /// Signs the new head, and a new trust bundle if there is a new CA; then makes everything durable.
    pub(super) fn commit(mut self, now: Timestamp) -> Result<(Standing, Keys), Error> {
        let signer = self.ca(self.newest_issuing()?)?;
        self.standing.head = Signed::sign(Head::of(&self.standing.tree, now), signer.key())?;
        if self.new_bundle {
            let number = self.standing.bundle.number + 1;
            let root_crl = &self.standing.crls.get(&ROOT).ok_or(Error::Damaged("CRL"))?.bytes;
            let Standing { cas, public, head, .. } = &self.standing;
            let bundle = bundle(number, now, cas, public, root_crl, head, self.network_ext())?;
            let bundle = Signed::sign(bundle, self.ca(ROOT)?.key())?;
            self.standing.bundle = self.writer.bundle(&bundle, Some(&self.standing.bundle))?;
        }
        if self.waits {
            self.writer.wanted(self.standing.wanted.as_ref())?;
        }
        self.writer.head(&self.standing.head)?;
        self.writer.issued(self.standing.issued)?;
        for (deed, office, detail) in std::mem::take(&mut self.deeds) {
            let entry = audit::Entry::new(&self.standing.audited, now, self.admin, deed, office, detail);
            let bytes = entry.to_bytes()?;
            self.writer.put(
                records::AUDIT,
                &self.standing.audited.size.to_be_bytes(),
                &ByteBuf::from(bytes.as_slice()),
            )?;
            self.standing.audited = audit::after(&self.standing.audited, &bytes);
        }
        self.writer.audited(&self.standing.audited)?;
        crash::point("authority.signed");
        self.writer.commit()?;
        crash::point("authority.durable");
        Ok((self.standing, self.keys))
    }

    /// Once a root was replaced, the roots do not make the network id any more.
    fn network_ext(&self) -> Ext {
        let der = |root| self.standing.cas.get(&root).map(|entry| entry.ca.der()).unwrap_or_default();
        let network = self.standing.network;
        if network == network_id(der(ROOT), der(SECOND_ROOT)) { Ext::none() } else { Bundle::network_ext(&network) }
    }

    /// Notes where the leaf of a certificate stands.
    pub(super) fn place(&mut self, certificate: &Hash, index: u64) -> Result<(), Error> {
        self.writer.place(certificate, index)
    }

    /// Takes a leaf in.
    pub(super) fn log(&mut self, act: &Act) -> Result<(), Error> {
        self.writer.log(self.standing.tree.size(), act)?;
        self.standing.tree.push(act.leaf_hash());
        Ok(())
    }

    fn ca(&self, number: u32) -> Result<Arc<certificate::Authority>, Error> {
        self.keys.get(&number).cloned().ok_or(Error::Damaged("CA"))
    }

    fn newest_issuing(&self) -> Result<u32, Error> {
        let newest = self.standing.cas.keys().next_back().filter(|number| SECOND_ROOT < **number);
        newest.copied().ok_or(Error::Damaged("CA"))
    }
}

impl Standing {
    /// The CAs that have CRLs and have not expired: newest issuing CA first, the root last.
    pub(super) fn crl_issuers(&self, now: Timestamp) -> impl Iterator<Item = u32> {
        let issuing = self.cas.iter().rev().filter(move |(number, entry)| {
            **number != SECOND_ROOT && (**number == ROOT || now <= entry.ca.not_after())
        });
        issuing.map(|(number, _)| *number)
    }

    /// Those of them whose newest CRL is older than [`CRL_AGE`]. Of a CA that is revoked nobody wants one any more, and it
    /// would grow with each certificate that is issued anew.
    pub(super) fn stale_crls(&self, now: Timestamp) -> Vec<u32> {
        // A root that is kept elsewhere signs its list for long.
        let signs = |ca: &u32| self.root_here || *ca != ROOT;
        let stale = |ca: &u32| self.crls.get(ca).is_none_or(|crl| CRL_AGE < now.since(crl.time));
        let mut found: Vec<u32> = self.crl_issuers(now).filter(signs).filter(stale).collect();
        if found.iter().any(|ca| *ca != ROOT) {
            let void = self.revoked_cas().unwrap_or_default();
            // One that has no list yet was made a moment ago, and stands in the next bundle.
            found.retain(|ca| !void.contains(ca) || !self.crls.contains_key(ca));
        }
        found
    }

    /// The issuing CAs that are revoked: the root's CRL names them, or the bundle in force does so no more.
    pub(super) fn revoked_cas(&self) -> Result<Vec<u32>, Error> {
        let crl = self.crls.get(&ROOT).ok_or(Error::Damaged("CRL"))?;
        let crl = CrlIn::parse(&crl.bytes).map_err(|_| Error::Damaged("CRL"))?;
        let bundle = Unverified::<Bundle>::from_bytes(&self.bundle.bytes)?;
        let (bundle, time) = (bundle.claim(), bundle.claim().time);
        let named = |ca: &Ca| bundle.issuing.iter().any(|der| der.as_slice() == ca.der());
        let revoked = |ca: &Ca| {
            crl.revoked().iter().any(|entry| entry.serial == ca.serial()) || (time <= ca.not_after() && !named(ca))
        };
        let issuing = self.cas.range(SECOND_ROOT + 1..);
        Ok(issuing.filter(|(_, entry)| revoked(&entry.ca)).map(|(number, _)| *number).collect())
    }
}
