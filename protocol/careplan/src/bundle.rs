//! Sending units: which files go together.

use std::fmt;

use crate::{
    edition::Edition,
    ids::ServiceKind,
    kind::FileKind::{self, *},
    service::service_of,
};

/// A sending unit of the standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Bundle {
    /// Care plan: tables 1 to 3.
    B1,
    /// Plan of a month: tables 6 and 7.
    B2,
    /// Care plan removed.
    B3,
    /// Plan of a month removed.
    B4,
    /// Actuals.
    B5,
    /// Actuals removed.
    B6,
    /// Preventive: basic information.
    Y1,
    /// Preventive: care plan and basic information.
    Y2,
    /// Preventive: care plan.
    Y3,
    /// Preventive: plan of a month.
    Y4,
    /// Preventive: basic information removed.
    Y5,
    /// Preventive: care plan removed.
    Y6,
    /// Preventive: plan of a month removed.
    Y7,
    /// Preventive: actuals.
    Y8,
    /// Preventive: actuals removed.
    Y9,
}

impl Bundle {
    /// All units.
    pub const ALL: [Self; 15] = [
        Self::B1,
        Self::B2,
        Self::B3,
        Self::B4,
        Self::B5,
        Self::B6,
        Self::Y1,
        Self::Y2,
        Self::Y3,
        Self::Y4,
        Self::Y5,
        Self::Y6,
        Self::Y7,
        Self::Y8,
        Self::Y9,
    ];

    /// Returns the code, as in `B1`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::B1 => "B1",
            Self::B2 => "B2",
            Self::B3 => "B3",
            Self::B4 => "B4",
            Self::B5 => "B5",
            Self::B6 => "B6",
            Self::Y1 => "Y1",
            Self::Y2 => "Y2",
            Self::Y3 => "Y3",
            Self::Y4 => "Y4",
            Self::Y5 => "Y5",
            Self::Y6 => "Y6",
            Self::Y7 => "Y7",
            Self::Y8 => "Y8",
            Self::Y9 => "Y9",
        }
    }

    /// Tells whether the unit is about one month.
    #[must_use]
    pub const fn has_month(self) -> bool {
        matches!(self, Self::B2 | Self::B4 | Self::B5 | Self::B6 | Self::Y4 | Self::Y7 | Self::Y8 | Self::Y9)
    }
}

impl fmt::Display for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// Which files make a unit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Combination {
    /// The unit in long-term care, and in preventive care; the same where the files exist in one of them only.
    care: Bundle,
    preventive: Bundle,
    /// Files that must be there; of kinds newer than the unit's edition none is asked for.
    required: &'static [FileKind],
    /// Files that may be there.
    optional: &'static [FileKind],
}

/// All combinations. Of two that fit equally well, the first is taken.
static COMBINATIONS: [Combination; 11] = [
    combination(Bundle::B1, Bundle::B1, &[Up1Kyo, Up2Kyo, Up3Kyo, UpHosoku], &[]),
    combination(Bundle::B2, Bundle::Y4, &[UpPlan, UpSikyu, UpHosoku], &[]),
    combination(Bundle::B3, Bundle::B3, &[Dlt1Kyo], &[]),
    combination(Bundle::B4, Bundle::Y7, &[DltPlan], &[]),
    combination(Bundle::B5, Bundle::Y8, &[UpJsk], &[]),
    combination(Bundle::B6, Bundle::Y9, &[DltJsk], &[]),
    combination(Bundle::Y1, Bundle::Y1, &[UpKihon], &[UpKihonSub1, UpKihonSub2, UpKihonImage]),
    combination(Bundle::Y3, Bundle::Y3, &[UpYobo], &[UpYoboSub]),
    combination(Bundle::Y2, Bundle::Y2, &[UpYobo, UpKihon], &[UpYoboSub, UpKihonSub1, UpKihonSub2, UpKihonImage]),
    combination(Bundle::Y5, Bundle::Y5, &[DltKihon], &[]),
    combination(Bundle::Y6, Bundle::Y6, &[DltYobo], &[]),
];

const fn combination(
    care: Bundle,
    preventive: Bundle,
    required: &'static [FileKind],
    optional: &'static [FileKind],
) -> Combination {
    Combination { care, preventive, required, optional }
}

