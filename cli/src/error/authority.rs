//! What the authority says, to a person.

use musubi_node::authority::{Error, Told};

use super::CommandError;
use crate::{moment, msg};

impl From<Error> for CommandError {
    fn from(error: Error) -> Self {
        error.told().into()
    }
}

impl From<Told> for CommandError {
    fn from(told: Told) -> Self {
        let message = match told.code.as_str() {
            "exists" => msg!("err-authority-exists"),
            "no_authority" => msg!("err-authority-missing"),
            "wrong_passphrase" => msg!("err-authority-passphrase"),
            "in_use" => msg!("err-authority-in-use"),
            "name" => msg!("err-authority-name"),
            "request" => msg!("err-authority-request"),
            "not_one_request" => msg!("err-authority-not-one-request"),
            "period_order" => msg!("err-authority-period-order"),
            "period_past" => msg!("err-authority-period-past"),
            "period_too_long" => msg!("err-authority-period-long"),
            "date" => msg!("err-authority-date"),
            "overlap" => {
                let kinds: Vec<_> = told.kinds.iter().map(ToString::to_string).collect();
                msg!("err-authority-overlap", kinds = kinds.join(", "), desk = told.desk)
            }
            "key_of_other_office" => msg!("err-authority-key-used"),
            "key_compromised" => msg!("err-authority-key-compromised"),
            "too_many_desks" => msg!("err-authority-desks"),
            "unknown" => msg!("err-authority-unknown"),
            "nothing_to_revoke" => msg!("err-authority-nothing-to-revoke"),
            "clock_behind" => msg!("err-authority-clock", newest = moment::rfc3339(told.at)),
            "not_revoked" => msg!("err-authority-not-revoked"),
            "nothing_valid" => msg!("err-authority-nothing-valid"),
            "nothing_to_replace" => msg!("err-authority-nothing-to-replace"),
            "too_early" => msg!("err-authority-too-early", day = moment::date_of(told.at).to_string()),
            "no_application" => msg!("err-authority-no-application"),
            "already_granted" => msg!("err-authority-already-granted"),
            "too_many_applications" => msg!("err-authority-too-many-applications"),
            "admin" => msg!("err-authority-admin"),
            "proofs_too_soon" => msg!("err-authority-proofs-soon", day = moment::date_of(told.at).to_string()),
            "policy_changed" => msg!("err-authority-policy-changed"),
            "no_order" => msg!("err-authority-no-order"),
            "too_many_offices" => msg!("err-authority-too-many-offices"),
            "same_admin" => msg!("err-authority-same-admin"),
            "own_number" => msg!("err-authority-own-number"),
            "restored" => msg!("err-authority-restored"),
            "lost_ca" => msg!("err-authority-lost-ca"),
            "lost" => msg!("err-authority-lost"),
            "unproven" => msg!("err-authority-unproven"),
            "not_admin" => msg!("err-authority-not-admin"),
            "ownerless" => msg!("err-authority-ownerless"),
            "second_admin" => msg!("err-authority-second-admin"),
            "admin_taken" => msg!("err-authority-admin-taken"),
            "no_admin" => msg!("err-authority-no-admin"),
            "last_admin" => msg!("err-authority-last-admin"),
            "no_root" => msg!("err-authority-no-root"),
            "root_needed" => msg!("err-authority-root-needed"),
            "root_here" => msg!("err-authority-root-here"),
            "root_request" => msg!("err-authority-root-request"),
            "other_root" => msg!("err-authority-other-root"),
            "root_answer" => msg!("err-authority-root-answer"),
            "no_ca" => msg!("err-authority-no-ca"),
            "stopped" => msg!("err-authority-stopped"),
            "too_new" => msg!("err-authority-too-new"),
            "damaged" => msg!("err-authority-damaged"),
            "key_file" | "store" => msg!("err-authority-store"),
            _ => msg!("err-internal"),
        };
        let failed = Self::failed(message);
        // The sentence has said it all, unless there is a cause below or a place that is damaged.
        match &told.cause {
            Some(cause) => failed.detailed(cause),
            None => failed,
        }
    }
}
