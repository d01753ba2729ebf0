//! The rules that are checked, with their stable codes.

use crate::{finding::Lang, messages};

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Unusual; the other side's software may stumble over it.
    Warning,
    /// The unit must not be sent, or this part of it cannot be read.
    Error,
}

/// What files are judged for: who sends must be stricter than who reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Purpose {
    /// Before they are sent.
    #[default]
    Sending,
    /// After they have come: an error is only what cannot be read at all.
    Reading,
}

macro_rules! rules {
    ($($(#[$doc:meta])* $rule:ident $code:literal $sending:ident $reading:ident [$($argument:literal),*];)*) => {
        /// A rule that a finding is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule { $($(#[$doc])* $rule,)* }

        impl Rule {
            /// All rules.
            pub const ALL: &'static [Self] = &[$(Self::$rule),*];

            /// Returns the code, which never changes its meaning: `CP-NAME-001`.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$rule => $code,)* }
            }

            /// Returns how much a finding of this rule weighs.
            #[must_use]
            pub const fn severity(self, purpose: Purpose) -> Severity {
                match (self, purpose) {
                    $((Self::$rule, Purpose::Sending) => Severity::$sending,
                    (Self::$rule, Purpose::Reading) => Severity::$reading,)*
                }
            }

            /// Returns the names of the arguments that a finding of this rule has.
            #[must_use]
            pub const fn arguments(self) -> &'static [&'static str] {
                match self { $(Self::$rule => &[$($argument),*],)* }
            }
        }
    };
}

