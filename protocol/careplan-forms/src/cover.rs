//! The cover sheet of what goes to a partner by fax or by hand (送付状). The arrangement is ours.

use careplan::Date;

use crate::{
    era,
    sheet::{Align, Block, Cell, Field, Orientation, Row, Sheet, Table},
    show,
};

/// What stands on a cover sheet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cover {
    /// Whom it goes to: the name of the office.
    pub addressee: String,
    /// Where: a fax number or address; may be empty.
    pub addressee_contact: String,
    /// Who sends it.
    pub sender: String,
    /// Where the sender is reached, above all if the fax went astray; may be empty.
    pub sender_contact: String,
    /// The day.
    pub date: Option<Date>,
    /// How many pages follow, without this one.
    pub pages: usize,
    /// How many pages the cover itself has; 0 counts as one.
    pub own_pages: usize,
    /// What follows, with its number of pages. A person is best told by a number or initials, for a cover lies open.
    pub contents: Vec<(String, usize)>,
}

/// Arranges the sheet.
#[must_use]
pub fn sheet(cover: &Cover) -> Sheet {
    let pages = format!(
        "{}枚（送付状を含め{}枚）",
        show::count(cover.pages),
        show::count(cover.pages.saturating_add(cover.own_pages.max(1)))
    );
    let table = Table {
        caption: "送付内容".to_owned(),
        shows_caption: true,
        widths: vec![6, 42, 12],
        head: vec![row(["番号", "内容", "枚数"].map(Cell::head))],
        groups: cover
            .contents
            .iter()
            .enumerate()
            .map(|(at, (what, pages))| {
                vec![row([
                    Cell::new((at + 1).to_string()).align(Align::End),
                    Cell { heads: true, ..Cell::new(show::text(what)) },
                    Cell::new(show::count(*pages)).align(Align::End),
                ])]
            })
            .collect(),
        small: false,
    };
    let addressee = show::text(&cover.addressee) + "　御中";
    let end = |name: &str| Field::new(name, "", 60);
    Sheet {
        title: "送付状".to_owned(),
        corner: String::new(),
        subtitle: String::new(),
        foot: String::new(),
        about: addressee.clone(),
        orientation: Orientation::Portrait,
        blocks: vec![
            Block::Fields(vec![
                vec![Field::new("送付日", cover.date.map(era::date).unwrap_or_default(), 60)],
                vec![Field { value: addressee, ..end("宛先") }],
                vec![Field { value: show::text(&cover.addressee_contact), ..end("宛先の連絡先") }],
                vec![Field { value: show::text(&cover.sender), ..end("送付元") }],
                vec![Field { value: show::text(&cover.sender_contact), ..end("送付元の連絡先") }],
                vec![Field { value: pages, ..end("枚数") }],
            ]),
            Block::Heading("【重要】この送付物には個人情報が含まれています。".to_owned()),
            Block::Paragraph(
                "お心当たりのない場合（誤送信）は、以降のページを読まずに上記の送付元へご連絡のうえ、破棄又は返送してください。"
                    .to_owned(),
            ),
            Block::Table(table),
        ],
    }
}

fn row(cells: [Cell; 3]) -> Row {
    Row { cells: cells.into(), strong: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cover_tells_who_when_how_many_and_what() {
        let cover = Cover {
            addressee: "見本ヘルパーステーション".into(),
            addressee_contact: "00-0000-0000".into(),
            sender: "あおば見本居宅".into(),
            sender_contact: "00-0000-0001".into(),
            date: Date::new(2025, 11, 4),
            pages: 12,
            own_pages: 0,
            contents: vec![("サービス提供票".into(), 8), ("別表".into(), 4)],
        };
        let sheet = sheet(&cover);
        let all = sheet.texts().join("\n");
        for part in
            ["見本ヘルパーステーション　御中", "00-0000-0000", "あおば見本居宅", "00-0000-0001", "令和7年11月4日"]
        {
            assert!(all.contains(part), "{part}");
        }
        let longer = super::sheet(&Cover { own_pages: 2, ..cover });
        assert!(longer.texts().contains(&"12枚（送付状を含め14枚）"));
        for part in ["12枚（送付状を含め13枚）", "サービス提供票", "個人情報", "返送"] {
            assert!(all.contains(part), "{part}");
        }
    }
}
