//! Messages as lists show them.

use std::collections::{BTreeMap, HashMap};

use data_encoding::BASE64;
use musubi_protocol::{
    cbor,
    delivery::{Circumstances, Fact, Inbound, Outbound, Receipts, State, inbound_state, outbound_state},
    entry::{By, What},
    ids::{Hash, MessageId},
    link::Log,
    seal::Manifest,
    signed::Unverified,
    time::Timestamp,
};

use crate::{
    api::types::{Detail, EvidenceRow, FileRow, FindingRow, ReceiptRow, Row},
    attachments::kind::Kind,
    core::{Core, CoreError},
    db::Side,
    keys::Label,
    times::rfc3339,
};

/// The name of a receipt that scripts see.
#[must_use]
pub const fn what_name(what: What) -> &'static str {
    match what {
        What::Delivered => "delivered",
        What::Opened => "opened",
        What::Imported => "imported",
        What::Rejected => "rejected",
    }
}

/// The name of an originator that scripts see.
#[must_use]
pub const fn by_name(by: By) -> &'static str {
    match by {
        By::Node => "node",
        By::Person => "person",
        By::Folder => "folder",
        By::Api => "api",
    }
}

/// Makes rows; remembers the circumstances of a link for the list at hand.
pub struct Rows<'a> {
    core: &'a Core,
    around: HashMap<Log, Circumstances>,
}

impl<'a> Rows<'a> {
    /// Begins a list.
    #[must_use]
    pub fn new(core: &'a Core) -> Self {
        Self { core, around: HashMap::new() }
    }

    /// A message sent from here.
    ///
    /// # Errors
    /// [`CoreError`].
    pub fn outbound(&mut self, id: MessageId, message: &Outbound) -> Result<Row, CoreError> {
        let state = self.state(&id, message)?;
        let mut row = self.row(id, message.log, message.sealed_at, &message.receipts)?;
        row.state = state.name().into();
        row.why = state.why().map(|why| why.name().into());
        if let Some((_, at)) = message.ended {
            row.times.insert(state.name().into(), rfc3339(at));
        }
        Ok(row)
    }

    /// Whether a message sent from here does not go on by itself.
    ///
    /// # Errors
    /// [`CoreError`].
    pub fn is_held(&mut self, id: &MessageId, message: &Outbound) -> Result<bool, CoreError> {
        Ok(self.state(id, message)?.name() == "held")
    }

    fn state(&mut self, id: &MessageId, message: &Outbound) -> Result<State, CoreError> {
        let around = match self.around.get(&message.log) {
            Some(around) => *around,
            None => {
                let around = self.core.circumstances(message.log)?;
                self.around.insert(message.log, around);
                around
            }
        };
        let has_envelope = around.has_key || self.core.db.envelope(Side::Own, id)?.is_some();
        Ok(outbound_state(message, Circumstances { has_key: has_envelope, ..around }))
    }

    /// A message for an address here; `None` while it is not complete.
    ///
    /// # Errors
    /// [`CoreError`].
    pub fn inbound(&mut self, id: MessageId, message: &Inbound) -> Result<Option<Row>, CoreError> {
        let Some(state) = inbound_state(message) else { return Ok(None) };
        let mut row = self.row(id, message.log, message.sealed_at, &message.receipts)?;
        row.state = state.name().into();
        Ok(Some(row))
    }

    fn row(&self, id: MessageId, log: Log, sealed_at: Timestamp, receipts: &Receipts) -> Result<Row, CoreError> {
        let mut times = BTreeMap::from([("sealed".to_owned(), rfc3339(sealed_at))]);
        times.extend(receipts.iter().map(|fact| (what_name(fact.what).to_owned(), rfc3339(fact.at))));
        let mut row = Row {
            id: Some(id.to_string()),
            from: Some(log.from.to_string()),
            to: Some(log.to.to_string()),
            times,
            receipts: receipts.iter().map(receipt_row).collect(),
            ..Row::default()
        };
        if let Some(manifest) = manifest(self.core, &id)? {
            describe(&mut row, &manifest);
        }
        Ok(row)
    }
}

/// What lies in a message, if the reading lock is open and it could be opened.
///
/// # Errors
/// [`CoreError`].
pub fn manifest(core: &Core, id: &MessageId) -> Result<Option<Manifest>, CoreError> {
    if core.keys.reading.is_none() {
        return Ok(None);
    }
    // Both sides of a message say the same of it.
    let kept = core.db.index(Side::Partner, id)?;
    let Some(wrapped) = kept.map_or_else(|| core.db.index(Side::Own, id), |kept| Ok(Some(kept)))? else {
        return Ok(None);
    };
    let bytes = core.keys.unwrap(Label::Index, &core.db.origin(id)?.0, &wrapped)?;
    Ok(Manifest::from_slice(&bytes).ok())
}

