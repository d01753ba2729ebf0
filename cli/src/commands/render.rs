//! `musubi render`: documents as the forms that people know, for the screen and for paper.

use std::{
    fs,
    path::{Path, PathBuf},
};

use careplan::{Month, OfficeNumber, reconcile::Reconciliation};
use careplan_forms::{forms::Recipient, html, pdf, sheet::Pack, text};
use serde::Serialize;

use crate::{
    args::values,
    error::{CommandError, Exit},
    exchange::Holdings,
    msg,
    output::Output,
    ui::Ui,
};

pub(super) mod select;

use select::{Copy, Selection};

/// What is shown, how, and where to.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Files and directories with documents.
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// As what.
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "pdf")]
    pub format: Format,
    /// The copy for an office: what it got, and of the month its own services.
    #[arg(long = "for", value_name = "ADDRESS", value_parser = values::exchange_address, conflicts_with = "person")]
    pub office: Option<OfficeNumber>,
    /// The copy for a person, by the insured number.
    #[arg(long, value_name = "NUMBER")]
    pub person: Option<String>,
    /// One month only; what belongs to no month is left out.
    #[arg(long, value_name = "MONTH", value_parser = values::month)]
    pub month: Option<Month>,
    /// A file for each partner or person, in a folder.
    #[arg(long, value_enum, value_name = "WHOM", conflicts_with_all = ["office", "person"])]
    pub each: Option<Each>,
    /// With the sheets on which plan and actuals stand side by side.
    #[arg(long, conflicts_with_all = ["office", "person", "each"])]
    pub reconciliation: bool,
    /// The file to write, or with --each the folder; text goes to the screen without.
    #[arg(long, short, value_name = "OUT")]
    pub out: Option<PathBuf>,
}

/// As what forms are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For paper.
    Pdf,
    /// For a browser.
    Html,
    /// For a terminal.
    Text,
}

/// Whom a file of its own is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Each {
    /// Each office that got something.
    Partner,
    /// Each person.
    Person,
}

/// A file that was written, as scripts get it.
#[derive(Debug, Serialize)]
pub(super) struct Written {
    out: PathBuf,
    sheets: usize,
    /// None for what has no pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pages: Option<u32>,
    /// Characters that the font lacks, shown as boxes and listed on their sheets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<char>,
}

/// Shows documents as forms.
pub(crate) fn run(ui: &mut Ui, args: &Args) -> Result<Exit, CommandError> {
    if args.out.is_none() && (args.format != Format::Text || args.each.is_some()) {
        return Err(CommandError::usage(msg!("err-render-out")));
    }
    let holdings = Holdings::read(ui, &args.paths, |_, month| args.month.is_none() || month == args.month)?;
    let selection = Selection::new(&holdings);
    let copies = match (args.each, args.office, &args.person) {
        (Some(Each::Partner), ..) => selection.partners(),
        (Some(Each::Person), ..) => selection.persons(),
        (None, Some(office), _) => vec![Copy::Office(office)],
        (None, None, Some(insured)) => vec![Copy::Person(insured.as_str().into())],
        (None, None, None) => vec![Copy::All],
    };
    let mut packs: Vec<(Copy, Pack)> = Vec::new();
    for copy in copies {
        let title = selection.title(&copy, ui.text());
        let mut sheets = selection.sheets(&copy);
        if args.reconciliation {
            let result = Reconciliation::of_ledgers(&holdings.ledger, &holdings.ledger);
            sheets.extend(selection.reconciled(&result));
        }
        if !sheets.is_empty() {
            packs.push((copy, Pack { title, sheets }));
        }
    }
    if packs.is_empty() {
        return Err(CommandError::failed(msg!("err-render-nothing")));
    }
    let Some(out) = &args.out else {
        for (_, pack) in &packs {
            on_screen(ui, pack);
        }
        return Ok(Exit::Done);
    };
    let mut written = Vec::new();
    if args.each.is_some() {
        fs::create_dir_all(out).map_err(CommandError::writing(out))?;
        let mut progress = ui.progress(&msg!("render-progress"), packs.len() as u64);
        for (copy, pack) in &packs {
            let path = out.join(format!("{}.{}", copy.file_name(), args.format.extension()));
            written.push(write(args.format, pack, &path)?);
            progress.step();
        }
        drop(progress);
    } else {
        for (_, pack) in &packs {
            written.push(write(args.format, pack, out)?);
        }
    }
    tell(ui, &written);
    ui.result(&written);
    Ok(Exit::Done)
}

impl Format {
    const fn extension(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Html => "html",
            Self::Text => "txt",
        }
    }
}

fn on_screen(ui: &mut Ui, pack: &Pack) {
    let width = ui.width();
    for sheet in &pack.sheets {
        ui.text_line(&text::text(sheet, width));
    }
}

