//! `musubi authority revoke`: certificates that no longer count.

use std::path::PathBuf;

use musubi_node::authority::{Act, Done, Error, Revoked, Target};
use musubi_protocol::{certificate, ids::OfficeNumber};

use crate::{
    args::values,
    context::Context,
    error::{CommandError, Exit},
    msg,
    ui::Ui,
};

/// Which certificates, and why.
#[derive(clap::Args, Debug)]
#[group(skip)]
#[command(group = clap::ArgGroup::new("target").required(true).args(["office", "serial", "list"]))]
pub struct Args {
    /// An office: all its unexpired certificates.
    #[arg(value_name = "OFFICE", value_parser = values::office)]
    pub office: Option<OfficeNumber>,
    /// One certificate.
    #[arg(long, value_name = "SERIAL", value_parser = values::serial)]
    pub serial: Option<Serial>,
    /// A file with an office number in each line.
    #[arg(long, value_name = "FILE")]
    pub list: Option<PathBuf>,
    /// Why.
    #[arg(long, value_name = "REASON")]
    pub reason: Reason,
    /// Who acts.
    #[command(flatten)]
    pub acting: super::Acting,
}

/// Revokes, and says that the new CRL has to go out.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    let reason = args.reason.into();
    let act = match (&args.office, &args.serial, &args.list) {
        (_, _, Some(list)) => Act::RevokeAll { offices: super::codes::offices_of(list)?, reason },
        (Some(office), _, _) => Act::Revoke { target: Target::Office(*office), reason },
        // A number that is none of ours was never given to a certificate.
        (None, serial, None) => {
            let serial = serial.as_deref().unwrap_or_default();
            let serial = certificate::Serial::from_bytes(serial).map_err(|_| Error::Unknown)?;
            Act::Revoke { target: Target::Serial(serial), reason }
        }
    };
    match super::perform(ui, context, Some(&args.acting), act)? {
        Done::Revoked(revoked) => told(ui, &revoked),
        Done::Ordered(order) => {
            let count = i64::try_from(order.offices.len()).unwrap_or(i64::MAX);
            ui.line(&msg!("authority-ordered", count = count, id = &order.id));
            ui.result(&serde_json::json!({"ordered": order}));
        }
        _ => return Err(super::unexpected()),
    }
    Ok(Exit::Done)
}

/// Says what was revoked.
pub(super) fn told(ui: &mut Ui, revoked: &Revoked) {
    for row in &revoked.rows {
        ui.line(&msg!("authority-revoked", office = row.office, name = &row.name, serial = row.serial.to_string()));
    }
    if 0 < revoked.later {
        ui.line(&msg!("authority-revoke-later", count = i64::try_from(revoked.later).unwrap_or(i64::MAX)));
    }
    ui.line(&msg!("authority-revoked-next"));
    ui.result(&serde_json::json!({"revoked": revoked.rows, "crls": revoked.crls, "later": revoked.later}));
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
