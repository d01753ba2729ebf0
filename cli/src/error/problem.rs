//! What the local API's problem codes mean to someone at the keyboard.

use musubi_node::api::types::Problem;

use super::CommandError;
use crate::{msg, text::Message};

impl From<&Problem> for CommandError {
    fn from(problem: &Problem) -> Self {
        let value = |name: &str| problem.args.get(name).map_or("?", String::as_str);
        let error = match sentence(&problem.code, &value) {
            Some(message) if problem.code == "disk_failed" => Self::disk(message),
            Some(message) => Self::failed(message),
            // A newer node than this command: better its code than nothing.
            None => return Self::failed(msg!("err-api-unknown")).detailed(&problem.code),
        };
        match problem.args.get("reason") {
            Some(reason) => error.detailed(reason),
            None => error,
        }
    }
}

/// The sentence of a code; `None` for a code of a later version.
fn sentence<'a>(code: &str, value: &impl Fn(&str) -> &'a str) -> Option<Message> {
    Some(match code {
        "no_message" => msg!("err-api-no-message"),
        "ambiguous_id" => msg!("err-api-ambiguous-id", id = value("id")),
        "short_id" => msg!("err-api-short-id"),
        "no_files" => msg!("err-send-nothing"),
        "reading_closed" => msg!("err-reading-closed"),
        "disk_low" => msg!("err-disk-low"),
        "disk_failed" => msg!("err-disk-failed"),
        "authority_unreachable" => msg!("err-enrol-unreachable"),
        "log_number" => msg!("err-log-number"),
        "log_evidence" => msg!("err-log-evidence"),
        "no_new_key" => msg!("err-partner-no-new-key", office = value("office")),
        "other_key_number" => msg!("err-partner-number", office = value("office")),
        "no_desk" => msg!("err-renew-no-desk"),
        "which_office" => msg!("err-office-which", offices = value("offices")),
        "fiscal_year" => msg!("err-use-year", year = value("year")),
        "use_not_agreed" => msg!("err-use-not-agreed"),
        "proof_no_certificate" => msg!("err-proof-no-certificate", office = value("office")),
        "proof_old_lists" => msg!("err-proof-old-lists"),
        "membership_unreachable" => msg!("err-membership-unreachable"),
        "membership_refused" => msg!("err-membership-refused"),
        "membership_licence" => msg!("err-membership-licence"),
        "membership_unfit" => msg!("err-membership-unfit"),
        "stopping" => msg!("err-api-stopping"),
        "failed" => msg!("err-api-failed"),
        "form" | "hash" | "wait_state" | "host" | "origin" | "token" => msg!("err-api-other-version"),
        "address" => msg!("err-api-address", text = value("text")),
        "kind" => msg!("err-api-kind", text = value("text")),
        "install_unreadable" => msg!("err-install-unreadable", file = value("file")),
        "install_bundle" => msg!("err-install-bundle"),
        "install_pin" => msg!("err-install-pin", found = grouped(value("found"))),
        "install_no_trust" => msg!("err-install-no-trust"),
        "install_crl" => msg!("err-install-crl"),
        "install_alarm" => msg!("err-install-alarm"),
        "install_no_request" => msg!("err-install-no-request", office = value("office")),
        "install_certificate" => msg!("err-install-certificate"),
        _ => return None,
    })
}

/// A fingerprint as people compare it, the same everywhere: groups of four, eight to a line.
#[must_use]
pub fn grouped(hex: &str) -> String {
    let digits: Vec<char> = hex.chars().collect();
    let groups: Vec<String> = digits.chunks(4).map(|group| group.iter().collect()).collect();
    groups.chunks(8).map(|line| line.join(" ")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::Path};

    use super::*;

    /// The codes that the node's sources give, found where they are made.
    fn codes() -> BTreeSet<String> {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../node/src");
        let mut codes = BTreeSet::new();
        for file in ["api.rs", "api/handlers.rs", "api/partners.rs", "api/problem.rs", "api/proofs.rs"] {
            let source = std::fs::read_to_string(dir.join(file)).unwrap();
            let source = source.split("#[cfg(test)]").next().unwrap();
            for made in ["bad(\"", "refused(\"", "StatusCode::"] {
                for (at, _) in source.match_indices(made) {
                    let rest = &source[at + made.len()..];
                    let text = if made == "StatusCode::" {
                        let Some((status, rest)) = rest.split_once(", \"") else { continue };
                        if !status.chars().all(|c| c.is_ascii_uppercase() || c == '_') {
                            continue;
                        }
                        rest
                    } else {
                        rest
                    };
                    codes.insert(text.split('"').next().unwrap().to_owned());
                }
            }
        }
        codes
    }

    #[test]
    fn every_code_of_the_node_has_its_sentence() {
        let codes = codes();
        for known in ["no_message", "install_pin", "token", "stopping", "form"] {
            assert!(codes.contains(known), "the search finds {known} in {codes:?}");
        }
        for code in codes {
            assert!(sentence(&code, &|_| "x").is_some(), "no sentence for `{code}`");
        }
    }

    #[test]
    fn a_code_of_tomorrow_is_shown_as_it_is() {
        let problem = Problem { code: "tomorrow".into(), args: [].into() };
        let words = CommandError::from(&problem).words(&crate::text::Text::new(crate::text::Lang::En));
        assert_eq!(words.detail.as_deref(), Some("tomorrow"));
    }

    #[test]
    fn fingerprints_are_grouped() {
        assert_eq!(grouped("00112233aa"), "0011 2233 aa");
    }
}
