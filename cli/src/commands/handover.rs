//! `musubi handover`: for a partner who is not on Musubi. One PDF with a cover for the fax, or files for the national client.

use std::{
    fs,
    path::{Path, PathBuf},
};

use careplan::{Bundle, Collection, Date, FileName, OfficeNumber, Severity, Unit};
use careplan_forms::{
    cover::Cover,
    forms::Form,
    month, pdf,
    sheet::{Pack, Sheet},
};
use musubi_protocol::time::Timestamp;
use serde::Serialize;

use super::render::select::{Copy, Selection};
use crate::{
    args::values,
    error::{CommandError, Exit},
    exchange::{self, Holdings},
    moment, msg,
    search::search,
    sheets::{self, Format},
    ui::Ui,
};

/// What goes to whom, and how.
#[derive(clap::Args, Debug)]
#[command(group = clap::ArgGroup::new("way").required(true))]
pub struct Args {
    /// Files and directories.
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// Whom it is for.
    #[arg(long, value_name = "ADDRESS", value_parser = values::exchange_address)]
    pub to: OfficeNumber,
    /// One PDF with a cover sheet, for the fax.
    #[arg(long, group = "way")]
    pub fax: bool,
    /// A folder with files for the client of the national system.
    #[arg(long, group = "way")]
    pub national: bool,
    /// The addressee's fax number, for the cover.
    #[arg(long, value_name = "TEXT", conflicts_with = "national")]
    pub fax_number: Option<String>,
    /// Who sends it, for the cover.
    #[arg(long, value_name = "TEXT", conflicts_with = "national")]
    pub sender: Option<String>,
    /// Where the sender is reached, for the cover.
    #[arg(long, value_name = "TEXT", conflicts_with = "national")]
    pub contact: Option<String>,
    /// The PDF, or the folder.
    #[arg(long, short, value_name = "OUT")]
    pub out: PathBuf,
}

/// A file for the national client.
#[derive(Debug, Serialize)]
struct Copied {
    file: String,
    bundle: &'static str,
}

/// Makes what is handed over.
pub(crate) fn run(ui: &mut Ui, args: &Args) -> Result<Exit, CommandError> {
    if args.fax { fax(ui, args) } else { national(ui, args) }
}

fn fax(ui: &mut Ui, args: &Args) -> Result<Exit, CommandError> {
    let holdings = Holdings::read(ui, &args.paths, |_, _| true)?;
    let selection = Selection::new(&holdings);
    let copy = Copy::Office(args.to);
    let sheets = selection.sheets(&copy, is_faxed);
    if sheets.is_empty() {
        return Err(CommandError::failed(msg!("err-handover-nothing", office = args.to.to_string())));
    }
    let title = selection.title(&copy, ui.text());
    let pack = month::with_cover(Pack { title, sheets }, cover(&selection, args), pages);
    let written = [sheets::write(Format::Pdf, &pack, &args.out)?];
    sheets::tell(ui, &written);
    ui.line(&msg!("handover-check"));
    ui.result(&written);
    Ok(Exit::Done)
}

/// The cover, but for what is counted.
fn cover(selection: &Selection<'_>, args: &Args) -> Cover {
    let sender = || selection.sender_of(args.to).map(|office| selection.names().office_in_full(office));
    let today = moment::date_of(Timestamp::now());
    let [month, day] = [today.month(), today.day()].map(|number| u8::try_from(number).unwrap_or_default());
    Cover {
        addressee: selection.names().office(args.to),
        addressee_contact: args.fax_number.clone().unwrap_or_default(),
        sender: args.sender.clone().or_else(sender).unwrap_or_default(),
        sender_contact: args.contact.clone().unwrap_or_default(),
        date: Date::new(u16::try_from(today.year()).unwrap_or_default(), month, day),
        ..Cover::default()
    }
}

/// Whether a form goes by fax. Paper has no supplement, and a fax carries no more of a person than it has to.
fn is_faxed(form: Form) -> bool {
    form != Form::Supplement
}

