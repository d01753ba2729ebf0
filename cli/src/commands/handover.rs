//! `musubi handover`: for a partner who is not on Musubi. One PDF with a cover for the fax, or files for the national client.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs, io,
    path::{Path, PathBuf},
};

use careplan::{Bundle, Collection, Date, End, FileName, Month, OfficeNumber, Severity, Unit};
use careplan_forms::{
    cover::Cover,
    forms::Form,
    month, pdf,
    sheet::{Pack, Sheet},
};
use musubi_protocol::time::Timestamp;
use serde::Serialize;

use super::render::{
    one_person,
    select::{Copy, Selection, is_at},
};
use crate::{
    args::values::{self, Insured},
    error::{CommandError, Exit},
    exchange::{self, Holdings},
    moment, msg, private_file,
    search::{Found, search},
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
    pub to: End,
    /// One PDF with a cover sheet, for the fax.
    #[arg(long, group = "way")]
    pub fax: bool,
    /// A folder with files for the client of the national system.
    #[arg(long, group = "way")]
    pub national: bool,
    /// One month only; what belongs to no month is left out.
    #[arg(long, value_name = "MONTH", value_parser = values::month)]
    pub month: Option<Month>,
    /// One person only, by the insured number; before it the insurer's where two persons have one number.
    #[arg(long, value_name = "NUMBER", value_parser = values::insured, conflicts_with = "national")]
    pub person: Option<Insured>,
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
    let nothing = || CommandError::failed(msg!("err-handover-nothing", office = args.to.to_string()));
    let holdings = Holdings::read(ui, &args.paths, |_, month| args.month.is_none() || month == args.month)?;
    let mut selection = Selection::new(&holdings);
    if let Some(insured) = &args.person {
        match one_person(&selection, insured)? {
            Some(Copy::Person(person)) => selection.keep(&person),
            _ => return Err(nothing()),
        }
    }
    let copy = Copy::Office(args.to);
    if let Some(of) = selection.incomplete(&copy).first() {
        let texts = of.findings.iter().map(|finding| finding.text(exchange::lang(ui.text())));
        let missing = texts.collect::<Vec<_>>().join(" ");
        let serial = of.serial.to_string();
        return Err(CommandError::failed(msg!("err-handover-incomplete", serial = serial, missing = missing)));
    }
    let mut sheets = selection.sheets(&copy, is_faxed);
    sheets.splice(0..0, selection.withdrawn(&copy));
    if sheets.is_empty() {
        return Err(nothing());
    }
    sheets::note_unread(&mut sheets, &[selection.unread(&copy)]);
    let title = selection.title(&copy, ui.text());
    let cover = cover(&selection, &copy, args)?;
    let has_contact = !cover.sender_contact.is_empty();
    let pack = month::with_cover(Pack { title, sheets }, cover, pages);
    let written = [sheets::write(Format::Pdf, &pack, &args.out)?];
    sheets::tell(ui, &written);
    let documents = selection.documents(&copy);
    let months: BTreeSet<Month> = documents.iter().filter_map(|document| document.month()).collect();
    let months: Vec<String> = months.into_iter().map(|month| exchange::month(ui.text(), month)).collect();
    let people = selection.people(&copy);
    if months.is_empty() {
        ui.line(&msg!("handover-people", people = people));
    } else {
        let separator = ui.text().show(&msg!("exchange-separator"));
        ui.line(&msg!("handover-contents", people = people, months = months.join(&separator)));
    }
    if !has_contact {
        ui.warn(&msg!("warn-handover-contact"));
    }
    ui.line(&msg!("handover-check"));
    ui.result(&written);
    Ok(Exit::Done)
}

/// The cover, but for what is counted. A pack of several senders has none who could be called.
fn cover(selection: &Selection<'_>, copy: &Copy, args: &Args) -> Result<Cover, CommandError> {
    let senders: Vec<OfficeNumber> = selection.senders(copy).into_iter().collect();
    let sender = match (&args.sender, senders.as_slice()) {
        (Some(told), _) => told.clone(),
        (None, [sender]) => selection.names().office_in_full(*sender),
        (None, _) => return Err(CommandError::failed(msg!("err-handover-sender", offices = joined(&senders)))),
    };
    let today = moment::date_of(Timestamp::now());
    let [month, day] = [today.month(), today.day()].map(|number| u8::try_from(number).unwrap_or_default());
    Ok(Cover {
        addressee: selection.names().office(args.to.office),
        addressee_contact: args.fax_number.clone().unwrap_or_default(),
        sender,
        sender_contact: args.contact.clone().unwrap_or_default(),
        date: Date::new(u16::try_from(today.year()).unwrap_or_default(), month, day),
        ..Cover::default()
    })
}

