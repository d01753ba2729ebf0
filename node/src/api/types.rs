//! Bodies of the local REST API. JSON only ever gains fields.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One message, or one refused set of files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Row {
    /// The message id; null for files that were refused.
    pub id: Option<String>,
    /// Address of the sender; null where the files do not tell.
    pub from: Option<String>,
    /// Address of the receiver; null where the files do not tell.
    pub to: Option<String>,
    /// `B1`..`B6`, `Y1`..`Y9`; null if none was recognised or the reading lock is closed.
    pub bundle: Option<String>,
    /// Service month, `YYYYMM`; null where the bundle has none.
    pub month: Option<String>,
    /// Serial of the bundle (連番).
    pub serial: Option<String>,
    /// The files under their own names; empty while the reading lock is closed.
    pub files: Vec<FileRow>,
    /// What the sender says with it, as it was written: whoever shows it has to make control and direction characters
    /// harmless.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// checked, sealed, waiting, held, delivered, opened, imported, rejected, cancelled, expired; in answers to sending
    /// also refused.
    pub state: String,
    /// What a waiting or held message waits for: no_key, new_key, not_connected, refused, revoked, stopped,
    /// own_certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Times of the states reached, RFC 3339 with +09:00.
    pub times: BTreeMap<String, String>,
    /// Receipts in order of arrival.
    pub receipts: Vec<ReceiptRow>,
    /// What was found in the files when they were checked here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<FindingRow>,
    /// True if these files were sent before under the same serial with the same content, or as the same attachments
    /// within a day: `id` is that message.
    #[serde(default, skip_serializing_if = "is_false")]
    pub already_sent: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// A file of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileRow {
    /// Its own name.
    pub name: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 of its bytes, lower-case hexadecimal.
    pub sha256: String,
    /// What its name says it is: pdf, image, document, sheet, slides, text, archive, audio, video, program, other.
    #[serde(default)]
    pub kind: String,
}

/// A receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReceiptRow {
    /// delivered, opened, imported, rejected.
    pub kind: String,
    /// The receiver's time, RFC 3339 with +09:00.
    pub at: String,
    /// node, person, folder, api.
    pub by: String,
}

/// Something that checking found in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FindingRow {
    /// Stable code of the rule.
    pub rule: String,
    /// error, warning, info.
    pub severity: String,
    /// The file, if one is meant.
    pub file: Option<String>,
    /// Row in the file, from 1.
    pub row: Option<u64>,
    /// Column in the row, from 1.
    pub column: Option<u64>,
    /// What is wrong and what to do, in the language of the request (`Accept-Language: ja` or `en`).
    pub text: String,
}

/// One message with everything that proves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Detail {
    /// The message.
    #[serde(flatten)]
    pub row: Row,
    /// `in` or `out`.
    pub direction: String,
    /// Signed entries about the message: its own, then its receipts.
    pub evidence: Vec<EvidenceRow>,
}

/// A signed entry, verifiable without this node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EvidenceRow {
    /// The COSE_Sign1 bytes, base64.
    pub entry: String,
    /// The signer's certificate (DER), base64; null if it is not held here.
    pub certificate: Option<String>,
}

