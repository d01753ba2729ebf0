//! `musubi authority revoke`: certificates that no longer count.

use musubi_protocol::ids::OfficeNumber;

use crate::args::values;

/// Which certificates, and why.
#[derive(clap::Args, Debug)]
#[group(skip)]
#[command(group = clap::ArgGroup::new("target").required(true).args(["office", "serial"]))]
pub struct Args {
    /// An office: all its unexpired certificates.
    #[arg(value_name = "OFFICE", value_parser = values::office)]
    pub office: Option<OfficeNumber>,
    /// One certificate.
    #[arg(long, value_name = "SERIAL", value_parser = values::serial)]
    pub serial: Option<Serial>,
    /// Why.
    #[arg(long, value_name = "REASON")]
    pub reason: Reason,
}

/// A serial number's bytes, without leading zeros. (An alias keeps clap from seeing a list.)
pub type Serial = Vec<u8>;

/// Why a certificate is revoked, by the names of RFC 5280, 5.3.1; certificateHold is never
/// used, and cACompromise is no reason for an office's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "camelCase")]
pub enum Reason {
    /// Someone else may hold the key.
    KeyCompromise,
    /// Another certificate has taken its place.
    Superseded,
    /// The office has changed.
    AffiliationChanged,
    /// The office has closed.
    CessationOfOperation,
    /// The licence was withdrawn.
    PrivilegeWithdrawn,
    /// Not said.
    Unspecified,
}

impl From<Reason> for musubi_protocol::crl::Reason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::KeyCompromise => Self::KeyCompromise,
            Reason::Superseded => Self::Superseded,
            Reason::AffiliationChanged => Self::AffiliationChanged,
            Reason::CessationOfOperation => Self::CessationOfOperation,
            Reason::PrivilegeWithdrawn => Self::PrivilegeWithdrawn,
            Reason::Unspecified => Self::Unspecified,
        }
    }
}