impl Combination {
    /// Finds the combination that most of these kinds belong to, and of those the one with the fewest missing.
    ///
    /// `care_plan` tells of a supplement whether it has no month, so that it belongs to tables 1 to 3.
    pub(crate) fn nearest(kinds: &[FileKind], edition: Edition, care_plan: bool) -> Option<&'static Self> {
        // `min_by_key` keeps the first of equals.
        COMBINATIONS.iter().filter(|combination| kinds.iter().any(|&kind| combination.takes(kind))).min_by_key(
            |combination| {
                let foreign = kinds.iter().filter(|&&kind| !combination.takes(kind)).count();
                let supplement = kinds.contains(&UpHosoku) && combination.is_care_plan() != care_plan;
                (foreign, supplement, combination.missing(kinds, edition).count())
            },
        )
    }

    /// Tells whether a kind of file belongs into this unit.
    pub(crate) fn takes(&self, kind: FileKind) -> bool {
        self.required.contains(&kind) || self.optional.contains(&kind)
    }

    /// Returns the required kinds that are not there.
    pub(crate) fn missing(&self, kinds: &[FileKind], edition: Edition) -> impl Iterator<Item = FileKind> {
        self.required.iter().copied().filter(move |kind| kind.since() <= edition && !kinds.contains(kind))
    }

    /// Tells whether the supplement goes with tables 1 to 3 here, and so has no month.
    pub(crate) fn is_care_plan(&self) -> bool {
        self.care == Bundle::B1
    }

    /// Tells the unit from its edition and the service kinds of its ends.
    ///
    /// The service office's kind decides: a preventive one makes it Y. Between two planning offices (actuals passed
    /// on to a support centre) a preventive planner does. Edition 3 knows only B, and so does who knows no kinds.
    pub(crate) fn bundle(&self, edition: Edition, ends: [Option<ServiceKind>; 2]) -> Bundle {
        let services: Vec<_> = ends.into_iter().flatten().filter_map(service_of).collect();
        let preventive = match services.iter().find(|service| !service.planner) {
            Some(service) => service.preventive,
            None => services.iter().any(|planner| planner.preventive),
        };
        if preventive && edition != Edition::V3 { self.preventive } else { self.care }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle(kinds: &[FileKind], edition: Edition, ends: [&str; 2]) -> Option<(Bundle, usize)> {
        let combination = Combination::nearest(kinds, edition, kinds.contains(&Up1Kyo))?;
        let ends = ends.map(|kind| kind.parse().ok());
        Some((combination.bundle(edition, ends), combination.missing(kinds, edition).count()))
    }

    #[test]
    fn the_service_side_decides() {
        let of = |kind, edition, ends| bundle(&[kind], edition, ends).unwrap().0;
        assert_eq!(of(DltPlan, Edition::V4_1, ["43", "11"]), Bundle::B4);
        assert_eq!(of(DltPlan, Edition::V4_1, ["43", "A6"]), Bundle::Y7);
        assert_eq!(of(DltPlan, Edition::V4_1, ["46", "67"]), Bundle::Y7);
        assert_eq!(of(DltPlan, Edition::V4_1, ["46", "11"]), Bundle::B4);
        assert_eq!(of(UpJsk, Edition::V4_1, ["11", "43"]), Bundle::B5);
        assert_eq!(of(UpJsk, Edition::V4_1, ["A2", "43"]), Bundle::Y8);
        assert_eq!(of(UpJsk, Edition::V4_1, ["43", "11"]), Bundle::B5); // the notice's own slip
        assert_eq!(of(UpJsk, Edition::V4_1, ["43", "46"]), Bundle::Y8); // passed on to a support centre
        assert_eq!(of(UpJsk, Edition::V3, ["A2", "43"]), Bundle::B5);
        assert_eq!(of(UpJsk, Edition::V4_1, ["", ""]), Bundle::B5);
    }

    #[test]
    fn the_nearest_combination_is_found() {
        let of = |kinds: &[FileKind]| bundle(kinds, Edition::V4_1, ["43", "11"]);
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[Up1Kyo, Up2Kyo, Up3Kyo, UpHosoku]), Some((Bundle::B1, 0)));
        assert_eq!(of(&[UpHosoku]), Some((Bundle::B2, 2)));
        assert_eq!(of(&[UpYobo]), Some((Bundle::Y3, 0)));
        assert_eq!(of(&[UpYobo, UpKihon]), Some((Bundle::Y2, 0)));
        assert_eq!(of(&[UpKihonSub1]), Some((Bundle::Y1, 1)));
        assert_eq!(of(&[UpPlan, UpSikyu, UpHosoku, UpJsk]), Some((Bundle::B2, 0)));
        assert_eq!(bundle(&[Up1Kyo, Up2Kyo, UpHosoku], Edition::V3, ["", ""]), Some((Bundle::B1, 0)));
        assert_eq!(bundle(&[Up1Kyo, Up2Kyo, UpHosoku], Edition::V4_1, ["43", "11"]), Some((Bundle::B1, 1)));
    }

    #[test]
    fn every_unit_can_come_out() {
        for bundle in Bundle::ALL {
            assert!(COMBINATIONS.iter().any(|known| known.care == bundle || known.preventive == bundle), "{bundle}");
        }
        for kind in FileKind::ALL {
            assert!(COMBINATIONS.iter().any(|known| known.takes(kind)), "{kind}");
        }
    }
}
