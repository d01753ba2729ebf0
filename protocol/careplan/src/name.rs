//! The file-name rule of editions 3 and 4.1: lenient reading, strict writing.
//!
//! `KIND[_YYYYMM]_FROM[_KK]_TO[_KK]_SERIAL[_nnnn].CSV`: the month stands in some kinds, the service kinds (`KK`)
//! since edition 4.1, the number (`nnnn`) and the ending `.jpg` in pictures.

use std::{fmt, str::FromStr};

use crate::{
    ids::{Month, OfficeNumber, Serial, ServiceKind},
    kind::FileKind,
};

/// How long a file name may be.
pub(crate) const MAX_NAME_CHARS: usize = 255;

/// One end of an exchange: an office number and, where the file name tells it, a service kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct End {
    /// The office number.
    pub office: OfficeNumber,
    /// The service kind; names of edition 3 have none.
    pub kind: Option<ServiceKind>,
}

/// A file name as the standard makes it. Its `Display` writes the name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileName {
    kind: FileKind,
    month: Option<Month>,
    sender: End,
    receiver: End,
    serial: Serial,
    image: Option<u16>,
}

/// A part of a file name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NamePart {
    /// The month after the kind.
    Month,
    /// The sender's office number.
    Sender,
    /// The receiver's office number.
    Receiver,
    /// The service kinds: both or none, two characters each.
    ServiceKinds,
    /// The serial.
    Serial,
    /// The number of a picture, four digits.
    Number,
    /// The ending, `.CSV` or `.jpg`.
    Ending,
}

/// Why a text is no file name of the standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// It does not begin with one of the kinds.
    #[error("not a file name of the care-plan standard")]
    Foreign,
    /// It begins like one, and goes on otherwise.
    #[error("a file name of the kind {kind} with a wrong part ({part})")]
    Part {
        /// The kind that it begins with.
        kind: FileKind,
        /// The first part that is wrong or missing.
        part: NamePart,
    },
}

/// What is unusual about a name that could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Oddity {
    /// Service kinds of three characters, as in the edition that never took effect; they are left out.
    LongServiceKinds,
    /// A month in a kind that has none.
    UnexpectedMonth,
    /// Small letters, another low line, blanks at the ends.
    Spelling,
    /// The mark that systems put on a copy: ` (1)`, ` - コピー`.
    Copied,
    /// Another ending than `.CSV`, on what has the name of a table.
    Ending,
}

/// A name with what is unusual about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReadName {
    pub(crate) name: FileName,
    pub(crate) oddities: Vec<Oddity>,
    /// The text without oddities of spelling, copies and endings.
    pub(crate) tidy: String,
}

impl FileName {
    /// Puts a name together.
    ///
    /// # Errors
    /// [`NameError::Part`] if a part is missing or does not belong to this kind: the month (only the supplement may
    /// have none, written `000000`), one service kind without the other, the number of a picture (0 to 9999).
    pub fn new(
        kind: FileKind,
        month: Option<Month>,
        sender: End,
        receiver: End,
        serial: Serial,
        image: Option<u16>,
    ) -> Result<Self, NameError> {
        let wrong = |part| Err(NameError::Part { kind, part });
        let month_fits = match kind {
            FileKind::UpHosoku => true,
            _ => kind.has_month() == month.is_some(),
        };
        if !month_fits {
            return wrong(NamePart::Month);
        }
        if sender.kind.is_some() != receiver.kind.is_some() {
            return wrong(NamePart::ServiceKinds);
        }
        if kind.is_image() != image.is_some() || image.is_some_and(|number| number > 9999) {
            return wrong(NamePart::Number);
        }
        Ok(Self { kind, month, sender, receiver, serial, image })
    }