/// State of the node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Status {
    /// libp2p identity of the node.
    pub peer_id: String,
    /// Addresses it listens on, with `/p2p/`.
    pub listen: Vec<String>,
    /// URL of this API.
    pub api: String,
    /// The desks.
    pub desks: Vec<DeskRow>,
    /// The least fresh revocation list; null before trust data was installed.
    pub crl: Option<CrlRow>,
    /// Messages that wait or are held.
    pub waiting: u64,
    /// Of these, messages that are held: they do not go on by themselves.
    #[serde(default)]
    pub held: u64,
    /// Delivered here and not yet opened.
    pub new: u64,
    /// How the keys at rest are opened: attended, unattended.
    pub mode: String,
    /// Whether documents can be read at this moment.
    pub reading: bool,
    /// Connected partners' addresses.
    pub connected: Vec<String>,
    /// Partners' nodes that did not let this one in at the last attempt.
    #[serde(default)]
    pub refused: Vec<RefusedRow>,
    /// Free disk space is below the reserve: no new mail is taken or sent.
    pub disk_low: bool,
    /// Room on the disk and in the store.
    #[serde(default)]
    pub disk: DiskRow,
    /// Seconds by which this computer's clock is behind the newest time that the authority signed; 0 if it is not.
    #[serde(default)]
    pub clock_behind_s: u64,
    /// Seconds by which this computer's clock is ahead of the newest time that the authority signed and the running time
    /// since; 0 if it is not. A node that was off, or got no list for a while, shows the like with a right clock.
    #[serde(default)]
    pub clock_ahead_s: u64,
    /// How many certificates for office numbers of desks here nobody here asked for.
    #[serde(default)]
    pub foreign: u64,
    /// How many acts of the authority's public log are kept and covered by its signature.
    #[serde(default)]
    pub log: u64,
    /// The number of the trust bundle in force; 0: none is installed.
    #[serde(default)]
    pub bundle: u64,
    /// Whether there is evidence that the authority has signed two logs.
    #[serde(default)]
    pub log_fork: bool,
    /// A partner whose entry names another log than the one that is kept here; null where none does.
    #[serde(default)]
    pub log_doubt: Option<DoubtRow>,
    /// Acts of the log that a signature covers and nobody has given for a day; null where none are missing.
    #[serde(default)]
    pub log_missing: Option<MissingRow>,
    /// Partners that speak with another key than before: mail to them waits.
    #[serde(default)]
    pub new_keys: Vec<NewKeyRow>,
    /// From when on a certificate counts only if the log is shown to hold it, RFC 3339 with +09:00; null for never.
    #[serde(default)]
    pub log_required: Option<String>,
    /// Version of the program.
    pub version: String,
}

/// Room on the disk and in the store, in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DiskRow {
    /// Free on the disk.
    pub free: u64,
    /// Below this much free no new mail is taken or sent.
    pub reserve: u64,
    /// The store's log with records and small bodies.
    pub log: u64,
    /// Bodies in files of their own.
    pub bodies: u64,
    /// Records in use, as last counted; null before the first count after an update.
    pub live: Option<u64>,
    /// Share of the log that is in use, in percent; null likewise. Below 40 the next start gives space
    /// back, once the log has doubled since the last time.
    pub live_percent: Option<u64>,
}

/// A node that did not let this one in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RefusedRow {
    /// Addresses that are known to be there; none before a first meeting.
    pub addresses: Vec<String>,
    /// The refusal's name.
    pub refusal: String,
}

/// A desk of this node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeskRow {
    /// Office number.
    pub office: String,
    /// Service kinds.
    pub kinds: Vec<String>,
    /// Name of the office.
    pub name: String,
    /// no_certificate, not_yet_valid, active, grace, ended, expired, revoked.
    pub state: String,
    /// End of the licence, RFC 3339 with +09:00; null without a certificate.
    pub until: Option<String>,
    /// When the licence of the newest certificate ends, where that is a later one: renewed already.
    #[serde(default)]
    pub next_until: Option<String>,
    /// The renewal that is due; null where none is, or where the authority has not been asked.
    #[serde(default)]
    pub renewal: Option<RenewalRow>,
    /// Whether it is shown to others that the authority's public log holds the certificate.
    #[serde(default)]
    pub in_log: bool,
}

/// A partner whose entry names another log of the authority.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DoubtRow {
    /// The partner's address.
    pub address: String,
    /// When the entry came, RFC 3339 with +09:00.
    pub at: String,
}

/// Acts of the authority's log that are missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MissingRow {
    /// How many acts the signature covers.
    pub size: u64,
    /// Since when that is known, RFC 3339 with +09:00.
    pub since: String,
}

/// A renewal that is due and not granted yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RenewalRow {
    /// Yen to which a person has to agree.
    pub fee: Option<u32>,
    /// Why the authority has refused, by name.
    pub refused: Option<String>,
    /// How often the office was to be asked by now: 60, 30 and 7 days before the end.
    pub asked: u64,
}

/// Asks the authority about licences.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RenewRequest {
    /// The office number; null for all desks.
    pub office: Option<String>,
    /// Yen to which the office agrees for its next year; null to ask only.
    pub agree: Option<u32>,
}

/// A revocation list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CrlRow {
    /// Its number.
    pub number: u64,
    /// Seconds since it was issued.
    pub age_s: u64,
}

