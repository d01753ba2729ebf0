//! What proves a delivery, judged without any node: only what the authority has published is believed.

use std::{fs, path::Path};

use data_encoding::BASE64;
use musubi_node::api::types::{Detail, EvidenceRow};
use musubi_protocol::{
    certificate::{LeafIn, material, material::Material},
    crl::Outcome,
    entry::{Body, Entry, What},
    ids::{Address, Hash},
    signed::{Signed, Unverified},
    time::Timestamp,
    trust::Trust,
};

use super::sample::Bundle;
use crate::{error::CommandError, msg};

/// Knows the authority.
pub(super) struct Judge {
    trust: Trust,
}

impl Judge {
    /// Reads trust bundle and revocation lists from a certificate file; `pin` is the authority's fingerprint.
    ///
    /// # Errors
    /// What the system says, and `err-internal` where the authority's own file does not hold what it should.
    pub(super) fn read(path: &Path, pin: &Hash) -> Result<Self, CommandError> {
        let file = fs::read(path).map_err(CommandError::reading(path))?;
        let internal =
            |error: &(dyn std::error::Error + 'static)| CommandError::failed(msg!("err-internal")).because(error);
        let items = material::read(&file).map_err(|error| internal(&error))?;
        let bundle = items.iter().find_map(|item| match item {
            Material::TrustBundle(bytes) => Some(bytes.as_slice()),
            _ => None,
        });
        let mut trust = Trust::first(bundle.unwrap_or_default(), Some(pin)).map_err(|error| internal(&error))?;
        for item in &items {
            if let Material::Crl(crl) = item {
                // The root's list came with the bundle already.
                let _: Outcome = trust.accept_crl(crl.der()).map_err(|error| internal(&error))?;
            }
        }
        Ok(Self { trust })
    }

    /// Whether the entries that came with a message are the message itself and the receiver's receipts *delivered* and
    /// *opened* for it, each signed by a desk that the authority has certified for the address in it.
    pub(super) fn proves(&self, bundle: &Bundle, id: &str, detail: &Detail) -> bool {
        let entries: Option<Vec<_>> = detail.evidence.iter().map(|row| self.entry(row)).collect();
        let Some(entries) = entries else { return false };
        let ends = |entry: &Entry| (entry.from.to_string(), entry.to.to_string());
        let there = (bundle.from.to_owned(), bundle.to.to_owned());
        let back = (bundle.to.to_owned(), bundle.from.to_owned());
        let [message, receipts @ ..] = entries.as_slice() else { return false };
        let is_message = matches!(message.value().body, Body::Message(_))
            && message.id().to_string() == id
            && ends(message.value()) == there;
        let told = receipts.iter().map(|receipt| match &receipt.value().body {
            Body::Receipt(body) if ends(receipt.value()) == back && body.id == message.id() => Some(body.what),
            _ => None,
        });
        is_message && told.eq([Some(What::Delivered), Some(What::Opened)])
    }

    /// An entry whose signature and signer are good.
    fn entry(&self, row: &EvidenceRow) -> Option<Signed<Entry>> {
        let bytes = BASE64.decode(row.entry.as_bytes()).ok()?;
        let leaf = BASE64.decode(row.certificate.as_ref()?.as_bytes()).ok()?;
        let issuer = self.trust.issuer_of(&LeafIn::parse(&leaf).ok()?)?.id();
        let leaf = self.trust.judge(&leaf, &issuer, Timestamp::now(), false).ok()?;
        let entry = Unverified::<Entry>::from_bytes(&bytes).ok()?.verify(leaf.key()).ok()?;
        let from: Address = entry.value().from;
        (leaf.holds(&from) && entry.value().signer == leaf.hash()).then_some(entry)
    }
}
