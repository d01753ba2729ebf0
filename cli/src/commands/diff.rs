//! `musubi diff`: what changed between two versions of files.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use careplan::{Date, Document, End, Held, Key, Ledger, Month, OfficeNumber, Serial, ServiceKind, diff};
use careplan_forms::sheet::Pack;
use serde::Serialize;

use crate::{
    error::{CommandError, Exit},
    exchange::{self, Holdings, Names},
    msg,
    sheets::{self, Format},
    text::{Text, harmless},
    ui::{Ui, layout::wrap},
};

mod arrange;

/// What to compare.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// A file or directory as it was.
    #[arg(value_name = "PATH")]
    pub old: PathBuf,
    /// A file or directory as it is.
    #[arg(value_name = "PATH")]
    pub new: PathBuf,
    /// As what the sheets are written.
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "pdf", requires = "out")]
    pub format: Format,
    /// The file to write sheets into.
    #[arg(long, short, value_name = "OUT")]
    pub out: Option<PathBuf>,
}

/// A document that is not the same on both sides.
#[derive(Serialize)]
struct Changed<'a> {
    #[serde(rename = "document")]
    subject: &'static str,
    insurer_number: Box<str>,
    insured_number: Box<str>,
    name: Option<String>,
    month: Option<Month>,
    date: Option<Date>,
    office: Option<OfficeNumber>,
    kind: Option<ServiceKind>,
    from: String,
    to: String,
    old_serial: Option<Serial>,
    new_serial: Option<Serial>,
    /// `changed`, `added` or `removed`.
    change: &'static str,
    changes: Vec<String>,
    /// The versions and their changes, for sheets.
    #[serde(skip)]
    versions: Pair<'a>,
    #[serde(skip)]
    found: Vec<diff::Change>,
}

/// Tells the changes; exit code 1 where there are any, as `diff` does.
pub(crate) fn run(ui: &mut Ui, args: &Args) -> Result<Exit, CommandError> {
    let mut old = Holdings::read(ui, std::slice::from_ref(&args.old), |_, _| true)?;
    let new = Holdings::read(ui, std::slice::from_ref(&args.new), |_, _| true)?;
    for (holdings, path) in [(&old, &args.old), (&new, &args.new)] {
        if holdings.ledger.documents().next().is_none() {
            return Err(CommandError::failed(msg!("err-diff-no-document", path = path)));
        }
    }
    old.names.merge(new.names);
    let pairs = pairs(&old.ledger, &new.ledger);
    let lang = exchange::lang(ui.text());
    let changed: Vec<Changed<'_>> = pairs.iter().filter_map(|pair| Changed::of(*pair, &old.names, lang)).collect();
    let same = pairs.len() - changed.len();
    let written = match &args.out {
        Some(out) => {
            let title = ui.text().show(&msg!("diff-sheets-title"));
            let mut sheets = arrange::sheets(&changed, same, &old.names.for_forms());
            sheets::note_unread(&mut sheets, &[old.unread, new.unread]);
            Some(sheets::write(args.format, &Pack { title, sheets }, out)?)
        }
        None => None,
    };
    words(ui, &changed, same);
    sheets::tell(ui, written.as_slice());
    ui.result(&changed);
    Ok(if changed.is_empty() { Exit::Done } else { Exit::Refused })
}

/// What the versions of a document have in common.
type Place = (Key, End, End);
type Pair<'a> = (Option<Held<'a>>, Option<Held<'a>>);

/// Puts versions of one document together: same sender, receiver and key. Names of edition 3 tell no service kinds, so
/// what is left then pairs by office numbers, if there is one of each.
fn pairs<'a>(old: &'a Ledger, new: &'a Ledger) -> Vec<Pair<'a>> {
    let mut pairs: BTreeMap<Place, Pair<'a>> = BTreeMap::new();
    let place = |held: &Held<'_>| (held.document.key(), held.sender, held.receiver);
    for held in old.documents() {
        pairs.entry(place(&held)).or_default().0 = Some(held);
    }
    for held in new.documents() {
        pairs.entry(place(&held)).or_default().1 = Some(held);
    }
    let mut alone: BTreeMap<(Key, OfficeNumber, OfficeNumber), BTreeSet<Place>> = BTreeMap::new();
    for ((key, from, to), _) in pairs.iter().filter(|(_, pair)| pair.0.is_none() || pair.1.is_none()) {
        alone.entry((key.clone(), from.office, to.office)).or_default().insert((key.clone(), *from, *to));
    }
    for places in alone.into_values() {
        let Ok([one, other]) = <[Place; 2]>::try_from(places.into_iter().collect::<Vec<_>>()) else {
            continue;
        };
        let open = |(_, from, to): &Place| from.kind.is_none() || to.kind.is_none();
        let sides = |place: &Place| pairs.get(place).map(|pair| (pair.0.is_some(), pair.1.is_some()));
        if (open(&one) || open(&other)) && sides(&one) != sides(&other) {
            let (Some(first), Some(second)) = (pairs.remove(&one), pairs.remove(&other)) else { continue };
            pairs.insert(one, (first.0.or(second.0), first.1.or(second.1)));
        }
    }
    pairs.into_values().collect()
}

