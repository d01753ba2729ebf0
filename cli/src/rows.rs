//! Messages in words, for tables and accounts.

use std::collections::BTreeMap;

use musubi_node::api::types::{FindingRow, ReceiptRow, Row};

use crate::{
    msg,
    text::{Message, Text},
};

/// Characters of an id that lists show; all commands take them.
const SHORT: usize = 8;

/// The beginning of the id, or a dash.
#[must_use]
pub fn short_id(row: &Row) -> String {
    row.id.as_ref().map_or_else(|| "-".to_owned(), |id| id.chars().take(SHORT).collect())
}

/// The sender, or a dash.
#[must_use]
pub fn from(row: &Row) -> String {
    row.from.clone().unwrap_or_else(|| "-".to_owned())
}

/// The receiver, or a dash.
#[must_use]
pub fn to(row: &Row) -> String {
    row.to.clone().unwrap_or_else(|| "-".to_owned())
}

/// The first of these times that is known, as `2026-11-22 20:07`; a dash without one.
#[must_use]
pub fn moment_of(row: &Row, states: &[&str]) -> String {
    let time = states.iter().find_map(|state| row.times.get(*state));
    time.map_or_else(|| "-".to_owned(), |time| moment(time))
}

/// An RFC 3339 time of Japan for a table.
#[must_use]
pub fn moment(time: &str) -> String {
    time.chars().take(16).map(|c| if c == 'T' { ' ' } else { c }).collect()
}

/// The day of an RFC 3339 time of Japan: `2026年11月22日(日)`; the time itself where it is none.
#[must_use]
pub fn day(text: &Text, time: &str) -> String {
    let date = time.get(..10).and_then(|date| date.parse().ok());
    date.map_or_else(|| time.to_owned(), |date| crate::moment::day(text, date))
}

/// What the message is: `提供票（2025年11月分）`, or `添付 3件（PDF 2、画像 1）1.2 MB`.
#[must_use]
pub fn what(text: &Text, row: &Row) -> String {
    if row.bundle.is_none() && !row.files.is_empty() {
        return attachments(text, row);
    }
    let bundle = match row.bundle.as_deref() {
        Some("B1") => msg!("bundle-b1"),
        Some("B2") => msg!("bundle-b2"),
        Some("B3") => msg!("bundle-b3"),
        Some("B4") => msg!("bundle-b4"),
        Some("B5") => msg!("bundle-b5"),
        Some("B6") => msg!("bundle-b6"),
        Some("Y1") => msg!("bundle-y1"),
        Some("Y2") => msg!("bundle-y2"),
        Some("Y3") => msg!("bundle-y3"),
        Some("Y4") => msg!("bundle-y4"),
        Some("Y5") => msg!("bundle-y5"),
        Some("Y6") => msg!("bundle-y6"),
        Some("Y7") => msg!("bundle-y7"),
        Some("Y8") => msg!("bundle-y8"),
        Some("Y9") => msg!("bundle-y9"),
        Some(other) => return other.to_owned(),
        None => msg!("bundle-unknown"),
    };
    let bundle = text.show(&bundle);
    match row.month.as_deref().and_then(|month| Some((month.get(..4)?, month.get(4..6)?))) {
        Some((year, month)) => {
            let month = month.trim_start_matches('0');
            text.show(&msg!("bundle-of-month", bundle = bundle, year = year, month = month))
        }
        None => bundle,
    }
}

fn attachments(text: &Text, row: &Row) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for file in &row.files {
        *counts.entry(&file.kind).or_default() += 1;
    }
    let alone = counts.len() == 1;
    let kinds = counts.into_iter().map(|(name, count)| {
        let kind = text.show(&kind(name));
        if alone { kind } else { text.show(&msg!("attachments-kind", kind = kind, count = count)) }
    });
    let kinds = kinds.collect::<Vec<_>>().join(&text.show(&msg!("attachments-comma")));
    let bytes = row.files.iter().fold(0_u64, |sum, file| sum.saturating_add(file.bytes));
    text.show(&msg!("attachments", count = row.files.len(), kinds = kinds, size = size(bytes)))
}

