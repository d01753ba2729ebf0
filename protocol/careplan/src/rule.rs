//! The rules that are checked, with their stable codes.

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Unusual; the other side's software may stumble over it.
    Warning,
    /// The unit must not be sent.
    Error,
}

macro_rules! rules {
    ($($(#[$doc:meta])* $rule:ident $code:literal $severity:ident [$($argument:literal),*];)*) => {
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
            pub const fn severity(self) -> Severity {
                match self { $(Self::$rule => Severity::$severity,)* }
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
    NameForeign "CP-NAME-001" Error [];
    /// The name begins with a kind, and a part of it is wrong.
    NamePart "CP-NAME-002" Error ["kind", "part"];
    /// Service kinds of three characters.
    NameLongKinds "CP-NAME-003" Warning [];
    /// A month in the name of a kind that has none.
    NameUnexpectedMonth "CP-NAME-004" Warning ["kind"];
    /// An office number whose check digit is wrong.
    NameCheckDigit "CP-NAME-005" Warning ["office"];
    /// A service kind that the standard does not list.
    NameUnknownKind "CP-NAME-006" Warning ["service"];
    /// A name of edition 3 on a file of edition 4.1.
    NameShort "CP-NAME-007" Warning [];

    /// No data in the file.
    FileEmpty "CP-FILE-001" Error [];
    /// More bytes than are read.
    FileTooLarge "CP-FILE-002" Error ["limit"];
    /// Two files of one name.
    FileTwice "CP-FILE-003" Error [];
    /// A picture that is no JPEG.
    FileNotJpeg "CP-FILE-004" Error [];
    /// More rows than are read.
    FileTooManyRows "CP-FILE-005" Error ["limit"];

    /// UTF-8 where CP932 is asked for.
    TextUtf8 "CP-TEXT-001" Warning [];
    /// Bytes that are no character.
    TextUndecodable "CP-TEXT-002" Error [];
    /// UTF-16.
    TextUtf16 "CP-TEXT-003" Error [];
    /// A zero byte.
    TextNul "CP-TEXT-004" Error [];
    /// A character that an office made itself.
    TextGaiji "CP-TEXT-005" Warning [];

    /// A quote is never closed.
    RowOpenQuote "CP-ROW-001" Error [];
    /// Something follows a closing quote.
    RowStrayQuote "CP-ROW-002" Warning [];
    /// A cell longer than is read.
    RowLongCell "CP-ROW-003" Error ["limit"];
    /// Too few columns.
    RowTooFew "CP-ROW-004" Error ["expected", "found"];
    /// Too many columns, with something in them.
    RowTooMany "CP-ROW-005" Error ["expected", "found"];
    /// A row of headings, passed over.
    RowHeader "CP-ROW-006" Warning [];

    /// A cell of the key that cannot be read.
    CellUnreadable "CP-CELL-001" Error [];
    /// A cell of the key in an unusual form.
    CellUnusual "CP-CELL-002" Warning [];
    /// A version that is not known.
    CellUnknownVersion "CP-CELL-003" Warning ["version"];
    /// Another version than in the first row.
    CellOtherVersion "CP-CELL-004" Warning ["version"];

    /// Rows of another month than the file's.
    MonthInRow "CP-MONTH-001" Warning ["month"];
    /// No row is of the month in the name.
    MonthOfName "CP-MONTH-002" Error ["month"];
    /// Files of several months in one unit.
    MonthOfUnit "CP-MONTH-003" Error ["month", "other"];
    /// A supplement with a month where none is due, or without.
    MonthOfSupplement "CP-MONTH-004" Warning [];

    /// A file that does not belong to the others with its serial.
    UnitForeign "CP-UNIT-001" Error ["kind", "others"];
    /// A companion is missing.
    UnitMissing "CP-UNIT-002" Error ["missing"];
    /// A companion is there, under another serial.
    UnitOtherSerial "CP-UNIT-003" Error ["missing", "serial"];
    /// Two files of one kind.
    UnitKindTwice "CP-UNIT-004" Error ["kind"];
    /// A preventive care plan without its rows.
    UnitNoRows "CP-UNIT-005" Warning ["missing"];
    /// Files of several editions.
    UnitEditions "CP-UNIT-006" Warning [];

    /// A picture that the basic information names is not there.
    ImageMissing "CP-IMAGE-001" Error ["image"];
    /// A picture that the basic information does not name.
    ImageUnused "CP-IMAGE-002" Error [];
    /// The name of a picture cannot be read.
    ImageName "CP-IMAGE-003" Error [];

    /// Further findings of one rule are left out.
    More "CP-MORE-001" Info ["code", "count"];
}