/// How many findings are kept with a message.
pub const MAX_FINDINGS: usize = 500;

/// What was found in the files of a message when it was sent from here, if the reading lock is open.
///
/// # Errors
/// [`CoreError`].
pub fn findings(core: &Core, id: &MessageId) -> Result<Vec<FindingRow>, CoreError> {
    /// A finding is a few hundred bytes of text.
    const LIMIT: usize = MAX_FINDINGS * 8192;
    let Some(wrapped) = core.db.findings(id)?.filter(|_| core.keys.reading.is_some()) else { return Ok(Vec::new()) };
    let bytes = core.keys.unwrap(Label::Findings, &core.db.origin(id)?.0, &wrapped)?;
    Ok(cbor::from_slice(&bytes, LIMIT).unwrap_or_else(|error| {
        tracing::warn!(%error, "kept findings cannot be read");
        Vec::new()
    }))
}

/// Fills in what a manifest tells.
pub fn describe(row: &mut Row, manifest: &Manifest) {
    row.bundle = manifest.bundle().map(Into::into);
    row.month = manifest.month().map(|month| month.number().to_string());
    row.serial = manifest.serial().map(Into::into);
    row.note = manifest.note().map(Into::into);
    row.files = manifest
        .files()
        .iter()
        .map(|file| FileRow {
            name: file.name().into(),
            bytes: file.size(),
            sha256: file.sha256().to_string(),
            kind: Kind::of_name(file.name()).name().into(),
        })
        .collect();
}

fn receipt_row(fact: &Fact) -> ReceiptRow {
    ReceiptRow { kind: what_name(fact.what).into(), at: rfc3339(fact.at), by: by_name(fact.by).into() }
}

/// All messages sent from here, oldest first.
///
/// # Errors
/// [`CoreError`].
pub fn outbox(core: &Core) -> Result<Vec<Row>, CoreError> {
    let mut messages = core.db.all_outbound()?;
    messages.sort_by_key(|(_, message)| (message.sealed_at, message.log, message.place));
    let mut rows = Rows::new(core);
    messages.iter().map(|(id, message)| rows.outbound(*id, message)).collect()
}

/// All complete messages for addresses here, in order of delivery.
///
/// # Errors
/// [`CoreError`].
pub fn inbox(core: &Core) -> Result<Vec<Row>, CoreError> {
    let mut messages = core.db.all_inbound()?;
    messages.sort_by_key(|(_, message)| {
        (message.receipts.get(What::Delivered).map(|fact| fact.at), message.log, message.place)
    });
    let mut rows = Rows::new(core);
    messages.iter().filter_map(|(id, message)| rows.inbound(*id, message).transpose()).collect()
}

/// One message with its evidence; `None` if there is none with this id.
///
/// # Errors
/// [`CoreError`].
pub fn detail(core: &Core, id: MessageId) -> Result<Option<Detail>, CoreError> {
    let mut rows = Rows::new(core);
    let (row, side, log, receipts) = if let Some(message) = core.db.outbound(&id)? {
        let row = Row { findings: findings(core, &id)?, ..rows.outbound(id, &message)? };
        (row, Side::Own, message.log, message.receipts)
    } else if let Some(message) = core.db.inbound(&id)? {
        let Some(row) = rows.inbound(id, &message)? else { return Ok(None) };
        (row, Side::Partner, message.log, message.receipts)
    } else {
        return Ok(None);
    };
    let mut evidence = Vec::new();
    let (other, direction) = if side == Side::Own { (Side::Partner, "out") } else { (Side::Own, "in") };
    let message = std::iter::once((side, log, id));
    for (side, log, entry) in message.chain(receipts.iter().map(|fact| (other, log.reverse(), fact.entry))) {
        if let Some(bytes) = core.db.entry_by_id(side, log, entry)? {
            evidence.push(evidence_row(core, &bytes)?);
        }
    }
    Ok(Some(Detail { row, direction: direction.into(), evidence }))
}

fn evidence_row(core: &Core, bytes: &[u8]) -> Result<EvidenceRow, CoreError> {
    let signer = Unverified::<musubi_protocol::entry::Entry>::from_bytes(bytes)?.claim().signer;
    let certificate = core.db.certificate(&Hash(signer.0))?.map(|(_, der)| BASE64.encode(&der));
    Ok(EvidenceRow { entry: BASE64.encode(bytes), certificate })
}
