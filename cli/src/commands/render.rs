//! `musubi render`: documents as the forms that people know, for the screen and for paper.

use std::path::PathBuf;

use careplan::{End, Month, reconcile::Reconciliation};
use careplan_forms::{forms::Form, sheet::Pack, text};
use clap::{ValueEnum, builder::PossibleValue};

use crate::{
    args::values::{self, Insured},
    error::{CommandError, Exit},
    exchange::{self, Holdings, Incomplete},
    msg, private_file,
    sheets::{self, Format},
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
    pub office: Option<End>,
    /// The copy for a person, by the insured number; before it the insurer's where two persons have one number.
    #[arg(long, value_name = "NUMBER", value_parser = values::insured)]
    pub person: Option<Insured>,
    /// One month only; what belongs to no month is left out.
    #[arg(long, value_name = "MONTH", value_parser = values::month)]
    pub month: Option<Month>,
    /// A file for each partner or person, in a folder.
    #[arg(long, value_enum, value_name = "WHOM", conflicts_with_all = ["office", "person"])]
    pub each: Option<Each>,
    /// These forms only; all without.
    #[arg(long = "form", value_enum, value_name = "FORM", value_delimiter = ',')]
    pub forms: Vec<FormName>,
    /// With the sheets on which plan and actuals stand side by side.
    #[arg(long, conflicts_with_all = ["office", "person", "each"])]
    pub reconciliation: bool,
    /// The file to write, or with --each the folder; text goes to the screen without.
    #[arg(long, short, value_name = "OUT")]
    pub out: Option<PathBuf>,
}

/// A form by its name on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormName(pub Form);

/// Whom a file of its own is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Each {
    /// Each office that got something.
    Partner,
    /// Each person.
    Person,
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
        (None, None, Some(insured)) => one_person(&selection, insured)?.into_iter().collect(),
        (None, None, None) => vec![Copy::All],
    };
    let wanted = |form: Form| args.forms.is_empty() || args.forms.contains(&FormName(form));
    let mut packs: Vec<(Copy, Pack)> = Vec::new();
    for copy in copies {
        let title = selection.title(&copy, ui.text());
        let mut sheets = selection.sheets(&copy, wanted);
        sheets.splice(0..0, selection.withdrawn(&copy));
        if args.reconciliation {
            let result = Reconciliation::of_ledgers(&holdings.ledger, &holdings.ledger);
            sheets.extend(selection.reconciled(&result));
        }
        if !sheets.is_empty() {
            sheets::note_unread(&mut sheets, &[selection.unread(&copy)]);
            selection.incomplete(&copy).into_iter().for_each(|of| tell_incomplete(ui, of));
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
        private_file::folder(out).map_err(CommandError::writing(out))?;
        let mut progress = ui.progress(&msg!("render-progress"), packs.len() as u64);
        for (copy, pack) in &packs {
            let name = selection.file_name(copy, args.month);
            let path = out.join(format!("{name}.{}", args.format.extension()));
            written.push(sheets::write(args.format, pack, &path)?);
            progress.step();
        }
        drop(progress);
    } else {
        for (_, pack) in &packs {
            written.push(sheets::write(args.format, pack, out)?);
        }
    }
    sheets::tell(ui, &written);
    ui.result(&written);
    Ok(Exit::Done)
}

impl ValueEnum for FormName {
    fn value_variants<'a>() -> &'a [Self] {
        const {
            &[
                Self(Form::Table1),
                Self(Form::Table2),
                Self(Form::Table3),
                Self(Form::Table6),
                Self(Form::Table7),
                Self(Form::Supplement),
                Self(Form::BasicInformation),
                Self(Form::SupportPlan),
            ]
        }
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(match self.0 {
            Form::Table1 => "table1",
            Form::Table2 => "table2",
            Form::Table3 => "table3",
            Form::Table6 => "table6",
            Form::Table7 => "table7",
            Form::Supplement => "supplement",
            Form::BasicInformation => "basic",
            Form::SupportPlan => "support",
        }))
    }
}

fn on_screen(ui: &mut Ui, pack: &Pack) {
    let width = ui.width();
    for sheet in &pack.sheets {
        ui.text_line(&text::text(sheet, width));
    }
}

/// The copy of the person with a number, if there is something about one.
pub(super) fn one_person(selection: &Selection<'_>, insured: &Insured) -> Result<Option<Copy>, CommandError> {
    let found = selection.with_number(insured);
    if 1 < found.len() {
        let numbers: Vec<String> = found.iter().map(|of| format!("{}-{}", of.insurer, of.insured)).collect();
        return Err(CommandError::failed(msg!("err-render-two", numbers = numbers.join(", "))));
    }
    Ok(found.into_iter().next().map(Copy::Person))
}

