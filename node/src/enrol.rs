//! Joining with an invitation: from the letter to an installed certificate.
//!
//! The authority is asked who it is before anything is sent to it; the code goes only to one whose root is the
//! invitation's. Everything can be tried again at any time: the same request gets the same answer.

use std::{future::Future, time::Duration};

use musubi_network::{
    Keypair, Multiaddr,
    enrol::{AskError, Asker, EnrolLimits},
    multiaddr::Protocol,
};
pub use musubi_paper::PaperError;
use musubi_protocol::{
    certificate::{LeafIn, Serial, material},
    enrol::{Answer, Impostor, MessageError, Question, Refusal, State, recognise},
    ids::Hash,
    invitation::{Invitation, Place},
    log::Inclusion,
    request::Request,
    trust::Trust,
};
use rand::{TryRng, rngs::SysRng};

use crate::api::types::Installed;

/// What is asked for.
pub struct Application {
    /// The request, as `office::request` makes it: PEM.
    pub request: String,
    /// The invitation.
    pub invitation: Invitation,
    /// Where the authority is, if the invitation does not say.
    pub place: Option<Place>,
    /// The certificate that this one takes the place of.
    pub replaces: Option<Serial>,
}

/// What has come of it.
#[derive(Debug)]
pub enum Outcome {
    /// Granted: files to install, and the pin to install them by.
    Granted {
        /// Certificate, trust bundle and CRLs.
        file: String,
        /// SHA-256 of root 1, which the invitation has named.
        pin: Hash,
    },
    /// A person decides; it is worth asking again after this.
    Waiting(Duration),
}

/// Why an office has not joined.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnrolError {
    /// Neither the invitation nor the caller says where the authority is.
    #[error("where the authority is reached is not known")]
    NoPlace,
    /// The authority was not reached, or did not answer.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// What answers there is not the authority of the invitation. No code was sent.
    #[error("what answers there is not the authority of the invitation")]
    Impostor(#[from] Impostor),
    /// The authority has answered something that makes no sense.
    #[error("the authority's answer cannot be used")]
    Answer,
    /// The authority is busy.
    #[error("the authority is busy")]
    Busy(Duration),
    /// The authority has refused.
    #[error("the authority has refused")]
    Refused(Refusal),
    /// The request cannot be used.
    #[error("the request cannot be used")]
    Request,
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    Random,
}

impl Application {
    /// Where the authority is: as the invitation says, else as the caller does.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.invitation.place.as_ref().or(self.place.as_ref())
    }
}

impl From<MessageError> for EnrolError {
    fn from(_: MessageError) -> Self {
        Self::Answer
    }
}

/// Applies, or asks what has become of the application: both are the same.
///
/// Cancel safe in that the same call again gets the same answer.
///
/// # Errors
/// [`EnrolError`].
pub async fn apply(application: &Application) -> Result<Outcome, EnrolError> {
    let request = match material::read(application.request.as_bytes()).as_deref() {
        Ok([material::Material::Request(request)]) => request.clone(),
        _ => return Err(EnrolError::Request),
    };
    let place = application.place().ok_or(EnrolError::NoPlace)?;
    // A key for this connection alone: whoever watches learns nothing of the node's.
    let key = Keypair::generate_ed25519();
    let mut asker = Asker::reach(&key, dialed(place), EnrolLimits::default()).await?;
    let trust = greet(&mut asker, &application.invitation).await?;
    let apply = Question::Apply {
        request: request.der().to_vec(),
        code: Some(application.invitation.code.clone()).filter(|code| !code.is_none()),
        replaces: application.replaces,
    };
    match ask(&mut asker, &apply).await? {
        Answer::State(State::Granted { certificate, issuer, proof }) => {
            let file = granted(&mut asker, &request, &trust, (&certificate, &issuer, proof.as_ref())).await?;
            Ok(Outcome::Granted { file, pin: trust.root_pin() })
        }
        Answer::State(State::Waiting(again)) => Ok(Outcome::Waiting(Duration::from_secs(again))),
        Answer::State(State::Refused(refusal)) => Err(EnrolError::Refused(refusal)),
        Answer::Busy { again } => Err(EnrolError::Busy(Duration::from_secs(again))),
        _ => Err(EnrolError::Answer),
    }
}