/// How many pages a form takes. One that cannot be laid out is told when the PDF is made.
fn pages(sheet: &Sheet) -> usize {
    let pages = pdf::pages(std::slice::from_ref(sheet)).unwrap_or_default();
    pages.into_iter().map(|pages| usize::try_from(pages).unwrap_or(usize::MAX)).sum()
}

fn national(ui: &mut Ui, args: &Args) -> Result<Exit, CommandError> {
    let found = search(&args.paths)?.found;
    let mut files = Vec::new();
    for found in found.iter().filter(|found| found.trouble.is_none()) {
        files.push((found.name.clone(), fs::read(&found.path).map_err(CommandError::reading(&found.path))?));
    }
    let mut collection = Collection::new();
    for (name, bytes) in &files {
        collection.add(name, bytes);
    }
    let units: Vec<Unit> =
        collection.sort().units.into_iter().filter(|unit| unit.receiver().office == args.to).collect();
    if units.is_empty() {
        return Err(CommandError::failed(msg!("err-handover-nothing", office = args.to.to_string())));
    }
    fs::create_dir_all(&args.out).map_err(CommandError::writing(&args.out))?;
    let (mut copied, mut refused) = (Vec::new(), 0_usize);
    for unit in &units {
        match sendable(unit) {
            Some(bundle) => copied.extend(copy(unit, bundle, &files, &args.out)?),
            None => {
                refused += 1;
                let lang = exchange::lang(ui.text());
                ui.warn(&msg!("handover-refused", serial = unit.serial().to_string()));
                let errors = unit.findings().iter().filter(|finding| finding.severity() == Severity::Error);
                for finding in errors.take(NAMED) {
                    ui.note(&msg!("handover-finding", text = finding.text(lang)));
                }
            }
        }
    }
    let count = i64::try_from(copied.len()).unwrap_or(i64::MAX);
    ui.line(&msg!("handover-national", count = count, path = &args.out));
    ui.result(&serde_json::json!({"out": args.out, "files": copied, "refused": refused}));
    Ok(if refused == 0 { Exit::Done } else { Exit::Refused })
}

/// Findings that are named one by one.
const NAMED: usize = 5;

/// The bundle of a unit that the national client takes: complete, and named as the edition in force names it.
fn sendable(unit: &Unit) -> Option<Bundle> {
    let named = unit.sender().kind.is_some() && unit.receiver().kind.is_some();
    unit.bundle().filter(|_| named && unit.is_sendable())
}

