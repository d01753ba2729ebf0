//! Certificates, lists and bundles that come while the node runs.

use std::sync::{Arc, PoisonError};

use musubi_protocol::{crl, ids::Hash};

use super::{Core, CoreError, Event};
use crate::{
    api::types::Installed,
    desk::{self, Kept},
    trust::{InstallError, Installation},
};

impl Core {
    /// Installs certificates, lists and bundles into the running node.
    ///
    /// Dropping the future does not call it off.
    ///
    /// # Errors
    /// [`CoreError::Install`]; then nothing has changed.
    pub async fn install(self: &Arc<Self>, files: Vec<Vec<u8>>, pin: Option<Hash>) -> Result<Installed, CoreError> {
        let core = Arc::clone(self);
        let installing = tokio::spawn(async move { core.install_now(files, pin).await });
        installing.await.map_err(|_| CoreError::Stopped)?
    }

    async fn install_now(self: &Arc<Self>, files: Vec<Vec<u8>>, pin: Option<Hash>) -> Result<Installed, CoreError> {
        let _one_at_a_time = self.installing.lock().await;
        let kept: Vec<Kept> = self.with_desks(|desks| desks.iter().map(|desk| desk.kept().clone()).collect());
        let core = Arc::clone(self);
        let examine = move || core.trust.examine(&core.db, &kept, &files, pin);
        let examined = tokio::task::spawn_blocking(examine).await.map_err(|_| CoreError::Stopped)?;
        let mut installation: Installation = examined?;
        let writes = std::mem::take(&mut installation.writes);
        self.db.store().commit(writes.into_batch()).await?;
        {
            let mut desks = self.desks.write().unwrap_or_else(PoisonError::into_inner);
            for kept in std::mem::take(&mut installation.desks) {
                let certificates = desk::certificates(&self.db, &kept)?;
                if let Some(desk) = desks.iter_mut().find(|desk| desk.kept().number() == kept.number()) {
                    desk.refresh(kept, certificates);
                }
            }
        }
        let report = installation.report.clone();
        self.trust.adopt(installation);
        self.choose_certificates();
        self.tell(Event::Trust);
        self.renew_now().await?;
        Ok(report)
    }

    /// Takes newer CRLs from a peer in the gate, up to the first that is not good. Dropping the future does not call
    /// it off.
    ///
    /// # Errors
    /// [`CoreError::Db`] if the store fails.
    pub async fn learn_crls(self: &Arc<Self>, crls: Vec<Vec<u8>>) -> Result<(), CoreError> {
        let core = Arc::clone(self);
        let learning = tokio::spawn(async move { core.learn_crls_now(crls).await });
        learning.await.map_err(|_| CoreError::Stopped)?
    }

    async fn learn_crls_now(self: &Arc<Self>, crls: Vec<Vec<u8>>) -> Result<(), CoreError> {
        let _one_at_a_time = self.installing.lock().await;
        let learned = self.take_crls(crls).await;
        // After an error some may be in force all the same.
        if *learned.as_ref().unwrap_or(&true) {
            self.choose_certificates();
            self.tell(Event::Trust);
        }
        learned.map(drop)
    }

    /// Takes lists one by one; true if one was new.
    async fn take_crls(self: &Arc<Self>, crls: Vec<Vec<u8>>) -> Result<bool, CoreError> {
        let mut new = false;
        for crl in crls {
            let core = Arc::clone(self);
            // Megabytes of list are parsed and verified: not on the threads that serve everybody.
            let examine = move || core.trust.examine_crl(&core.db, &crl);
            let mut installation = match tokio::task::spawn_blocking(examine).await.map_err(|_| CoreError::Stopped)? {
                Ok(installation) => installation,
                Err(InstallError::Db(error)) => return Err(error.into()),
                // Of a CA of a later trust bundle, which does not travel with it: no reason to pass over the rest.
                Err(InstallError::Crl(crl::Error::Issuer)) => continue,
                Err(error) => {
                    tracing::warn!(%error, "a revocation list from a peer was not taken");
                    return Ok(new);
                }
            };
            let writes = std::mem::take(&mut installation.writes);
            if !writes.is_empty() {
                self.db.store().commit(writes.into_batch()).await?;
                self.trust.adopt(installation);
                new = true;
            }
        }
        Ok(new)
    }
}