rules! {
    /// The name is none of the standard's.
    NameForeign "CP-NAME-001" Error Error [];
    /// The name begins with a kind, and a part of it is wrong.
    NamePart "CP-NAME-002" Error Error ["kind", "part"];
    /// Service kinds of three characters.
    NameLongKinds "CP-NAME-003" Warning Warning [];
    /// A month in the name of a kind that has none.
    NameUnexpectedMonth "CP-NAME-004" Warning Warning ["kind"];
    /// An office number whose check digit is wrong.
    NameCheckDigit "CP-NAME-005" Warning Warning ["office"];
    /// A service kind that the standard does not list.
    NameUnknownKind "CP-NAME-006" Warning Warning ["service"];
    /// A name of edition 3 on a file of edition 4.1.
    NameShort "CP-NAME-007" Warning Warning [];
    /// The name is spelled otherwise: small letters, another low line, `.jpeg`.
    NameSpelling "CP-NAME-008" Warning Warning ["name"];
    /// The mark of a copy in the name.
    NameCopied "CP-NAME-009" Error Warning ["name"];
    /// Another ending than `.CSV`.
    NameEnding "CP-NAME-010" Error Warning ["name"];
    /// The service kinds of sender and receiver stand the wrong way round.
    NameKindsSwapped "CP-NAME-011" Warning Warning ["name"];
    /// Rows of another service kind than the name's.
    NameKindContent "CP-NAME-012" Warning Warning ["service"];
    /// Rows of another office than the name's.
    NameOfficeContent "CP-NAME-013" Warning Warning ["office"];

    /// No data in the file.
    FileEmpty "CP-FILE-001" Error Error [];
    /// More bytes than are read.
    FileTooLarge "CP-FILE-002" Error Error ["limit"];
    /// Two files of one name.
    FileTwice "CP-FILE-003" Error Warning [];
    /// A picture that is no JPEG.
    FileNotJpeg "CP-FILE-004" Error Warning [];
    /// More rows than are read.
    FileTooManyRows "CP-FILE-005" Error Error ["limit"];
    /// No rows in a file that need not have any.
    FileNoRows "CP-FILE-006" Warning Warning [];

    /// UTF-8 where CP932 is asked for.
    TextUtf8 "CP-TEXT-001" Error Warning [];
    /// Bytes that are no character.
    TextUndecodable "CP-TEXT-002" Error Warning [];
    /// UTF-16.
    TextUtf16 "CP-TEXT-003" Error Error [];
    /// A zero byte.
    TextNul "CP-TEXT-004" Error Warning [];
    /// A character that an office made itself.
    TextGaiji "CP-TEXT-005" Warning Warning [];
    /// Rows that end with LF or CR alone.
    TextLineEnds "CP-TEXT-006" Warning Warning [];
    /// A character that MS932 does not have.
    TextNotMs932 "CP-TEXT-007" Error Warning [];
    /// A control character.
    TextControl "CP-TEXT-008" Warning Warning [];

    /// A quote is never closed.
    RowOpenQuote "CP-ROW-001" Error Error [];
    /// Something follows a closing quote.
    RowStrayQuote "CP-ROW-002" Warning Warning [];
    /// A cell longer than is read.
    RowLongCell "CP-ROW-003" Error Error ["limit"];
    /// Too few columns.
    RowTooFew "CP-ROW-004" Error Error ["expected", "found"];
    /// Too many columns, with something in them.
    RowTooMany "CP-ROW-005" Error Error ["expected", "found"];
    /// A row of headings, passed over.
    RowHeader "CP-ROW-006" Warning Warning [];

    /// A cell of the key that cannot be read.
    CellUnreadable "CP-CELL-001" Error Error [];
    /// A cell in an unusual form.
    CellUnusual "CP-CELL-002" Warning Warning [];
    /// A version that is not known.
    CellUnknownVersion "CP-CELL-003" Warning Warning ["version"];
    /// Another version than in the first row.
    CellOtherVersion "CP-CELL-004" Warning Warning ["version"];
    /// An empty cell that must hold something.
    CellRequired "CP-CELL-005" Error Warning [];
    /// An empty cell that should hold something.
    CellExpected "CP-CELL-006" Warning Warning [];
    /// A value longer than its column.
    CellTooLong "CP-CELL-007" Warning Warning ["limit"];
    /// Not a day of the calendar.
    CellNotDate "CP-CELL-008" Error Error [];
    /// Not a time of day.
    CellNotTime "CP-CELL-009" Error Error [];
    /// Not a number.
    CellNotNumber "CP-CELL-010" Error Error [];
    /// Not the days of a month.
    CellNotDays "CP-CELL-011" Error Warning [];
    /// Not a code of letters and digits.
    CellNotCode "CP-CELL-012" Error Error [];
    /// A time after midnight, counted on.
    CellLateTime "CP-CELL-013" Warning Warning [];
    /// Not a month.
    CellNotMonth "CP-CELL-014" Error Warning [];
    /// A version cell without a version.
    CellNoVersion "CP-CELL-015" Error Warning [];

    /// A code that the standard does not list.
    CodeUnknown "CP-CODE-001" Warning Warning ["codes"];
    /// A service kind that the standard does not list.
    CodeUnknownService "CP-CODE-002" Warning Warning ["service"];
    /// A service kind outside the exchange.
    CodeNotExchanged "CP-CODE-003" Warning Warning ["service"];
    /// An insurer whose check digit is wrong.
    CodeInsurerDigit "CP-CODE-004" Warning Warning [];
    /// An office whose check digit is wrong.
    CodeOfficeDigit "CP-CODE-005" Warning Warning ["office"];
    /// An equipment code of another form.
    CodeEquipment "CP-CODE-006" Warning Warning [];
    /// A postal code of another form.
    CodePostal "CP-CODE-007" Warning Warning [];
    /// The code of a subtotal or total among services.
    CodeSubtotal "CP-CODE-008" Error Warning [];

    /// Equipment without its code.
    NeedEquipment "CP-NEED-001" Warning Warning [];
    /// A detail number where none belongs.
    NeedNoDetail "CP-NEED-002" Warning Warning [];
    /// "Other" without saying what.
    NeedExplanation "CP-NEED-003" Warning Warning ["field"];
    /// A limit by service kind with an empty one before it.
    NeedSlot "CP-NEED-004" Warning Warning [];
    /// A service of the week without its day.
    NeedWeekday "CP-NEED-005" Warning Warning [];

    /// A day outside of the row's month.
    DateOutsideMonth "CP-DATE-001" Error Warning ["month"];
    /// A beginning without an end, or the reverse.
    DateOneSided "CP-DATE-002" Warning Warning [];
    /// A service that ends when it begins.
    DateNoLength "CP-DATE-003" Warning Warning [];
    /// A period that ends before it begins.
    DateReversed "CP-DATE-004" Warning Warning [];
    /// Born after the day that the row is about.
    DateOfBirth "CP-DATE-005" Warning Warning [];
    /// Proration on a day that the month does not have.
    DateProration "CP-DATE-006" Warning Warning [];
    /// A layout of another edition than the month's.
    DateEdition "CP-DATE-007" Warning Warning ["edition", "expected"];
    /// A first plan that is newer than the plan.
    DateFirstPlan "CP-DATE-008" Warning Warning [];

    /// Rows of another month than the file's.
    MonthInRow "CP-MONTH-001" Error Warning ["month"];
    /// No row is of the month in the name.
    MonthOfName "CP-MONTH-002" Error Warning ["month"];
    /// Files of several months in one unit.
    MonthOfUnit "CP-MONTH-003" Error Warning ["month", "other"];
    /// A supplement with a month where none is due, or without.
    MonthOfSupplement "CP-MONTH-004" Warning Warning [];
    /// A supplement with a date or month that should be zeros.
    MonthZeros "CP-MONTH-005" Warning Warning [];

    /// A second row with one key.
    DoubleRow "CP-DOUBLE-001" Error Warning ["row"];
    /// A second row with the same numbers.
    DoubleNumbers "CP-DOUBLE-002" Warning Warning ["row"];
    /// The same service at the same time twice.
    DoubleService "CP-DOUBLE-003" Warning Warning ["row"];
    /// The same line of table 7 twice.
    DoubleBenefit "CP-DOUBLE-004" Warning Warning ["row"];

    /// A row whose leading row is not there.
    LinkOrphan "CP-LINK-001" Error Warning ["missing"];
    /// A leading row without the rows that belong to it.
    LinkAlone "CP-LINK-002" Warning Warning ["missing"];

    /// No grand total.
    BenefitNoTotal "CP-BENEFIT-001" Warning Warning [];
    /// Two grand totals.
    BenefitTwoTotals "CP-BENEFIT-002" Warning Warning [];
    /// A kind of several rows without its subtotal.
    BenefitNoSubtotal "CP-BENEFIT-003" Warning Warning ["service"];
    /// Units and count do not make the amount.
    BenefitAmount "CP-BENEFIT-004" Warning Warning ["expected", "found"];
    /// A subtotal is not the sum of its rows.
    BenefitSubtotal "CP-BENEFIT-005" Warning Warning ["expected", "found"];
    /// The grand total is not the sum of all rows.
    BenefitTotal "CP-BENEFIT-006" Warning Warning ["expected", "found"];
    /// A subtotal or total with units or a discount.
    BenefitFilled "CP-BENEFIT-007" Warning Warning [];
    /// Units and price do not make the cost.
    BenefitCost "CP-BENEFIT-008" Warning Warning ["expected", "found"];
    /// Cost and rate do not make the claim, or the person's share.
    BenefitClaim "CP-BENEFIT-009" Warning Warning ["expected", "found"];
    /// Days of short stay do not add up.
    BenefitDays "CP-BENEFIT-010" Warning Warning ["expected", "found"];
    /// The grand total under an office, or a service under the total's.
    BenefitOffice "CP-BENEFIT-011" Warning Warning [];

    /// A service of table 6 that table 7 lacks.
    TablesPlanOnly "CP-TABLES-001" Warning Warning ["service"];
    /// A service of table 7 that table 6 lacks.
    TablesBenefitOnly "CP-TABLES-002" Warning Warning ["service"];
    /// Tables 6 and 7 differ in how often.
    TablesCount "CP-TABLES-003" Warning Warning ["service", "expected", "found"];
    /// Tables 6 and 7 differ in units.
    TablesUnits "CP-TABLES-004" Warning Warning ["service", "expected", "found"];

    /// Over 30 days in a service that is no short stay.
    OverKind "CP-OVER-001" Warning Warning [];
    /// A subtotal of days over 30 without the mark, or the mark on another subtotal.
    OverSubtotal "CP-OVER-002" Warning Warning [];

    /// A person whose plan has no service of the receiver.
    PrivacyUnrelated "CP-PRIVACY-001" Error Warning ["office"];
    /// A person whose care plan names other offices than the receiver.
    PrivacyCarePlan "CP-PRIVACY-002" Warning Warning ["office"];

    /// A file that does not belong to the others with its serial.
    UnitForeign "CP-UNIT-001" Error Warning ["kind", "others"];
    /// A companion is missing.
    UnitMissing "CP-UNIT-002" Error Warning ["missing"];
    /// A companion is there, under another serial.
    UnitOtherSerial "CP-UNIT-003" Error Warning ["missing", "serial"];
    /// Two files of one kind.
    UnitKindTwice "CP-UNIT-004" Error Warning ["kind"];
    /// A preventive care plan without its rows.
    UnitNoRows "CP-UNIT-005" Warning Warning ["missing"];
    /// Files of several editions.
    UnitEditions "CP-UNIT-006" Warning Warning [];
    /// A plan from an office that does not plan, or actuals from one that does.
    UnitDirection "CP-UNIT-007" Warning Warning ["kind"];

    /// A picture that the basic information names is not there.
    ImageMissing "CP-IMAGE-001" Error Warning ["image"];
    /// A picture that the basic information does not name.
    ImageUnused "CP-IMAGE-002" Error Warning [];
    /// The name of a picture cannot be read.
    ImageName "CP-IMAGE-003" Error Warning [];

    /// Further findings of one rule are left out.
    More "CP-MORE-001" Info Info ["code", "count"];
}

impl Rule {
    /// Returns in words what the rule finds, with dots for what a case fills in.
    #[must_use]
    pub fn what(self, lang: Lang) -> String {
        let [what, _] = messages::of_rule(lang, self);
        what
    }

    /// Returns in words what to do about it, with dots for what a case fills in.
    #[must_use]
    pub fn remedy(self, lang: Lang) -> String {
        let [_, remedy] = messages::of_rule(lang, self);
        remedy
    }

    /// Tells whether [`crate::mend`] can mend what this rule finds, in some cases.
    #[must_use]
    pub const fn is_mendable(self) -> bool {
        matches!(
            self,
            Self::NameSpelling
                | Self::NameCopied
                | Self::NameEnding
                | Self::NameKindsSwapped
                | Self::TextUtf8
                | Self::TextLineEnds
        )
    }
}