/// Copies a unit's files under the names that the standard gives them.
fn copy(unit: &Unit, bundle: Bundle, files: &[(String, Vec<u8>)], out: &Path) -> Result<Vec<Copied>, CommandError> {
    let mut copied = Vec::new();
    for file in unit.files() {
        let Ok(name) = file.name().parse::<FileName>() else { continue };
        let (name, bytes) = (name.to_string(), &files[file.position()].1);
        let path = out.join(&name);
        match fs::read(&path) {
            // Made before: it is what it should be.
            Ok(held) if held == *bytes => {}
            Ok(_) => return Err(CommandError::writing(&path)(std::io::ErrorKind::AlreadyExists.into())),
            Err(_) => fs::write(&path, bytes).map_err(CommandError::writing(&path))?,
        }
        copied.push(Copied { file: name, bundle: bundle.code() });
    }
    Ok(copied)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{commands::render::tests::SAMPLE, text::Lang, ui::testing};

    fn args(out: &Path, to: &str, fax: bool) -> Args {
        Args {
            paths: vec![SAMPLE.into()],
            to: to.parse().unwrap(),
            fax,
            national: !fax,
            fax_number: None,
            sender: None,
            contact: None,
            out: out.to_owned(),
        }
    }

    fn made(args: &Args) -> Result<(Exit, serde_json::Value), String> {
        let (mut ui, out, _) = testing::ui(Lang::Ja, true, None);
        let exit = run(&mut ui, args).map_err(|error| error.code().to_owned())?;
        ui.finish().unwrap();
        Ok((exit, serde_json::from_str(&out.text()).unwrap()))
    }

    #[test]
    fn a_fax_has_a_cover_that_counts_its_pages_and_names_nobody() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("fax.pdf");
        let (exit, written) = made(&args(&out, "1379900010", true)).unwrap();
        let pages = written[0]["pages"].as_u64().unwrap();
        let (mut ui, ..) = testing::ui(Lang::Ja, true, None);
        let holdings = Holdings::read(&mut ui, &[SAMPLE.into()], |_, _| true).unwrap();
        let selection = Selection::new(&holdings);
        let copy = Copy::Office("1379900010".parse().unwrap());
        let sheets = selection.sheets(&copy, is_faxed);
        assert!(selection.sheets(&copy, |form| !is_faxed(form)).iter().all(|sheet| sheet.title == "利用者補足情報"));
        let sum: u32 = pdf::pages(&sheets).unwrap().into_iter().sum();
        assert_eq!((exit, pages), (Exit::Done, u64::from(sum) + 1));
        // What the cover says.
        let pack = month::with_cover(Pack { title: String::new(), sheets }, Cover::default(), super::pages);
        let names: BTreeSet<&str> = pack.sheets[0].texts().into_iter().collect();
        assert!(names.contains("サービス提供票　令和7年11月分"), "{names:?}");
        assert!(names.contains(format!("{sum}枚（送付状を含め{}枚）", sum + 1).as_str()), "{names:?}");
        let people = selection.persons();
        let is_named = |what: &str| people.iter().any(|copy| what.contains(&copy.file_name()));
        assert!(!names.iter().any(|what| is_named(what)), "{names:?}");
    }

    #[test]
    fn a_cover_names_the_sender() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("fax.pdf");
        let plain = |sender: Option<&str>| {
            let args = Args { sender: sender.map(str::to_owned), ..args(&out, "1379900010", true) };
            made(&args).unwrap();
            fs::read(&out).unwrap()
        };
        // Another sender, another cover.
        assert_ne!(plain(None), plain(Some("みほん居宅介護支援事業所")));
        let (mut ui, ..) = testing::ui(Lang::Ja, true, None);
        let holdings = Holdings::read(&mut ui, &[SAMPLE.into()], |_, _| true).unwrap();
        let selection = Selection::new(&holdings);
        let told = Args { sender: Some("みほん".into()), ..args(&out, "1379900010", true) };
        assert_eq!(cover(&selection, &told).sender, "みほん");
        let cover = cover(&selection, &args(&out, "1379900010", true));
        let (name, number) = cover.sender.split_once('\n').unwrap();
        assert!(!name.is_empty() && number == "1379905001", "{}", cover.sender);
    }

    #[test]
    fn files_for_the_national_client_are_those_that_came_under_their_names() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("send");
        let (exit, made_once) = made(&args(&out, "1379900010", false)).unwrap();
        // Bundles of edition 3 have names without kinds, which the client does not take.
        assert_eq!((exit, made_once["refused"].as_u64()), (Exit::Refused, Some(2)));
        let files = made_once["files"].as_array().unwrap();
        assert!(files.len() > 10);
        let originals: Vec<(String, Vec<u8>)> = search(&[SAMPLE.into()])
            .unwrap()
            .found
            .into_iter()
            .map(|found| (found.name, fs::read(found.path).unwrap()))
            .collect();
        for file in files {
            let name = file["file"].as_str().unwrap();
            assert!(name.parse::<FileName>().unwrap().receiver().office.to_string() == "1379900010", "{name}");
            assert!(originals.contains(&(name.to_owned(), fs::read(out.join(name)).unwrap())), "{name}");
        }
        // Once more changes nothing; another content under such a name is not written over.
        assert_eq!(made(&args(&out, "1379900010", false)).unwrap().1, made_once);
        fs::write(out.join(files[0]["file"].as_str().unwrap()), "changed").unwrap();
        assert_eq!(made(&args(&out, "1379900010", false)).unwrap_err(), "file-exists");
    }

    #[test]
    fn nothing_for_an_office_is_told() {
        let dir = tempfile::tempdir().unwrap();
        for fax in [true, false] {
            let out = dir.path().join("out");
            assert_eq!(made(&args(&out, "1379999990", fax)).unwrap_err(), "handover-nothing");
            assert!(!out.exists());
        }
    }
}
