//! Certificates, lists and bundles that come while the node runs.

use std::sync::{Arc, PoisonError};

use musubi_protocol::{crl, ids::Hash, news::Known};

use super::{Core, CoreError, Event, lock};
use crate::{
    api::types::Installed,
    db::Writes,
    desk::{self, Kept},
    news::{Renewing, agree},
    transparency,
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
        self.put_in_force(move |core| core.trust.examine(&core.db, &kept, &files, pin)).await
    }

    /// Takes a newer trust bundle from somebody who is not to be trusted. Dropping the future does not call it off.
    ///
    /// # Errors
    /// [`CoreError::Install`]; then nothing has changed.
    pub async fn learn_bundle(self: &Arc<Self>, bundle: Vec<u8>) -> Result<Installed, CoreError> {
        let core = Arc::clone(self);
        let learning = tokio::spawn(async move {
            let _one_at_a_time = core.installing.lock().await;
            core.put_in_force(move |core| core.trust.examine_bundle(&core.db, bundle)).await
        });
        learning.await.map_err(|_| CoreError::Stopped)?
    }

    /// Takes a head of the log. It changes nobody's standing, so nobody is told.
    ///
    /// # Errors
    /// [`CoreError::Install`]; then nothing has changed.
    pub async fn learn_head(self: &Arc<Self>, head: Vec<u8>) -> Result<(), CoreError> {
        let core = Arc::clone(self);
        let learning = tokio::spawn(async move {
            let _one_at_a_time = core.installing.lock().await;
            let mut installation = core.trust.examine_head(&core.db, head)?;
            core.db.apply_lazily(std::mem::take(&mut installation.writes))?;
            core.adopt(installation).await;
            core.tell(Event::Log);
            Ok(())
        });
        learning.await.map_err(|_| CoreError::Stopped)?
    }

    /// Examines, keeps and takes over. The caller holds the lock of installing.
    async fn put_in_force(
        self: &Arc<Self>,
        examine: impl FnOnce(&Self) -> Result<Installation, InstallError> + Send + 'static,
    ) -> Result<Installed, CoreError> {
        let core = Arc::clone(self);
        let examine = move || examine(&core);
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
        self.adopt(installation).await;
        let certified = report.items.iter().any(|item| matches!(item.kind.as_str(), "certificate" | "log_proof"));
        if certified {
            self.load_proofs()?;
        }
        self.choose_certificates();
        self.tell(Event::Trust);
        self.renew_now().await?;
        if certified {
            // Those that did not come along may be found in what is kept of the log. Last: nobody who is revoked waits for it.
            let core = Arc::clone(self);
            let proving = move || transparency::refresh_proofs(&core);
            tokio::task::spawn_blocking(proving).await.map_err(|_| CoreError::Stopped)??;
        }
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

    /// Has the authority asked now, and waits until it was: true if it has answered. Cancel safe.
    pub async fn ask_authority(&self) -> bool {
        let mut asked = self.asked.subscribe();
        // What is under way may have looked before.
        let next = asked.borrow().begun + 1;
        self.ask.notify_one();
        // The sender is the core's own.
        asked.wait_for(|asked| next <= asked.ended).await.is_ok_and(|asked| asked.answered)
    }

    /// Notes what has become of a desk's renewal.
    pub(crate) fn renewing(&self, desk: u16, state: Option<Renewing>) {
        let mut renewals = lock(&self.renewals);
        match state {
            Some(state) => drop(renewals.insert(desk, state)),
            None => drop(renewals.remove(&desk)),
        }
    }

    /// What has become of a desk's renewal; nothing where none is due or it was granted.
    #[must_use]
    pub fn renewal(&self, desk: u16) -> Option<Renewing> {
        lock(&self.renewals).get(&desk).copied()
    }

    /// Notes that a desk's office agrees to what its next year costs; the authority hears of it when it is asked next.
    ///
    /// # Errors
    /// [`CoreError::NoMessage`] for a desk without a certificate, [`CoreError::Db`].
    pub async fn agree(self: &Arc<Self>, desk: u16, yen: u32) -> Result<(), CoreError> {
        // Only what was asked for is agreed to: this desk's next year, at no more.
        if !matches!(self.renewal(desk), Some(Renewing::Fee(due)) if due <= yen) {
            return Ok(());
        }
        let newest = self.with_desks(|desks| {
            let desk = desks.iter().find(|held| held.kept().number() == desk)?;
            desk.certificates.iter().max_by_key(|(_, leaf)| leaf.issue_number()).map(|(_, leaf)| leaf.hash())
        });
        let mut writes = Writes::new();
        agree(&mut writes, desk, newest.ok_or(CoreError::NoMessage)?, yen)?;
        self.db.store().commit(writes.into_batch()).await?;
        Ok(())
    }

    /// Takes an installation over, remembers what leads from the lists of before to its own, and lets everybody know.
    async fn adopt(self: &Arc<Self>, installation: Installation) {
        let before = self.trust.trust();
        self.trust.adopt(installation);
        if let (Some(before), Some(now)) = (before, self.trust.trust()) {
            let core = Arc::clone(self);
            // What is not learned costs those who ask later a whole list.
            let _ = tokio::task::spawn_blocking(move || core.deltas.learn(&before, &now)).await;
        }
        // A log that cannot be read has nothing to tell.
        let log = transparency::covered_size(&self.db).unwrap_or_default();
        let known = Known { log, ..self.trust.known() };
        self.known.send_if_modified(|held| std::mem::replace(held, known.clone()) != known);
    }

    /// Takes lists one by one; true if one was new.
    async fn take_crls(self: &Arc<Self>, crls: Vec<Vec<u8>>) -> Result<bool, CoreError> {
        let (mut new, mut alarm) = (false, None);
        for crl in crls {
            let core = Arc::clone(self);
            // Megabytes of list are parsed and verified: not on the threads that serve everybody.
            let examine = move || core.trust.examine_crl(&core.db, &crl);
            let mut installation = match tokio::task::spawn_blocking(examine).await.map_err(|_| CoreError::Stopped)? {
                Ok(installation) => installation,
                Err(InstallError::Db(error)) => return Err(error.into()),
                // Of a CA of a later trust bundle, which does not travel with it: no reason to pass over the rest.
                Err(InstallError::Crl(crl::Error::Issuer)) => continue,
                // Somebody signs two truths. The rest may be sound all the same.
                Err(error @ InstallError::Alarm(_)) => {
                    tracing::error!(%error, "a revocation list is not the one that is held under its number");
                    alarm = Some(error);
                    continue;
                }
                Err(error) => {
                    tracing::warn!(%error, "a revocation list from a peer was not taken");
                    return Ok(new);
                }
            };
            let writes = std::mem::take(&mut installation.writes);
            if !writes.is_empty() {
                self.db.store().commit(writes.into_batch()).await?;
                self.adopt(installation).await;
                new = true;
            }
        }
        alarm.map_or(Ok(new), |error| Err(error.into()))
    }
}
