//! Judges who is let in: the gate's questions answered from what the node trusts.

use std::{net::IpAddr, sync::Arc};

use libp2p_identity::PeerId;
use musubi_network::gate::{Gatekeeper, Judgement};
use musubi_protocol::{
    cbor,
    credential::{self, Admitted, Credential, Refused},
    gate::{CREDENTIALS_MAX, HELLO_MAX, Hello, Refusal},
    ids::Hash,
    news::Known,
    trust::{Distrust, Trust},
};
use serde_bytes::ByteBuf;

use crate::core::Core;

/// Bytes of a hello beside credentials: 34 CRLs, of which each takes up to 45, and numbers.
const HELLO_REST: usize = 2 * 1024;

/// The node's gatekeeper.
pub struct Keeper {
    core: Arc<Core>,
    /// The network that this node serves; it cannot change while the node runs.
    network: Hash,
}

impl Keeper {
    /// Keeps the gate of a network.
    #[must_use]
    pub const fn new(core: Arc<Core>, network: Hash) -> Self {
        Self { core, network }
    }

    fn admit(&self, peer: &PeerId, credentials: &[Credential]) -> Judgement<Admitted> {
        let mut admitted = Admitted::new();
        let mut refusal = Refusal::NoCredential;
        for credential in credentials {
            match self.core.admit(credential, peer) {
                // A hello holds fewer credentials than a set.
                Ok(desk) => drop(admitted.add(desk)),
                Err(error) => {
                    tracing::debug!(%peer, %error, "a credential was refused");
                    refusal = refusal_for(&error);
                }
            }
        }
        if admitted.is_empty() { Judgement::Refuse(refusal) } else { Judgement::Admit(admitted) }
    }
}

impl Gatekeeper for Keeper {
    type Admitted = Admitted;

    fn hello(&self) -> Hello {
        let trust = self.core.trust.trust();
        let credentials = self.core.credentials().unwrap_or_default();
        // What does not fit is shown inside.
        let mut left = HELLO_MAX - HELLO_REST;
        let shown = credentials.iter().take(CREDENTIALS_MAX).filter_map(|credential| cbor::to_vec(credential).ok());
        let shown = shown.take_while(|bytes| {
            let fits = bytes.len() + 3 <= left;
            left = left.saturating_sub(bytes.len() + 3);
            fits
        });
        Hello {
            network: self.network,
            trust: trust.as_ref().map_or(0, |trust| trust.bundle().number),
            crls: trust.as_ref().map(Trust::crl_numbers).unwrap_or_default(),
            log_size: self.core.trust.log_seen().0,
            credentials: shown.map(ByteBuf::from).collect(),
        }
    }

    fn judge(&self, peer: PeerId, hello: &Hello, after_catch_up: bool) -> Judgement<Admitted> {
        if hello.network != self.network {
            return Judgement::Refuse(Refusal::Network);
        }
        let Some(trust) = self.core.trust.trust() else { return Judgement::Refuse(Refusal::Issuer) };
        let read = |bytes: &ByteBuf| cbor::from_slice::<Credential>(bytes, HELLO_MAX).ok();
        let credentials: Vec<Credential> = hello.credentials.iter().filter_map(read).collect();
        // Whoever is certified in all but revocation may hand over the list by which he is judged.
        let now = self.core.now();
        let worth_asking = |credential: &Credential| credential::is_worth_asking(credential, &peer, &trust, now);
        if !after_catch_up && trust.is_behind(&hello.crls) && credentials.iter().any(worth_asking) {
            return Judgement::SendCrls;
        }
        let judgement = self.admit(&peer, &credentials);
        if matches!(judgement, Judgement::Admit(_)) {
            let Hello { crls, trust: bundle, log_size: log, .. } = hello;
            self.core.partners.knows(peer, Known { crls: crls.clone(), bundle: *bundle, log: *log });
        }
        judgement
    }

    fn newer_crls(&self, theirs: &[(Hash, u64)]) -> Vec<Vec<u8>> {
        self.core.trust.trust().map(|trust| trust.crls_newer_than(theirs)).unwrap_or_default()
    }

    async fn learn_crls(&self, crls: Vec<Vec<u8>>) {
        if let Err(error) = self.core.learn_crls(crls).await {
            tracing::error!(%error, "revocation lists could not be kept");
        }
    }

    fn knows_address(&self, address: IpAddr) -> bool {
        self.core.partners.knows_address(address)
    }

    fn knows_peer(&self, peer: PeerId) -> bool {
        self.core.partners.knows_peer(&peer)
    }
}

/// The byte for a reason.
pub(crate) const fn refusal_for(reason: &Refused) -> Refusal {
    match reason {
        Refused::Distrust(distrust) => match distrust {
            Distrust::UnknownIssuer => Refusal::Issuer,
            Distrust::NotYetValid => Refusal::NotYetValid,
            Distrust::Expired => Refusal::Expired,
            Distrust::Revoked => Refusal::Revoked,
            Distrust::NoRevocation | Distrust::OldRevocation | Distrust::StaleRevocation => Refusal::Stale,
            _ => Refusal::Certificate,
        },
        Refused::OtherNode | Refused::OtherCertificate => Refusal::Peer,
        Refused::LogProof => Refusal::Proof,
        Refused::Role => Refusal::Role,
        Refused::Superseded => Refusal::Certificate,
        Refused::Everywhere => Refusal::Busy,
        Refused::TooMany => Refusal::Malformed,
        _ => Refusal::Statement,
    }
}
