//! Forms as a page: one HTML file that needs nothing else, runs nothing and asks nobody.
//!
//! It can be read with the ears: headings, tables with their headings, fields as pairs of name and value, and a
//! description for each picture. Printed, each form begins on a sheet of its own, as its paper lies, and each page says
//! below which form it is of and whom it is about; colour never carries a meaning.

use std::{collections::BTreeMap, fmt::Write};

use data_encoding::BASE64;

use crate::{
    face::Face,
    sheet::{Align, Block, Cell, Field, Line, Orientation, Pack, Picture, Row, SHARES, Sheet, Table, placed},
    show, wrap,
};

/// The policy that a browser holds the page to: only its own style and pictures.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/// Text of tables, and of tables with many columns, in points: as in the style.
const SIZES: [f32; 2] = [9.0, 6.5];

/// What the font of the reader may be wider than ours.
const WIDER: f32 = 0.9;

/// Characters that fit at the foot of a printed page.
const FOOT: usize = 70;

/// What stands before choices.
const BOXES: [char; 2] = ['□', '■'];

/// A choice of more characters may be broken: it might be wider than its place.
const TOGETHER: usize = 16;

/// From so many rows on, a group need not fit on a page.
const GROUP: usize = 20;

/// Returns the forms as one page.
#[must_use]
pub fn html(pack: &Pack) -> String {
    let mut page = Page { face: Face::ours(), ..Page::default() };
    let feet = feet(&pack.sheets);
    let title = escaped(if pack.title.is_empty() { "帳票" } else { &pack.title });
    page.push(&format!(
        "<!DOCTYPE html>\n<html lang=\"ja\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<title>{title}</title>\n<style>\n{}{}</style>\n</head>\n\
         <body>\n<main>\n<h1>{title}</h1>\n",
        include_str!("html/style.css"),
        printed(&feet),
    ));
    for (at, sheet) in pack.sheets.iter().enumerate() {
        page.sheet(at + 1, sheet, feet[&foot(sheet)]);
    }
    page.push("</main>\n</body>\n</html>\n");
    page.text
}

/// Replaces what HTML would read as its own, and shows what cannot be seen.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' => out.push('\n'),
            other => match show::visible(other) {
                Some(shown) => out.push_str(&shown),
                None => out.push(other),
            },
        }
    }
    out
}

/// Whether the pages of a sheet lie, and what stands below each.
fn foot(sheet: &Sheet) -> (bool, String) {
    let texts = [&sheet.corner, &sheet.title, &sheet.subtitle, &sheet.about];
    let texts: Vec<&str> = texts.into_iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
    let text = texts.join("　").replace('\n', "　");
    let mut shown: String =
        text.chars().take(FOOT).map(|c| show::visible(c).unwrap_or_else(|| c.to_string())).collect();
    if FOOT < text.chars().count() {
        shown.push('…');
    }
    (sheet.orientation == Orientation::Landscape, shown)
}

/// The kinds of printed pages: sheets of one foot share one.
fn feet(sheets: &[Sheet]) -> BTreeMap<(bool, String), usize> {
    let mut feet = BTreeMap::new();
    for sheet in sheets {
        let next = feet.len() + 1;
        feet.entry(foot(sheet)).or_insert(next);
    }
    feet
}

/// The style of printed pages.
fn printed(feet: &BTreeMap<(bool, String), usize>) -> String {
    let mut style = String::new();
    for ((is_landscape, text), number) in feet {
        let lies = if *is_landscape { "landscape" } else { "portrait" };
        // By number, no character can end the text or the style.
        let text: String = text.chars().map(|c| format!("\\{:x} ", u32::from(c))).collect();
        let _ = writeln!(style, "@page p{number} {{ size: A4 {lies}; @bottom-left {{ content: \"{text}\"; }} }}");
    }
    style
}

/// Tells whether a text may need more than half a page: then a page may break it. Otherwise a browser moves it to the
/// next page and leaves this one empty.
const fn is_long(characters: usize) -> bool {
    1_000 < characters
}

/// The text of a field or cell. A box stays with what it is for.
fn value(text: &str) -> String {
    if !text.starts_with(BOXES) {
        return escaped(text);
    }
    let parts = text.split_inclusive([' ', '\u{3000}', '\n']).map(|part| {
        let choice = part.trim_end();
        let rest = escaped(&part[choice.len()..]);
        let choice_shown = escaped(choice);
        if choice.starts_with(BOXES) && choice.chars().count() < TOGETHER {
            format!("<span class=\"k\">{choice_shown}</span>{rest}")
        } else {
            choice_shown + &rest
        }
    });
    parts.collect()
}