/// What installing did, item by item.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Installed {
    /// What each item was and what became of it.
    pub items: Vec<InstalledItem>,
    /// SHA-256 of root 1's DER, if this installation pinned the roots.
    pub pinned_root: Option<String>,
}

/// One certificate, list or bundle of an installation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InstalledItem {
    /// certificate, ca, crl, trust_bundle, log_head.
    pub kind: String,
    /// installed, known, older, not_ours, and the like.
    pub outcome: String,
    /// Office number or list number, where there is one.
    pub subject: Option<String>,
}

/// What is waited for, of many messages at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WaitRequest {
    /// Message ids or prefixes, at most 10,000.
    pub ids: Vec<String>,
    /// delivered or opened
    pub state: String,
    /// Seconds to wait at most, 600 and less.
    pub seconds: u64,
}

/// A check of the authority's public log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogRequest {
    /// Issue number of a certificate that is the office's own, on another computer; null to check only.
    pub known: Option<u64>,
    /// Evidence of two logs that somebody has handed over, PEM, to be checked; null to check what is kept.
    #[serde(default)]
    pub evidence: Option<String>,
}

/// The authority's public log as it is kept here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogRow {
    /// Acts that are kept and covered by a signed head.
    pub size: u64,
    /// Root over them, hexadecimal.
    pub root: String,
    /// When that head was signed, RFC 3339 with +09:00; null before the first.
    pub signed: Option<String>,
    /// Whether the head covers exactly what is kept.
    pub whole: bool,
    /// Whether there is evidence that the authority has signed two logs.
    pub fork: bool,
    /// The evidence: the one that was handed over, if it holds, else the one that is kept.
    #[serde(default)]
    pub evidence: Option<ForkRow>,
    /// A partner whose entry names another log than the one that is kept here.
    #[serde(default)]
    pub doubt: Option<DoubtRow>,
    /// Certificates for office numbers of desks here that nobody here asked for.
    pub foreign: Vec<ForeignRow>,
}

/// Two logs that the authority has signed: at one size they differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ForkRow {
    /// The size at which they are compared.
    pub size: u64,
    /// The log that is kept by whoever has found it.
    pub ours: HeadRow,
    /// The other.
    pub theirs: HeadRow,
    /// All of it as a file, PEM, which anybody can check who trusts the authority's root.
    pub file: String,
}

/// A signed head of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HeadRow {
    /// How many acts it covers.
    pub size: u64,
    /// Root over them, hexadecimal.
    pub root: String,
    /// When it was signed, RFC 3339 with +09:00.
    pub signed: String,
}

/// A certificate for an office number of a desk here that nobody here asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ForeignRow {
    /// Office number.
    pub office: String,
    /// Issue number.
    pub issue_number: u64,
    /// When it was issued, RFC 3339 with +09:00.
    pub at: String,
    /// SHA-256 of the certificate, hexadecimal.
    pub certificate: String,
}

/// Asks for the proof that an office takes part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MembershipRequest {
    /// The office number; may be left out where this node has one.
    pub office: Option<String>,
}

/// The proof that an office takes part. It verifies now, by the lists that are held here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MembershipRow {
    /// Office number.
    pub office: String,
    /// Name of the office.
    pub name: String,
    /// When it first had a licence, RFC 3339 with +09:00.
    pub joined: String,
    /// When its licence began.
    pub from: String,
    /// When its licence ends.
    pub until: String,
    /// When the authority has signed this.
    pub signed: String,
    /// Why this is the proof that was kept here, and not a new one: unreachable, refused, licence, unfit;
    /// null for a new one.
    pub kept: Option<String>,
    /// The proof as a file (PEM).
    pub file: String,
    /// The proof as the text of a QR code.
    pub text: String,
}

/// With whom there was exchange in a fiscal year, in numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UsePlan {
    /// Office number.
    pub office: String,
    /// The calendar year in which the fiscal year begins.
    pub fiscal_year: u16,
    /// Partner offices, each counted once.
    pub partners: u64,
    /// Months of the calendar in which there was exchange, from April on.
    pub months: Vec<u8>,
    /// From how many partner offices on a proof matters for the subsidy.
    pub enough: u64,
}

