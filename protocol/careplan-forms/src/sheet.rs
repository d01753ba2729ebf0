//! What stands on a form, in reading order: the same for every output.
//!
//! All texts are plain: characters of any kind, `\n` between lines. Outputs escape them and break them into lines; they
//! never cut, never shorten, never drop.

use std::sync::Arc;

/// How A4 paper lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Orientation {
    /// 210 mm wide, 297 mm high.
    Portrait,
    /// 297 mm wide, 210 mm high.
    Landscape,
}

/// Several forms as one document, in printing order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pack {
    /// What it is, for the title of a window and of a PDF.
    pub title: String,
    /// The forms. Each begins on a new page.
    pub sheets: Vec<Sheet>,
}

/// One form. It may need several pages: then its heading stands on each, with the page's number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// Name of the form, such as 居宅サービス計画書（１）.
    pub title: String,
    /// What stands in the corner, such as 第１表; empty for none.
    pub corner: String,
    /// A line under the title, such as the month; empty for none.
    pub subtitle: String,
    /// What stands small at the foot of every page, such as whose copy it is, who sent it and its serial; empty for none.
    pub foot: String,
    /// Whom it is about. Stands on following pages, so that a loose one is not taken for another person's; the form says it
    /// itself, so here it may be shortened. Empty for none.
    pub about: String,
    /// How the paper lies.
    pub orientation: Orientation,
    /// What stands on it, from top to bottom.
    pub blocks: Vec<Block>,
}

/// A part of a form, as wide as the paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// Labelled values in lines.
    Fields(Vec<Line>),
    /// A table.
    Table(Table),
    /// A heading within the form.
    Heading(String),
    /// A paragraph.
    Paragraph(String),
    /// A picture, JPEG.
    Picture(Picture),
    /// Lines to sign on: what stands before each.
    Signature(Vec<String>),
}

/// Fields beside each other. Their shares add up to at most [`SHARES`]; what is left stays empty.
pub type Line = Vec<Field>;

/// The width of the paper between its margins, in shares.
pub const SHARES: u16 = 60;

/// A value with its label, framed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// What it is.
    pub label: String,
    /// The value; may be empty, for the frame stands all the same.
    pub value: String,
    /// How wide label and value are together.
    pub shares: u16,
    /// The label stands above the value and not before it: for long texts.
    pub above: bool,
    /// Lines of text for which there is room at least.
    pub lines: u8,
}

/// A table. Every row has as many columns as there are widths, counting spans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// What the table shows, for those who cannot see it; stands above it where `shows_caption`.
    pub caption: String,
    /// Whether the caption is seen.
    pub shows_caption: bool,
    /// Widths of the columns, in shares; they add up to at most [`SHARES`].
    pub widths: Vec<u16>,
    /// Rows of headings: repeated on every page.
    pub head: Vec<Row>,
    /// Groups of rows. A group is kept on one page if it fits there; cells that span rows do so within a group, and are
    /// shown again where a page breaks a group.
    pub groups: Vec<Vec<Row>>,
    /// Text smaller than usual: for tables of many columns.
    pub small: bool,
}

/// A row of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Its cells. Columns that a cell of a row above spans have none here.
    pub cells: Vec<Cell>,
    /// A sum or the like: shown stronger.
    pub strong: bool,
}

/// A cell of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// What it says.
    pub text: String,
    /// Columns that it spans, 1 and more.
    pub columns: u16,
    /// Rows that it spans, 1 and more.
    pub rows: u16,
    /// Where the text stands.
    pub align: Align,
    /// It names its row, or in the head its columns.
    pub heads: bool,
    /// Shown in grey: a weekday that is a Sunday, a cell that does not apply. Never the only sign of anything.
    pub shaded: bool,
    /// It differs from what it is held against: framed or underlined. Never the only sign: its text says so too.
    pub differs: bool,
}

/// Where the text of a cell stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// At its beginning.
    #[default]
    Start,
    /// In the middle.
    Middle,
    /// At its end: numbers.
    End,
}

/// A picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// What it shows, for those who cannot see it.
    pub description: String,
    /// The JPEG file. One that cannot be decoded is replaced by a line that says so.
    pub jpeg: Arc<[u8]>,
}

impl Field {
    /// A field of one line, its label before the value.
    #[must_use]
    pub fn new(label: impl Into<String>, value: impl Into<String>, shares: u16) -> Self {
        Self { label: label.into(), value: value.into(), shares, above: false, lines: 1 }
    }

    /// With the label above the value, and room for so many lines at least.
    #[must_use]
    pub fn above(self, lines: u8) -> Self {
        Self { above: true, lines, ..self }
    }
}

