//! What a desk shows at the gate, and the set of desks that a connection carries.

use std::fmt;

use libp2p_identity::PeerId;
use serde_bytes::ByteBuf;
use serde_tuple::{Deserialize_tuple, Serialize_tuple};

use crate::{
    cbor::Ext,
    certificate::{Leaf, LeafIn, Role, in_force},
    ids::{Address, Hash},
    log::{Head, Inclusion, Shown},
    signed::{self, Payload, Signed, Unverified},
    time::{DAY, Timestamp},
    trust::{Distrust, Trust},
};

/// The longest validity of a node statement.
pub const STATEMENT_LIFETIME: u64 = 7 * DAY;
/// How far a node statement is backdated: clocks of PCs run behind.
const STATEMENT_BACKDATE: u64 = DAY;
/// The most desks on one connection.
pub const MAX_DESKS: usize = 256;

/// "This desk runs on this node": binds a PeerId to a certificate; signed by the office key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct NodeStatement {
    /// The PeerId's bytes.
    #[serde(with = "serde_bytes")]
    pub peer: Vec<u8>,
    /// SHA-256 of the desk's certificate.
    pub certificate: Hash,
    /// From when.
    pub from: Timestamp,
    /// Until when, at most [`STATEMENT_LIFETIME`] later.
    pub until: Timestamp,
    /// Extensions.
    pub ext: Ext,
}

impl NodeStatement {
    /// States it for [`STATEMENT_LIFETIME`], of which one day lies behind `now`.
    #[must_use]
    pub fn new(peer: &PeerId, leaf: &LeafIn, now: Timestamp) -> Self {
        let from = now.minus(STATEMENT_BACKDATE);
        Self {
            peer: peer.to_bytes(),
            certificate: leaf.hash(),
            from,
            until: from.plus(STATEMENT_LIFETIME),
            ext: Ext::none(),
        }
    }
}

impl Payload for NodeStatement {
    const NAME: &'static str = "node";
    const MAX: usize = 512;

    fn ext(&self) -> &Ext {
        &self.ext
    }
}

/// What one desk shows. CA certificates are not sent: both sides hold the trust bundle.
#[derive(Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Credential {
    /// The desk's certificate, DER.
    #[serde(with = "serde_bytes")]
    pub leaf: Vec<u8>,
    /// The id of its issuing CA.
    pub issuer: Hash,
    /// A signed [`NodeStatement`].
    #[serde(with = "serde_bytes")]
    pub node: Vec<u8>,
    /// The two byte strings of the [`Inclusion`] that shows that the certificate stands in the log; empty without one.
    /// What does not hold counts as none, and matters from the date on from which the trust bundle wants proofs.
    pub proof: Vec<ByteBuf>,
}

impl Credential {
    /// Puts a credential together, with a new node statement.
    ///
    /// # Errors
    /// [`signed::Error`] if the statement cannot be encoded.
    pub fn new(
        leaf: &LeafIn,
        issuer: Hash,
        peer: &PeerId,
        key: &ed25519_dalek::SigningKey,
        now: Timestamp,
    ) -> Result<Self, signed::Error> {
        let statement = Signed::sign(NodeStatement::new(peer, leaf, now), key)?;
        Ok(Self { leaf: leaf.der().to_vec(), issuer, node: statement.bytes().to_vec(), proof: Vec::new() })
    }

    /// The same with a proof from the log.
    #[must_use]
    pub fn with_proof(self, proof: &Inclusion) -> Self {
        Self { proof: proof.to_parts(), ..self }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({:?})", Hash::of(&[&self.leaf]))
    }
}