/// Writes a pack as one file.
fn write(format: Format, pack: &Pack, path: &Path) -> Result<Written, CommandError> {
    match format {
        Format::Pdf => write_pdf(pack, path),
        Format::Html => {
            let page = html::html(pack);
            let out = Output::prepare_starting(path, "<!DOCTYPE html>")?;
            out.finish_bytes(page.as_bytes())?;
            Ok(Written { out: path.to_owned(), sheets: pack.sheets.len(), pages: None, missing: Vec::new() })
        }
        Format::Text => {
            let all: Vec<String> = pack.sheets.iter().map(|sheet| text::text(sheet, COLUMNS)).collect();
            let out = Output::prepare_starting(path, "")?;
            out.finish_bytes(all.join("\n").as_bytes())?;
            Ok(Written { out: path.to_owned(), sheets: pack.sheets.len(), pages: None, missing: Vec::new() })
        }
    }
}

/// Columns of a text that goes into a file.
const COLUMNS: usize = 100;

/// Writes a pack as a PDF.
pub(super) fn write_pdf(pack: &Pack, path: &Path) -> Result<Written, CommandError> {
    let out = Output::prepare_starting(path, "%PDF-")?;
    let made = pdf::pdf(pack, &pdf::Options::default())
        .map_err(|error| CommandError::failed(msg!("err-render-pdf")).because(&error))?;
    out.finish_bytes(&made.bytes)?;
    let mut missing: Vec<char> = made.missing.iter().map(|missing| missing.character).collect();
    missing.sort_unstable();
    missing.dedup();
    Ok(Written { out: path.to_owned(), sheets: pack.sheets.len(), pages: Some(made.pages), missing })
}

/// Says what was written, and what paper cannot show.
pub(super) fn tell(ui: &mut Ui, written: &[Written]) {
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

/// Whose copy a document is shown as.
pub(super) fn recipient(copy: &Copy) -> Recipient {
    match copy {
        Copy::All => Recipient::Planner,
        Copy::Office(office) => Recipient::Office(*office),
        Copy::Person(_) => Recipient::User,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{text::Lang, ui::testing};

    pub(crate) const SAMPLE: &str =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../protocol/careplan/samples/aoba-202511/bundles");

    fn args(format: Format, out: Option<&Path>) -> Args {
        Args {
            paths: vec![SAMPLE.into()],
            format,
            office: None,
            person: None,
            month: None,
            each: None,
            reconciliation: false,
            out: out.map(Path::to_owned),
        }
    }

    fn rendered(args: &Args) -> Result<serde_json::Value, String> {
        let (mut ui, out, _) = testing::ui(Lang::Ja, true, None);
        run(&mut ui, args).map_err(|error| error.code().to_owned())?;
        ui.finish().unwrap();
        Ok(serde_json::from_str(&out.text()).unwrap())
    }

    #[test]
    fn a_month_is_rendered_for_everybody_an_office_and_a_person() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("forms.pdf");
        let all = rendered(&args(Format::Pdf, Some(&out))).unwrap();
        let pages = |value: &serde_json::Value| value[0]["pages"].as_u64().unwrap();
        assert!(fs::read(&out).unwrap().starts_with(b"%PDF-"));
        let office = Args { office: "1379900010".parse().ok(), ..args(Format::Pdf, Some(&out)) };
        let office = rendered(&office).unwrap();
        let person = Args { person: Some("0009237573".into()), ..args(Format::Pdf, Some(&out)) };
        let person = rendered(&person).unwrap();
        assert!(0 < pages(&person) && pages(&person) < pages(&office) && pages(&office) < pages(&all), "{all}");
        // The same again is the same, to the byte.
        let first = fs::read(&out).unwrap();
        rendered(&Args { person: Some("0009237573".into()), ..args(Format::Pdf, Some(&out)) }).unwrap();
        assert_eq!(fs::read(&out).unwrap(), first);
    }

    #[test]
    fn each_partner_and_person_has_a_file_without_a_name() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("print");
        let each = Args { each: Some(Each::Person), ..args(Format::Html, Some(&out)) };
        let written = rendered(&Args { month: "202511".parse().ok(), ..each }).unwrap();
        let mut names: Vec<String> =
            fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        assert_eq!(written.as_array().unwrap().len(), names.len());
        let is_plain = |name: &String| name.strip_suffix(".html").unwrap().bytes().all(|b| b.is_ascii_alphanumeric());
        assert!(names.len() > 5 && names.iter().all(is_plain), "{names:?}");
        let page = fs::read_to_string(out.join(&names[0])).unwrap();
        assert!(page.contains("第６表") && page.contains("令和7年11月分"));
    }

    #[test]
    fn text_goes_to_the_screen() {
        let (mut ui, out, _) = testing::ui(Lang::Ja, false, None);
        let person = Args { person: Some("0009237573".into()), ..args(Format::Text, None) };
        run(&mut ui, &person).unwrap();
        ui.finish().unwrap();
        assert!(out.text().contains("サービス利用票"));
    }

    #[test]
    fn what_cannot_be_rendered_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("forms.pdf");
        assert_eq!(rendered(&args(Format::Pdf, None)).unwrap_err(), "render-out");
        let nobody = Args { office: "1379999990".parse().ok(), ..args(Format::Pdf, Some(&out)) };
        assert_eq!(rendered(&nobody).unwrap_err(), "render-nothing");
        fs::write(&out, "a letter").unwrap();
        assert_eq!(rendered(&args(Format::Pdf, Some(&out))).unwrap_err(), "file-exists");
        assert_eq!(fs::read_to_string(&out).unwrap(), "a letter");
    }
}
