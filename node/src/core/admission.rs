//! Who we say we are, and who of the others is let in.

use std::collections::HashMap;

use libp2p_identity::PeerId;
use musubi_protocol::{
    certificate::{Leaf, LeafIn},
    credential::{self, Admitted, AdmittedDesk, Credential},
    gate::Refusal,
    ids::{Address, Hash},
    record::Record,
    trust::{Distrust, Trust},
};

use super::{Core, CoreError, Standing, standing};
use crate::{
    db::{DbError, Writes},
    partners::{SharedAdmitted, look},
    transparency::{self, Compared},
};

/// Other nodes from which a desk may be connected when one more comes.
const NODES_PER_DESK: usize = 3;

impl Core {
    /// The credentials that this node shows: one for each desk whose certificate is good.
    ///
    /// # Errors
    /// [`CoreError::Signed`].
    pub fn credentials(&self) -> Result<Vec<Credential>, CoreError> {
        let (peer, now) = (self.peer_id(), self.now());
        self.with_desks(|desks| {
            desks
                .iter()
                .filter(|desk| standing(desk, &self.trust, now).may_receive())
                .filter_map(|desk| desk.certificate().map(|certificate| (desk, certificate)))
                .map(|(desk, (issuer, leaf))| {
                    let bare = Credential::new(leaf, *issuer, &peer, desk.key(), now)?;
                    // Also before the day from which proofs are wanted, so that everybody has seen them by then.
                    Ok(match self.proofs.of(&leaf.hash()) {
                        Some(proof) => bare.with_proof(&proof),
                        None => bare,
                    })
                })
                .collect()
        })
    }

    /// Judges a credential shown by a peer.
    ///
    /// # Errors
    /// [`credential::Refused`]; without trust data everything is refused.
    pub fn admit(&self, credential: &Credential, peer: &PeerId) -> Result<AdmittedDesk, credential::Refused> {
        let trust = self.trust.trust().ok_or(Distrust::UnknownIssuer)?;
        let mut desk = credential::admit(credential, peer, &trust, self.now(), |leaf| self.is_known(leaf))?;
        if let Some(head) = desk.shown() {
            match transparency::compare_head(self, head) {
                // In another log than the one that is held here it counts for nothing.
                Ok(Compared::Other) => {
                    self.not_shown(&desk.leaf().hash());
                    desk = desk.unshown(&trust, self.now())?;
                }
                Ok(_) => {}
                Err(error) => tracing::error!(%error, "the head of a proof could not be compared"),
            }
        }
        let superseded = desk.leaf().addresses().any(|address| self.speaks_newer(address, desk.leaf(), &trust));
        if superseded {
            return Err(credential::Refused::Superseded);
        }
        // Whoever has copied our key does not cut us off from ourselves.
        let elsewhere = *peer != self.peer_id();
        if elsewhere && self.is_everywhere(peer, desk.leaf()) { Err(credential::Refused::Everywhere) } else { Ok(desk) }
    }

    /// Whether a desk is connected from so many other nodes already that one more cannot be a move to a new PC: an
    /// office key could state any number of nodes, and each may have connections.
    fn is_everywhere(&self, peer: &PeerId, leaf: &Leaf) -> bool {
        let peers = self.partners.peers();
        let shows = |(other, desks): &&(PeerId, SharedAdmitted)| {
            other != peer && look(desks).desks().any(|desk| desk.leaf().hash() == leaf.hash())
        };
        peers.iter().filter(shows).count() >= NODES_PER_DESK
    }

    /// Takes out the desks of a peer that are no longer trusted; true if one of them was revoked. Takes no lock of the
    /// partners: the caller may hold the set's.
    pub fn recheck(&self, peer: &PeerId, admitted: &mut Admitted) -> bool {
        let Some(trust) = self.trust.trust() else { return false };
        let (mut revoked, now) = (false, self.now());
        // Before what is of another log is forgotten.
        if let Err(error) = self.note_shown(admitted) {
            tracing::error!(%error, "what was shown to be in the log could not be noted");
        }
        if trust.wants_log_proof(now) {
            // A head may have reached beyond the log that was held here then.
            admitted.unshow(|head| matches!(transparency::compare_head(self, head), Ok(Compared::Other)));
        }
        for (desk, reason) in admitted.recheck(&trust, now, |leaf| self.is_known(leaf)) {
            tracing::warn!(%peer, office = %desk.leaf().office(), %reason, "a desk is no longer admitted");
            revoked |= reason == credential::Refused::Distrust(Distrust::Revoked);
        }
        revoked
    }

    /// Whether a desk of this certificate was admitted before.
    fn is_known(&self, leaf: &LeafIn) -> bool {
        leaf.addresses().any(|address| matches!(self.db.partner(address), Ok(Some(_))))
    }