/// Says of which unit files are missing.
pub(super) fn tell_incomplete(ui: &mut Ui, of: &Incomplete) {
    ui.warn(&msg!("warn-render-incomplete", serial = of.serial.to_string()));
    let lang = exchange::lang(ui.text());
    for finding in &of.findings {
        ui.note(&msg!("handover-finding", text = finding.text(lang)));
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::{fs, path::Path};

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
            forms: Vec::new(),
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
        let office = Args { office: values::exchange_address("1379900010").ok(), ..args(Format::Pdf, Some(&out)) };
        let office = rendered(&office).unwrap();
        let person = Args { person: values::insured("0009237573").ok(), ..args(Format::Pdf, Some(&out)) };
        let person = rendered(&person).unwrap();
        assert!(0 < pages(&person) && pages(&person) < pages(&office) && pages(&office) < pages(&all), "{all}");
        // The same again is the same, to the byte.
        let first = fs::read(&out).unwrap();
        rendered(&Args { person: values::insured("0009237573").ok(), ..args(Format::Pdf, Some(&out)) }).unwrap();
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
        let is_plain =
            |name: &String| name.strip_suffix("-202511.html").unwrap().bytes().all(|b| b.is_ascii_alphanumeric());
        assert!(names.len() > 5 && names.iter().all(is_plain), "{names:?}");
        let page = fs::read_to_string(out.join(&names[0])).unwrap();
        assert!(page.contains("第６表") && page.contains("令和7年11月分"));
    }

    #[test]
    fn text_goes_to_the_screen() {
        let (mut ui, out, _) = testing::ui(Lang::Ja, false, None);
        let person = Args { person: values::insured("0009237573").ok(), ..args(Format::Text, None) };
        run(&mut ui, &person).unwrap();
        ui.finish().unwrap();
        assert!(out.text().contains("サービス利用票"));
    }

    #[test]
    fn single_forms_are_chosen() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("forms.txt");
        let mut sum = 0;
        let rendered_as = |forms: &[Form]| {
            let forms = forms.iter().copied().map(FormName).collect();
            let written = rendered(&Args { forms, ..args(Format::Text, Some(&out)) }).unwrap();
            let text = fs::read_to_string(&out).unwrap();
            fs::remove_file(&out).unwrap();
            (written[0]["sheets"].as_u64().unwrap(), text)
        };
        for (form, title) in [
            (Form::Table1, "居宅サービス計画書（１）"),
            (Form::Table2, "居宅サービス計画書（２）"),
            (Form::Table3, "週間サービス計画表"),
            (Form::Table6, "サービス利用票（兼居宅サービス計画）"),
            (Form::Table7, "サービス利用票別表"),
            (Form::Supplement, "利用者補足情報"),
            (Form::BasicInformation, "利用者基本情報"),
            (Form::SupportPlan, "介護予防サービス・支援計画書"),
        ] {
            let (sheets, text) = rendered_as(&[form]);
            assert!(sheets > 0 && text.contains(title), "{form:?}");
            assert_eq!(text.contains("週間サービス計画表"), form == Form::Table3, "{form:?}");
            sum += sheets;
        }
        let (both, _) = rendered_as(&[Form::Table6, Form::Table7]);
        let (all, _) = rendered_as(&[]);
        assert!(both < all);
        assert_eq!(sum, all);
        // What is left of a month has no care plan.
        let nothing = Args {
            forms: vec![FormName(Form::Table1)],
            month: "202511".parse().ok(),
            ..args(Format::Text, Some(&out))
        };
        assert_eq!(rendered(&nothing).unwrap_err(), "render-nothing");
    }

    #[test]
    fn the_planner_has_its_name_on_a_month_alone() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("forms.txt");
        rendered(&Args { month: "202511".parse().ok(), ..args(Format::Text, Some(&out)) }).unwrap();
        let (mut ui, ..) = testing::ui(Lang::Ja, true, None);
        let holdings = Holdings::read(&mut ui, &[SAMPLE.into()], |_, _| true).unwrap();
        let name = careplan_forms::forms::Names::of(holdings.ledger.documents().map(|held| held.document))
            .office("1379905001".parse().unwrap());
        let text = fs::read_to_string(&out).unwrap();
        assert!(name != "1379905001" && text.contains(&name), "{name}");
    }

    #[test]
    fn two_persons_with_one_number_are_two() {
        let dir = tempfile::tempdir().unwrap();
        let input = dir.path().join("in");
        fs::create_dir(&input).unwrap();
        for found in crate::search::search(&[SAMPLE.into()]).unwrap().found {
            let path = found.path.to_string_lossy().into_owned();
            if path.contains("20251024090725-") || path.contains("-B5-1379900010-11") {
                let bytes = fs::read(&found.path).unwrap();
                let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
                let text = text.replace("0009079191", "0009000000");
                let bytes: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
                fs::write(input.join(found.name), bytes).unwrap();
            }
        }
        let out = dir.path().join("forms.txt");
        let of = |number: &str| Args {
            paths: vec![input.clone()],
            person: values::insured(number).ok(),
            ..args(Format::Text, Some(&out))
        };
        assert_eq!(rendered(&of("0009000000")).unwrap_err(), "render-two");
        for (number, name, other) in [("139014-0009000000", "濵見本", "例田"), ("139022-0009000000", "例田", "濵見本")]
        {
            rendered(&of(number)).unwrap();
            let text = fs::read_to_string(&out).unwrap();
            assert!(text.contains(name) && !text.contains(other), "{number}");
            fs::remove_file(&out).unwrap();
        }
        let folder = dir.path().join("each");
        let each = Args { person: None, each: Some(Each::Person), out: Some(folder.clone()), ..of("") };
        rendered(&each).unwrap();
        for name in ["0009000000-139014.txt", "0009000000-139022.txt"] {
            assert!(folder.join(name).exists(), "{name}");
        }
    }

    #[test]
    fn what_cannot_be_rendered_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("forms.pdf");
        assert_eq!(rendered(&args(Format::Pdf, None)).unwrap_err(), "render-out");
        let nobody = Args { office: values::exchange_address("1379999990").ok(), ..args(Format::Pdf, Some(&out)) };
        assert_eq!(rendered(&nobody).unwrap_err(), "render-nothing");
        fs::write(&out, "a letter").unwrap();
        assert_eq!(rendered(&args(Format::Pdf, Some(&out))).unwrap_err(), "file-exists");
        assert_eq!(fs::read_to_string(&out).unwrap(), "a letter");
    }
}