impl Cell {
    /// A cell of one column and row.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            columns: 1,
            rows: 1,
            align: Align::Start,
            heads: false,
            shaded: false,
            differs: false,
        }
    }

    /// A heading, in the middle.
    #[must_use]
    pub fn head(text: impl Into<String>) -> Self {
        Self { heads: true, align: Align::Middle, ..Self::new(text) }
    }

    /// Spanning so many columns.
    #[must_use]
    pub fn columns(self, columns: u16) -> Self {
        Self { columns, ..self }
    }

    /// Spanning so many rows of its group.
    #[must_use]
    pub fn rows(self, rows: u16) -> Self {
        Self { rows, ..self }
    }

    /// With its text there.
    #[must_use]
    pub fn align(self, align: Align) -> Self {
        Self { align, ..self }
    }

    /// In grey.
    #[must_use]
    pub fn shaded(self) -> Self {
        Self { shaded: true, ..self }
    }

    /// Differing.
    #[must_use]
    pub fn differs(self) -> Self {
        Self { differs: true, ..self }
    }
}

impl Sheet {
    /// Every text that stands on the form, in reading order, without empty ones.
    #[must_use]
    pub fn texts(&self) -> Vec<&str> {
        let mut texts: Vec<&str> = vec![&self.title, &self.corner, &self.subtitle];
        for block in &self.blocks {
            match block {
                Block::Fields(lines) => {
                    texts.extend(lines.iter().flatten().flat_map(|field| [field.label.as_str(), field.value.as_str()]));
                }
                Block::Table(table) => {
                    if table.shows_caption {
                        texts.push(&table.caption);
                    }
                    let rows = table.head.iter().chain(table.groups.iter().flatten());
                    texts.extend(rows.flat_map(|row| row.cells.iter().map(|cell| cell.text.as_str())));
                }
                Block::Heading(text) | Block::Paragraph(text) => texts.push(text),
                // Its description is for those who cannot see it.
                Block::Picture(_) => {}
                Block::Signature(before) => texts.extend(before.iter().map(String::as_str)),
            }
        }
        texts.push(&self.foot);
        texts.retain(|text| !text.is_empty());
        texts
    }

    /// Every text, those that are not seen and empty ones too.
    pub(crate) fn texts_mut(&mut self) -> Vec<&mut String> {
        let mut texts = vec![&mut self.title, &mut self.corner, &mut self.subtitle, &mut self.foot, &mut self.about];
        for block in &mut self.blocks {
            match block {
                Block::Fields(lines) => {
                    texts.extend(lines.iter_mut().flatten().flat_map(|field| [&mut field.label, &mut field.value]));
                }
                Block::Table(table) => {
                    texts.push(&mut table.caption);
                    let rows = table.head.iter_mut().chain(table.groups.iter_mut().flatten());
                    texts.extend(rows.flat_map(|row| row.cells.iter_mut().map(|cell| &mut cell.text)));
                }
                Block::Heading(text) | Block::Paragraph(text) => texts.push(text),
                Block::Picture(picture) => texts.push(&mut picture.description),
                Block::Signature(before) => texts.extend(before),
            }
        }
        texts
    }
}

/// A cell and where it stands.
pub(crate) struct Placed<'a> {
    pub(crate) cell: &'a Cell,
    /// Of a strong row.
    pub(crate) strong: bool,
    /// First column, and the one after the last.
    pub(crate) columns: (usize, usize),
    /// First row and rows that it spans, which end with the group.
    pub(crate) rows: (usize, usize),
}

/// The cells of a head or a group in their columns, row by row; none if one stands in no column, or in one that a row above
/// has taken.
pub(crate) fn placed(rows: &[Row], columns: usize) -> Option<Vec<Placed<'_>>> {
    // How many rows, counted from the present one, each column is taken for.
    let mut taken = vec![0_usize; columns];
    let mut cells = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        let mut column = 0;
        for cell in &row.cells {
            while taken.get(column).is_some_and(|taken| 0 < *taken) {
                column += 1;
            }
            let end = column + usize::from(cell.columns.max(1));
            let spanned = taken.get_mut(column..end)?;
            if spanned.iter().any(|taken| 0 < *taken) {
                return None;
            }
            let down = usize::from(cell.rows.max(1)).min(rows.len() - number);
            spanned.fill(down);
            cells.push(Placed { cell, strong: row.strong, columns: (column, end), rows: (number, down) });
            column = end;
        }
        taken.iter_mut().for_each(|taken| *taken = taken.saturating_sub(1));
    }
    Some(cells)
}