/// Why a credential admits nobody.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refused {
    /// The certificate is not trusted.
    #[error("the certificate is not trusted")]
    Distrust(#[from] Distrust),
    /// The node statement cannot be read, or is not signed by the office key.
    #[error("the node statement is not by this office")]
    Statement(#[from] signed::Error),
    /// The node statement is about another certificate.
    #[error("the node statement is for another certificate")]
    OtherCertificate,
    /// The node statement is about another node.
    #[error("the node statement is for another node")]
    OtherNode,
    /// The node statement is not valid now, or for too long.
    #[error("the node statement is not in force, or for too long")]
    StatementPeriod,
    /// A proof from the log is wanted, and none was shown that holds.
    #[error("a proof from the log is wanted, and none holds")]
    LogProof,
    /// The certificate is neither an office's nor the authority's; others are admitted to protocols of their own.
    #[error("the certificate is not for an office or the authority")]
    Role,
    /// A valid certificate with a higher issue number speaks for an address of this one.
    #[error("a newer certificate speaks for this desk")]
    Superseded,
    /// The desk is connected from so many other nodes already that one more cannot be a move to a new PC.
    #[error("the desk is connected from too many nodes")]
    Everywhere,
    /// The connection carries [`MAX_DESKS`] desks already.
    #[error("too many desks on one connection")]
    TooMany,
}

/// A desk that may take part on one connection, for as long as [`Admitted::recheck`] keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdmittedDesk {
    leaf: Leaf,
    statement: NodeStatement,
    /// The head by which the certificate was shown to be in the log, if it was.
    shown: Option<Shown>,
}

impl AdmittedDesk {
    /// The desk's certificate.
    #[must_use]
    pub const fn leaf(&self) -> &Leaf {
        &self.leaf
    }

    /// Until when the desk has said that it runs on this node.
    #[must_use]
    pub const fn until(&self) -> Timestamp {
        self.statement.until
    }

    /// The head by which the certificate was shown to be in the log, if it was.
    #[must_use]
    pub const fn shown(&self) -> Option<&Signed<Head>> {
        match &self.shown {
            Some(shown) => Some(&shown.head),
            None => None,
        }
    }

    /// Forgets that the certificate was shown to be in the log: the head that was shown is of another log than the one
    /// held here.
    ///
    /// # Errors
    /// [`Refused::LogProof`] where proofs are wanted by now.
    pub fn unshown(mut self, trust: &Trust, now: Timestamp) -> Result<Self, Refused> {
        self.shown = None;
        self.check(trust, now)?;
        Ok(self)
    }
}

/// Decides whether a peer speaks for a desk. No socket, no disk, no clock. `known` says whether
/// the desk is already a partner; it is asked only in a CRL's days of grace.
///
/// # Errors
/// [`Refused`].
pub fn admit(
    credential: &Credential,
    peer: &PeerId,
    trust: &Trust,
    now: Timestamp,
    known: impl FnOnce(&LeafIn) -> bool,
) -> Result<AdmittedDesk, Refused> {
    let leaf = LeafIn::parse(&credential.leaf).map_err(Distrust::from)?;
    let leaf = trust.judge_with(leaf, &credential.issuer, now, known)?;
    if !is_served(&leaf) {
        return Err(Refused::Role);
    }
    let statement = statement(credential, &leaf, peer)?;
    // One that does not hold is as good as none.
    let shown = Inclusion::from_parts(&credential.proof).and_then(|proof| proof.verify(&leaf, trust, now)).ok();
    let desk = AdmittedDesk { leaf, statement, shown };
    desk.check(trust, now)?;
    Ok(desk)
}

/// An office, or the authority's own node, which speaks for no address and only brings news.
fn is_served(leaf: &LeafIn) -> bool {
    match leaf.role() {
        Role::Office => true,
        Role::Authority => leaf.kinds().is_empty(),
        _ => false,
    }
}

/// Says whether a peer shows all but revocation: then it may be asked for the list by which it is judged. A
/// certificate alone is public, so the peer must hold the statement for its own node too.
#[must_use]
pub fn is_worth_asking(credential: &Credential, peer: &PeerId, trust: &Trust, now: Timestamp) -> bool {
    let Ok(leaf) = trust.judge_but_revocation(&credential.leaf, &credential.issuer, now) else { return false };
    let stated = statement(credential, &leaf, peer);
    is_served(&leaf) && stated.is_ok_and(|statement| statement.in_force(now).is_ok())
}

/// The node statement of a credential: by the office key, about this certificate and this peer.
fn statement(credential: &Credential, leaf: &LeafIn, peer: &PeerId) -> Result<NodeStatement, Refused> {
    let statement = Unverified::<NodeStatement>::from_bytes(&credential.node)?.verify(leaf.key())?.into_value();
    if statement.certificate != leaf.hash() {
        return Err(Refused::OtherCertificate);
    }
    if statement.peer != peer.to_bytes() {
        return Err(Refused::OtherNode);
    }
    Ok(statement)
}

impl NodeStatement {
    fn in_force(&self, now: Timestamp) -> Result<(), Refused> {
        let possible = (1..=STATEMENT_LIFETIME).contains(&self.until.since(self.from));
        if possible && in_force(self.from, now, self.until) { Ok(()) } else { Err(Refused::StatementPeriod) }
    }
}

