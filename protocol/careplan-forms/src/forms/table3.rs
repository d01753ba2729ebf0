//! Table 3: the week (週間サービス計画表).
//!
//! The day is cut into bands of two hours as on paper. What begins in a band stands there and reaches down to the band
//! in which it ends; what overlaps shares a frame. Each entry tells its times, so the frame is never the only sign.

use careplan::{CarePlan, Record, Time};

use super::{Names, Recipient, parts};
use crate::{
    era,
    sheet::{Align, Block, Cell, Field, Orientation, Row, Sheet, Table},
    show,
};

/// Parts of the day, with how many bands each has.
const PARTS: [(&str, u16); 6] = [("深夜", 3), ("早朝", 1), ("午前", 2), ("午後", 3), ("夜間", 2), ("深夜", 1)];

/// How many bands a day has, and how long one is in minutes.
const BANDS: usize = 12;
const BAND: u16 = 120;

/// The columns of the week and the one of activities.
const COLUMNS: usize = 8;
const ACTIVITIES: usize = 7;

/// Something in a column.
struct Entry {
    /// First and last band; `None` without a time.
    bands: Option<(usize, usize)>,
    start: Option<u16>,
    text: String,
}

/// Entries that overlap.
struct Frame {
    first: usize,
    last: usize,
    text: String,
}

/// Arranges the form; none without a row.
#[must_use]
pub fn sheets(plan: &CarePlan, recipient: Recipient, names: &Names) -> Vec<Sheet> {
    if plan.table3.is_empty() {
        return Vec::new();
    }
    let mut sheet = parts::sheet("週間サービス計画表", "第３表", Orientation::Landscape);
    sheet.foot = recipient.foot(names);
    let created = show::distinct(plan.table3.iter().map(|row| show::column(row, "created_on")));
    let seldom = show::lines(plan.table3.iter().map(|row| show::column(row, "non_weekly_service")));
    let mut last = vec![parts::long("週単位以外のサービス", seldom, 2)];
    let mut columns: [Vec<Entry>; COLUMNS] = Default::default();
    let mut no_day = Vec::new();
    for row in &plan.table3 {
        if let Some(entry) = Entry::of(row, ["service_content", "service_start", "service_end"]) {
            let day = row.text("weekday").parse::<usize>().ok().and_then(|day| day.checked_sub(1));
            match day.filter(|&day| day < ACTIVITIES) {
                Some(day) => columns[day].push(entry),
                None => no_day.push(show::lines([show::column(row, "weekday"), entry.text])),
            }
        } else if !row.text("weekday").is_empty() {
            no_day.push(show::column(row, "weekday"));
        }
        columns[ACTIVITIES].extend(Entry::of(row, ["daily_activity", "activity_start", "activity_end"]));
    }
    if !no_day.is_empty() {
        last.push(parts::long("曜日の定めのないサービス", show::lines(no_day), 1));
    }
    sheet.blocks = vec![
        Block::Fields(vec![
            vec![
                Field::new("利用者名", parts::name(plan.supplement.as_ref(), "　殿"), 30),
                Field::new("作成年月日", created, 30),
            ],
            vec![
                Field::new("被保険者番号", plan.person.insured.to_string(), 30),
                Field::new("計画作成（変更）日", era::date(plan.date), 30),
            ],
        ]),
        Block::Table(table(columns)),
        Block::Fields(last),
    ];
    vec![sheet]
}

impl Entry {
    /// Reads the content and both times of a row; `None` if all are empty.
    fn of(row: &Record, [content, start, end]: [&str; 3]) -> Option<Self> {
        let times = show::between(&show::column(row, start), &show::column(row, end));
        let text = show::lines([times, show::column(row, content)]);
        if text.is_empty() {
            return None;
        }
        let minutes = |column| row.time(column).and_then(Time::minutes);
        let (start, end) = (minutes(start), minutes(end));
        let bands = start.or(end).map(|begin| {
            let band = |minute: u16| usize::from(minute / BAND).min(BANDS - 1);
            match end {
                Some(end) if begin < end => (band(begin), band(end - 1)),
                // It ends on the next day.
                Some(end) if end < begin => (band(begin), BANDS - 1),
                _ => (band(begin), band(begin)),
            }
        });
        Some(Self { bands, start, text })
    }
}

