//! What was withdrawn (取り消された書類の一覧): for a partner who has it on paper, and would go on by it.
//!
//! No such form is the ministry's; the arrangement is ours.

use careplan::{End, Key, Subject};

use super::{Names, difference, parts};
use crate::{
    era,
    sheet::{Block, Cell, Orientation, Sheet},
    show,
};

/// A document that an office can no longer go by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawn {
    /// Who sent it.
    pub sender: End,
    /// Whose it was.
    pub receiver: End,
    /// What it is.
    pub key: Key,
    /// It is in force, but nothing of it is the receiver's.
    pub is_in_force: bool,
}

/// Lists what was withdrawn; none without anything.
#[must_use]
pub fn sheet(withdrawn: &[Withdrawn], names: &Names) -> Option<Sheet> {
    let mut sheet = parts::sheet("取り消された書類の一覧", "", Orientation::Landscape);
    let mut table = parts::table("取り消された書類", &[16, 12, 10, 11, 11]);
    table.shows_caption = false;
    table.head = vec![parts::head(["書類", "対象", "利用者名", "送付元", "宛先"])];
    table.groups = withdrawn
        .iter()
        .map(|Withdrawn { sender, receiver, key, is_in_force }| {
            let cells: Vec<&str> = key.cells().collect();
            let why =
                if *is_in_force { "今の版に、この事業所の予定はありません" } else { "取り消し" };
            vec![parts::row([
                Cell { heads: true, ..Cell::new(show::lines([difference::subject(key.subject()), why])) },
                Cell::new(about(key.subject(), &cells, names)),
                Cell::new(names.person_in_full(key.person())),
                Cell::new(difference::end(*sender, names)),
                // An office may have the same under another service kind, where it holds.
                Cell::new(difference::end(*receiver, names)),
            ])]
        })
        .collect();
    if table.groups.is_empty() {
        return None;
    }
    let words =
        "次の書類は取り消されたか、今の版に宛先の事業所の予定がありません。お手元にある前の控えは使わないでください。";
    sheet.blocks = vec![Block::Paragraph(words.to_owned()), Block::Table(table)];
    Some(sheet)
}

/// The day or month in a key; of actuals also whose they were.
fn about(subject: Subject, cells: &[&str], names: &Names) -> String {
    let cell = |at: usize| cells.get(at).copied().unwrap_or_default();
    let shown = match subject {
        Subject::PlanMonth | Subject::Actual => cell(2).parse().map(era::month_of_service),
        _ => cell(2).parse().map(era::date),
    };
    // A cell that is no date stands as it is.
    let when = shown.unwrap_or_else(|_| cell(2).to_owned());
    let office = cell(3).parse().map_or_else(|_| cell(3).to_owned(), |office| names.office_in_full(office));
    let kind = cell(4).parse().map_or_else(|_| cell(4).to_owned(), show::kind);
    show::lines([when, office, kind])
}

#[cfg(test)]
mod tests {
    use careplan::{Document, MonthPlan, Person};

    use super::*;

    #[test]
    fn what_was_withdrawn_is_told_by_name_month_and_sender() {
        let person = Person { insurer: "139014".into(), insured: "0009000000".into() };
        let document = Document::MonthPlan(MonthPlan {
            person: person.clone(),
            month: "202511".parse().unwrap(),
            rows: Vec::new(),
            benefits: Vec::new(),
            supplement: None,
        });
        let mut names = Names::default();
        names.add_person(&person, "例田　花子");
        let end = |office: &str| End { office: office.parse().unwrap(), kind: "43".parse().ok() };
        let gone = |is_in_force| Withdrawn {
            sender: end("1379905001"),
            receiver: end("1379900010"),
            key: document.key(),
            is_in_force,
        };
        let sheet = sheet(&[gone(false), gone(true)], &names).unwrap();
        let texts = sheet.texts();
        for text in ["令和7年11月分", "例田　花子\n0009000000", "1379905001-43", "1379900010-43"] {
            assert!(texts.contains(&text), "{text}: {texts:?}");
        }
        let told = |why: &str| texts.iter().filter(|text| text.ends_with(why)).count();
        assert_eq!((told("取り消し"), told("この事業所の予定はありません")), (1, 1));
        assert!(super::sheet(&[], &names).is_none());
    }
}