fn joined(offices: &[OfficeNumber]) -> String {
    offices.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
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
    let search = search(&args.paths)?;
    exchange::note_passed_over(ui, &search.passed_over);
    if search.directories.iter().any(|directory| lies_in(&args.out, directory)) {
        return Err(CommandError::failed(msg!("err-handover-inside", path = &args.out)));
    }
    let Taken { files, unread } = read(&search.found, args.to)?;
    if 0 < unread {
        ui.warn(&msg!("warn-exchange-unread", files = unread, rows = 0));
    }
    let mut collection = Collection::new();
    for (name, bytes) in &files {
        collection.add(name, bytes);
    }
    let is_wanted = |unit: &Unit| args.month.is_none() || unit.month() == args.month;
    let units: Vec<Unit> = collection.sort().units.into_iter().filter(is_wanted).collect();
    if units.is_empty() {
        return Err(CommandError::failed(msg!("err-handover-nothing", office = args.to.to_string())));
    }
    let senders: BTreeSet<OfficeNumber> = units.iter().map(|unit| unit.sender().office).collect();
    if 1 < senders.len() {
        let offices = joined(&senders.into_iter().collect::<Vec<_>>());
        return Err(CommandError::failed(msg!("err-handover-senders", offices = offices)));
    }
    let (mut ready, mut refused) = (BTreeMap::new(), 0_usize);
    for unit in &units {
        let Some(bundle) = sendable(unit) else {
            refused += 1;
            tell_refused(ui, unit);
            continue;
        };
        for file in unit.files() {
            if let Ok(name) = file.name().parse::<FileName>() {
                ready.insert(name.to_string(), (bundle, files[file.position()].1.as_slice()));
            }
        }
    }
    if ready.is_empty() {
        return Err(CommandError::failed(msg!("err-handover-none", office = args.to.to_string())));
    }
    put(&ready, &args.out)?;
    ui.line(&msg!("handover-national", count = ready.len(), path = &args.out));
    let copied = ready.into_iter().map(|(file, (bundle, _))| Copied { file, bundle: bundle.code() });
    let copied: Vec<Copied> = copied.collect();
    ui.result(&serde_json::json!({"out": args.out, "files": copied, "refused": refused, "unread": unread}));
    Ok(if refused + unread == 0 { Exit::Done } else { Exit::Refused })
}

/// Whether a path is a directory or would lie in it.
fn lies_in(path: &Path, directory: &Path) -> bool {
    let there = path.ancestors().find_map(|at| {
        let at = if at.as_os_str().is_empty() { Path::new(".") } else { at };
        fs::canonicalize(at).ok()
    });
    there.zip(fs::canonicalize(directory).ok()).is_some_and(|(path, directory)| path.starts_with(directory))
}

/// Files for an addressee, by name.
struct Taken {
    files: Vec<(String, Vec<u8>)>,
    unread: usize,
}

/// Reads the files for an addressee, copies once; and counts those that could not be read or told.
fn read(found: &[Found], to: End) -> Result<Taken, CommandError> {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    let mut seen: HashMap<FileName, (usize, &Path)> = HashMap::new();
    let mut unread = 0;
    for found in found {
        let name = found.name.parse::<FileName>().ok();
        if name.as_ref().is_some_and(|name| !is_at(to, name.receiver())) {
            continue;
        }
        let (Some(name), None, Ok(bytes)) = (name, found.trouble, exchange::read(&found.path)) else {
            unread += 1;
            continue;
        };
        match seen.get(&name) {
            // A copy says nothing new; of two versions nobody knows which is meant.
            Some((at, _)) if files[*at].1 == bytes => {}
            Some((_, other)) => {
                let (file, other) = (found.path.as_path(), *other);
                return Err(CommandError::failed(msg!("err-exchange-two", file = file, other = other)));
            }
            None => {
                seen.insert(name, (files.len(), &found.path));
                files.push((found.name.clone(), bytes));
            }
        }
    }
    Ok(Taken { files, unread })
}

/// Says why a unit does not go.
fn tell_refused(ui: &mut Ui, unit: &Unit) {
    let lang = exchange::lang(ui.text());
    let serial = unit.serial().to_string();
    if !is_named(unit) {
        ui.warn(&msg!("warn-handover-unnamed", serial = serial));
        return;
    }
    ui.warn(&msg!("handover-refused", serial = serial));
    let errors = unit.findings().iter().filter(|finding| finding.severity() == Severity::Error);
    for finding in errors.take(NAMED) {
        ui.note(&msg!("handover-finding", text = finding.text(lang)));
    }
}