    /// Reads a name, and tells what is unusual about it.
    pub(crate) fn read(text: &str) -> Result<ReadName, NameError> {
        // No file system has longer names.
        if text.chars().nth(MAX_NAME_CHARS).is_some() {
            return Err(NameError::Foreign);
        }
        let Tidy { stem, endings, copied } = Tidy::of(text);
        let (kind, rest) = kind_of(&stem).ok_or(NameError::Foreign)?;
        let wrong = |part| NameError::Part { kind, part };
        let mut oddities = Vec::new();
        let ending = if kind.is_image() { ".jpg" } else { ".CSV" };
        let ending_fits = match endings.as_slice() {
            [".JPG" | ".JPEG"] => kind.is_image(),
            [".CSV"] => !kind.is_image(),
            // A table all the same; with the ending of a spreadsheet it is none.
            endings if !kind.is_image() && endings.iter().all(|ending| matches!(*ending, ".CSV" | ".TXT")) => {
                oddities.push(Oddity::Ending);
                true
            }
            _ => false,
        };
        if !ending_fits {
            return Err(wrong(NamePart::Ending));
        }
        let tidy = format!("{stem}{ending}");
        if copied {
            oddities.push(Oddity::Copied);
        } else if oddities.is_empty() && tidy != text && !(kind.is_image() && format!("{stem}.JPG") == text) {
            oddities.push(Oddity::Spelling);
        }

        let mut parts = rest.split('_').peekable();
        let month = match parts.next_if(|part| part.len() == 6) {
            Some("000000") => None,
            Some(part) => Some(part.parse::<Month>().map_err(|_| wrong(NamePart::Month))?),
            None if kind.has_month() => return Err(wrong(NamePart::Month)),
            None => None,
        };
        let month = if kind.has_month() {
            month
        } else {
            if rest.split('_').next().is_some_and(|part| part.len() == 6) {
                oddities.push(Oddity::UnexpectedMonth);
            }
            None
        };
        let mut office = |part| {
            let number = parts.next().unwrap_or_default().parse().map_err(|_| wrong(part))?;
            let kind = parts.next_if(|part| matches!(part.len(), 2 | 3));
            Ok((number, kind))
        };
        let (from, from_kind) = office(NamePart::Sender)?;
        let (to, to_kind) = office(NamePart::Receiver)?;
        let kinds = match (from_kind, to_kind) {
            (None, None) => None,
            (Some(from), Some(to)) if from.len() == 2 && to.len() == 2 => {
                let kind = |text: &str| text.parse().map_err(|_| wrong(NamePart::ServiceKinds));
                Some((kind(from)?, kind(to)?))
            }
            (Some(from), Some(to)) if is_long_kind(from) && is_long_kind(to) => {
                oddities.push(Oddity::LongServiceKinds);
                None
            }
            _ => return Err(wrong(NamePart::ServiceKinds)),
        };
        let serial = parts.next().unwrap_or_default().parse().map_err(|_| wrong(NamePart::Serial))?;
        let image = if kind.is_image() {
            let number = parts.next().unwrap_or_default();
            let four_digits = number.len() == 4 && number.bytes().all(|c| c.is_ascii_digit());
            Some(number.parse().ok().filter(|_| four_digits).ok_or(wrong(NamePart::Number))?)
        } else {
            None
        };
        if parts.next().is_some() {
            return Err(wrong(if kind.is_image() { NamePart::Number } else { NamePart::Serial }));
        }
        let sender = End { office: from, kind: kinds.map(|(from, _)| from) };
        let receiver = End { office: to, kind: kinds.map(|(_, to)| to) };
        Ok(ReadName { name: Self::new(kind, month, sender, receiver, serial, image)?, oddities, tidy })
    }

    /// Returns the name with the service kinds of sender and receiver exchanged.
    pub(crate) fn with_kinds_swapped(&self) -> Self {
        let mut name = self.clone();
        (name.sender.kind, name.receiver.kind) = (self.receiver.kind, self.sender.kind);
        name
    }

    /// Returns the kind of the file.
    #[must_use]
    pub fn kind(&self) -> FileKind {
        self.kind
    }

    /// Returns the month; `None` for kinds without one and where `000000` stands.
    #[must_use]
    pub fn month(&self) -> Option<Month> {
        self.month
    }

    /// Returns the sender.
    #[must_use]
    pub fn sender(&self) -> End {
        self.sender
    }

    /// Returns the receiver.
    #[must_use]
    pub fn receiver(&self) -> End {
        self.receiver
    }

    /// Returns the serial.
    #[must_use]
    pub fn serial(&self) -> Serial {
        self.serial
    }

    /// Returns the number of a picture.
    #[must_use]
    pub fn image(&self) -> Option<u16> {
        self.image
    }
}

/// A name taken apart: capitals, without the marks of copies, its endings from the last to the first.
struct Tidy {
    stem: String,
    endings: Vec<&'static str>,
    copied: bool,
}