#[derive(Default)]
struct Page {
    text: String,
    /// Measures numbers that might not fit.
    face: Option<&'static Face>,
    /// How wide a share of the sheet is, in points.
    share: f32,
}

impl Page {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn sheet(&mut self, number: usize, sheet: &Sheet, foot: usize) {
        // The paper without its margins and the sheet's own, in millimetres.
        let (lies, width) = match sheet.orientation {
            Orientation::Portrait => ("portrait", 178.0),
            Orientation::Landscape => ("landscape", 265.0),
        };
        self.share = width * 72.0 / 25.4 / f32::from(SHARES);
        self.push(&format!(
            "<article class=\"sheet {lies}\" style=\"page:p{foot}\" aria-labelledby=\"f{number}\" tabindex=\"0\">\n\
             <header>\n"
        ));
        self.push(&format!("<h2 id=\"f{number}\">{}</h2>\n", escaped(&sheet.title)));
        for (class, text) in [("corner", &sheet.corner), ("subtitle", &sheet.subtitle)] {
            if !text.is_empty() {
                self.push(&format!("<p class=\"{class}\">{}</p>\n", escaped(text)));
            }
        }
        self.push("</header>\n");
        for block in &sheet.blocks {
            self.block(block);
        }
        if !sheet.foot.is_empty() {
            self.push(&format!("<p class=\"foot\">{}</p>\n", escaped(&sheet.foot)));
        }
        self.push("</article>\n");
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Fields(lines) => self.fields(lines),
            Block::Table(table) => self.table(table),
            Block::Heading(text) => self.push(&format!("<h3>{}</h3>\n", escaped(text))),
            Block::Paragraph(text) => self.push(&format!("<p>{}</p>\n", escaped(text))),
            Block::Picture(picture) => self.picture(picture),
            Block::Signature(before) => {
                self.push("<ul class=\"signature\">\n");
                for text in before {
                    self.push(&format!("<li>{}</li>\n", escaped(text)));
                }
                self.push("</ul>\n");
            }
        }
    }

    fn fields(&mut self, lines: &[Line]) {
        if lines.iter().all(Vec::is_empty) {
            return;
        }
        let is_long_field = |line: &Line| match line.as_slice() {
            [field] => field.above && is_long(field.value.chars().count()),
            _ => false,
        };
        for lines in lines.chunk_by(|one, next| !is_long_field(one) && !is_long_field(next)) {
            if let [line] = lines
                && is_long_field(line)
            {
                line.iter().for_each(|field| self.long_field(field));
            } else {
                self.push("<dl>\n");
                lines.iter().for_each(|line| self.line(line));
                self.push("</dl>\n");
            }
        }
    }

    fn line(&mut self, line: &Line) {
        // Fields of a line are equally high, so they break together.
        let long = line.iter().any(|field| is_long(field.value.chars().count()));
        for (at, field) in line.iter().enumerate() {
            self.field(at == 0, long, field);
        }
    }

    fn field(&mut self, begins: bool, long: bool, field: &Field) {
        let class = match (field.above, long) {
            (true, true) => " class=\"above long\"",
            (true, false) => " class=\"above\"",
            (false, true) => " class=\"long\"",
            (false, false) => "",
        };
        let from = if begins { "1" } else { "auto" };
        self.push(&format!(
            "<div{class} style=\"grid-column:{from}/span {}\"><dt>{}</dt><dd",
            field.shares.max(1),
            escaped(&field.label)
        ));
        if field.lines > 1 {
            self.push(&format!(" style=\"--lines:{}\"", field.lines));
        }
        self.push(&format!(">{}</dd></div>\n", value(&field.value)));
    }

    /// A field that may go on over pages: as a table, for only its head is shown again on the next page.
    fn long_field(&mut self, field: &Field) {
        let label = escaped(&field.label);
        let value = escaped(&field.value);
        self.push(&format!(
            "<table class=\"field\" style=\"--share:1\" aria-label=\"{label}\">\n<thead><tr><th scope=\"col\">{label}</th></tr></thead>\n\
             <tbody class=\"long\"><tr><td>{value}</td></tr></tbody>\n</table>\n"
        ));
    }

    fn table(&mut self, table: &Table) {
        self.push(if table.small { "<table class=\"small\"" } else { "<table" });
        let all: u32 = table.widths.iter().copied().map(u32::from).sum();
        // Writing into a string cannot fail.
        let _ =
            write!(self.text, " style=\"--share:{:.4}\">\n<caption", all.min(SHARES.into()) as f32 / f32::from(SHARES));
        self.push(if table.shows_caption { ">" } else { " class=\"unseen\">" });
        self.push(&format!("{}</caption>\n<colgroup>\n", escaped(&table.caption)));
        for width in &table.widths {
            let hundredths = u32::from(*width) * 10_000 / all.max(1);
            let _ = writeln!(self.text, "<col style=\"width:{}.{:02}%\">", hundredths / 100, hundredths % 100);
        }
        self.push("</colgroup>\n");
        let mut sizes = self.sizes(table).into_iter();
        if !table.head.is_empty() {
            self.push("<thead>\n");
            table.head.iter().for_each(|row| self.row(row, true, &mut sizes));
            self.push("</thead>\n");
        }
        for group in table.groups.iter().filter(|group| !group.is_empty()) {
            let characters = group.iter().flat_map(|row| &row.cells).map(|cell| cell.text.chars().count()).max();
            let long = GROUP < group.len() || is_long(characters.unwrap_or_default());
            self.push(if long { "<tbody class=\"long\">\n" } else { "<tbody>\n" });
            group.iter().for_each(|row| self.row(row, false, &mut sizes));
            self.push("</tbody>\n");
        }
        self.push("</table>\n");
    }

    /// The size of each cell's text that must be smaller than usual: a number in two lines is read as two. Texts below
    /// each other are of one size, and sums of one.
    fn sizes(&self, table: &Table) -> Vec<Option<f32>> {
        let usual = SIZES[usize::from(table.small)];
        let columns = table.widths.len();
        let parts: Option<Vec<_>> =
            [&table.head].into_iter().chain(&table.groups).map(|rows| placed(rows, columns)).collect();
        let (Some(face), Some(parts)) = (self.face, parts) else { return Vec::new() };
        let all: u16 = table.widths.iter().sum();
        let share = self.share * (f32::from(SHARES) / f32::from(all.max(1))).min(1.0);
        let mut least: BTreeMap<_, f32> = BTreeMap::new();
        let mut keys = Vec::new();
        for (at, cell) in parts.iter().enumerate().flat_map(|(at, part)| part.iter().map(move |cell| (at, cell))) {
            let (from, to) = cell.columns;
            let width = f32::from(table.widths[from..to].iter().sum::<u16>()) * share;
            // Lines and spaces beside the text.
            let beside = if table.small && !cell.cell.differs { 3.5 } else { 6.5 };
            let size = wrap::fitting(face, &cell.cell.text, usual, (width - beside) * WIDER);
            let key = (at == 0, cell.strong, cell.columns);
            least.entry(key).and_modify(|least| *least = least.min(size)).or_insert(size);
            keys.push(key);
        }
        keys.into_iter().map(|key| Some(least[&key]).filter(|size| *size < usual)).collect()
    }

    fn row(&mut self, row: &Row, is_head: bool, sizes: &mut impl Iterator<Item = Option<f32>>) {
        self.push(if row.strong { "<tr class=\"strong\">" } else { "<tr>" });
        row.cells.iter().for_each(|cell| self.cell(cell, is_head, sizes.next().flatten()));
        self.push("</tr>\n");
    }

    fn cell(&mut self, cell: &Cell, is_head: bool, size: Option<f32>) {
        // A heading without a word is none.
        let heads = (is_head || cell.heads) && !cell.text.is_empty();
        let tag = if heads { "th" } else { "td" };
        self.push(&format!("<{tag}"));
        if heads {
            let scope = match (is_head, cell.columns > 1, cell.rows > 1) {
                (true, true, _) => "colgroup",
                (true, false, _) => "col",
                (false, _, true) => "rowgroup",
                (false, _, false) => "row",
            };
            self.push(&format!(" scope=\"{scope}\""));
        }
        for (name, count) in [("colspan", cell.columns), ("rowspan", cell.rows)] {
            if count > 1 {
                self.push(&format!(" {name}=\"{count}\""));
            }
        }
        let align = match cell.align {
            Align::Start => "",
            Align::Middle => "m",
            Align::End => "e",
        };
        let classes = [align, if cell.shaded { "g" } else { "" }, if cell.differs { "d" } else { "" }];
        let classes: Vec<&str> = classes.into_iter().filter(|class| !class.is_empty()).collect();
        if !classes.is_empty() {
            self.push(&format!(" class=\"{}\"", classes.join(" ")));
        }
        if let Some(size) = size {
            let _ = write!(self.text, " style=\"font-size:{size:.2}pt\"");
        }
        self.push(&format!(">{}</{tag}>", value(&cell.text)));
    }

    /// A picture that is no JPEG by its first bytes is replaced by a line that says so.
    fn picture(&mut self, picture: &Picture) {
        let description = escaped(&picture.description);
        if picture.jpeg.starts_with(&[0xff, 0xd8, 0xff]) {
            let data = BASE64.encode(&picture.jpeg);
            self.push(&format!(
                "<p class=\"picture\"><img alt=\"{description}\" src=\"data:image/jpeg;base64,{data}\"></p>\n"
            ));
        } else {
            self.push(&format!("<p>画像を表示できません：{description}</p>\n"));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn page(value: &str) -> String {
        let fields = vec![vec![Field::new("名", value, 60)]];
        let sheet = Sheet {
            title: "表".into(),
            corner: String::new(),
            subtitle: String::new(),
            foot: String::new(),
            about: String::new(),
            orientation: Orientation::Portrait,
            blocks: vec![Block::Fields(fields)],
        };
        html(&Pack { title: String::new(), sheets: vec![sheet] })
    }

    #[test]
    fn headings_without_a_word_are_cells() {
        let table = Table {
            caption: "表".into(),
            shows_caption: false,
            widths: vec![20, 10],
            head: vec![Row { cells: vec![Cell::head(""), Cell::head("列")], strong: false }],
            groups: vec![vec![Row { cells: vec![Cell::head("行").rows(2), Cell::new("値")], strong: true }]],
            small: true,
        };
        let mut page = Page::default();
        page.table(&table);
        assert!(page.text.contains("<td class=\"m\"></td><th scope=\"col\" class=\"m\">列</th>"));
        assert!(page.text.contains("<tr class=\"strong\"><th scope=\"rowgroup\" rowspan=\"2\" class=\"m\">行</th>"));
        assert!(page.text.contains("style=\"--share:0.5000\"") && page.text.contains("style=\"width:66.66%\""));
    }

    #[test]
    fn bytes_that_are_no_picture_are_told() {
        let mut page = Page::default();
        page.picture(&Picture { description: "図<1>".into(), jpeg: (*b"GIF89a").into() });
        assert_eq!(page.text, "<p>画像を表示できません：図&lt;1&gt;</p>\n");
    }

    #[test]
    fn a_name_at_the_foot_ends_neither_its_text_nor_the_style() {
        let sheet = Sheet {
            title: "表".into(),
            corner: String::new(),
            subtitle: String::new(),
            foot: String::new(),
            about: "\"; } </style><script>\\\n\u{202e}".into(),
            orientation: Orientation::Landscape,
            blocks: Vec::new(),
        };
        let page = html(&Pack { title: String::new(), sheets: vec![sheet.clone(), sheet] });
        assert_eq!((page.matches("</style>").count(), page.matches("<script").count()), (1, 0));
        // The same words below both: one kind of page.
        assert_eq!((page.matches("@page p1 ").count(), page.matches("@page p2 ").count()), (1, 0));
        assert!(page.contains("size: A4 landscape; @bottom-left { content: \"\\8868 \\3000 \\22 \\3b "));
    }

    proptest! {
        #[test]
        fn no_text_becomes_a_tag(value in "\\PC{0,60}|[<>&\"'a-z/=\u{0}-\u{1f}\u{202e}]{0,60}") {
            let (with, without) = (page(&format!("値{value}")), page(""));
            for sign in ['<', '>', '"'] {
                prop_assert_eq!(with.matches(sign).count(), without.matches(sign).count());
            }
            let is_hidden = |character| matches!(character, '\u{202e}' | '\0');
            prop_assert!(!with.contains(is_hidden));
        }
    }
}