    /// Whether a partner's certificate is held that is good, whose licence has begun, and whose issue number is higher
    /// than this one's: of several the highest speaks, also where an old PC still shows an older one. Where proofs from the
    /// log are wanted, one that was never shown to be in it silences nobody.
    fn speaks_newer(&self, address: Address, leaf: &Leaf, trust: &Trust) -> bool {
        let Ok(Some(hash)) = self.db.partner(address) else { return false };
        let Ok(Some((issuer, der))) = self.db.certificate(&hash) else { return false };
        if hash == leaf.hash() {
            return false;
        }
        let now = self.now();
        if trust.wants_log_proof(now) && !self.db.was_shown(&hash).unwrap_or_default() {
            return false;
        }
        let held = trust.judge(&der, &issuer, now, true);
        held.is_ok_and(|held| held.issue_number() > leaf.issue_number() && held.from() <= now && held.holds(&address))
    }

    /// Our own desks as a partner on this node sees them: judged like anyone else.
    #[must_use]
    pub fn admitted_here(&self) -> Admitted {
        let peer = self.peer_id();
        let mut admitted = Admitted::new();
        for credential in self.credentials().unwrap_or_default() {
            match self.admit(&credential, &peer) {
                // Bounded by the desks of this directory.
                Ok(desk) => drop(admitted.add(desk)),
                Err(error) => tracing::warn!(%error, "a desk of this node is not admitted here"),
            }
        }
        admitted
    }

    /// Notes the certificates under which partners were admitted.
    ///
    /// # Errors
    /// [`CoreError::Db`].
    pub fn note_partners(&self, admitted: &Admitted) -> Result<(), CoreError> {
        self.note_shown(admitted)?;
        let _alone = self.noting_keys();
        let (mut writes, trust) = (Writes::new(), self.trust.trust());
        for desk in admitted.desks() {
            let leaf = desk.leaf();
            let hash = leaf.hash();
            if self.db.certificate(&hash)?.is_none() {
                writes.certificate(&hash, &leaf.issuer(), leaf.der())?;
            }
            for address in leaf.addresses() {
                let held = self.db.partner(address)?;
                let speaks = admitted.desk(&address).is_some_and(|desk| desk.leaf().hash() == hash);
                let speaks = speaks && !trust.as_ref().is_some_and(|trust| self.speaks_newer(address, leaf, trust));
                if speaks {
                    self.note_key(&mut writes, address, leaf)?;
                    if held != Some(hash) {
                        writes.partner(address, &hash)?;
                    }
                }
            }
        }
        if !writes.is_empty() {
            // Certificates are public and come again: no need to wait for the disk.
            self.db.apply_lazily(writes)?;
        }
        Ok(())
    }

    /// Takes back that a certificate was shown to stand in the log that is held here.
    fn not_shown(&self, certificate: &Hash) {
        let taken_back = || {
            let mut writes = Writes::new();
            if self.db.was_shown(certificate)? {
                writes.not_shown(certificate)?;
                self.db.apply_lazily(writes)?;
            }
            Ok::<_, DbError>(())
        };
        if let Err(error) = taken_back() {
            tracing::error!(%error, "what was shown to be in the log could not be taken back");
        }
    }

    /// Notes which certificates were shown to stand in the log that is held here. A head that goes further says nothing yet:
    /// it is looked at again with the next check, when there is more.
    fn note_shown(&self, admitted: &Admitted) -> Result<(), DbError> {
        let mut writes = Writes::new();
        for (desk, head) in admitted.desks().filter_map(|desk| Some((desk, desk.shown()?))) {
            let hash = desk.leaf().hash();
            match (transparency::compare_head(self, head)?, self.db.was_shown(&hash)?) {
                (Compared::Same, false) => writes.shown(&hash)?,
                (Compared::Other, true) => writes.not_shown(&hash)?,
                _ => {}
            }
        }
        // Lost, it is noted again.
        if writes.is_empty() { Ok(()) } else { self.db.apply_lazily(writes) }
    }

    /// Whether a partner's newest certificate is revoked.
    ///
    /// # Errors
    /// [`CoreError::Db`].
    pub fn is_revoked(&self, address: Address) -> Result<bool, CoreError> {
        if self.trust.trust().is_none() {
            return Ok(false);
        }
        if self.holds(address) {
            return Ok(self.may_send(address)? == Standing::Revoked);
        }
        let certificate = self.db.partner(address)?.map(|hash| self.db.certificate(&hash)).transpose()?.flatten();
        let Some((issuer, der)) = certificate else { return Ok(false) };
        Ok(matches!(self.trust.certificate(&der, &issuer), Err(Distrust::Revoked)))
    }

    /// The nodes that did not let this one in at the last attempt: the addresses known to be there, and why.
    ///
    /// # Errors
    /// [`CoreError::Db`].
    pub fn refusals(&self) -> Result<Vec<(Vec<Address>, Refusal)>, CoreError> {
        let refusals = self.partners.refusals();
        if refusals.is_empty() {
            return Ok(Vec::new());
        }
        let mut places: HashMap<PeerId, Vec<Address>> = HashMap::new();
        for (address, _) in self.db.partners()? {
            for peer in self.record_of(address)?.iter().flat_map(Record::peer_ids) {
                places.entry(peer).or_default().push(address);
            }
        }
        Ok(refusals.into_iter().map(|(peer, why)| (places.remove(&peer).unwrap_or_default(), why)).collect())
    }
}
