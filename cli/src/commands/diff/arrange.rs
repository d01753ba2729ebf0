//! The changes as sheets: one per document, then a list of what only one side has.

use careplan_forms::{
    forms::{
        Names,
        difference::{self, Sent, Versions},
    },
    sheet::Sheet,
};

use super::{Changed, alike};

/// Arranges the sheets, in the order in which the screen tells the same; one that says so where nothing changed.
pub(super) fn sheets(changed: &[Changed<'_>], same: usize, names: &Names) -> Vec<Sheet> {
    if changed.is_empty() {
        return vec![difference::same(same)];
    }
    let of = |change: &str| {
        let found: Vec<&Changed<'_>> = changed.iter().filter(|one| one.change == change).collect();
        alike(&found)
    };
    let mut sheets = Vec::new();
    for group in of("changed") {
        if let Some(versions) = versions(&group) {
            sheets.extend(difference::sheets(&versions, &group[0].found, names));
        }
    }
    let alone = of("removed").into_iter().chain(of("added"));
    let alone: Vec<Versions<'_>> = alone.filter_map(|group| versions(&group)).collect();
    sheets.extend(difference::alone(&alone, names));
    sheets
}

/// What a reader sees as one, with all whom it went to.
fn versions<'a>(group: &[&Changed<'a>]) -> Option<Versions<'a>> {
    let (old, new) = group.first()?.versions;
    let sent = group.iter().filter_map(|one| {
        let (old, new) = one.versions;
        Some(Sent { receiver: new.or(old)?.receiver, old: one.old_serial, new: one.new_serial })
    });
    Some(Versions {
        old: old.map(|held| held.document),
        new: new.map(|held| held.document),
        sender: new.or(old)?.sender,
        sent: sent.collect(),
    })
}
