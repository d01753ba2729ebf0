//! The 18 kinds of files.

use std::fmt;

use crate::{edition::Edition, key::Subject};

/// A kind of file, told by the beginning of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FileKind {
    /// Care plan, table 1.
    Up1Kyo,
    /// Care plan, table 2.
    Up2Kyo,
    /// Care plan, table 3 (the week); since edition 4.1.
    Up3Kyo,
    /// Table 6, plan.
    UpPlan,
    /// Table 7.
    UpSikyu,
    /// Supplement about the person, with tables 1 to 3 or with tables 6 and 7.
    UpHosoku,
    /// Removes a care plan.
    Dlt1Kyo,
    /// Removes the plan of a month.
    DltPlan,
    /// Table 6, actuals.
    UpJsk,
    /// Removes actuals.
    DltJsk,
    /// Preventive care plan.
    UpYobo,
    /// Rows of the preventive care plan.
    UpYoboSub,
    /// Basic information about a person in preventive care.
    UpKihon,
    /// Day timetable with the basic information.
    UpKihonSub1,
    /// Medical history with the basic information.
    UpKihonSub2,
    /// Drawing of the family with the basic information: a JPEG.
    UpKihonImage,
    /// Removes basic information.
    DltKihon,
    /// Removes a preventive care plan.
    DltYobo,
}

impl FileKind {
    /// All kinds, in the order in which the files of a unit are listed.
    pub const ALL: [Self; 18] = [
        Self::Up1Kyo,
        Self::Up2Kyo,
        Self::Up3Kyo,
        Self::UpPlan,
        Self::UpSikyu,
        Self::UpHosoku,
        Self::Dlt1Kyo,
        Self::DltPlan,
        Self::UpJsk,
        Self::DltJsk,
        Self::UpYobo,
        Self::UpYoboSub,
        Self::UpKihon,
        Self::UpKihonSub1,
        Self::UpKihonSub2,
        Self::UpKihonImage,
        Self::DltKihon,
        Self::DltYobo,
    ];

    /// Returns the beginning of the file name.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Up1Kyo => "UP1KYO",
            Self::Up2Kyo => "UP2KYO",
            Self::Up3Kyo => "UP3KYO",
            Self::UpPlan => "UPPLAN",
            Self::UpSikyu => "UPSIKYU",
            Self::UpHosoku => "UPHOSOKU",
            Self::Dlt1Kyo => "DLT1KYO",
            Self::DltPlan => "DLTPLAN",
            Self::UpJsk => "UPJSK",
            Self::DltJsk => "DLTJSK",
            Self::UpYobo => "UPYOBO",
            Self::UpYoboSub => "UPYOBO_SUB",
            Self::UpKihon => "UPKIHON",
            Self::UpKihonSub1 => "UPKIHON_SUB1",
            Self::UpKihonSub2 => "UPKIHON_SUB2",
            Self::UpKihonImage => "UPKIHON_IMAGE",
            Self::DltKihon => "DLTKIHON",
            Self::DltYobo => "DLTYOBO",
        }
    }

    /// Tells whether the file name holds a month.
    #[must_use]
    pub const fn has_month(self) -> bool {
        matches!(self, Self::UpHosoku | Self::UpPlan | Self::UpJsk | Self::DltPlan | Self::DltJsk | Self::UpSikyu)
    }

    /// Tells whether the file is a picture and not a table.
    #[must_use]
    pub const fn is_image(self) -> bool {
        matches!(self, Self::UpKihonImage)
    }

    /// Tells whether the file removes documents.
    pub(crate) const fn is_delete(self) -> bool {
        matches!(self, Self::Dlt1Kyo | Self::DltPlan | Self::DltJsk | Self::DltKihon | Self::DltYobo)
    }

    /// Returns the oldest edition that has this kind.
    #[must_use]
    pub const fn since(self) -> Edition {
        match self {
            Self::Up1Kyo
            | Self::Up2Kyo
            | Self::UpPlan
            | Self::UpSikyu
            | Self::UpHosoku
            | Self::Dlt1Kyo
            | Self::DltPlan
            | Self::UpJsk
            | Self::DltJsk => Edition::V3,
            Self::Up3Kyo
            | Self::UpYobo
            | Self::UpYoboSub
            | Self::UpKihon
            | Self::UpKihonSub1
            | Self::UpKihonSub2
            | Self::UpKihonImage
            | Self::DltKihon
            | Self::DltYobo => Edition::V4_1,
        }
    }

    /// Returns what a row replaces or removes, and the columns that name it.
    ///
    /// `None` for pictures, and for the supplement, which follows the tables it comes with.
    pub(crate) const fn key(self) -> Option<(Subject, &'static [&'static str])> {
        const PLAN: &[&str] = &["insurer_number", "insured_number", "care_plan_date"];
        const MONTH: &[&str] = &["insurer_number", "insured_number", "service_month"];
        const UP_ACTUAL: &[&str] =
            &["insurer_number", "insured_number", "service_month", "service_office_number", "service_code"];
        const DELETE_ACTUAL: &[&str] =
            &["insurer_number", "insured_number", "service_month", "service_office_number", "service_kind"];
        const CONSULTATION: &[&str] = &["insurer_number", "insured_number", "consulted_on"];
        const SUPPORT: &[&str] = &["insurer_number", "insured_number", "plan_date"];
        match self {
            Self::Up1Kyo | Self::Up2Kyo | Self::Up3Kyo | Self::Dlt1Kyo => Some((Subject::CarePlan, PLAN)),
            Self::UpPlan | Self::UpSikyu | Self::DltPlan => Some((Subject::PlanMonth, MONTH)),
            Self::UpJsk => Some((Subject::Actual, UP_ACTUAL)),
            Self::DltJsk => Some((Subject::Actual, DELETE_ACTUAL)),
            Self::UpKihon | Self::UpKihonSub1 | Self::UpKihonSub2 | Self::DltKihon => {
                Some((Subject::BasicInformation, CONSULTATION))
            }
            Self::UpYobo | Self::UpYoboSub | Self::DltYobo => Some((Subject::SupportPlan, SUPPORT)),
            Self::UpHosoku | Self::UpKihonImage => None,
        }
    }

    /// Tells whether this file decides which keys a unit holds; the others hang on it.
    pub(crate) const fn is_head(self) -> bool {
        !matches!(
            self,
            Self::Up2Kyo
                | Self::Up3Kyo
                | Self::UpSikyu
                | Self::UpHosoku
                | Self::UpYoboSub
                | Self::UpKihonSub1
                | Self::UpKihonSub2
                | Self::UpKihonImage
        )
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.prefix())
    }
}
