//! `musubi reconcile`: actuals held against the plan (予定と実績の照合).

use std::path::PathBuf;

use careplan::{
    Month, OfficeNumber, Subject,
    reconcile::{Difference, InsurerMismatch, OfficeTotals, Pending, Reconciliation, Side, Summary, UserTotals},
};
use careplan_forms::sheet::Pack;
use serde::Serialize;

use crate::{
    args::values,
    error::{CommandError, Exit},
    exchange::{Holdings, Unread},
    msg,
    sheets::{self, Format},
    ui::Ui,
};

mod arrange;
mod report;

/// Where plans and actuals lie.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Files and directories with plans.
    #[arg(long, value_name = "PATH", required = true, num_args = 1.., action = clap::ArgAction::Append)]
    pub plan: Vec<PathBuf>,
    /// Files and directories with actuals.
    #[arg(long, value_name = "PATH", required = true, num_args = 1.., action = clap::ArgAction::Append)]
    pub actual: Vec<PathBuf>,
    /// One month only.
    #[arg(long, value_name = "MONTH", value_parser = values::month)]
    pub month: Option<Month>,
    /// One office only.
    #[arg(long, value_name = "OFFICE", value_parser = values::exchange_office)]
    pub office: Option<OfficeNumber>,
    /// Which sheets are written; without, all but the rows.
    #[arg(long, value_enum, value_name = "SHEETS", value_delimiter = ',', requires = "out")]
    pub sheets: Vec<Kind>,
    /// As what the sheets are written.
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "pdf", requires = "out")]
    pub format: Format,
    /// The file to write sheets into.
    #[arg(long, short, value_name = "OUT")]
    pub out: Option<PathBuf>,
}

/// What sheets are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// A person's month: what differs, with totals.
    Person,
    /// An office's month: what differs, with totals.
    Office,
    /// A person's month: all rows side by side.
    Rows,
    /// What has to be cleared by telephone.
    Telephone,
}