impl<'a> Changed<'a> {
    /// `None` where both sides say the same.
    fn of((old, new): Pair<'a>, names: &Names, lang: careplan::Lang) -> Option<Self> {
        let (change, changes) = match (&old, &new) {
            (Some(old), Some(new)) => ("changed", diff::diff(old.document, new.document)),
            (Some(_), None) => ("removed", Vec::new()),
            _ => ("added", Vec::new()),
        };
        if change == "changed" && changes.is_empty() {
            return None;
        }
        let held = new.or(old)?;
        let person = held.document.person();
        let (subject, date, office, kind) = match held.document {
            Document::CarePlan(plan) => ("care_plan", Some(plan.date), None, None),
            Document::MonthPlan(_) => ("month_plan", None, None, None),
            Document::MonthActual(actual) => ("month_actual", None, Some(actual.office), Some(actual.kind)),
            Document::BasicInformation(basic) => ("basic_information", Some(basic.date), None, None),
            Document::SupportPlan(plan) => ("support_plan", Some(plan.date), None, None),
            _ => ("other", None, None, None),
        };
        Some(Self {
            subject,
            insurer_number: person.insurer.clone(),
            insured_number: person.insured.clone(),
            name: names.person(&person.insurer, &person.insured).map(str::to_owned),
            month: held.document.month(),
            date,
            office,
            kind,
            from: held.sender.to_string(),
            to: held.receiver.to_string(),
            old_serial: old.map(|held| held.serial),
            new_serial: new.map(|held| held.serial),
            change,
            changes: changes.iter().map(|change| change.text(lang)).collect(),
            versions: (old, new),
            found: changes,
        })
    }

    /// The document in words: `予定 2025年11月`.
    fn title(&self, text: &Text) -> String {
        let date = || self.date.map(|date| day(text, date)).unwrap_or_default();
        let month = || self.month.map(|month| exchange::month(text, month)).unwrap_or_default();
        text.show(&match self.subject {
            "care_plan" => msg!("diff-care-plan", date = date()),
            "month_plan" => msg!("diff-month-plan", month = month()),
            "month_actual" => {
                let office = self.office.map(|office| office.to_string()).unwrap_or_default();
                let kind = self.kind.map(|kind| exchange::kind(text, kind)).unwrap_or_default();
                msg!("diff-month-actual", month = month(), office = office, kind = kind)
            }
            "basic_information" => msg!("diff-basic-information", date = date()),
            "support_plan" => msg!("diff-support-plan", date = date()),
            other => return other.to_owned(),
        })
    }

    /// Whose it is.
    fn person(&self, text: &Text) -> String {
        let number = self.insured_number.as_ref();
        match &self.name {
            Some(name) => text.show(&msg!("exchange-person", name = name, number = number)),
            None => text.show(&msg!("exchange-person-unnamed", number = number)),
        }
    }

    /// Whether a reader sees the same of both: a plan goes to several offices.
    fn is_like(&self, other: &Self) -> bool {
        let what = |one: &Self| (one.subject, one.month, one.date, one.office, one.kind, one.change);
        let whose = |one: &Self| (one.insurer_number.clone(), one.insured_number.clone(), one.from.clone());
        what(self) == what(other) && whose(self) == whose(other) && self.changes == other.changes
    }
}

fn day(text: &Text, date: Date) -> String {
    text.show(&msg!("exchange-date", month = exchange::month(text, date.month()), day = date.day()))
}