/// What a file is, in a word.
fn kind(name: &str) -> Message {
    match name {
        "pdf" => msg!("kind-pdf"),
        "image" => msg!("kind-image"),
        "document" => msg!("kind-document"),
        "sheet" => msg!("kind-sheet"),
        "slides" => msg!("kind-slides"),
        "text" => msg!("kind-text"),
        "archive" => msg!("kind-archive"),
        "audio" => msg!("kind-audio"),
        "video" => msg!("kind-video"),
        "program" => msg!("kind-program"),
        _ => msg!("kind-other"),
    }
}

/// A size for people, in the units of a file manager: `1.2 MB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    let units = [(1_u64 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")];
    match units.into_iter().find(|(unit, _)| bytes >= *unit) {
        None => format!("{bytes} B"),
        Some((unit, name)) => {
            // Rounded up, as a size on a disk.
            let tenths = (u128::from(bytes) * 10).div_ceil(u128::from(unit));
            if tenths < 100 {
                format!("{}.{} {name}", tenths / 10, tenths % 10)
            } else {
                format!("{} {name}", tenths / 10)
            }
        }
    }
}

/// The state of a message that was sent, and why it waits.
#[must_use]
pub fn sent(text: &Text, row: &Row) -> String {
    let state = text.show(&match row.state.as_str() {
        "checked" => msg!("state-checked"),
        "sealed" => msg!("state-sealed"),
        "waiting" => msg!("state-waiting"),
        "held" => msg!("state-held"),
        "delivered" => msg!("state-delivered"),
        "opened" => msg!("state-opened"),
        "imported" => msg!("state-imported"),
        "rejected" => msg!("state-rejected"),
        "cancelled" => msg!("state-cancelled"),
        "expired" => msg!("state-expired"),
        "lost" => msg!("state-lost"),
        "refused" => msg!("state-refused"),
        other => return other.to_owned(),
    });
    match why(row) {
        Some(why) => text.show(&msg!("state-with-why", state = state, why = text.show(&why))),
        None => state,
    }
}

/// The state of a message that has come.
#[must_use]
pub fn arrived(text: &Text, row: &Row) -> String {
    match row.state.as_str() {
        "delivered" => text.show(&msg!("state-new")),
        "opened" => text.show(&msg!("state-taken-out")),
        _ => sent(text, row),
    }
}

fn why(row: &Row) -> Option<Message> {
    Some(match row.why.as_deref()? {
        "no_key" => msg!("why-no-key"),
        "new_key" => msg!("why-new-key"),
        "not_connected" => msg!("why-not-connected"),
        "refused" => msg!("why-refused"),
        "revoked" => msg!("why-revoked"),
        "stopped" => msg!("why-stopped"),
        "own_certificate" => msg!("why-own-certificate"),
        _ => return None,
    })
}

/// Whether a message that was sent has not arrived yet.
#[must_use]
pub fn is_pending(row: &Row) -> bool {
    matches!(row.state.as_str(), "checked" | "sealed" | "waiting" | "held")
}

/// Whether nothing more will come of it by itself: no further receipt, no delivery.
#[must_use]
pub fn is_over(row: &Row) -> bool {
    matches!(row.state.as_str(), "held" | "imported" | "rejected" | "cancelled" | "expired")
}

/// Whether the partner has it.
#[must_use]
pub fn is_delivered(row: &Row) -> bool {
    matches!(row.state.as_str(), "delivered" | "opened" | "imported" | "rejected")
}

