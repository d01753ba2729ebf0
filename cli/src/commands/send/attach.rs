//! Files of any kind for one partner: which go together in one request.

use musubi_node::api::types::Row;
use musubi_protocol::{ids::Address, seal::length};

use super::{Args, gather};
use crate::{
    client::{Client, Form},
    error::CommandError,
    search::{Found, Trouble, search_all},
};

/// Most bytes of one request with `--each`; a larger file goes alone.
const BATCH: u64 = 64 << 20;
/// Most files of one request with `--each`.
const MANY: usize = 1000;

/// More than any seal holds: no need to ask the node.
pub(super) const LARGEST: u64 = length::LARGEST;

/// What is to go to one partner.
#[derive(Debug, Default)]
pub(super) struct Attachments {
    /// Files for one request each.
    pub batches: Vec<Vec<Found>>,
    /// What cannot be sent, whatever is in it.
    pub refused: Vec<(Found, Trouble)>,
}

/// Looks for files; in folders, all of them.
///
/// # Errors
/// A path that does not exist or cannot be read.
pub(super) fn attachments(args: &Args) -> Result<Attachments, CommandError> {
    Ok(sorted(search_all(&args.paths)?.found, args.each))
}

fn sorted(mut found: Vec<Found>, each: bool) -> Attachments {
    for found in found.iter_mut().filter(|found| found.size > LARGEST) {
        found.trouble.get_or_insert(Trouble::TooLarge);
    }
    let (bad, good): (Vec<Found>, Vec<Found>) = found.into_iter().partition(|found| found.trouble.is_some());
    let refused: Vec<_> = bad.into_iter().filter_map(|found| found.trouble.map(|why| (found, why))).collect();
    // One message is whole or not at all.
    if !each {
        let batches = if refused.is_empty() && !good.is_empty() { vec![good] } else { Vec::new() };
        return Attachments { batches, refused };
    }
    let mut batches: Vec<Vec<Found>> = Vec::new();
    let mut filled = 0;
    for found in good {
        let size = found.size;
        match batches.last_mut() {
            Some(batch) if filled + size <= BATCH && batch.len() < MANY => batch.push(found),
            _ => {
                filled = 0;
                batches.push(vec![found]);
            }
        }
        filled += size;
    }
    Attachments { batches, refused }
}

/// Sends the files of one request.
pub(super) fn send(client: &Client, args: &Args, to: Address, batch: Vec<Found>) -> Result<Vec<Row>, CommandError> {
    let mut form = Form::new();
    form.text("to", &to.to_string());
    if let Some(from) = args.from {
        form.text("from", &from.to_string());
    }
    if let Some(note) = &args.note {
        form.text("note", note);
    }
    let flags = [
        ("each", args.each),
        ("again", args.again),
        ("allow_programs", args.allow_programs),
        ("as_attachment", args.as_attachment),
    ];
    for (name, _) in flags.into_iter().filter(|(_, set)| *set) {
        form.text(name, "true");
    }
    for found in batch {
        form.file_at("file", &found.name, found.path, found.size);
    }
    Ok(client.attach(form)?)
}

/// A file that cannot be sent.
pub(super) fn unsent(found: &Found, to: Address, (rule, text): (&str, String)) -> Row {
    let findings = vec![gather::finding(found, rule, text)];
    Row { to: Some(to.to_string()), state: "refused".into(), findings, ..Row::default() }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn found(name: &str, size: u64, trouble: Option<Trouble>) -> Found {
        Found { path: PathBuf::from(name), within: PathBuf::from(name), name: name.into(), size, trouble }
    }

    #[test]
    fn one_message_goes_whole_or_not_at_all() {
        let files = || vec![found("a.pdf", 3 << 30, None), found("b.pdf", 1, None)];
        let whole = sorted(files(), false);
        assert_eq!((whole.batches.len(), whole.batches[0].len(), whole.refused.len()), (1, 2, 0));
        let mut spoilt = files();
        spoilt.push(found("c", 0, Some(Trouble::NoFile)));
        let spoilt = sorted(spoilt, false);
        assert_eq!((spoilt.batches.len(), spoilt.refused.len()), (0, 1));
        let large = sorted(vec![found("a.pdf", LARGEST + 1, None)], true);
        assert!(large.batches.is_empty() && matches!(large.refused[..], [(_, Trouble::TooLarge)]));
        assert!(sorted(Vec::new(), false).batches.is_empty());
    }

    #[test]
    fn many_messages_go_in_few_requests() {
        let mut files: Vec<Found> = (0..1001).map(|n| found(&format!("{n}.pdf"), 20 << 10, None)).collect();
        files.push(found("large.pdf", 1 << 30, None));
        files.push(found("small.pdf", 1, None));
        files.push(found("gone.pdf", 0, Some(Trouble::Unreadable)));
        let sorted = sorted(files, true);
        assert_eq!(sorted.batches.iter().map(Vec::len).collect::<Vec<_>>(), [1000, 1, 1, 1]);
        assert_eq!(sorted.refused.len(), 1);
    }
}
