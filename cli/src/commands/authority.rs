//! `musubi authority`: issues and revokes certificates, by files.

use clap::Subcommand;

pub mod crl;
pub mod init;
pub mod issue;
pub mod list;
pub mod revoke;
pub mod trust;

/// What the authority does.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Makes the authority's keys.
    Init(init::Args),
    /// Issues a certificate.
    Issue(issue::Args),
    /// Revokes certificates.
    Revoke(revoke::Args),
    /// Writes the newest CRLs.
    Crl(crl::Args),
    /// Writes the trust bundle.
    Trust(trust::Args),
    /// Lists the certificates.
    List(list::Args),
}
