//! The proof that an office here takes part: from the authority, verified, kept.

use std::{sync::Arc, time::Duration};

use musubi_protocol::{
    enrol::{Answer, ProofRequest, Question, Refusal, State},
    ids::OfficeNumber,
    invitation::Place,
    proof::{Fact, Membership, Proof, ProofError},
    signed::Signed,
};
use tokio::time::timeout;

use super::signer;
use crate::{
    core::{Core, CoreError},
    db::{DbError, Writes},
    news::{self, NewsError, Source, catch_up},
    trust::InstallError,
};

/// Longest time for all that is asked.
const AT_MOST: Duration = Duration::from_secs(30);

/// A proof of membership that verifies now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The proof.
    pub proof: Proof,
    /// What the authority has signed.
    pub membership: Membership,
    /// Why this is the one kept here and not a new one.
    pub kept: Option<Lack>,
}

/// Why there is no new proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// The authority is not reached, or does not answer this question.
    Unreachable,
    /// Whoever answers refuses; that is not signed, so it need not be the authority.
    Refused(Refusal),
    /// The licence is over, or has not begun: there is nothing to prove.
    Licence,
    /// What came does not verify here.
    Unfit,
}

/// Why there is no proof at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MemberError {
    /// The office has no certificate that is good.
    #[error("the office has no certificate that is good")]
    NoCertificate,
    /// There is no new one, and none is kept that verifies.
    #[error("no proof of membership, new or kept: {0:?}")]
    None(Lack),
    /// The store refused.
    #[error(transparent)]
    Core(#[from] CoreError),
}

impl From<DbError> for MemberError {
    fn from(error: DbError) -> Self {
        Self::Core(error.into())
    }
}

/// Why asking gave nothing.
enum Failed {
    Lack(Lack),
    Core(CoreError),
}

impl From<CoreError> for Failed {
    fn from(error: CoreError) -> Self {
        Self::Core(error)
    }
}

impl From<NewsError> for Failed {
    fn from(error: NewsError) -> Self {
        tracing::warn!(%error, "the authority could not be asked for a proof");
        match error {
            // A bundle or list that is refused here: whoever answers need not be the authority, and what is kept stays good.
            NewsError::Core(CoreError::Install(error)) if !matches!(error, InstallError::Db(_)) => {
                Self::Lack(Lack::Unfit)
            }
            NewsError::Core(error) => Self::Core(error),
            _ => Self::Lack(Lack::Unreachable),
        }
    }
}

/// Fetches the newest proof of membership of an office here from the authority (at `configured`, else where the
/// invitation has said), verifies and keeps it; where there is no new one, the one kept is given if it still verifies.
///
/// Dropping the future changes nothing about what has been kept.
///
/// # Errors
/// [`MemberError`].
pub async fn membership(
    core: &Arc<Core>,
    configured: Option<&Place>,
    office: OfficeNumber,
) -> Result<Member, MemberError> {
    let asked = timeout(AT_MOST, ask(core, configured, office)).await;
    let lack = match asked.unwrap_or(Err(Failed::Lack(Lack::Unreachable))) {
        Ok(member) => return Ok(member),
        Err(Failed::Core(error)) => return Err(error.into()),
        Err(Failed::Lack(lack)) => lack,
    };
    let kept = core.db.membership(office)?.and_then(|bytes| still_good(core, &bytes, office));
    match kept {
        Some((proof, membership)) => Ok(Member { proof, membership, kept: Some(lack) }),
        None if signer(core, office).is_none() => Err(MemberError::NoCertificate),
        None => Err(MemberError::None(lack)),
    }
}

async fn ask(core: &Arc<Core>, configured: Option<&Place>, office: OfficeNumber) -> Result<Member, Failed> {
    let (Some(signer), Some(place)) = (signer(core, office), news::place(core, configured)) else {
        return Err(Failed::Lack(Lack::Unreachable));
    };
    let mut asker = news::reach(&place).await?;
    let (_, own_end) = asker.ends();
    let request = ProofRequest::new(signer.leaf.hash(), &own_end, core.now());
    let request = Signed::sign(request, &signer.key).map_err(CoreError::from)?;
    let question = Question::Membership { request: request.bytes().to_vec() };
    let proof = match Source::ask(&mut asker, &question).await? {
        Answer::Membership { proof } => proof,
        Answer::State(State::Refused(refusal)) => return Err(Failed::Lack(Lack::Refused(refusal))),
        _ => return Err(Failed::Lack(Lack::Unfit)),
    };
    let judged = match verified(core, &proof, office) {
        // By a CA that is new, or by a list that has grown old here: the same authority has both.
        Err(ProofError::UnknownIssuer | ProofError::OldData) => {
            catch_up(core, &mut asker, None).await?;
            verified(core, &proof, office)
        }
        judged => judged,
    };
    let (proof, membership) = judged.map_err(|error| {
        tracing::warn!(%error, "the authority's proof does not verify here");
        match error {
            ProofError::Ended { .. } | ProofError::NotYet { .. } => Failed::Lack(Lack::Licence),
            _ => Failed::Lack(Lack::Unfit),
        }
    })?;
    let mut writes = Writes::new();
    writes
        .membership(office, &proof.to_bytes().map_err(DbError::from).map_err(CoreError::from)?)
        .map_err(CoreError::from)?;
    core.db.store().commit(writes.into_batch()).await.map_err(CoreError::from)?;
    Ok(Member { proof, membership, kept: None })
}

/// A proof that was kept, if it verifies now: under the id that its CA has today, which the CA has not signed and which is
/// another one with a new root.
fn still_good(core: &Core, bytes: &[u8], office: OfficeNumber) -> Option<(Proof, Membership)> {
    match verified(core, bytes, office) {
        Err(ProofError::UnknownIssuer) => {}
        judged => return judged.ok(),
    }
    let Proof::Membership { membership, .. } = Proof::read(bytes).ok()? else { return None };
    let trust = core.trust.trust()?;
    trust.issuing().find_map(|ca| {
        let proof = Proof::Membership { issuer: ca.id(), membership: membership.clone() };
        verified(core, &proof.to_bytes().ok()?, office).ok()
    })
}

/// Judges a proof as whoever is shown it would: what does not verify here is neither kept nor shown.
fn verified(core: &Core, bytes: &[u8], office: OfficeNumber) -> Result<(Proof, Membership), ProofError> {
    let proof = Proof::read(bytes)?;
    let trust = core.trust.trust().ok_or(ProofError::UnknownIssuer)?;
    match proof.verify(&trust, core.now())?.fact {
        Fact::Member { membership, .. } if membership.office == office => Ok((proof, membership)),
        _ => Err(ProofError::Mixed),
    }
}
