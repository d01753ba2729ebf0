//! Sheets as PDF on A4: what is on paper is the same [`Sheet`]s that the other outputs show.
//!
//! Two steps. The first is a pure function from sheets to pages of placed texts, lines and greys; all rules about
//! breaking and keeping together live there. The second writes them down. The file holds neither a time nor anything
//! random: the same pack gives the same bytes.
//!
//! The file is not tagged: the cells of forty-five people's months would make it several times as large. Who needs the
//! structure reads the HTML of the same sheets. The order of the texts in the file is the reading order, and text can be
//! searched and copied.

mod cells;
mod draw;
mod edges;
mod flow;
mod forms;
mod grid;
mod heading;
mod paper;
mod photo;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::face::Face;
use crate::sheet::{Orientation, Pack, Sheet};
use crate::show;

/// How the PDF is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The program that the properties of the file name as its maker; empty for none.
    pub creator: String,
    /// Whether the pages of the whole pack are numbered at their foot, such as 3 / 12.
    pub numbers: bool,
}

/// A finished PDF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pdf {
    /// The file.
    pub bytes: Vec<u8>,
    /// Pages of each sheet, in the order of the pack.
    pub sheets: Vec<u32>,
    /// Pages in all.
    pub pages: u32,
    /// Characters that the font lacks, by sheet and then by character. Each is shown as a box, and a line at the foot of
    /// the page lists it; where a sheet has very many, at its end.
    pub missing: Vec<Missing>,
}

/// A character that is shown as a box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Which.
    pub character: char,
    /// On which sheet of the pack, counted from 0.
    pub sheet: usize,
    /// On which pages of the pack, counted from 1, in ascending order.
    pub pages: Vec<u32>,
}

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PdfError {
    /// The font that the program carries cannot be read: the program is damaged.
    #[error("the font cannot be read")]
    Font,
    /// A row has cells that stand in no column, or a column or a field has no width: something would not be shown.
    #[error("sheet {sheet}: block {block} does not fit its columns")]
    Shape {
        /// Sheet of the pack, counted from 0.
        sheet: usize,
        /// Block of the sheet, counted from 0.
        block: usize,
    },
    /// The file cannot be written down.
    #[error("the PDF cannot be written")]
    Write(#[source] krilla::error::KrillaError),
}

/// Makes a PDF of a pack. A pack without sheets becomes one empty page, for a PDF without pages is none.
///
/// # Errors
/// If a table or a field breaks the rules of [`sheet`](crate::sheet), or the file cannot be written.
pub fn pdf(pack: &Pack, options: &Options) -> Result<Pdf, PdfError> {
    let face = Face::ours().ok_or(PdfError::Font)?;
    let mut pages = Vec::new();
    let mut sheets = Vec::new();
    for (index, sheet) in pack.sheets.iter().enumerate() {
        let made = place(face, index, sheet)?;
        sheets.push(count(made.len()));
        pages.extend(made);
    }
    if pages.is_empty() {
        pages.push(paper::Page::empty(Orientation::Portrait));
    }
    if options.numbers {
        heading::number_pack(face, &mut pages);
    }
    let bytes = draw::file(face, pack, options, &pages, &sheets)?;
    Ok(Pdf { bytes, missing: missing(face, &pages), pages: count(pages.len()), sheets })
}

/// Pages that each sheet will have, for the sheet that says how many follow. A text on it changes no count as long as it
/// needs as many lines: put in a number of as many digits, then the true one.
///
/// # Errors
/// As [`pdf`].
pub fn pages(sheets: &[Sheet]) -> Result<Vec<u32>, PdfError> {
    let face = Face::ours().ok_or(PdfError::Font)?;
    sheets.iter().enumerate().map(|(index, sheet)| Ok(count(place(face, index, sheet)?.len()))).collect()
}

impl Default for Options {
    fn default() -> Self {
        Self { creator: String::new(), numbers: true }
    }
}

/// The pages of a sheet.
fn place(face: &Face, index: usize, sheet: &Sheet) -> Result<Vec<paper::Page>, PdfError> {
    forms::place(face, &seen(sheet))
        .map(|mut pages| {
            for page in &mut pages {
                page.sheet = index;
            }
            pages
        })
        .map_err(|misfit| PdfError::Shape { sheet: index, block: misfit.block })
}

/// The sheet with the numbers of what cannot be seen in its place, as in the other outputs.
fn seen(sheet: &Sheet) -> Cow<'_, Sheet> {
    let mut sheet = Cow::Borrowed(sheet);
    if sheet.texts().iter().any(|text| text.chars().any(|c| show::visible(c).is_some())) {
        for text in sheet.to_mut().texts_mut() {
            *text = text.chars().map(|c| show::visible(c).unwrap_or_else(|| c.to_string())).collect();
        }
    }
    sheet
}

fn missing(face: &Face, pages: &[paper::Page]) -> Vec<Missing> {
    let mut found: BTreeMap<(usize, char), Vec<u32>> = BTreeMap::new();
    for (number, page) in (1..).zip(pages) {
        for text in page.texts() {
            for mark in face.marks(&text.text).filter(|mark| mark.boxed) {
                let character = text.text[mark.bytes].chars().next().unwrap_or(char::REPLACEMENT_CHARACTER);
                let pages = found.entry((page.sheet, character)).or_default();
                if pages.last() != Some(&number) {
                    pages.push(number);
                }
            }
        }
    }
    found.into_iter().map(|((sheet, character), pages)| Missing { character, sheet, pages }).collect()
}

fn count(pages: usize) -> u32 {
    u32::try_from(pages).unwrap_or(u32::MAX)
}