/// Findings that are named one by one.
const NAMED: usize = 5;

/// Whether a unit's files are named as the edition in force names them, with service kinds.
fn is_named(unit: &Unit) -> bool {
    unit.sender().kind.is_some() && unit.receiver().kind.is_some()
}

/// The bundle of a unit that the national client takes: complete, and named as the edition in force names it.
fn sendable(unit: &Unit) -> Option<Bundle> {
    unit.bundle().filter(|_| is_named(unit) && unit.is_sendable())
}

/// Puts files into a folder, all of them or none, each under its name when it is complete. One that holds just these stays;
/// any other is not touched, for the client sends whatever it finds.
fn put(ready: &BTreeMap<String, (Bundle, &[u8])>, out: &Path) -> Result<(), CommandError> {
    match holds(ready, out) {
        Ok(Lying::Nothing) => {}
        Ok(Lying::Same) => return Ok(()),
        Ok(Lying::Others) => return Err(CommandError::failed(msg!("err-handover-folder", path = out))),
        Err(error) => return Err(CommandError::writing(out)(error)),
    }
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let make = || -> io::Result<()> {
        // One that somebody made keeps the rights that it has.
        let exists = out.is_dir();
        if !exists {
            private_file::folder(parent)?;
        }
        let folder = private_file::folder_in(if exists { out } else { parent })?;
        for (name, (_, bytes)) in ready {
            private_file::create(&folder.path().join(name), bytes)?;
        }
        if !exists {
            fs::rename(folder.path(), out)?;
            // It has another name now.
            let _ = folder.keep();
            return Ok(());
        }
        let moved = ready.keys().try_for_each(|name| fs::rename(folder.path().join(name), out.join(name)));
        if moved.is_err() {
            // Half of it would be sent. What was not moved is not there.
            ready.keys().for_each(|name| drop(fs::remove_file(out.join(name))));
        }
        moved
    };
    make().map_err(CommandError::writing(out))
}

/// What lies where a folder is to be.
enum Lying {
    Nothing,
    Same,
    Others,
}

