//! Why files cannot be sent, beyond what the standard says of them: codes with texts in two languages.

use std::borrow::Cow;

use careplan::Lang;
use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};

use crate::api::types::FindingRow;

/// A reason of the node's own. Numbers stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The sender's office is not set up here.
    NotOurOffice,
    /// The receiver's kind is not known.
    ReceiverKind,
    /// The sender's kind is not known.
    SenderKind,
    /// The sender's desk has no certificate.
    NoCertificate,
    /// The sender's licence and grace are over.
    LicenceEnded,
    /// The sender's certificate is revoked.
    Revoked,
    /// A newer serial went out for one of the documents.
    OlderSerial,
    /// More than can be sent at once.
    TooLarge,
    /// Sender and receiver are the same address.
    ToItself,
    /// The sender that was named is another than the files'.
    OtherSender,
    /// The content could not be sealed as it was announced.
    Unreadable,
    /// The receiver's kind that was named is another than the files'.
    OtherReceiver,
    /// The sender's desk does not hold the kind.
    NotOurKind,
    /// The sender's licence has not begun.
    NotYetValid,
    /// A file of the care-plan standard, which nobody would import from an attachment.
    StandardFile,
    /// It runs when it is opened.
    Program,
    /// Its content is not what its name says.
    OtherContent,
    /// Its name is not possible on every system.
    FileName,
    /// Two files of a message have one name.
    SameName,
    /// More files than a message may have.
    TooManyFiles,
    /// The disk has no room for it.
    DiskFull,
    /// The sender that was named is no address of this node.
    NotOurAddress,
    /// Several addresses could be the sender.
    WhichSender,
    /// The note is too long, or holds what is no text.
    Note,
}

impl Reason {
    /// All reasons.
    pub const ALL: [Self; 24] = [
        Self::NotOurOffice,
        Self::ReceiverKind,
        Self::SenderKind,
        Self::NoCertificate,
        Self::LicenceEnded,
        Self::Revoked,
        Self::OlderSerial,
        Self::TooLarge,
        Self::ToItself,
        Self::OtherSender,
        Self::Unreadable,
        Self::OtherReceiver,
        Self::NotOurKind,
        Self::NotYetValid,
        Self::StandardFile,
        Self::Program,
        Self::OtherContent,
        Self::FileName,
        Self::SameName,
        Self::TooManyFiles,
        Self::DiskFull,
        Self::NotOurAddress,
        Self::WhichSender,
        Self::Note,
    ];

    /// The stable code, which is the key of its text too.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotOurOffice => "MU-SEND-001",
            Self::ReceiverKind => "MU-SEND-002",
            Self::SenderKind => "MU-SEND-003",
            Self::NoCertificate => "MU-SEND-004",
            Self::LicenceEnded => "MU-SEND-005",
            Self::Revoked => "MU-SEND-006",
            Self::OlderSerial => "MU-SEND-007",
            Self::TooLarge => "MU-SEND-008",
            Self::ToItself => "MU-SEND-009",
            Self::OtherSender => "MU-SEND-010",
            Self::Unreadable => "MU-SEND-011",
            Self::OtherReceiver => "MU-SEND-012",
            Self::NotOurKind => "MU-SEND-013",
            Self::NotYetValid => "MU-SEND-014",
            // 015 to 017 are the command line's own.
            Self::StandardFile => "MU-SEND-018",
            Self::Program => "MU-SEND-019",
            Self::OtherContent => "MU-SEND-020",
            Self::FileName => "MU-SEND-021",
            Self::SameName => "MU-SEND-022",
            Self::TooManyFiles => "MU-SEND-023",
            Self::DiskFull => "MU-SEND-024",
            Self::NotOurAddress => "MU-SEND-025",
            Self::WhichSender => "MU-SEND-026",
            Self::Note => "MU-SEND-027",
        }
    }
}

const fn source(lang: Lang) -> (&'static str, &'static str) {
    match lang {
        Lang::Ja => ("ja", include_str!("../messages/ja.ftl")),
        Lang::En => ("en", include_str!("../messages/en.ftl")),
    }
}

/// The sentence for a key; the key itself if the message file lacks it, which a test rules out.
fn text(lang: Lang, key: &str, values: &[(&str, String)]) -> String {
    let (tag, source) = source(lang);
    let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(resource, _)| resource);
    let mut bundle = FluentBundle::new(tag.parse().ok().into_iter().collect());
    bundle.set_use_isolating(false);
    // The only resource: nothing in it can be there twice.
    let _ = bundle.add_resource(resource);
    let mut args = FluentArgs::new();
    for (name, value) in values {
        args.set(*name, FluentValue::String(Cow::Borrowed(value)));
    }
    let pattern = bundle.get_message(key).and_then(|message| message.value());
    pattern.map_or_else(|| key.to_owned(), |p| bundle.format_pattern(p, Some(&args), &mut Vec::new()).into_owned())
}

/// A row for a reason of the node's own.
#[must_use]
pub fn row(lang: Lang, reason: Reason, values: &[(&str, String)], file: Option<String>) -> FindingRow {
    FindingRow {
        rule: reason.code().into(),
        severity: "error".into(),
        file,
        row: None,
        column: None,
        text: text(lang, reason.code(), values),
    }
}

/// A row for a finding of the standard's.
#[must_use]
pub fn standard_row(lang: Lang, finding: &careplan::Finding) -> FindingRow {
    let severity = match finding.severity() {
        careplan::Severity::Error => "error",
        careplan::Severity::Warning => "warning",
        _ => "info",
    };
    FindingRow {
        rule: finding.code().to_string(),
        severity: severity.into(),
        file: Some(finding.file().to_owned()),
        row: finding.row_number().map(u64::from),
        column: finding.column_number().map(u64::from),
        text: finding.text(lang),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(lang: Lang) -> Vec<&'static str> {
        let lines = source(lang).1.lines();
        lines.filter(|line| line.starts_with("MU-")).filter_map(|line| line.split(' ').next()).collect()
    }

    fn arguments(text: &str) -> std::collections::BTreeSet<&str> {
        text.split("{ $").skip(1).filter_map(|rest| rest.split(' ').next()).collect()
    }

    #[test]
    fn every_reason_has_its_texts_and_no_text_is_left_over() {
        let codes: Vec<&str> = Reason::ALL.iter().map(|reason| reason.code()).collect();
        for lang in [Lang::Ja, Lang::En] {
            assert_eq!(keys(lang), codes);
        }
        let (ja, en) = (source(Lang::Ja).1, source(Lang::En).1);
        let entries = |text: &'static str| text.split("\nMU-").skip(1).map(arguments).collect::<Vec<_>>();
        assert_eq!(entries(ja), entries(en));
    }

    #[test]
    fn texts_take_their_values() {
        let row = row(Lang::Ja, Reason::NotOurOffice, &[("office", "1379900010".into())], None);
        assert!(row.text.contains("1379900010") && row.text.contains("musubi init"), "{}", row.text);
        assert!(!row.text.contains('\u{2068}'));
    }
}
