//! Sheets as files, for every command that makes some: as what, written, and told of.

use std::path::{Path, PathBuf};

use careplan_forms::{
    forms, html, pdf,
    sheet::{Pack, Sheet},
    text,
};
use serde::Serialize;

use crate::{error::CommandError, exchange::Unread, msg, output::Output, ui::Ui};

/// As what sheets are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For paper.
    Pdf,
    /// For a browser.
    Html,
    /// For a terminal.
    Text,
}

/// A file that was written, as scripts get it.
#[derive(Debug, Serialize)]
pub(crate) struct Written {
    out: PathBuf,
    sheets: usize,
    /// None for what has no pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pages: Option<u32>,
    /// Characters that the font lacks, shown as boxes and listed on their sheets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<char>,
}

impl Format {
    /// How the name of a file ends.
    pub(crate) const fn extension(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Html => "html",
            Self::Text => "txt",
        }
    }
}

/// Writes a pack as one file.
pub(crate) fn write(format: Format, pack: &Pack, path: &Path) -> Result<Written, CommandError> {
    match format {
        Format::Pdf => write_pdf(pack, path),
        Format::Html => {
            let page = html::html(pack) + HTML_MARK;
            Output::prepare_private(path, HTML_MARK)?.finish(&page)?;
            Ok(Written { out: path.to_owned(), sheets: pack.sheets.len(), pages: None, missing: Vec::new() })
        }
        Format::Text => {
            let all: Vec<String> = pack.sheets.iter().map(|sheet| text::text(sheet, COLUMNS)).collect();
            Output::prepare_private(path, "")?.finish(&all.join("\n"))?;
            Ok(Written { out: path.to_owned(), sheets: pack.sheets.len(), pages: None, missing: Vec::new() })
        }
    }
}

/// Says on each sheet what of the files could not be read.
pub(crate) fn note_unread(sheets: &mut [Sheet], unread: &[Unread]) {
    let (files, rows) = unread.iter().fold((0, 0), |(files, rows), of| (files + of.files, rows + of.rows));
    forms::note_unread(sheets, files, rows);
}

/// A comment at the end of our files: they are replaced by newer ones, those of others are not.
const PDF_MARK: &str = "\n%musubi\n";
const HTML_MARK: &str = "<!-- musubi -->\n";

/// Columns of a text that goes into a file.
const COLUMNS: usize = 100;

fn write_pdf(pack: &Pack, path: &Path) -> Result<Written, CommandError> {
    let out = Output::prepare_private(path, PDF_MARK)?;
    let mut made = pdf::pdf(pack, &pdf::Options::default())
        .map_err(|error| CommandError::failed(msg!("err-render-pdf")).because(&error))?;
    made.bytes.extend_from_slice(PDF_MARK.as_bytes());
    out.finish_bytes(&made.bytes)?;
    let mut missing: Vec<char> = made.missing.iter().map(|missing| missing.character).collect();
    missing.sort_unstable();
    missing.dedup();
    Ok(Written { out: path.to_owned(), sheets: pack.sheets.len(), pages: Some(made.pages), missing })
}

/// Says what was written, and what paper cannot show.
pub(crate) fn tell(ui: &mut Ui, written: &[Written]) {
    for file in written {
        let path = file.out.as_path();
        ui.line(&match file.pages {
            Some(pages) => msg!("render-written-pages", path = path, pages = pages),
            None => msg!("render-written", path = path),
        });
        if !file.missing.is_empty() {
            let characters: Vec<String> =
                file.missing.iter().map(|c| format!("{c} (U+{:04X})", u32::from(*c))).collect();
            ui.warn(&msg!("render-missing", characters = characters.join(" ")));
        }
    }
}
