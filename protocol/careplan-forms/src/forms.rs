//! The forms: from documents to sheets, one module per form.
//!
//! A form has the ministry's blocks in the ministry's order; `README.md` tells where the arrangement is ours.

use careplan::{Document, MonthActual, OfficeNumber, Person};

use crate::sheet::{Block, Sheet};

pub mod basic_information;
pub mod difference;
mod names;
mod parts;
mod persons;
pub mod reconciliation;
pub mod supplement;
pub mod support_plan;
pub mod table1;
pub mod table2;
pub mod table3;
pub mod table6;
pub mod table7;
pub mod withdrawn;

pub use names::{Names, planner};
pub use persons::Persons;
pub use table6::Month;

/// Whose copy a form is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// The person's (利用票): everything, and lines to sign on.
    User,
    /// A service office's (提供票): of tables 6 and 7 the office's own rows.
    Office(OfficeNumber),
    /// The planner's own: everything.
    Planner,
    /// Of actuals, that of the planner to whom an office reports: everything.
    ReportedTo(OfficeNumber),
}

/// Which of a document's forms a sheet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// Table 1, care plan (1) (第１表).
    Table1,
    /// Table 2, care plan (2) (第２表).
    Table2,
    /// Table 3, the week (第３表).
    Table3,
    /// Table 6, the month (第６表).
    Table6,
    /// Table 7, benefits of the month (第７表).
    Table7,
    /// The supplement (利用者補足情報).
    Supplement,
    /// Basic information (利用者基本情報).
    BasicInformation,
    /// The preventive care plan (介護予防サービス・支援計画書).
    SupportPlan,
}

/// Returns all forms of a document, in the order of the standard; the supplement comes last.
///
/// Actuals of the person and month may stand beside the plan of a month; for other documents they are passed over. Where
/// a form has the number of an office alone, its name is taken from `names`.
#[must_use]
pub fn of(document: &Document, actuals: &[&MonthActual], recipient: Recipient, names: &Names) -> Vec<Sheet> {
    by_form(document, actuals, recipient, names).into_iter().map(|(_, sheet)| sheet).collect()
}

/// Returns the same sheets as [`of`], each with the form that it is.
#[must_use]
pub fn by_form(
    document: &Document,
    actuals: &[&MonthActual],
    recipient: Recipient,
    names: &Names,
) -> Vec<(Form, Sheet)> {
    let mut sheets = Vec::new();
    let mut add = |form: Form, made: Vec<Sheet>| sheets.extend(made.into_iter().map(|sheet| (form, sheet)));
    let supplement = match document {
        Document::CarePlan(plan) => {
            add(Form::Table1, table1::sheets(plan, recipient, names));
            add(Form::Table2, table2::sheets(plan, recipient, names));
            add(Form::Table3, table3::sheets(plan, recipient, names));
            plan.supplement.as_ref()
        }
        Document::MonthPlan(plan) => {
            add(Form::Table6, table6::sheets(&Month { plan: Some(plan), actuals }, recipient, names));
            add(Form::Table7, table7::sheets(plan, recipient, names));
            plan.supplement.as_ref()
        }
        Document::MonthActual(actual) => {
            add(Form::Table6, table6::sheets(&Month { plan: None, actuals: &[actual] }, recipient, names));
            None
        }
        Document::BasicInformation(basic) => {
            add(Form::BasicInformation, basic_information::sheets(basic));
            None
        }
        Document::SupportPlan(plan) => {
            add(Form::SupportPlan, support_plan::sheets(plan, recipient, names));
            None
        }
        _ => None,
    };
    if let Some(record) = supplement {
        add(Form::Supplement, supplement::sheets(document, record, names));
    }
    let Person { insurer, insured } = document.person();
    let own = names.find(insurer, insured).is_none().then(|| Names::of([document]));
    let names = own.as_ref().unwrap_or(names);
    for (form, sheet) in &mut sheets {
        sheet.about = names.about((insurer, insured), form.honorific());
    }
    sheets
}

/// Has following pages say whom they are about.
pub(crate) fn name_person<'a>(sheets: impl IntoIterator<Item = &'a mut Sheet>, person: &Person, names: &Names) {
    for sheet in sheets {
        sheet.about = names.about((&person.insurer, &person.insured), "様");
    }
}

impl Form {
    /// How the form addresses the person.
    const fn honorific(self) -> &'static str {
        match self {
            Self::Table1 | Self::Table2 | Self::Table3 => "殿",
            _ => "様",
        }
    }
}

/// Says on each sheet that so many files and rows could not be read: what is missing on it may have come all the same.
/// Nothing is said of none.
pub fn note_unread(sheets: &mut [Sheet], files: usize, rows: usize) {
    let counts = [(files, "ファイル"), (rows, "行")].into_iter().filter(|(count, _)| 0 < *count);
    let counts: Vec<String> = counts.map(|(count, what)| format!("{what}{count}件")).collect();
    if counts.is_empty() {
        return;
    }
    let note = format!("※読み取れなかった{}は、この表に入っていません。", counts.join("・"));
    for sheet in sheets {
        sheet.blocks.insert(0, Block::Paragraph(note.clone()));
    }
}

impl Recipient {
    /// Returns what stands at the foot of the copy.
    pub(crate) fn foot(self, names: &Names) -> String {
        match self {
            Self::User => "利用者用".to_owned(),
            Self::Office(office) => format!("サービス事業所用（{}）", names.office_in_full(office).replace('\n', "　")),
            Self::Planner => "居宅介護支援事業所控".to_owned(),
            Self::ReportedTo(office) => {
                format!("居宅介護支援事業所用（{}）", names.office_in_full(office).replace('\n', "　"))
            }
        }
    }

    /// Tells whether rows of an office stand on the copy.
    pub(crate) fn sees(self, of: Option<OfficeNumber>) -> bool {
        match self {
            Self::Office(office) => of == Some(office),
            Self::User | Self::Planner | Self::ReportedTo(_) => true,
        }
    }
}