/// What came out, as scripts get it; the names are those of the sample's oracle.
#[derive(Debug, Serialize)]
struct Outcome {
    differences: Vec<Difference>,
    tolerated: Vec<Difference>,
    insurer_mismatches: Vec<InsurerMismatch>,
    pending: Vec<Pending>,
    totals: Vec<OfficeTotals>,
    users: Vec<UserTotals>,
    summary: Summary,
    /// What could not be read on either side.
    unread: Sides,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Sides {
    plan: Unread,
    actual: Unread,
}

/// Tells the differences; exit code 1 where there are any.
pub(crate) fn run(ui: &mut Ui, args: &Args) -> Result<Exit, CommandError> {
    let wanted = |month: Option<Month>| args.month.is_none() || month == args.month;
    let is_plan = |subject, month| subject == Subject::PlanMonth && wanted(month);
    let is_actual = |subject, month| subject == Subject::Actual && wanted(month);
    // The usual case is one directory for both: it is read once.
    let one = same(&args.plan, &args.actual);
    let mut plans =
        Holdings::read(ui, &args.plan, |subject, month| is_plan(subject, month) || one && is_actual(subject, month))?;
    let mut actuals = if one { None } else { Some(Holdings::read(ui, &args.actual, is_actual)?) };
    let of = actuals.as_ref().unwrap_or(&plans);
    let has = |holdings: &Holdings, subject| holdings.ledger.documents().any(|held| held.document.subject() == subject);
    if !has(&plans, Subject::PlanMonth) {
        return Err(CommandError::failed(msg!("err-reconcile-no-plan")));
    }
    if !has(of, Subject::Actual) {
        return Err(CommandError::failed(msg!("err-reconcile-no-actual")));
    }
    let mut result = Reconciliation::of_ledgers(&plans.ledger, &of.ledger);
    if let Some(office) = args.office {
        keep(&mut result, office);
        if result.offices.is_empty() && result.pending.is_empty() {
            return Err(CommandError::failed(msg!("err-reconcile-no-office", office = office.to_string())));
        }
    }
    let unread = Sides { plan: plans.unread, actual: of.unread };
    if let Some(actuals) = &mut actuals {
        plans.names.merge(std::mem::take(&mut actuals.names));
    }
    let written = match &args.out {
        Some(out) => {
            let actuals = actuals.as_ref().unwrap_or(&plans);
            let months = arrange::Months { plans: &plans.ledger, actuals: &actuals.ledger, office: args.office };
            let title = ui.text().show(&msg!("reconcile-sheets-title"));
            let mut sheets = arrange::sheets(&result, &months, &args.sheets, &plans.names.for_forms());
            let both = if one { vec![unread.plan] } else { vec![unread.plan, unread.actual] };
            sheets::note_unread(&mut sheets, &both);
            Some(sheets::write(args.format, &Pack { title, sheets }, out)?)
        }
        None => None,
    };
    let outcome = Outcome::new(result, unread);
    report::words(ui, &outcome, &plans.names);
    sheets::tell(ui, written.as_slice());
    ui.result(&outcome);
    Ok(if outcome.differences.is_empty() { Exit::Done } else { Exit::Refused })
}

/// Whether both options name the same places.
fn same(plan: &[PathBuf], actual: &[PathBuf]) -> bool {
    let places = |paths: &[PathBuf]| {
        let mut places: Vec<_> =
            paths.iter().map(|path| path.canonicalize().unwrap_or_else(|_| path.clone())).collect();
        places.sort();
        places.dedup();
        places
    };
    places(plan) == places(actual)
}

/// Leaves what is of one office, and counts that again.
fn keep(result: &mut Reconciliation, office: OfficeNumber) {
    let is_kept = |other: Option<OfficeNumber>| other == Some(office);
    result.differences.retain(|difference| difference.office == office);
    result.tolerated.retain(|difference| difference.office == office);
    result.insurer_mismatches.retain(|mismatch| mismatch.office == office);
    result.pending.retain(|pending| is_kept(pending.office));
    result.offices.retain(|totals| is_kept(totals.office));
    for user in &mut result.users {
        user.by_office.retain(|totals| is_kept(totals.office));
        user.planned_rows = user.by_office.iter().map(|totals| totals.planned_rows).sum();
        user.planned_units = user.by_office.iter().map(|totals| totals.planned_units).sum();
        user.actual_rows = user.by_office.iter().map(|totals| totals.actual_rows).sum();
        user.actual_units = user.by_office.iter().map(|totals| totals.actual_units).sum();
        // Of all offices together, which is nothing for the eyes of one of them.
        user.table7_total = None;
    }
    result.users.retain(|user| !user.by_office.is_empty());
    result.summary = summed(result);
}

/// Counts what is left of one office.
fn summed(result: &Reconciliation) -> Summary {
    let expected = result.offices.iter().filter(|totals| totals.actuals_expected);
    let mut summary = Summary {
        planned_rows_compared: expected.map(|totals| totals.planned_rows).sum(),
        actual_rows_compared: result.offices.iter().map(|totals| totals.actual_rows).sum(),
        differences: result.differences.len(),
        tolerated: result.tolerated.len(),
        insurer_mismatches: result.insurer_mismatches.len(),
        ..Summary::default()
    };
    let planned = |difference: &Difference| match &difference.planned {
        Some(Side::Row(_)) => 1,
        Some(Side::All(sum)) => sum.rows,
        None => 0,
    };
    let differing: usize = result.differences.iter().map(planned).sum();
    summary.equal_rows = summary.planned_rows_compared.saturating_sub(differing + result.tolerated.len());
    for difference in &result.differences {
        *summary.differences_by_kind.entry(difference.kind).or_default() += 1;
    }
    summary
}

impl Outcome {
    fn new(result: Reconciliation, unread: Sides) -> Self {
        Self {
            differences: result.differences,
            tolerated: result.tolerated,
            insurer_mismatches: result.insurer_mismatches,
            pending: result.pending,
            totals: result.offices,
            users: result.users,
            summary: result.summary,
            unread,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs};

    use serde_json::Value;

    use super::*;
    use crate::{text::Lang, ui::testing};

    const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../protocol/careplan/samples/aoba-202511");

    fn args(plan: &str, actual: &str) -> Args {
        Args {
            plan: vec![plan.into()],
            actual: vec![actual.into()],
            month: None,
            office: None,
            sheets: Vec::new(),
            format: Format::Text,
            out: None,
        }
    }

    fn sample() -> Args {
        args(&format!("{SAMPLE}/bundles"), &format!("{SAMPLE}/bundles"))
    }

    fn oracle() -> Value {
        serde_json::from_slice(&fs::read(format!("{SAMPLE}/oracle.json")).unwrap()).unwrap()
    }

    fn json(args: &Args) -> (Result<Exit, CommandError>, Value) {
        let (mut ui, out, _) = testing::ui(Lang::Ja, true, None);
        let exit = run(&mut ui, args);
        if exit.is_ok() {
            ui.finish().unwrap();
        }
        (exit, serde_json::from_str(&out.text()).unwrap_or_default())
    }

    #[test]
    fn the_oracle_is_reproduced() {
        let (exit, found) = json(&sample());
        assert_eq!(exit.unwrap(), Exit::Refused);
        let oracle = oracle();
        for key in ["differences", "tolerated", "insurer_mismatches", "users", "summary"] {
            assert_eq!(found[key], oracle[key], "{key}");
        }
        assert_eq!(found["unread"]["plan"]["rows"], 0);
    }

    #[test]
    fn both_sides_may_lie_apart() {
        let dir = tempfile::tempdir().unwrap();
        for bundle in fs::read_dir(format!("{SAMPLE}/bundles")).unwrap() {
            for file in fs::read_dir(bundle.unwrap().path()).unwrap() {
                let file = file.unwrap();
                let name = file.file_name().into_string().unwrap();
                let side = if name.contains("JSK") { "actual" } else { "plan" };
                fs::create_dir_all(dir.path().join(side)).unwrap();
                fs::copy(file.path(), dir.path().join(side).join(name)).unwrap();
            }
        }
        let side = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
        let (exit, found) = json(&args(&side("plan"), &side("actual")));
        assert_eq!(exit.unwrap(), Exit::Refused);
        assert_eq!(found["differences"], oracle()["differences"]);
        let (exit, _) = json(&args(&side("actual"), &side("actual")));
        assert_eq!(exit.unwrap_err().code(), "reconcile-no-plan");
        let (exit, _) = json(&args(&side("plan"), &side("plan")));
        assert_eq!(exit.unwrap_err().code(), "reconcile-no-actual");
    }

    #[test]
    fn an_office_that_is_not_there_is_no_good_news() {
        let (exit, _) = json(&Args { office: "1379900011".parse().ok(), ..sample() });
        assert_eq!(exit.unwrap_err().code(), "reconcile-no-office");
    }

    #[test]
    fn what_cannot_be_compared_is_counted_and_versions_are_not_mixed() {
        let dir = tempfile::tempdir().unwrap();
        let bundle = |begin: &str| {
            let mut folders = fs::read_dir(format!("{SAMPLE}/bundles")).unwrap().map(|entry| entry.unwrap().path());
            folders.find(|path| path.file_name().unwrap().to_string_lossy().starts_with(begin)).unwrap()
        };
        let actual = fs::read_dir(bundle("20251202091006-B5")).unwrap().next().unwrap().unwrap().path();
        let text =
            encoding_rs::SHIFT_JIS.decode(&fs::read(&actual).unwrap()).0.replacen(",20251105,", ",2025/11/05,", 1);
        let changed = encoding_rs::SHIFT_JIS.encode(&text).0.into_owned();
        let plan = bundle("20251112091403-B2").to_str().unwrap().to_owned();
        let copy = |folder: &str, bytes: &[u8]| {
            fs::create_dir_all(dir.path().join(folder)).unwrap();
            fs::write(dir.path().join(folder).join(actual.file_name().unwrap()), bytes).unwrap();
        };
        copy("a", &changed);
        let (_, found) = json(&args(&plan, dir.path().to_str().unwrap()));
        assert_eq!(found["unread"]["actual"]["rows"], 1);
        // Paper goes on to people who do not see the screen.
        let out = dir.path().join("sheets.txt");
        let (_, written) =
            json(&Args { out: Some(out.clone()), ..args(&plan, dir.path().join("a").to_str().unwrap()) });
        assert_eq!(written["unread"], found["unread"]);
        let sheets = fs::read_to_string(&out).unwrap();
        fs::remove_file(out).unwrap();
        let told = sheets.matches("※読み取れなかった行1件は、この表に入っていません。").count();
        let count = sheets.lines().filter(|line| line.starts_with("====")).count();
        assert!(0 < told && told == count, "{sheets}");
        // A copy of the same changes nothing; another version is an error.
        copy("b", &changed);
        let (_, same) = json(&args(&plan, dir.path().to_str().unwrap()));
        assert_eq!(same, found);
        copy("b", &fs::read(&actual).unwrap());
        let (exit, _) = json(&args(&plan, dir.path().to_str().unwrap()));
        assert_eq!(exit.unwrap_err().code(), "exchange-two");
    }

    #[test]
    fn a_month_and_an_office_can_be_chosen() {
        let (_, whole) = json(&sample());
        let filtered = |key: &str, name: &str, value: &str| -> Vec<Value> {
            whole[key].as_array().unwrap().iter().filter(|found| found[name] == value).cloned().collect()
        };
        let (_, march) = json(&Args { month: "202503".parse().ok(), ..sample() });
        assert_eq!(march["differences"], Value::Array(filtered("differences", "month", "202503")));
        let (exit, office) = json(&Args { office: "1379900036".parse().ok(), ..sample() });
        assert_eq!(exit.unwrap(), Exit::Refused);
        for key in ["differences", "tolerated", "insurer_mismatches", "pending", "totals"] {
            assert_eq!(office[key], Value::Array(filtered(key, "office", "1379900036")), "{key}");
        }
        // The total of table 7 is of all offices, so one of them does not get it.
        let has_total =
            |found: &Value| found["users"].as_array().unwrap().iter().any(|user| !user["table7_total"].is_null());
        assert!(has_total(&whole) && !has_total(&office));
        // What is counted again for one office counts the same for all of them together.
        let offices = whole["totals"].as_array().unwrap();
        let mut numbers: Vec<&str> = offices.iter().filter_map(|totals| totals["office"].as_str()).collect();
        numbers.dedup();
        numbers.sort_unstable();
        numbers.dedup();
        for key in ["planned_rows_compared", "actual_rows_compared", "equal_rows", "differences", "tolerated"] {
            let parts = numbers.iter().map(|number| {
                let (_, part) = json(&Args { office: number.parse().ok(), ..sample() });
                part["summary"][key].as_u64().unwrap()
            });
            assert_eq!(parts.sum::<u64>(), whole["summary"][key].as_u64().unwrap(), "{key}");
        }
        let (exit, _) = json(&Args { month: "202404".parse().ok(), ..sample() });
        assert_eq!(exit.unwrap_err().code(), "reconcile-no-plan");
    }

    #[test]
    fn words_name_people_and_fit() {
        for lang in [Lang::Ja, Lang::En] {
            let (mut ui, out, err) = testing::ui(lang, false, None);
            assert_eq!(run(&mut ui, &sample()).unwrap(), Exit::Refused);
            assert_eq!(err.text(), "");
            let text = out.text();
            assert!(text.contains("濵見本　末吉") && text.contains("0009000000"), "{text}");
            assert!(text.trim_end().lines().last().unwrap().contains("48"), "{text}");
            for line in text.lines() {
                assert!(crate::ui::layout::width_of(line) <= 80, "{lang:?}: {line}");
            }
        }
    }

    #[test]
    fn where_nothing_differs_one_sentence_says_so() {
        let args = Args { office: "1379900069".parse().ok(), ..sample() };
        let (mut ui, out, _) = testing::ui(Lang::Ja, false, None);
        assert_eq!(run(&mut ui, &args).unwrap(), Exit::Done);
        assert!(out.text().contains("違いはありません"), "{}", out.text());
    }

    /// What sheets say, with what scripts get, which must be the same as without.
    fn on_sheets(args: &Args, kinds: &[Kind]) -> (String, Value) {
        let dir = tempfile::tempdir().unwrap();
        let (exit, plain) = json(args);
        let out = dir.path().join("sheets.txt");
        let with = Args {
            plan: args.plan.clone(),
            actual: args.actual.clone(),
            sheets: kinds.to_vec(),
            out: Some(out.clone()),
            ..*args
        };
        let (with_exit, found) = json(&with);
        assert_eq!((with_exit.unwrap(), &found), (exit.unwrap(), &plain));
        (fs::read_to_string(&out).unwrap(), found)
    }

    fn count(text: &str, what: &str) -> usize {
        text.matches(what).count()
    }

    #[test]
    fn sheets_show_what_scripts_get() {
        let (text, found) = on_sheets(&sample(), &[]);
        let many = |key: &str| found[key].as_array().unwrap().len();
        assert_eq!(count(&text, "予定・実績照合表（利用者別）"), many("users"));
        let mut offices: Vec<_> =
            found["totals"].as_array().unwrap().iter().map(|of| (&of["month"], &of["office"])).collect();
        offices.sort_by_key(|(month, office)| (month.to_string(), office.to_string()));
        offices.dedup();
        assert_eq!(count(&text, "予定・実績照合表（事業所別）"), offices.len());
        assert_eq!(count(&text, "電話確認一覧"), 1);
        assert_eq!(count(&text, "□"), many("differences") + many("pending") + many("insurer_mismatches"));
        assert!(!text.contains("予定・実績対照表"));
        let (rows, _) = on_sheets(&sample(), &[Kind::Rows]);
        // One who is under another insurer in the actuals has one sheet of rows, though totals count both.
        let users = found["users"].as_array().unwrap().iter();
        let persons: BTreeSet<_> =
            users.map(|user| [user["month"].to_string(), user["insured_number"].to_string()]).collect();
        assert!(persons.len() < many("users"));
        assert_eq!(count(&rows, "予定・実績対照表"), persons.len());
        assert!(!rows.contains("照合表") && !rows.contains("照合の対象外"));
        let equal = found["summary"]["equal_rows"].as_u64().unwrap();
        assert_eq!(count(&rows, "＝") as u64, equal);
    }

    #[test]
    fn one_office_and_month_is_the_same_on_sheets() {
        let office = "1379900036";
        let args = Args { office: office.parse().ok(), month: "202511".parse().ok(), ..sample() };
        let (text, found) = on_sheets(&args, &[Kind::Telephone, Kind::Rows, Kind::Office, Kind::Person]);
        let many = |key: &str| found[key].as_array().unwrap().len();
        assert!(many("differences") > 0);
        assert_eq!(count(&text, "□"), many("differences") + many("pending") + many("insurer_mismatches"));
        assert_eq!(count(&text, "予定・実績照合表（利用者別）"), many("users"));
        assert_eq!(count(&text, "予定・実績照合表（事業所別）"), 1);
        assert_eq!(count(&text, "予定・実績対照表"), many("users") - many("insurer_mismatches"));
        assert!(text.contains(office) && text.contains("令和7年11月"));
        for other in ["1379900010", "1379900028", "令和7年3月"] {
            assert!(!text.contains(other), "{other}");
        }
    }

    #[test]
    fn where_nothing_differs_sheets_say_so() {
        let args = Args { office: "1379900069".parse().ok(), ..sample() };
        let (text, found) = on_sheets(&args, &[]);
        assert_eq!(found["summary"]["differences"], 0);
        assert!(text.contains("予定と実績に違いはありません"), "{text}");
        let args = Args { office: "1379900028".parse().ok(), month: "202503".parse().ok(), ..sample() };
        let (text, found) = on_sheets(&args, &[Kind::Telephone]);
        let clear = found["differences"].as_array().unwrap().len() + found["pending"].as_array().unwrap().len();
        assert_eq!(text.contains("電話で確かめることはありません"), clear == 0, "{text}");
    }

    #[test]
    fn a_file_is_told_of() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("sheets.pdf");
        let args = Args { format: Format::Pdf, out: Some(out.clone()), ..sample() };
        let (mut ui, told, _) = testing::ui(Lang::Ja, false, None);
        assert_eq!(run(&mut ui, &args).unwrap(), Exit::Refused);
        assert!(told.text().contains("ページ"), "{}", told.text());
        assert!(fs::read(&out).unwrap().starts_with(b"%PDF-"));
        // Something else of that name is not written over.
        fs::write(&out, "a letter").unwrap();
        let (exit, _) = json(&args);
        assert_eq!(exit.unwrap_err().code(), "file-exists");
    }
}