impl Tidy {
    fn of(text: &str) -> Self {
        // The notice's text copy shows a combining low line; forms show a wide one.
        let upper = text.trim().replace(['\u{332}', '＿'], "_").to_ascii_uppercase();
        let mut copied = false;
        let mut stem = upper.as_str();
        for prefix in ["コピー ～ ", "コピー 〜 ", "コピー ~ ", "COPY OF "] {
            if let Some(rest) = stem.strip_prefix(prefix) {
                (stem, copied) = (rest, true);
            }
        }
        let mut endings = Vec::new();
        loop {
            stem = stem.trim_end();
            let ending = [".CSV", ".TXT", ".JPG", ".JPEG"].into_iter().find(|ending| stem.ends_with(ending));
            if let Some(ending) = ending {
                stem = &stem[..stem.len() - ending.len()];
                endings.push(ending);
            } else if let Some(rest) = without_copy_mark(stem) {
                (stem, copied) = (rest, true);
            } else {
                break;
            }
            if endings.len() > 3 {
                break;
            }
        }
        Self { stem: stem.to_owned(), endings, copied }
    }
}

/// Takes the mark of a copy from the end of a name: `(1)`, `- コピー`, `のコピー`, `- COPY`, `COPY 2`.
fn without_copy_mark(stem: &str) -> Option<&str> {
    for (open, close) in [('(', ')'), ('（', '）')] {
        if let Some((rest, number)) = stem.strip_suffix(close).and_then(|stem| stem.rsplit_once(open)) {
            let counts = (1..=3).contains(&number.len()) && number.bytes().all(|c| c.is_ascii_digit());
            return counts.then(|| rest.trim_end());
        }
    }
    let counted =
        stem.rsplit_once(' ').filter(|(_, number)| number.len() == 1 && number.as_bytes()[0].is_ascii_digit());
    let marked = counted.map(|(rest, _)| rest).filter(|rest| rest.ends_with("COPY")).unwrap_or(stem);
    let rest = ["のコピー", "コピー", " COPY"].into_iter().find_map(|mark| marked.strip_suffix(mark))?;
    Some(rest.trim_end_matches([' ', '-', '_', '　']))
}

/// Finds the kind a name begins with, the longest first, and what follows its low line.
fn kind_of(stem: &str) -> Option<(FileKind, &str)> {
    FileKind::ALL
        .iter()
        .filter_map(|&kind| Some((kind, stem.strip_prefix(kind.prefix())?.strip_prefix('_')?)))
        .max_by_key(|(kind, _)| kind.prefix().len())
}

/// Service kinds of the edition that never took effect; nothing is known of them but their length.
fn is_long_kind(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|c| c.is_ascii_alphanumeric())
}

impl FromStr for FileName {
    type Err = NameError;

    /// Reads a name of either edition, in capitals or not, with the mark of a copy or the ending `.txt` too. A month in a
    /// kind that has none is passed over, and service kinds of three characters count as none.
    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::read(text).map(|read| read.name)
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Some(kind) => write!(f, "{}-{kind}", self.office),
            None => write!(f, "{}", self.office),
        }
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.prefix())?;
        match self.month {
            Some(month) => write!(f, "_{month}")?,
            None if self.kind.has_month() => f.write_str("_000000")?,
            None => {}
        }
        for end in [self.sender, self.receiver] {
            write!(f, "_{}", end.office)?;
            if let Some(kind) = end.kind {
                write!(f, "_{kind}")?;
            }
        }
        write!(f, "_{}", self.serial)?;
        match self.image {
            Some(number) => write!(f, "_{number:04}.jpg"),
            None => f.write_str(".CSV"),
        }
    }
}

