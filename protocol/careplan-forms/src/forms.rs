//! The forms: from documents to sheets, one module per form.
//!
//! A form has the ministry's blocks in the ministry's order; `README.md` tells where the arrangement is ours.

use careplan::{Document, MonthActual, OfficeNumber};

use crate::sheet::Sheet;

pub mod basic_information;
pub mod difference;
mod names;
mod parts;
pub mod reconciliation;
pub mod supplement;
pub mod support_plan;
pub mod table1;
pub mod table2;
pub mod table3;
pub mod table6;
pub mod table7;

pub use names::Names;
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
}

/// Returns all forms of a document, in the order of the standard; the supplement comes last.
///
/// Actuals of the person and month may stand beside the plan of a month; for other documents they are passed over.
#[must_use]
pub fn of(document: &Document, actuals: &[&MonthActual], recipient: Recipient) -> Vec<Sheet> {
    let mut sheets = Vec::new();
    let supplement = match document {
        Document::CarePlan(plan) => {
            sheets.extend(table1::sheets(plan, recipient));
            sheets.extend(table2::sheets(plan, recipient));
            sheets.extend(table3::sheets(plan, recipient));
            plan.supplement.as_ref()
        }
        Document::MonthPlan(plan) => {
            sheets.extend(table6::sheets(&Month { plan: Some(plan), actuals }, recipient));
            sheets.extend(table7::sheets(plan, recipient));
            plan.supplement.as_ref()
        }
        Document::MonthActual(actual) => {
            sheets.extend(table6::sheets(&Month { plan: None, actuals: &[actual] }, recipient));
            None
        }
        Document::BasicInformation(basic) => {
            sheets.extend(basic_information::sheets(basic));
            None
        }
        Document::SupportPlan(plan) => {
            sheets.extend(support_plan::sheets(plan, recipient));
            None
        }
        _ => None,
    };
    if let Some(record) = supplement {
        sheets.extend(supplement::sheets(document.person(), record));
    }
    sheets
}

impl Recipient {
    /// Returns what stands at the foot of the copy.
    pub(crate) fn foot(self) -> String {
        match self {
            Self::User => "利用者用".to_owned(),
            Self::Office(office) => format!("サービス事業所用（{office}）"),
            Self::Planner => "居宅介護支援事業所控".to_owned(),
        }
    }

    /// Tells whether rows of an office stand on the copy.
    pub(crate) fn sees(self, of: Option<OfficeNumber>) -> bool {
        match self {
            Self::Office(office) => of == Some(office),
            Self::User | Self::Planner => true,
        }
    }
}