impl AdmittedDesk {
    /// Takes from a later credential for the same certificate what is better in it.
    fn renew(&mut self, later: Self) {
        if self.statement.until < later.statement.until {
            self.statement = later.statement;
        }
        self.shown = later.shown.or_else(|| self.shown.take());
    }

    /// What has to hold besides the certificate, now and later.
    fn check(&self, trust: &Trust, now: Timestamp) -> Result<(), Refused> {
        self.statement.in_force(now)?;
        // Whoever has signed the head must not have been revoked since. Certified anew by another root it has another id
        // and the same key, by which the head is found to be its own.
        let holds = |shown: &Shown| {
            trust.is_in_force(&shown.signer, now) || trust.head_in_force(shown.head.bytes(), now).is_some()
        };
        let shown = !trust.wants_log_proof(now) || self.shown.as_ref().is_some_and(holds);
        if shown { Ok(()) } else { Err(Refused::LogProof) }
    }
}

/// The desks of the peer that a connection carries. Every frame names from and to, and what it
/// names must be in here.
#[derive(Clone, Debug, Default)]
pub struct Admitted(Vec<AdmittedDesk>);

impl Admitted {
    /// Nobody.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a desk; of two node statements for the same certificate the one that lasts longer counts, and a proof from the
    /// log that was shown once, the newer of two.
    ///
    /// # Errors
    /// [`Refused::TooMany`].
    pub fn add(&mut self, desk: AdmittedDesk) -> Result<(), Refused> {
        let full = self.0.len() >= MAX_DESKS;
        match self.0.iter_mut().find(|held| held.leaf.hash() == desk.leaf.hash()) {
            Some(held) => held.renew(desk),
            None if full => return Err(Refused::TooMany),
            None => self.0.push(desk),
        }
        Ok(())
    }

    /// Judges every desk again, after a CRL or bundle came or time passed, and gives back those
    /// that had to go, each with its reason.
    pub fn recheck(
        &mut self,
        trust: &Trust,
        now: Timestamp,
        known: impl Fn(&LeafIn) -> bool,
    ) -> Vec<(AdmittedDesk, Refused)> {
        let mut removed = Vec::new();
        for desk in std::mem::take(&mut self.0) {
            let judged = trust.judge_again(&desk.leaf, now, &known).map_err(Refused::from);
            match judged.and_then(|()| desk.check(trust, now)) {
                Ok(()) => self.0.push(desk),
                Err(reason) => removed.push((desk, reason)),
            }
        }
        removed
    }

    /// Forgets that certificates were shown to be in the log where the head that was shown is of another log than the one
    /// held here, as `other` says. [`Admitted::recheck`] has to follow.
    pub fn unshow(&mut self, other: impl Fn(&Signed<Head>) -> bool) {
        for desk in &mut self.0 {
            if desk.shown().is_some_and(&other) {
                desk.shown = None;
            }
        }
    }

    /// Takes out the desk with this certificate.
    pub fn remove(&mut self, certificate: &Hash) -> Option<AdmittedDesk> {
        let at = self.0.iter().position(|desk| desk.leaf.hash() == *certificate)?;
        Some(self.0.swap_remove(at))
    }

    /// The desk that speaks for an address: of several certificates the one with the highest issue
    /// number.
    #[must_use]
    pub fn desk(&self, address: &Address) -> Option<&AdmittedDesk> {
        self.0.iter().filter(|desk| desk.leaf.holds(address)).max_by_key(|desk| desk.leaf.issue_number())
    }

    /// Says whether some desk holds an address.
    #[must_use]
    pub fn contains(&self, address: &Address) -> bool {
        self.0.iter().any(|desk| desk.leaf.holds(address))
    }

    /// Every address that some desk holds, rising, each once.
    #[must_use]
    pub fn addresses(&self) -> Vec<Address> {
        let mut addresses: Vec<Address> = self.0.iter().flat_map(|desk| desk.leaf.addresses()).collect();
        addresses.sort_unstable();
        addresses.dedup();
        addresses
    }

    /// The desks.
    pub fn desks(&self) -> impl Iterator<Item = &AdmittedDesk> {
        self.0.iter()
    }

    /// Says whether nobody is left; then the connection is closed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests;