/// Has the authority show itself, and judges it by the invitation.
async fn greet(asker: &mut Asker, invitation: &Invitation) -> Result<Trust, EnrolError> {
    let mut nonce = [0; 32];
    SysRng.try_fill_bytes(&mut nonce).map_err(|_| EnrolError::Random)?;
    let (authority, own) = asker.ends();
    match ask(asker, &Question::Greet { nonce }).await? {
        Answer::Greeting { bundle, greeting } => {
            let (trust, _) = recognise(&bundle, &greeting, &invitation.pin, (&nonce, &authority, &own))?;
            Ok(trust)
        }
        Answer::Busy { again } => Err(EnrolError::Busy(Duration::from_secs(again))),
        _ => Err(EnrolError::Answer),
    }
}

/// Puts together what is to be installed. Whether it is good is judged there; here, whether it answers the request.
async fn granted(
    asker: &mut Asker,
    request: &Request,
    trust: &Trust,
    (certificate, issuer, proof): (&[u8], &Hash, Option<&Inclusion>),
) -> Result<String, EnrolError> {
    let leaf = LeafIn::parse(certificate).map_err(|_| EnrolError::Answer)?;
    request.matches(&leaf).map_err(|_| EnrolError::Answer)?;
    // An issuing CA that was made for this certificate is in a bundle that is newer than the one shown before.
    let mut bundle = trust.bundle_bytes().to_vec();
    if trust.issuing().all(|ca| ca.id() != *issuer) {
        match ask(asker, &Question::Bundle { number: trust.bundle().number }).await? {
            Answer::Bundle(Some(newer)) => bundle = newer,
            _ => return Err(EnrolError::Answer),
        }
    }
    let Answer::Crls { crls, .. } = ask(asker, &Question::Crls { held: Vec::new() }).await? else {
        return Err(EnrolError::Answer);
    };
    let mut items = vec![(material::CERTIFICATE, certificate), (material::TRUST_BUNDLE, &*bundle)];
    items.extend(crls.iter().map(|crl| (material::CRL, &**crl)));
    let proof = proof.map(|proof| proof.to_file(leaf.hash())).transpose().map_err(|_| EnrolError::Answer)?;
    items.extend(proof.as_deref().map(|proof| (material::LOG_PROOF, proof)));
    Ok(material::to_pem(items))
}

async fn ask(asker: &mut Asker, question: &Question) -> Result<Answer, EnrolError> {
    let question = question.encode().map_err(|_| EnrolError::Request)?;
    Ok(Answer::decode(&asker.ask(question.to_vec()).await?)?)
}

/// How a place is dialed.
pub(crate) fn dialed(place: &Place) -> Multiaddr {
    let host = match (place.host().parse(), place.host().parse()) {
        (Ok(ip), _) => Protocol::Ip4(ip),
        (_, Ok(ip)) => Protocol::Ip6(ip),
        _ => Protocol::Dns(place.host().to_owned().into()),
    };
    Multiaddr::empty().with(host).with(Protocol::Tcp(place.port()))
}

/// Applies until it is decided, also by an authority that is busy. `waiting` is told how long it takes until the next question, and says whether to ask it.
///
/// # Errors
/// [`EnrolError`]; `None` if `waiting` has said no.
pub async fn until_decided<F: Future<Output = bool>>(
    application: &Application,
    mut waiting: impl FnMut(Duration) -> F,
) -> Result<Option<(String, Hash)>, EnrolError> {
    loop {
        let again = match apply(application).await {
            Ok(Outcome::Granted { file, pin }) => return Ok(Some((file, pin))),
            Ok(Outcome::Waiting(again)) | Err(EnrolError::Busy(again)) => again,
            Err(error) => return Err(error),
        };
        if !waiting(again).await {
            return Ok(None);
        }
    }
}

/// Whether what was installed holds a certificate.
#[must_use]
pub fn has_certificate(installed: &Installed) -> bool {
    installed.items.iter().any(|item| item.kind == "certificate" && item.outcome != "not_ours")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_dialed() {
        for (place, address) in [
            ("authority.example.jp:47300", "/dns/authority.example.jp/tcp/47300"),
            ("192.0.2.7:1", "/ip4/192.0.2.7/tcp/1"),
            ("[2001:db8::1]:2", "/ip6/2001:db8::1/tcp/2"),
        ] {
            assert_eq!(dialed(&place.parse().unwrap()).to_string(), address);
        }
    }
}