fn words(ui: &mut Ui, changed: &[Changed<'_>], same: usize) {
    if changed.is_empty() {
        ui.line(&msg!("diff-same", count = same));
        return;
    }
    let (both, one_sided): (Vec<&Changed<'_>>, Vec<&Changed<'_>>) =
        changed.iter().partition(|one| one.change == "changed");
    for group in alike(&both) {
        let (text, first) = (ui.text(), group[0]);
        let (what, name, to) = (first.title(text), first.person(text), receivers(text, &group));
        let ends = text.show(&msg!("diff-ends", from = &first.from, to = to, serial = serials(text, first)));
        ui.line(&msg!("diff-document", what = what, name = name));
        under(ui, 2, "", &ends);
        first.changes.iter().for_each(|change| under(ui, 4, "- ", change));
        ui.text_line("");
    }
    for change in ["removed", "added"] {
        let found: Vec<&Changed<'_>> = one_sided.iter().filter(|one| one.change == change).copied().collect();
        match (change, found.len()) {
            (_, 0) => continue,
            ("removed", count) => ui.line(&msg!("diff-only-old", count = count)),
            (_, count) => ui.line(&msg!("diff-only-new", count = count)),
        }
        for group in alike(&found) {
            let (text, first) = (ui.text(), group[0]);
            let (what, name, to) = (first.title(text), first.person(text), receivers(text, &group));
            let shown = text.show(&msg!("diff-only", what = what, name = name, from = &first.from, to = to));
            under(ui, 2, "- ", &shown);
        }
        ui.text_line("");
    }
    ui.line(&msg!("diff-sum", count = both.len(), other = one_sided.len(), all = same));
}

/// Puts together what a reader sees as one.
fn alike<'a, 'b>(changed: &[&'b Changed<'a>]) -> Vec<Vec<&'b Changed<'a>>> {
    let mut groups: Vec<Vec<&Changed<'_>>> = Vec::new();
    for one in changed {
        match groups.iter_mut().find(|group| group[0].is_like(one)) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    groups
}

fn receivers(text: &Text, group: &[&Changed<'_>]) -> String {
    let to: Vec<&str> = group.iter().map(|one| one.to.as_str()).collect();
    to.join(&text.show(&msg!("exchange-separator")))
}

/// The serials of both sides.
fn serials(text: &Text, changed: &Changed<'_>) -> String {
    match (changed.old_serial, changed.new_serial) {
        (Some(old), Some(new)) if old != new => {
            text.show(&msg!("diff-serials", found = old.to_string(), newest = new.to_string()))
        }
        (Some(serial), _) | (None, Some(serial)) => serial.to_string(),
        (None, None) => String::new(),
    }
}

/// Lines some columns from the left, the first with a mark.
fn under(ui: &mut Ui, columns: usize, mark: &str, words: &str) {
    let left = columns + mark.len();
    let lines = wrap(&harmless(words), ui.width().saturating_sub(left).max(20));
    ui.text_line(&format!("{}{mark}{}", " ".repeat(columns), lines.join(&format!("\n{}", " ".repeat(left)))));
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use serde_json::Value;

    use super::*;
    use crate::{text::Lang, ui::testing};

    const BUNDLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../protocol/careplan/samples/aoba-202511/bundles");
    const PLAN: &str = "20251024090725-B2-1379905001-43-to-1379900010-11";
    const CORRECTED: &str = "20251112091403-B2-1379905001-43-to-1379900010-11";

    fn bundle(name: &str) -> PathBuf {
        Path::new(BUNDLES).join(name)
    }

    fn args(old: &Path, new: &Path, format: Format, out: Option<PathBuf>) -> Args {
        Args { old: old.to_owned(), new: new.to_owned(), format, out }
    }

    /// What the file says, which must change neither words nor what scripts get.
    fn on_sheets(old: &Path, new: &Path) -> String {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("changes.txt");
        let args = args(old, new, Format::Text, Some(out.clone()));
        let (exit, json, words) = compare(old, new);
        let (mut ui, told, _) = testing::ui(Lang::Ja, true, None);
        assert_eq!(run(&mut ui, &args).unwrap(), exit);
        assert_eq!(serde_json::from_str::<Value>(&told.text()).unwrap(), json);
        let text = fs::read_to_string(&out).unwrap();
        fs::remove_file(&out).unwrap();
        let (mut ui, told, _) = testing::ui(Lang::Ja, false, None);
        assert_eq!(run(&mut ui, &args).unwrap(), exit);
        let rest = told.text().strip_prefix(&words).unwrap().to_owned();
        assert!(rest.contains("changes.txt") && rest.contains("を作りました"), "{rest}");
        text
    }

    fn together(names: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in names.iter().flat_map(|name| fs::read_dir(bundle(name)).unwrap()) {
            let file = file.unwrap();
            fs::copy(file.path(), dir.path().join(file.file_name())).unwrap();
        }
        dir
    }

    fn compare(old: &Path, new: &Path) -> (Exit, Value, String) {
        let args = args(old, new, Format::Pdf, None);
        let (mut ui, out, _) = testing::ui(Lang::Ja, true, None);
        let exit = run(&mut ui, &args).unwrap();
        let (mut ui, words, _) = testing::ui(Lang::Ja, false, None);
        assert_eq!(run(&mut ui, &args).unwrap(), exit);
        (exit, serde_json::from_str(&out.text()).unwrap(), words.text())
    }

    #[test]
    fn the_same_is_one_sentence() {
        let (exit, json, words) = compare(&bundle(PLAN), &bundle(PLAN));
        assert_eq!((exit, json.as_array().map(Vec::len)), (Exit::Done, Some(0)));
        assert!(words.contains("変わったところはありません"), "{words}");
        assert_eq!(words.lines().count(), 1, "{words}");
    }

    #[test]
    fn a_corrected_plan_is_told_person_by_person() {
        let (exit, json, words) = compare(&bundle(PLAN), &bundle(CORRECTED));
        assert_eq!(exit, Exit::Refused);
        let documents = json.as_array().unwrap();
        let changed: Vec<_> = documents.iter().filter(|found| found["change"] == "changed").collect();
        assert!(!changed.is_empty(), "{json}");
        for found in changed {
            assert_eq!((found["document"].as_str(), found["month"].as_str()), (Some("month_plan"), Some("202511")));
            assert_eq!(found["new_serial"], "20251112091403");
            assert!(!found["changes"].as_array().unwrap().is_empty());
        }
        assert!(words.contains("2025年11月"), "{words}");
    }

    #[test]
    fn what_only_one_side_has_is_told() {
        let both = tempfile::tempdir().unwrap();
        for name in [PLAN, "20251024090755-B2-1379905001-43-to-1379900028-15"] {
            for file in fs::read_dir(bundle(name)).unwrap() {
                let file = file.unwrap();
                fs::copy(file.path(), both.path().join(file.file_name())).unwrap();
            }
        }
        let (exit, json, words) = compare(&bundle(PLAN), both.path());
        assert_eq!(exit, Exit::Refused);
        assert!(
            json.as_array().unwrap().iter().all(|found| found["change"] == "added" && found["to"] == "1379900028-15")
        );
        assert!(words.contains("新しい方にだけあります"), "{words}");
        let (_, json, _) = compare(both.path(), &bundle(PLAN));
        assert!(json.as_array().unwrap().iter().all(|found| found["change"] == "removed"));
    }

    #[test]
    fn one_plan_for_several_offices_is_told_once() {
        let old = tempfile::tempdir().unwrap();
        let new = tempfile::tempdir().unwrap();
        for (name, dir) in [
            (PLAN, &old),
            ("20251024090811-B2-1379905001-43-to-1379900028-21", &old),
            (CORRECTED, &new),
            ("20251112091422-B2-1379905001-43-to-1379900028-21", &new),
        ] {
            for file in fs::read_dir(bundle(name)).unwrap() {
                let file = file.unwrap();
                fs::copy(file.path(), dir.path().join(file.file_name())).unwrap();
            }
        }
        let (_, json, words) = compare(old.path(), new.path());
        let changed = json.as_array().unwrap().iter().filter(|found| found["change"] == "changed").count();
        assert!(changed >= 2, "{json}");
        assert!(words.contains("1379900010-11、1379900028-21"), "{words}");
    }

    #[test]
    fn sheets_tell_versions_and_changes_once_for_several_offices() {
        let old = together(&[PLAN, "20251024090811-B2-1379905001-43-to-1379900028-21"]);
        let new = together(&[CORRECTED, "20251112091422-B2-1379905001-43-to-1379900028-21"]);
        let text = on_sheets(old.path(), new.path());
        let (_, json, _) = compare(old.path(), new.path());
        let changed: Vec<&Value> =
            json.as_array().unwrap().iter().filter(|found| found["change"] == "changed").collect();
        let mut once: Vec<Value> = changed
            .iter()
            .map(|found| serde_json::json!([found["insured_number"], found["month"], found["changes"]]))
            .collect();
        once.dedup();
        assert!(once.len() < changed.len(), "{json}");
        assert_eq!(text.matches("変更箇所一覧").count(), once.len(), "{text}");
        for part in
            ["1379905001-43", "1379900010-11", "1379900028-21", "20251024090725", "20251112091422", "前の版の作成日"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn what_only_one_side_has_is_listed_on_a_sheet() {
        let both = together(&[PLAN, "20251024090755-B2-1379905001-43-to-1379900028-15"]);
        let (_, json, _) = compare(&bundle(PLAN), both.path());
        let text = on_sheets(&bundle(PLAN), both.path());
        assert!(!text.contains("変更箇所一覧"), "{text}");
        assert_eq!(text.matches("＋").count(), json.as_array().unwrap().len(), "{text}");
        let text = on_sheets(both.path(), &bundle(PLAN));
        assert_eq!(text.matches("－").count(), json.as_array().unwrap().len(), "{text}");
    }

    #[test]
    fn a_sheet_says_that_nothing_changed() {
        let text = on_sheets(&bundle(PLAN), &bundle(PLAN));
        assert!(text.contains("変更はありません"), "{text}");
        // As a PDF it says no more: one page.
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("changes.pdf");
        let (mut ui, told, _) = testing::ui(Lang::Ja, false, None);
        run(&mut ui, &args(&bundle(PLAN), &bundle(PLAN), Format::Pdf, Some(out.clone()))).unwrap();
        assert!(told.text().contains("1 ページ"), "{}", told.text());
        assert!(fs::read(&out).unwrap().starts_with(b"%PDF-"));
    }
}