fn holds(ready: &BTreeMap<String, (Bundle, &[u8])>, out: &Path) -> io::Result<Lying> {
    if !out.try_exists()? {
        return Ok(Lying::Nothing);
    }
    let mut known = 0;
    for entry in fs::read_dir(out)? {
        let entry = entry?;
        let wanted = entry.file_name().to_str().and_then(|name| ready.get(name));
        match wanted {
            Some((_, bytes)) if fs::read(entry.path()).is_ok_and(|held| held == *bytes) => known += 1,
            _ => return Ok(Lying::Others),
        }
    }
    Ok(match known {
        0 => Lying::Nothing,
        all if all == ready.len() => Lying::Same,
        _ => Lying::Others,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{commands::render::tests::SAMPLE, text::Lang, ui::testing};

    fn args(out: &Path, to: &str, fax: bool) -> Args {
        Args {
            paths: vec![SAMPLE.into()],
            to: values::exchange_address(to).unwrap(),
            fax,
            national: !fax,
            month: None,
            person: None,
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
        let copy = Copy::Office(values::exchange_address("1379900010").unwrap());
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
        let is_named = |what: &str| people.iter().any(|copy| what.contains(&selection.file_name(copy, None)));
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
        let copy = Copy::Office(told.to);
        assert_eq!(cover(&selection, &copy, &told).unwrap().sender, "みほん");
        let cover = cover(&selection, &copy, &args(&out, "1379900010", true)).unwrap();
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
        assert_eq!(made(&args(&out, "1379900010", false)).unwrap_err(), "handover-folder");
    }

    /// Copies units of the sample into a folder, all files or those whose name passes.
    fn copied(into: &Path, units: &[&str], wanted: impl Fn(&str) -> bool) -> PathBuf {
        let to = into.join("in");
        fs::create_dir_all(&to).unwrap();
        for found in search(&[SAMPLE.into()]).unwrap().found {
            if units.iter().any(|unit| found.path.to_string_lossy().contains(unit)) && wanted(&found.name) {
                fs::copy(&found.path, to.join(&found.name)).unwrap();
            }
        }
        to
    }

    const OLD: &str = "20251024090725-";
    const NEW: &str = "20251112091403-";

    #[test]
    fn a_planner_gets_the_actuals_that_were_reported() {
        let (mut ui, ..) = testing::ui(Lang::Ja, true, None);
        let holdings = Holdings::read(&mut ui, &[SAMPLE.into()], |_, _| true).unwrap();
        let selection = Selection::new(&holdings);
        let copy = Copy::Office(values::exchange_address("1379905001-43").unwrap());
        let sheets = selection.sheets(&copy, is_faxed);
        let mine = selection.documents(&copy);
        let actuals = mine.iter().filter(|document| matches!(document, careplan::Document::MonthActual(_))).count();
        let reported: Vec<&Sheet> = sheets.iter().filter(|sheet| sheet.title == "サービス提供票（実績）").collect();
        assert!(10 < actuals && reported.len() == actuals, "{actuals} {}", reported.len());
        for sheet in reported {
            assert!(sheet.foot.contains("1379905001"), "{}", sheet.foot);
            let rows = sheet.blocks.iter().find_map(|block| match block {
                careplan_forms::sheet::Block::Table(table) => Some(table.groups.len()),
                _ => None,
            });
            // More than the sum.
            assert!(rows.is_some_and(|rows| 1 < rows), "{rows:?}");
        }
    }

    #[test]
    fn a_fax_is_of_one_month_and_person_and_whole() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("fax.pdf");
        let pages = |args: &Args| made(args).map(|(_, written)| written[0]["pages"].as_u64().unwrap());
        let all = pages(&args(&out, "1379900010", true)).unwrap();
        let month = Args { month: "202511".parse().ok(), ..args(&out, "1379900010", true) };
        let person = Args { person: values::insured("0009079191").ok(), ..args(&out, "1379900010-11", true) };
        let (of_month, of_person) = (pages(&month).unwrap(), pages(&person).unwrap());
        assert!(1 < of_month && of_month < all && 1 < of_person && of_person < all, "{all} {of_month} {of_person}");
        let nobody = Args { person: values::insured("999").ok(), ..args(&out, "1379900010", true) };
        assert_eq!(made(&nobody).unwrap_err(), "handover-nothing");
        // Under another service kind it got only what of an old edition tells none.
        let of_kind = Args { month: "202511".parse().ok(), ..args(&out, "1379900010-15", true) };
        assert_eq!(made(&of_kind).unwrap_err(), "handover-nothing");
        // A plan whose benefits are missing would look as if there were none.
        // So would the plan before, if the leading file of a correction is missing.
        for missing in ["UPSIKYU", "UPPLAN"] {
            let folder = dir.path().join(missing);
            let half = copied(&folder, &[OLD, NEW], |name| !name.starts_with(missing) || name.contains("20251024"));
            let half = Args { paths: vec![half], ..args(&out, "1379900010", true) };
            assert_eq!(made(&half).unwrap_err(), "handover-incomplete", "{missing}");
        }
        // Of persons whom the correction does not name the half one still holds.
        let again = copied(&dir.path().join("again"), &[OLD, NEW], |name| {
            !name.starts_with("UPSIKYU") || !name.contains("20251024")
        });
        let again = Args { paths: vec![again], ..args(&out, "1379900010", true) };
        assert_eq!(made(&again).unwrap_err(), "handover-incomplete");
    }

    #[test]
    fn a_partner_learns_what_was_withdrawn() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("fax.pdf");
        let only = copied(dir.path(), &["-B4-1379905001-43-to-1379900036-17"], |_| true);
        let args = Args { paths: vec![only], ..args(&out, "1379900036-17", true) };
        assert_eq!(made(&args).unwrap().1[0]["pages"], 2);
        // Of one of whom nothing else is left, too.
        let args = Args { person: values::insured("0009079191").ok(), ..args };
        assert_eq!(made(&args).unwrap().1[0]["pages"], 2);
        let (mut ui, ..) = testing::ui(Lang::Ja, true, None);
        let holdings = Holdings::read(&mut ui, &args.paths, |_, _| true).unwrap();
        let sheet = Selection::new(&holdings).withdrawn(&Copy::Office(args.to)).unwrap();
        assert!(sheet.texts().contains(&"令和7年11月分"), "{:?}", sheet.texts());
    }

    #[test]
    fn an_office_without_a_part_in_a_plan_is_told_so_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let folder = copied(dir.path(), &[NEW], |_| true);
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().replace("1379900010_11", "1379900099_11");
            fs::rename(&path, folder.join(name)).unwrap();
        }
        // What cannot be read of another office's is not this one's matter.
        fs::write(folder.join("UPPLAN_202511_1379905001_43_1379900028_15_20251112091403.CSV"), "x").unwrap();
        let (mut ui, ..) = testing::ui(Lang::Ja, true, None);
        let holdings = Holdings::read(&mut ui, &[folder], |_, _| true).unwrap();
        let selection = Selection::new(&holdings);
        let copy = Copy::Office(values::exchange_address("1379900099-11").unwrap());
        assert!(!selection.documents(&copy).is_empty() && selection.sheets(&copy, |_| true).is_empty());
        let sheet = selection.withdrawn(&copy).unwrap();
        assert!(sheet.texts().iter().any(|text| text.ends_with("この事業所の予定はありません")), "{:?}", sheet.texts());
        let other = Copy::Office(values::exchange_address("1379900028").unwrap());
        let unread = [Copy::All, other, copy].map(|copy| selection.unread(&copy)).map(|of| of.files + of.rows);
        assert_eq!(unread, [1, 1, 0]);
    }

    #[test]
    fn a_folder_for_the_national_client_holds_nothing_else_and_nothing_less() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("send");
        let input = copied(dir.path(), &[NEW], |_| true);
        let whole = Args { paths: vec![input.clone()], ..args(&out, "1379900010-11", false) };
        assert_eq!(made(&whole).unwrap().0, Exit::Done);
        // Of another office or month nothing is added to it.
        let others = Args { out: out.clone(), ..args(&out, "1379900036", false) };
        assert_eq!(made(&others).unwrap_err(), "handover-folder");
        let of = |month: &str| Args { month: month.parse().ok(), ..args(&dir.path().join(month), "1379900010", false) };
        let november = made(&of("202511")).unwrap().1;
        assert!(
            november["files"].as_array().unwrap().iter().all(|file| file["file"].as_str().unwrap().contains("202511"))
        );
        // Those of March have names of edition 3, which the client does not take.
        assert_eq!(made(&of("202503")).unwrap_err(), "handover-none");
        // Nor is it made among what is read, where it would be found the next time.
        for inside in [input.clone(), input.join("send"), input.join("a/b")] {
            let inside = Args { out: inside, ..args(&out, "1379900010", false) };
            assert_eq!(made(&Args { paths: vec![input.clone()], ..inside }).unwrap_err(), "handover-inside");
        }
        // A file that cannot be read is told, and what is left of its unit does not go.
        let name = fs::read_dir(&input).unwrap().next().unwrap().unwrap().path();
        fs::remove_file(&name).unwrap();
        fs::create_dir(&name).unwrap();
        fs::write(name.join("x.txt"), "x").unwrap();
        let fresh = dir.path().join("fresh");
        assert_eq!(made(&Args { out: fresh.clone(), ..whole }).unwrap_err(), "handover-none");
        assert!(!fresh.exists());
        // Two copies of one file are one file.
        let twice = Args { paths: vec![SAMPLE.into(), SAMPLE.into()], ..args(&fresh, "1379900010", false) };
        assert!(made(&twice).is_ok());
        // A folder that was made before keeps its rights.
        let made_before = dir.path().join("before");
        fs::create_dir(&made_before).unwrap();
        let rights = fs::metadata(&made_before).unwrap().permissions();
        let before = Args { out: made_before.clone(), ..args(&fresh, "1379900010", false) };
        let count = made(&before).unwrap().1["files"].as_array().unwrap().len();
        assert_eq!(fs::metadata(&made_before).unwrap().permissions(), rights);
        assert_eq!(fs::read_dir(&made_before).unwrap().count(), count);
        // What lies in the folder is about persons.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&fresh).unwrap().permissions().mode() & 0o777, 0o700);
        }
        // No folder of the making is left behind.
        let left = fs::read_dir(dir.path()).unwrap().filter_map(|entry| entry.unwrap().file_name().into_string().ok());
        assert_eq!(left.filter(|name| name.starts_with(".musubi")).count(), 0);
    }

    #[test]
    fn papers_of_two_senders_are_not_one_hand_over() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("fax.pdf");
        // Two service offices report to one planner.
        assert_eq!(made(&args(&out, "1379905001", true)).unwrap_err(), "handover-sender");
        assert_eq!(made(&args(&out, "1379905001", false)).unwrap_err(), "handover-senders");
        let told = Args { sender: Some("みほん".into()), ..args(&out, "1379905001", true) };
        assert_eq!(made(&told).unwrap().0, Exit::Done);
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
