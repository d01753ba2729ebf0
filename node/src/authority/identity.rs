//! Who the authority's own node is: its keys, and its certificate of role authority.

use ed25519_dalek::SigningKey;
use musubi_network::Keypair;
use musubi_protocol::{
    cbor,
    certificate::{Grant, LeafIn, Role, Serial, Subject},
    credential::Credential,
    ids::{Hash, OfficeNumber},
    log::Inclusion,
    time::{DAY, Timestamp},
};
use rand::CryptoRng;
use serde_bytes::ByteBuf;
use zeroize::Zeroizing;

use super::{
    Authority, Error,
    audit::Deed,
    records::{self, Issued, NodeRecord},
};

/// The number that stands in the certificate of the authority's own node.
pub(super) const OWN_NUMBER: &str = "0000000000";
/// For how long that certificate is issued.
const LICENCE: u64 = 400 * DAY;
/// How long before its end the next is issued.
pub(super) const RENEW: u64 = 60 * DAY;
const NODE_LABEL: &str = "authority node";
const DESK_LABEL: &str = "authority desk";

type Secret = Zeroizing<[u8; 32]>;

/// What the authority's own node shows.
pub(super) struct Identity {
    pub(super) node: Keypair,
    desk: SigningKey,
    pub(super) leaf: LeafIn,
    issuer: Hash,
}

impl Authority {
    /// The identity of the authority's own node; it is made, and its certificate renewed, when it is time.
    pub(super) fn identity(&mut self, now: Timestamp, rng: &mut impl CryptoRng) -> Result<Identity, Error> {
        if let Some(record) = records::node(&self.store)? {
            let (secrets, held) = self.opened(&record)?;
            let void = self.standing.revoked_cas()?.contains(&held.ca);
            if held.revoked.is_none() && !void && RENEW < held.leaf.until().since(now) {
                return self.identity_of(secrets, held);
            }
            // The same node with the next certificate; where the last was revoked its keys are not used again.
            let keys = held.revoked.is_none().then_some(secrets);
            return self.new_identity(keys, now, rng);
        }
        self.new_identity(None, now, rng)
    }

    /// The identity that is here, whatever it is worth; nothing is signed.
    pub(super) fn held_identity(&self) -> Result<Option<Identity>, Error> {
        let Some(record) = records::node(&self.store)? else { return Ok(None) };
        let (secrets, held) = self.opened(&record)?;
        self.identity_of(secrets, held).map(Some)
    }

    fn identity_of(&self, (mut node, desk): (Secret, Secret), held: Issued) -> Result<Identity, Error> {
        let issuer = self.standing.cas.get(&held.ca).ok_or(Error::Damaged("CA"))?.ca.id();
        // Taking the 32 bytes fails for no value (RFC 8032: any seed is a key).
        let node = Keypair::ed25519_from_bytes(&mut *node).map_err(|_| Error::Damaged("node"))?;
        Ok(Identity { node, desk: SigningKey::from_bytes(&desk), leaf: held.leaf, issuer })
    }

    /// The keys of the authority's own node, and its certificate.
    fn opened(&self, record: &NodeRecord) -> Result<((Secret, Secret), Issued), Error> {
        let damaged = |_| Error::Damaged("node");
        let serial = Serial::from_bytes(&record.certificate).map_err(|_| Error::Damaged("node"))?;
        let held = records::certificate(&self.store, &serial)?.ok_or(Error::Damaged("node"))?;
        let secret = |label, wrapped: &[u8]| -> Result<Secret, Error> {
            let secret = self.ring.unwrap(label, &[], wrapped)?;
            Ok(Zeroizing::new(secret.as_slice().try_into().map_err(damaged)?))
        };
        Ok(((secret(NODE_LABEL, &record.node)?, secret(DESK_LABEL, &record.desk)?), held))
    }

    fn new_identity(
        &mut self,
        keys: Option<(Secret, Secret)>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Identity, Error> {
        let (mut node, desk) = keys.unwrap_or_else(|| {
            let mut secrets = (Zeroizing::new([0; 32]), Zeroizing::new([0; 32]));
            rng.fill_bytes(&mut *secrets.0);
            rng.fill_bytes(&mut *secrets.1);
            secrets
        });
        let desk = SigningKey::from_bytes(&desk);
        let office: OfficeNumber = OWN_NUMBER.parse().map_err(|_| Error::Damaged("number"))?;
        let name = self.name().to_owned();
        let (leaf, ca) = self.act(now, |draft, now| {
            let until = now.plus(LICENCE);
            let (ca, signer) = draft.issuing_for(until, now, rng)?;
            let issue_number = draft.standing.issued + 1;
            let key = desk.verifying_key();
            let subject = Subject { office, name: &name, kinds: &[], key: &key };
            let grant = Grant { role: Role::Authority, desk: 1, class: 0, from: now, until, issue_number };
            let serial = Serial::random(rng);
            let leaf = signer.issue(subject, &grant, serial, now)?;
            let record = Issued { ca, leaf, revoked: None };
            draft.issued(&record, now)?;
            draft.node(&NodeRecord {
                node: draft.wrap(NODE_LABEL, node.as_slice())?.into(),
                desk: draft.wrap(DESK_LABEL, desk.as_bytes())?.into(),
                certificate: ByteBuf::from(serial.as_bytes().as_slice()),
            })?;
            draft.deed(Deed::Issued, Some(office), serial.to_string());
            Ok((record.leaf, ca))
        })?;
        let issuer = self.standing.cas.get(&ca).ok_or(Error::Damaged("CA"))?.ca.id();
        let node = Keypair::ed25519_from_bytes(&mut *node).map_err(|_| Error::Damaged("node"))?;
        Ok(Identity { node, desk, leaf, issuer })
    }
}

impl Identity {
    pub(super) fn credential(&self, proof: Option<&Inclusion>, now: Timestamp) -> Result<Vec<u8>, Error> {
        let peer = self.node.public().to_peer_id();
        let bare = Credential::new(&self.leaf, self.issuer, &peer, &self.desk, now)?;
        Ok(cbor::to_vec(&match proof {
            Some(proof) => bare.with_proof(proof),
            None => bare,
        })?)
    }
}
