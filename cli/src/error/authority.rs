//! What the authority by files says, to a person.

use musubi_node::authority::Error;

use super::CommandError;
use crate::{moment, msg};

impl From<Error> for CommandError {
    fn from(error: Error) -> Self {
        let message = match &error {
            Error::Exists => msg!("err-authority-exists"),
            Error::NoAuthority => msg!("err-authority-missing"),
            Error::WrongPassphrase => msg!("err-authority-passphrase"),
            Error::InUse => msg!("err-authority-in-use"),
            Error::Name(_) => msg!("err-authority-name"),
            Error::Request(_) => msg!("err-authority-request"),
            Error::NotOneRequest => msg!("err-authority-not-one-request"),
            Error::PeriodOrder => msg!("err-authority-period-order"),
            Error::PeriodPast => msg!("err-authority-period-past"),
            Error::PeriodTooLong => msg!("err-authority-period-long"),
            Error::Date(_) => msg!("err-authority-date"),
            Error::Overlap { kinds, desk } => {
                let kinds: Vec<_> = kinds.iter().map(ToString::to_string).collect();
                msg!("err-authority-overlap", kinds = kinds.join(", "), desk = *desk)
            }
            Error::KeyOfOtherOffice => msg!("err-authority-key-used"),
            Error::KeyCompromised => msg!("err-authority-key-compromised"),
            Error::TooManyDesks => msg!("err-authority-desks"),
            Error::Unknown => msg!("err-authority-unknown"),
            Error::NothingToRevoke => msg!("err-authority-nothing-to-revoke"),
            Error::ClockBehind { newest } => msg!("err-authority-clock", newest = moment::rfc3339(*newest)),
            Error::NotRevoked => msg!("err-authority-not-revoked"),
            Error::NothingValid => msg!("err-authority-nothing-valid"),
            Error::NothingToReplace => msg!("err-authority-nothing-to-replace"),
            Error::TooEarly { from } => msg!("err-authority-too-early", day = moment::date_of(*from).to_string()),
            Error::NoApplication => msg!("err-authority-no-application"),
            Error::AlreadyGranted => msg!("err-authority-already-granted"),
            Error::TooManyApplications => msg!("err-authority-too-many-applications"),
            Error::Admin => msg!("err-authority-admin"),
            Error::PolicyChanged => msg!("err-authority-policy-changed"),
            Error::TooNew => msg!("err-authority-too-new"),
            Error::Damaged(_) | Error::Record(_) | Error::Wrap(_) | Error::Bundle(_) => msg!("err-authority-damaged"),
            Error::KeyFile(_) | Error::Open(_) | Error::Store(_) | Error::Body(_) | Error::Io(_) => {
                msg!("err-authority-store")
            }
            _ => msg!("err-internal"),
        };
        let failed = Self::failed(message);
        // The sentence has said it all, unless there is a cause below or a place that is damaged.
        let more = matches!(error, Error::Damaged(_)) || std::error::Error::source(&error).is_some();
        if more { failed.because(&error) } else { failed }
    }
}