/// A receipt: `2026-11-22 20:07  到着（相手のMusubi）`; of a message that came it is ours.
#[must_use]
pub fn receipt(text: &Text, receipt: &ReceiptRow, came: bool) -> String {
    let kind = match receipt.kind.as_str() {
        "delivered" => msg!("state-delivered"),
        "opened" => msg!("state-opened"),
        "imported" => msg!("state-imported"),
        "rejected" => msg!("state-rejected"),
        other => return format!("{}  {other}", moment(&receipt.at)),
    };
    let by = match receipt.by.as_str() {
        "node" if came => msg!("by-own-node"),
        "node" => msg!("by-node"),
        "person" => msg!("by-person"),
        "folder" => msg!("by-folder"),
        _ => msg!("by-api"),
    };
    let kind = text.show(&kind);
    text.show(&msg!("receipt-line", at = moment(&receipt.at), kind = kind, by = text.show(&by)))
}

/// What was found in files, with the file unless the sentence names it.
#[must_use]
pub fn finding(text: &Text, finding: &FindingRow) -> String {
    let place = match (&finding.file, finding.row) {
        (Some(file), _) if finding.text.contains(file.as_str()) => String::new(),
        (Some(file), Some(row)) => text.show(&msg!("finding-row", file = file, row = row)),
        (Some(file), None) => text.show(&msg!("finding-file", file = file)),
        (None, _) => String::new(),
    };
    format!("{place}{} [{}]", finding.text.trim(), finding.rule)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;

    #[test]
    fn messages_read_as_people_speak() {
        let ja = Text::new(Lang::Ja);
        let mut row = Row { bundle: Some("B2".into()), month: Some("202503".into()), ..Row::default() };
        assert_eq!(what(&ja, &row), "提供票（2025年3月分）");
        row.state = "waiting".into();
        row.why = Some("not_connected".into());
        assert_eq!(sent(&ja, &row), "待機（相手につながりません）");
        assert_eq!(short_id(&row), "-");
        row.id = Some("abcdefghijkl".into());
        assert_eq!(short_id(&row), "abcdefgh");
        assert_eq!(moment("2026-11-22T20:07:41+09:00"), "2026-11-22 20:07");
    }

    #[test]
    fn attachments_are_counted_by_kind() {
        use musubi_node::{api::types::FileRow, attachments::kind::Kind};
        let file = |name: &str, bytes| FileRow {
            name: name.into(),
            bytes,
            sha256: String::new(),
            kind: Kind::of_name(name).name().into(),
        };
        let mut row = Row { files: vec![file("a.pdf", 1 << 20)], ..Row::default() };
        assert_eq!(what(&Text::new(Lang::Ja), &row), "添付 1件（PDF、1.0 MB）");
        row.files.extend([file("b.pdf", 1), file("c.jpg", 300 << 10)]);
        assert_eq!(what(&Text::new(Lang::Ja), &row), "添付 3件（画像 1・PDF 2、1.3 MB）");
        assert_eq!(what(&Text::new(Lang::En), &row), "Attachments: 3 (picture 1, PDF 2; 1.3 MB)");
        assert_eq!([0, 1023, 1024, 10 << 20, 2_147_483_648].map(size), ["0 B", "1023 B", "1.0 KB", "10 MB", "2.0 GB"]);
    }

    #[test]
    fn every_state_of_the_protocol_has_words() {
        use musubi_protocol::delivery::{State, Why};
        let states = [
            State::Checked,
            State::Sealed,
            State::Delivered,
            State::Opened,
            State::Imported,
            State::Rejected,
            State::Cancelled,
            State::Expired,
            State::Lost,
        ];
        let reasons =
            [Why::NoKey, Why::NewKey, Why::NotConnected, Why::Refused, Why::Revoked, Why::Stopped, Why::OwnCertificate];
        let waiting = reasons.into_iter().flat_map(|why| [State::Waiting(why), State::Held(why)]);
        for state in states.into_iter().chain(waiting) {
            let why = state.why().map(|why| why.name().to_owned());
            let row = Row { state: state.name().into(), why, ..Row::default() };
            for lang in [Lang::Ja, Lang::En] {
                let words = sent(&Text::new(lang), &row);
                // In English a state and its name may be one word.
                assert!(lang == Lang::En || words != state.name(), "{state:?}");
                assert!(row.why.is_none() || words.contains(['（', '(']), "{lang:?} {state:?}: {words}");
            }
        }
    }
}