impl fmt::Display for NamePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Month => "month",
            Self::Sender => "sender",
            Self::Receiver => "receiver",
            Self::ServiceKinds => "service-kinds",
            Self::Serial => "serial",
            Self::Number => "number",
            Self::Ending => "ending",
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<FileName, NameError> {
        text.parse()
    }

    #[test]
    fn both_shapes_are_read() {
        let name = read("UPPLAN_201912_0300000100_43_0300000005_11_20191025200201.CSV").unwrap();
        assert_eq!((name.kind(), name.month()), (FileKind::UpPlan, "201912".parse().ok()));
        assert_eq!(
            (name.sender().to_string(), name.receiver().to_string()),
            ("0300000100-43".into(), "0300000005-11".into())
        );
        assert_eq!(name.serial().as_str(), "20191025200201");
        let short = read("UPPLAN_201912_0300000100_0300000005_20191025200201.CSV").unwrap();
        assert_eq!((short.sender().kind, short.receiver().kind), (None, None));
        let supplement = read("uphosoku_000000_13A9900047_a2_0300000005_43_20191025200201.csv").unwrap();
        assert_eq!((supplement.month(), supplement.sender().to_string().as_str()), (None, "13A9900047-A2"));
    }

    #[test]
    fn the_longest_kind_wins() {
        for (prefix, kind) in [
            ("UPKIHON", FileKind::UpKihon),
            ("UPKIHON_SUB1", FileKind::UpKihonSub1),
            ("UPYOBO_SUB", FileKind::UpYoboSub),
        ] {
            assert_eq!(read(&format!("{prefix}_1309900015_46_1379905001_43_20251010090154.CSV")).unwrap().kind(), kind);
        }
        let image = read("UPKIHON_IMAGE_1309900015_46_1379905001_43_20251010090154_0002.jpg").unwrap();
        assert_eq!((image.kind(), image.image()), (FileKind::UpKihonImage, Some(2)));
    }

    #[test]
    fn oddities_are_told() {
        let read = FileName::read("UPPLAN_202504_1379905001_430_1379900010_110_20250401000000.CSV").unwrap();
        assert_eq!((read.name.sender().kind, read.oddities), (None, vec![Oddity::LongServiceKinds]));
        let read = FileName::read("UPKIHON_000000_1379905001_43_1379900010_11_20250401000000.CSV").unwrap();
        assert_eq!((read.name.month(), read.oddities), (None, vec![Oddity::UnexpectedMonth]));
    }

    #[test]
    fn names_are_tidied() {
        let good = "DLTPLAN_202511_1379905001_43_13A9900054_A6_20251105090320";
        let small = good.to_ascii_lowercase();
        for (name, oddity) in [
            (format!("{good}.csv"), Oddity::Spelling),
            (format!("{small}.CSV"), Oddity::Spelling),
            (format!(" {good}.CSV"), Oddity::Spelling),
            (good.replace('_', "＿") + ".CSV", Oddity::Spelling),
            (good.replace('_', "\u{332}") + ".CSV", Oddity::Spelling),
            (format!("{good} (1).CSV"), Oddity::Copied),
            (format!("{small}(12).csv"), Oddity::Copied),
            (format!("{good}（2）.CSV"), Oddity::Copied),
            (format!("{good} - コピー.CSV"), Oddity::Copied),
            (format!("{good} - コピー (2).CSV"), Oddity::Copied),
            (format!("{good}のコピー.CSV"), Oddity::Copied),
            (format!("{good}.CSV - コピー"), Oddity::Copied),
            (format!("コピー ～ {good}.CSV"), Oddity::Copied),
            (format!("{good} - Copy.CSV"), Oddity::Copied),
            (format!("{good} copy 2.CSV"), Oddity::Copied),
            (format!("Copy of {good}.CSV"), Oddity::Copied),
            (format!("{good}.txt"), Oddity::Ending),
            (format!("{good}.CSV.txt"), Oddity::Ending),
            (format!("{good}.csv.csv"), Oddity::Ending),
            (good.to_owned(), Oddity::Ending),
        ] {
            let read = FileName::read(&name).unwrap();
            assert_eq!((read.tidy, read.oddities), (format!("{good}.CSV"), vec![oddity]), "{name}");
        }
        let image = "UPKIHON_IMAGE_1309900015_46_1379905001_43_20251010090154_0002";
        for (ending, oddities) in [(".jpg", vec![]), (".JPG", vec![]), (".jpeg", vec![Oddity::Spelling])] {
            let read = FileName::read(&format!("{image}{ending}")).unwrap();
            assert_eq!((read.tidy, read.oddities), (format!("{image}.jpg"), oddities));
        }
        let both = FileName::read(&format!("{good} (1).txt")).unwrap();
        assert_eq!(both.oddities, [Oddity::Ending, Oddity::Copied]);
    }

    #[test]
    fn the_first_wrong_part_is_named() {
        for foreign in ["", ".", "_", "Thumbs.db", "UPPLANNING.CSV", "UPPLAN.CSV", "予定.csv", "A_UPPLAN_202511.CSV"]
        {
            assert_eq!(read(foreign), Err(NameError::Foreign), "{foreign}");
        }
        for (name, part) in [
            ("UPPLAN_202511_1379905001_43_1379900010_11_20251024090800.xlsx", NamePart::Serial),
            ("UPPLAN_202511_1379905001_43_1379900010_11_20251024090800.jpg", NamePart::Ending),
            ("UPKIHON_IMAGE_1379905001_43_1379900010_11_20251024090800_0001.CSV", NamePart::Ending),
            ("UPPLAN_202513_1379905001_43_1379900010_11_20251024090800.CSV", NamePart::Month),
            ("UPPLAN_000000_1379905001_43_1379900010_11_20251024090800.CSV", NamePart::Month),
            ("UPPLAN_1379905001_43_1379900010_11_20251024090800.CSV", NamePart::Month),
            ("UP1KYO_137990500_43_1379900010_11_20251024090800.CSV", NamePart::Sender),
            ("UP1KYO_1379905001_43_137990001_11_20251024090800.CSV", NamePart::Receiver),
            ("UP1KYO_1379905001_43_1379900010_20251024090800.CSV", NamePart::ServiceKinds),
            ("UP1KYO_1379905001_4-_1379900010_11_20251024090800.CSV", NamePart::ServiceKinds),
            ("UP1KYO_1379905001_43_1379900010_110_20251024090800.CSV", NamePart::ServiceKinds),
            ("UP1KYO_1379905001_姓_1379900010_名_20251024090800.CSV", NamePart::ServiceKinds),
            ("UP1KYO_1379905001_43_1379900010_11_2025102409080.CSV", NamePart::Serial),
            ("UP1KYO_1379905001_43_1379900010_11_20251024090800 (a).CSV", NamePart::Serial),
            ("UP1KYO_1379905001_43_1379900010_11_20251024090800_1.CSV", NamePart::Serial),
            ("UP1KYO_1379905001_43_1379900010_11.CSV", NamePart::Serial),
            ("UPKIHON_IMAGE_1379905001_43_1379900010_11_20251024090800.jpg", NamePart::Number),
            ("UPKIHON_IMAGE_1379905001_43_1379900010_11_20251024090800_01.jpg", NamePart::Number),
            ("UPKIHON_IMAGE_1379905001_43_1379900010_11_20251024090800_+001.jpg", NamePart::Number),
        ] {
            assert!(
                matches!(read(name), Err(NameError::Part { part: found, .. }) if found == part),
                "{name}: {:?}",
                read(name)
            );
        }
    }

    fn names() -> impl Strategy<Value = FileName> {
        let office = "[0-9]{2}[0-9A-Z][0-9]{7}".prop_map(|text| text.parse::<OfficeNumber>().unwrap());
        let kinds = proptest::option::of(("[0-9A-Z]{2}", "[0-9A-Z]{2}"));
        let month = proptest::option::of((1u16..=9999, 1u8..=12));
        (0usize..18, month, office.clone(), office, kinds, "[0-9]{14}", 0u16..=9999).prop_map(
            |(kind, month, from, to, kinds, serial, image)| {
                let kind = FileKind::ALL[kind];
                let month = month.or((kind != FileKind::UpHosoku).then_some((2025, 11))).filter(|_| kind.has_month());
                let month = month.map(|(year, month)| format!("{year:04}{month:02}").parse().unwrap());
                let sender = End { office: from, kind: kinds.as_ref().map(|(kind, _)| kind.parse().unwrap()) };
                let receiver = End { office: to, kind: kinds.as_ref().map(|(_, kind)| kind.parse().unwrap()) };
                let image = kind.is_image().then_some(image);
                FileName::new(kind, month, sender, receiver, serial.parse().unwrap(), image).unwrap()
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(name in names()) {
            let again = FileName::read(&name.to_string()).unwrap();
            prop_assert_eq!(&again.name, &name);
            prop_assert!(again.oddities.is_empty() && again.tidy == name.to_string());
            prop_assert_eq!(name.to_string().to_ascii_lowercase().parse::<FileName>(), Ok(name));
        }

        #[test]
        fn hostile_names_never_panic(text in any::<String>()) {
            let _ = read(&text);
        }

        #[test]
        fn names_with_one_thing_changed_never_panic(name in names(), at in any::<proptest::sample::Index>(), with in ".{0,3}") {
            let text = name.to_string();
            let at = at.index(text.len());
            let changed = format!("{}{with}{}", &text[..at], &text[at + 1..]);
            if let Ok(name) = changed.parse::<FileName>() {
                prop_assert_eq!(name.to_string().parse::<FileName>(), Ok(name));
            }
        }
    }
}