/// Asks for the proof that an office exchanges.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UseRequest {
    /// The office number; may be left out where this node has one.
    pub office: Option<String>,
    /// The calendar year in which the fiscal year begins; null for the running one.
    pub fiscal_year: Option<u16>,
    /// Seconds to wait for partners at most, 600 and less.
    pub seconds: u64,
    /// A person knows that partners are asked and that their office numbers stand in the proof. Without it nothing is
    /// done.
    pub agreed: bool,
}

/// The proof that an office exchanges, and what became of each partner.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UseRow {
    /// Office number.
    pub office: String,
    /// The calendar year in which the fiscal year begins.
    pub fiscal_year: u16,
    /// Months of the calendar in which there was exchange, as confirmed, from April on.
    pub months: Vec<u8>,
    /// How many partner offices have confirmed it.
    pub attested: u64,
    /// From how many partner offices on a proof matters for the subsidy.
    pub enough: u64,
    /// Every partner office of that year.
    pub partners: Vec<PartnerRow>,
    /// When the office has signed this, RFC 3339 with +09:00; null where nobody has confirmed anything.
    pub signed: Option<String>,
    /// The proof as a file (PEM); null likewise.
    pub file: Option<String>,
    /// The statement without the confirmations, as the text of a QR code; null likewise.
    pub text: Option<String>,
}

/// A partner office, and what became of asking it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PartnerRow {
    /// Office number.
    pub office: String,
    /// attested, not_connected, not_admitted, revoked, no_certificate, nothing, busy, unfit, no_answer.
    pub outcome: String,
    /// The months that it has confirmed.
    pub months: Vec<u8>,
}

/// Partners, and the numbers by which people compare keys on the telephone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Partners {
    /// The desks here: their partners may ask for the number.
    pub own: Vec<OwnKeyRow>,
    /// Everybody who was ever let in.
    pub partners: Vec<PartnerKeyRow>,
}

/// A desk here and the number of its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OwnKeyRow {
    /// Office number.
    pub office: String,
    /// Service kinds.
    pub kinds: Vec<String>,
    /// 20 digits in groups of four.
    pub key_number: String,
}

/// A partner and its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PartnerKeyRow {
    /// Its address.
    pub address: String,
    /// Its name, by the certificate with which it speaks.
    pub name: String,
    /// The number of the key with which it speaks.
    pub key_number: String,
    /// Whether it is connected.
    pub connected: bool,
    /// Whether its certificate is revoked.
    pub revoked: bool,
    /// Its new key, where mail to it waits for that; else null.
    pub new_key: Option<NewKeyRow>,
}

/// A key of a partner that is another one than before: nothing is sealed for it yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewKeyRow {
    /// The partner's address.
    pub address: String,
    /// Its name, by the certificate that showed the key first.
    pub name: String,
    /// The number of the key.
    pub key_number: String,
    /// When that certificate was issued, by its own word, RFC 3339 with +09:00.
    pub issued: String,
    /// What mail waits for, if nobody confirms the key: time (until `goes_from`), news (that is over: a newer signature of
    /// the authority over its log, or a right clock), leaf (the log that is kept here does not show the certificate), log
    /// (nothing is kept of the log: it waits for ever).
    pub awaits: String,
    /// From when on mail goes to the key by itself, where it waits for time; else null.
    pub goes_from: Option<String>,
}

/// A person's word that a partner's new key is its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConfirmKeyRequest {
    /// Office number of the partner.
    pub office: String,
    /// The number of its key, as the partner has read it out.
    pub key_number: String,
}

/// To whom mail goes now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConfirmedKey {
    /// The partner's addresses.
    pub addresses: Vec<String>,
}

/// A question whether a partner can be reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PingRequest {
    /// The partner's address.
    pub address: String,
}

/// Whether a partner can be reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Ping {
    /// The partner's address.
    pub address: String,
    /// connected, refused, unreachable, unknown, revoked, local.
    pub outcome: String,
    /// The refusal's name, if the partner's node gave one.
    pub refusal: Option<String>,
    /// How long it took until the partner answered, in milliseconds.
    pub ms: Option<u64>,
}

/// Why a request was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Stable code; the command line has a sentence for each.
    pub code: String,
    /// Values for the sentence, never a person's.
    #[serde(default)]
    pub args: BTreeMap<String, String>,
}