fn table(mut columns: [Vec<Entry>; COLUMNS]) -> Table {
    let mut table = parts::table("週間サービス計画", &[3, 4, 6, 6, 6, 6, 6, 6, 6, 11]);
    table.shows_caption = false;
    table.head = vec![parts::row([
        Cell::head("時間帯").columns(2),
        Cell::head("月"),
        Cell::head("火"),
        Cell::head("水"),
        Cell::head("木"),
        Cell::head("金"),
        Cell::head("土"),
        Cell::head("日"),
        Cell::head("主な日常生活上の活動"),
    ])];
    let timeless = columns
        .each_ref()
        .map(|entries| show::lines(entries.iter().filter(|entry| entry.bands.is_none()).map(|entry| &entry.text)));
    let frames = columns.each_mut().map(frames);
    let mut rows = Vec::new();
    let mut parts_left = PARTS.iter();
    let mut part_left = 0;
    for band in 0..BANDS {
        let mut cells = Vec::new();
        if part_left == 0
            && let Some((name, count)) = parts_left.next()
        {
            cells.push(Cell::head(*name).rows(*count));
            part_left = *count;
        }
        part_left = part_left.saturating_sub(1);
        cells.push(Cell { align: Align::End, ..Cell::head(format!("{}:00", band * 2)) });
        for column in &frames {
            match column.iter().find(|frame| (frame.first..=frame.last).contains(&band)) {
                Some(frame) if frame.first == band => {
                    cells.push(Cell::new(frame.text.clone()).rows(parts::span(frame.last - frame.first + 1)));
                }
                Some(_) => {}
                None => cells.push(Cell::new("")),
            }
        }
        rows.push(parts::row(cells));
    }
    table.groups = vec![rows];
    if timeless.iter().any(|text| !text.is_empty()) {
        let name = Cell::head("時間の定めなし").columns(2);
        let row: Row = parts::row([name].into_iter().chain(timeless.map(Cell::new)));
        table.groups.push(vec![row]);
    }
    table
}

/// Puts what overlaps into one frame, in the order of the day.
fn frames(entries: &mut Vec<Entry>) -> Vec<Frame> {
    entries.retain(|entry| entry.bands.is_some());
    entries.sort_by_key(|entry| (entry.bands, entry.start));
    let mut frames: Vec<Frame> = Vec::new();
    for entry in entries.iter() {
        let Some((first, last)) = entry.bands else { continue };
        match frames.last_mut() {
            Some(frame) if first <= frame.last => {
                frame.last = frame.last.max(last);
                frame.text = show::lines([&frame.text, &entry.text]);
            }
            _ => frames.push(Frame { first, last, text: entry.text.clone() }),
        }
    }
    frames
}

#[cfg(test)]
mod tests {
    use careplan::{FileKind, Value};

    use super::*;

    fn entry(start: &str, end: &str) -> Entry {
        let mut record = Record::new(FileKind::Up3Kyo).unwrap();
        for (column, time) in [("service_start", start), ("service_end", end)] {
            record.set(column, time.parse().ok().map(Value::Time));
        }
        record.set("service_content", Some(Value::Text(format!("{start}の").into())));
        Entry::of(&record, ["service_content", "service_start", "service_end"]).unwrap()
    }

    #[test]
    fn a_service_reaches_to_the_band_in_which_it_ends() {
        for (start, end, bands) in [
            ("0800", "0900", Some((4, 4))),
            ("0800", "1000", Some((4, 4))),
            ("0930", "1630", Some((4, 8))),
            ("2300", "0100", Some((11, 11))),
            ("2530", "2630", Some((11, 11))),
            ("0000", "2400", Some((0, 11))),
            ("0700", "", Some((3, 3))),
            ("9999", "9999", None),
        ] {
            assert_eq!(entry(start, end).bands, bands, "{start} {end}");
        }
    }

    #[test]
    fn what_overlaps_shares_a_frame_in_the_order_of_the_day() {
        let mut entries =
            vec![entry("1630", "1700"), entry("0930", "1630"), entry("0800", "0900"), entry("9999", "9999")];
        let frames = frames(&mut entries);
        let [frame] = &frames[..] else { panic!("{} frames", frames.len()) };
        assert_eq!((frame.first, frame.last), (4, 8));
        assert_eq!(frame.text, "08:00～09:00\n0800の\n09:30～16:30\n0930の\n16:30～17:00\n1630の");
    }
}
