//! Values as they are printed: days in years of eras, codes in words, numbers with commas.
//!
//! What stands here is plain text; nothing is shortened. A code that the standard does not know, or a cell that does not
//! hold what its column asks for, is printed as it stands.

use std::fmt::Display;

use careplan::{Field, FieldType, Record, ServiceCode, ServiceKind, Time, Value};

use crate::era;

/// Returns a text with `\n` between its lines, whatever stood there.
#[must_use]
pub fn text(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Returns a value of a column.
#[must_use]
pub fn value(field: &Field, value: &Value) -> String {
    match value {
        Value::Text(words) | Value::Unreadable(words) => text(words),
        Value::Code(code) => match field.meaning(code) {
            Some(meaning) => meaning.to_owned(),
            None if field.field_type() == FieldType::ServiceKind => code.parse().map_or(code.to_string(), kind),
            None => code.to_string(),
        },
        Value::Date(date) => era::date(*date),
        Value::Month(month) => era::month(*month),
        Value::Time(moment) => time(*moment),
        Value::Number(number) => self::number(*number),
        Value::Days(days) => self::days(days.iter()),
        other => other.to_string(),
    }
}

/// Returns the value in a column; empty if there is none.
#[must_use]
pub fn column(record: &Record, name_en: &str) -> String {
    let found = record.get(name_en).and_then(|found| Some(value(column_of(record, name_en)?, found)));
    found.unwrap_or_default()
}

/// Returns the value in a column with a unit behind it; empty if there is none.
#[must_use]
pub fn with_unit(record: &Record, name_en: &str, unit: &str) -> String {
    let shown = column(record, name_en);
    if shown.is_empty() { shown } else { shown + unit }
}

/// Returns the choices of a column, the one taken marked as on paper where it is circled: ■初回　□紹介　□継続.
///
/// A code that stands for several of them (初回＆紹介) marks each.
#[must_use]
pub fn choice(record: &Record, name_en: &str) -> String {
    let Some(field) = column_of(record, name_en) else { return String::new() };
    let shown = column(record, name_en);
    let taken: Vec<&str> = shown.split('＆').collect();
    let mut known = shown.is_empty();
    let single = field.codes().iter().map(|(_, meaning)| *meaning).filter(|meaning| !meaning.contains('＆'));
    let mut choices: Vec<String> = single
        .map(|meaning| {
            let is_taken = taken.contains(&meaning);
            known |= is_taken;
            format!("{}{meaning}", if is_taken { '■' } else { '□' })
        })
        .collect();
    if !known {
        choices.push(format!("■{shown}"));
    }
    choices.join("　")
}

/// Returns a period: 令和7年4月1日～令和8年3月31日; empty without both ends.
#[must_use]
pub fn period(record: &Record, from: &str, to: &str) -> String {
    between(&column(record, from), &column(record, to))
}

/// Returns what lies between two texts, with a wave dash; empty if both are.
#[must_use]
pub fn between(from: &str, to: &str) -> String {
    if from.is_empty() && to.is_empty() { String::new() } else { format!("{from}～{to}") }
}

/// Returns texts that are not empty, one per line.
#[must_use]
pub fn lines<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> String {
    let mut all = String::new();
    for text in texts {
        if !text.as_ref().is_empty() {
            all.push_str(if all.is_empty() { "" } else { "\n" });
            all.push_str(text.as_ref());
        }
    }
    all
}

/// Returns texts that are not empty, each once, one per line.
#[must_use]
pub fn distinct(texts: impl IntoIterator<Item = String>) -> String {
    let mut seen: Vec<String> = Vec::new();
    for text in texts {
        if !text.is_empty() && !seen.contains(&text) {
            seen.push(text);
        }
    }
    seen.join("\n")
}

/// Returns a number with commas: 12,345.
#[must_use]
pub fn number(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut shown = String::from(if number < 0 { "-" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// Returns how many, with commas.
#[must_use]
pub fn count(count: usize) -> String {
    number(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Returns a number with commas; empty if there is none.
#[must_use]
pub fn some(count: Option<impl Into<i64>>) -> String {
    count.map(|count| number(count.into())).unwrap_or_default()
}

/// Returns a time of day: 09:30; empty for a service without one.
#[must_use]
pub fn time(time: Time) -> String {
    time.minutes().map(|minutes| format!("{:02}:{:02}", minutes / 60, minutes % 60)).unwrap_or_default()
}

/// Returns when a service begins and ends: 09:30～10:30; empty for one without a time.
#[must_use]
pub fn times(start: Time, end: Time) -> String {
    between(&time(start), &time(end))
}

/// Returns days of a month, those that follow each other as one: 1～5、8日.
#[must_use]
pub fn days(days: impl IntoIterator<Item = u8>) -> String {
    let mut runs: Vec<(u8, u8)> = Vec::new();
    for day in days {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(day) => *last = day,
            _ => runs.push((day, day)),
        }
    }
    let shown = runs.iter().map(|(first, last)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}、{last}"),
        _ => format!("{first}～{last}"),
    });
    let all: Vec<String> = shown.collect();
    if all.is_empty() { String::new() } else { all.join("、") + "日" }
}

/// Returns a service kind in words, with its code: 訪問介護(11).
#[must_use]
pub fn kind(kind: ServiceKind) -> String {
    kind.name_ja().map_or(kind.to_string(), |name| format!("{name}({kind})"))
}

/// Returns the service kind of a service code in words; the code itself if the kind is not known.
#[must_use]
pub fn service(code: ServiceCode) -> String {
    code.kind().name_ja().map_or(code.to_string(), str::to_owned)
}

/// Returns a label and a value: ＴＡＩＳ：00001-000010; empty if the value is.
#[must_use]
pub fn labelled(label: &str, value: impl Display) -> String {
    let value = value.to_string();
    if value.is_empty() { value } else { format!("{label}：{value}") }
}

/// Returns what an output shows for a character that cannot be seen, such as an escape or a change of the writing's
/// direction: its number, for hidden it might turn round what follows. A tabulator is a space. `None` for all others, and
/// for `\n`.
#[must_use]
pub fn visible(character: char) -> Option<String> {
    match character {
        '\n' => None,
        '\t' => Some(" ".to_owned()),
        '\0'..='\u{1f}'
        | '\u{7f}'..='\u{9f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{e0000}'..='\u{e007f}' => Some(format!("[U+{:04X}]", u32::from(character))),
        _ => None,
    }
}

fn column_of(record: &Record, name_en: &str) -> Option<&'static Field> {
    record.layout().fields().get(record.layout().column(name_en)?)
}

#[cfg(test)]
mod tests {
    use careplan::FileKind;

    use super::*;

    #[test]
    fn numbers_and_times() {
        for (of, shown) in [(0, "0"), (999, "999"), (1000, "1,000"), (-12_345, "-12,345"), (1_234_567, "1,234,567")] {
            assert_eq!(number(of), shown);
        }
        assert_eq!(times("0930".parse().unwrap(), "1030".parse().unwrap()), "09:30～10:30");
        assert_eq!(times(Time::NONE, Time::NONE), "");
        assert_eq!(days([1, 2, 3, 5, 7, 8]), "1～3、5、7、8日");
        assert_eq!(days([]), "");
    }

    #[test]
    fn a_code_of_several_choices_marks_each() {
        let mut record = Record::new(FileKind::Up1Kyo).unwrap();
        assert_eq!(choice(&record, "plan_type"), "□初回　□紹介　□継続");
        record.set("plan_type", Some(Value::Code("52".into())));
        assert_eq!(choice(&record, "plan_type"), "■初回　□紹介　■継続");
        record.set("plan_type", Some(Value::Code("99".into())));
        assert_eq!(choice(&record, "plan_type"), "□初回　□紹介　□継続　■99");
    }

    #[test]
    fn line_breaks_become_one_kind() {
        assert_eq!(text("a\r\nb\rc\nd"), "a\nb\nc\nd");
    }
}
